"""Several twins fitted alike but for chance: their mean is the better twin, their spread says where it guesses."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.physics.model import PhysicsModel
from core.ports import SystemInfo
from core.twin.hybrid import HybridTwin
from core.twin.neural import NeuralTwin

MEMBERS = 5


class EnsembleTwin(nn.Module):
    """The mean of five twins, hybrid ones where there are equations, that start from other weights and other shots."""

    def __init__(self, info: SystemInfo, model: PhysicsModel | None, *, seed: int) -> None:
        super().__init__()
        self.members = nn.ModuleList(
            NeuralTwin(info, seed=seed + index) if model is None else HybridTwin(model, info, seed=seed + index)
            for index in range(MEMBERS)
        )

    def forward(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> Float[Tensor, "batch response"]:
        """Compute the mean response (batch, response) to the drive and the shared parameters."""
        return self._each(drive, *parameters).mean(0)

    def spread(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> Float[Tensor, "batch response"]:
        """Return the members' standard deviation about their mean."""
        return self._each(drive, *parameters).std(0)

    def _each(self, drive: Tensor, *parameters: Tensor) -> Float[Tensor, "member batch response"]:
        return torch.stack([member(drive, *parameters) for member in self.members])
