"""Differentiable stand-ins for a physical system, and the fit that makes them resemble its measured shots."""
