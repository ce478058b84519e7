"""Widgets that draw what they are handed and compute nothing."""
