"""Which kinds of twin there are, and how one is made for a system."""

from __future__ import annotations

from typing import Literal

from torch import nn

from core.physics.model import PhysicsModel
from core.ports import SpecError, SystemInfo
from core.twin.ensemble import MEMBERS, EnsembleTwin
from core.twin.hybrid import HybridTwin
from core.twin.neural import NeuralShape, NeuralTwin
from core.twin.physics import PhysicsTwin

TwinKind = Literal["physics", "neural", "hybrid", "ensemble"]


def build_twin(
    kind: TwinKind, info: SystemInfo, model: PhysicsModel | None, *, seed: int, shape: NeuralShape | None = None
) -> nn.Module:
    """Build an untrained twin, a neural one of a shape. Raises SpecError where it needs equations and there are none.

    An ensemble is of hybrids where there are equations, else of neural twins.
    """
    match kind:
        case "neural":
            return NeuralTwin(info, seed=seed, shape=shape or NeuralShape())
        case "ensemble":
            each: TwinKind = "neural" if model is None else "hybrid"
            return EnsembleTwin(build_twin(each, info, model, seed=seed + member) for member in range(MEMBERS))
        case _ if model is None:
            raise SpecError(f"{info.name} has no equations. Set calibration.twin=neural.")
        case "physics":
            return PhysicsTwin(model)
        case "hybrid":
            return HybridTwin(model, info, seed=seed)
