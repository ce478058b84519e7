"""Presets, bundled data and icons. Data, no logic."""
