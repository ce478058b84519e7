"""Physics-aware training: forward on the device, backward through the twin at the measured points."""

from __future__ import annotations

from core.network.base import Shoot
from core.pat import physics_aware
from core.ports import PhysicalSystem
from core.training.estimators.base import Route


def pat(measure: Shoot, twin: Shoot, system: PhysicalSystem) -> Route:
    """Measure every shot; differentiate the twin."""
    return Route(train=physics_aware(measure, twin), validate=measure)
