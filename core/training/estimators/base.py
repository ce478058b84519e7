"""What a gradient estimator is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from core.network.base import Shoot
from core.ports import PhysicalSystem


@dataclass(frozen=True)
class Route:
    """Who answers the shots: `train` differentiably, `validate` without gradients while training goes on.

    What an estimator draws at random it draws from its `generator`, which a run seeds, and keeps to go on from.
    """

    train: Shoot
    validate: Shoot
    generator: torch.Generator | None = None


class Estimator(Protocol):
    """Chooses the route through device and twin. `measure` is the system's `run`, counted and observed."""

    def __call__(self, measure: Shoot, twin: Shoot, system: PhysicalSystem) -> Route:
        """Return the route. Raises SpecError when the system cannot give what the estimator needs."""
        ...
