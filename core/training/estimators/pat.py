"""Physics-aware training: forward on the device, backward through the twin at the measured points."""

from __future__ import annotations

from core.network.base import Shoot
from core.pat import physics_aware
from core.physics.kernels.pool import side_by_side
from core.ports import PhysicalSystem
from core.training.estimators.base import Route


def pat(measure: Shoot, twin: Shoot, system: PhysicalSystem) -> Route:
    """Measure every shot; differentiate the twin, which is evaluated while the device measures."""
    return Route(train=physics_aware(measure, twin, together=side_by_side), validate=measure)
