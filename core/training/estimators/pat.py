"""Physics-aware training: forward on the device, backward through the twin at the measured points."""

from __future__ import annotations

from core.network.base import Shoot
from core.pat import in_turn, physics_aware
from core.physics.kernels.pool import side_by_side
from core.ports import PhysicalSystem
from core.training.estimators.base import Route


def pat(measure: Shoot, twin: Shoot, system: PhysicalSystem) -> Route:
    """Measure every shot; differentiate the twin, which is evaluated while a real device measures.

    A simulated device competes with its twin for the same cores: there, nothing is gained.
    """
    together = in_turn if system.info.status == "simulated" else side_by_side
    return Route(train=physics_aware(measure, twin, together=together), validate=measure)
