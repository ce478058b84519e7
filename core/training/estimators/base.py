"""What a gradient estimator is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from core.network.base import Shoot
from core.ports import PhysicalSystem


@dataclass(frozen=True)
class Route:
    """Who answers the shots: `train` differentiably, `validate` without gradients while training goes on."""

    train: Shoot
    validate: Shoot


class Estimator(Protocol):
    """Chooses the route through device and twin. `measure` is the system's `run`, counted and observed."""

    def __call__(self, measure: Shoot, twin: Shoot, system: PhysicalSystem) -> Route:
        """Return the route. Raises SpecError when the system cannot give what the estimator needs."""
        ...
