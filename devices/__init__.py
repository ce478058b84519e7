"""Adapters that make something behave as a `core.ports.PhysicalSystem`."""
