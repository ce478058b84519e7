"""Measured shots, as a twin is fitted to them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class ShotBatch:
    """Shots of one device call: drives (shot, drive), responses (shot, response), and the parameters they share."""

    drives: Float[Tensor, "shot drive"]
    responses: Float[Tensor, "shot response"]
    parameters: tuple[Tensor, ...] = ()


@dataclass(frozen=True)
class Shots:
    """Shots in the order in which they were measured."""

    batches: tuple[ShotBatch, ...]

    def __len__(self) -> int:
        """Count the shots."""
        return sum(len(batch.drives) for batch in self.batches)

    @property
    def responses(self) -> Float[Tensor, "shot response"]:
        """Return all responses."""
        return torch.cat([batch.responses for batch in self.batches])

    def thinned(self, share: float) -> Shots:
        """Keep the first shots of every batch, at least one, so that all shared parameters stay represented."""
        counts = [max(1, round(share * len(batch.drives))) for batch in self.batches]
        return Shots(
            tuple(
                ShotBatch(batch.drives[:count], batch.responses[:count], batch.parameters)
                for batch, count in zip(self.batches, counts, strict=True)
            )
        )

    def split(self, held_out: float, seed: int) -> tuple[Shots, Shots]:
        """Draw whole batches at random for fitting and for checking, at least one each.

        A batch stays together because its shots share parameters and the state of a drifting device.
        Raises ValueError with fewer than two batches.
        """
        count = len(self.batches)
        if count < 2:
            raise ValueError(f"{count} batches of shots cannot be split; measure at least two.")
        order: list[int] = torch.randperm(count, generator=torch.Generator().manual_seed(seed)).tolist()
        checked = min(max(1, round(held_out * count)), count - 1)
        chosen = [self.batches[index] for index in order]
        return Shots(tuple(chosen[checked:])), Shots(tuple(chosen[:checked]))


def response_error(twin: Callable[..., Tensor], shots: Shots) -> float:
    """Return the nRMSE: rms(residual) / rms(response - its mean over shots), 1 for a twin that knows the means only."""
    with torch.no_grad():
        residuals = [twin(batch.drives, *batch.parameters) - batch.responses for batch in shots.batches]
        power = torch.cat(residuals).double().square().mean()
        return math.sqrt(power / signal_power(shots))


def signal_power(shots: Shots) -> float:
    """Return the mean square of the responses about each channel's mean over the shots."""
    responses = shots.responses.double()
    return max(float((responses - responses.mean(0)).square().mean()), torch.finfo(torch.float64).tiny)
