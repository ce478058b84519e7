"""Emulated instruments that speak the real protocols, each wired to a simulated system: the demo bench, and tests."""
