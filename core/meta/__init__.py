"""Bilevel training through physical layers with TorchOpt."""
