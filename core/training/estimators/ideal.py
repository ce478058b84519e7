"""The upper bound: a simulator that lends its own derivative, which no apparatus can."""

from __future__ import annotations

from core.network.base import Shoot
from core.pat import physics_aware
from core.ports import DifferentiableSystem, PhysicalSystem, SpecError
from core.training.estimators.base import Route


def ideal(measure: Shoot, twin: Shoot, system: PhysicalSystem) -> Route:
    """Measure every shot; differentiate the simulated device itself. Raises SpecError on anything real."""
    if not isinstance(system, DifferentiableSystem):
        raise SpecError(
            f"The estimator 'ideal' needs the device's own derivative, which {system.info.name} cannot give. "
            "Choose 'pat' or 'in_silico'."
        )
    return Route(train=physics_aware(measure, system.ideal_response), validate=measure)
