"""Recorded runs that answer again what was measured in them."""
