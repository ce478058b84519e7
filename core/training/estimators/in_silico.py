"""In-silico training: the twin alone, forward and backward; only the finished network meets the device."""

from __future__ import annotations

from core.network.base import Shoot
from core.ports import PhysicalSystem
from core.training.estimators.base import Route


def in_silico(measure: Shoot, twin: Shoot, system: PhysicalSystem) -> Route:
    """Never measure during training."""
    return Route(train=twin, validate=twin)
