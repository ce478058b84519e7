"""Several twins fitted alike but for chance: their mean is the better twin, their spread says where it guesses."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn

MEMBERS = 5


class EnsembleTwin(nn.Module):
    """The mean of several twins that start from other weights and are fitted to other shots."""

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)

    def forward(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> Float[Tensor, "batch response"]:
        """Compute the mean response (batch, response) to the drive and the shared parameters."""
        return self._each(drive, *parameters).mean(0)

    def spread(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> Float[Tensor, "batch response"]:
        """Return the members' standard deviation about their mean."""
        return self._each(drive, *parameters).std(0)

    def _each(self, drive: Tensor, *parameters: Tensor) -> Float[Tensor, "member batch response"]:
        return torch.stack([member(drive, *parameters) for member in self.members])
