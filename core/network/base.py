"""What every physical network is: features in, shots in between, class scores out, with its digital cost told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import softplus

Shoot = Callable[..., Tensor]
"""Takes the drive (batch, drive) and the shared parameters of one layer, returns the response (batch, response)."""


@dataclass(frozen=True)
class DigitalCost:
    """What of a network is digital: trained values applied by a processor and multiply-accumulates per inference."""

    parameters: int
    macs: int


class NetworkOutput(NamedTuple):
    """Class scores (batch, class) and the mean range penalty of all controls that were sent."""

    logits: Tensor
    range_penalty: Tensor


def range_penalty(controls: Tensor, sharpness: float = 25.0) -> Tensor:
    """Charge controls outside [0, 1]: mean(softplus(-k x)/k + softplus(k (x - 1))/k)."""
    k = sharpness
    return (softplus(-k * controls) / k + softplus(k * (controls - 1)) / k).mean()


class PhysicalNetwork(nn.Module, ABC):
    """A composition of shots. Its trained values live here; who answers the shots is handed in at every call.

    `physical_layers` is the number of shots in a row, `shots_per_inference` counts parallel ones too,
    `physical_parameters` the trained values that the device itself holds during a shot.
    """

    physical_layers: int
    shots_per_inference: int
    physical_parameters: int = 0
    digital: DigitalCost

    @property
    def windows(self) -> Tensor | None:
        """Tell the class (response,) that each value of the last response is read for, None without such windows."""
        return None

    @abstractmethod
    def forward(self, features: Float[Tensor, "batch feature"], shoot: Shoot) -> NetworkOutput:
        """Compute class scores (batch, class) from features in [0, 1], asking `shoot` for every physical layer."""

    def prepare(self, features: Float[Tensor, "batch feature"], shoot: Shoot) -> None:
        """Choose starting values that suit what `shoot` answers to these features; without need, change nothing."""


class PhysicalLayer(nn.Module):
    """One shot behind the hard clamp that protects the device, with the penalty that keeps controls off the clamp."""

    def forward(self, controls: Tensor, shoot: Shoot, *shared: Tensor) -> tuple[Tensor, Tensor]:
        """Shoot clamped controls (batch, drive) and shared parameters; return the response and the range penalty."""
        penalty = range_penalty(controls)
        if shared:
            penalty = penalty + torch.stack([range_penalty(value) for value in shared]).mean()
        return shoot(controls.clamp(0, 1), *(value.clamp(0, 1) for value in shared)), penalty
