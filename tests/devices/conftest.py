"""Simulated systems as the tests want them: a unit, a unit without imperfections, and shots for both."""

from __future__ import annotations

from dataclasses import fields
from importlib import import_module

import torch
from torch import Tensor

from core.ports import PhysicalSystem
from devices.catalogue import BUNDLED
from devices.simulated.base import SimulatedSystem

KINDS = list(BUNDLED)


def build(kind: str, serial_number: int = 5, seed: int = 1, **imperfections: float | bool) -> SimulatedSystem:
    system = BUNDLED[kind].build(serial_number, seed, imperfections)
    assert isinstance(system, SimulatedSystem)
    return system


def perfect(kind: str, **kept: float | bool) -> SimulatedSystem:
    """A unit with every imperfection switched off but those given."""
    settings = fields(getattr(import_module(f"devices.simulated.{kind}"), f"{kind.capitalize()}Imperfections"))
    off = {item.name: False if isinstance(item.default, bool) else 0 for item in settings}
    return build(kind, **(off | ({"align": True} if kind == "plate" else {}) | kept))


def shot(system: PhysicalSystem, batch: int = 4, seed: int = 0) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    shapes = system.info.parameter_shapes.values()
    shared = [0.5 + 0.05 * torch.randn(*shape, generator=generator) for shape in shapes]
    return (torch.rand(batch, system.info.drive_dim, generator=generator), *shared)
