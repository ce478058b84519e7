"""Benchmarks that can be believed: each contest is checked first, then timed side by side with its rival."""
