"""Bundled simulators: units with hidden parameters, noise, drift, converters and jitter, fixed by a serial number."""
