"""Shaped light: a pulse shaper whose mask is a screen, and a spectrometer that sees what the light became."""
