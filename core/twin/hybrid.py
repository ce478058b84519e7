"""The twin that knows the equations and learns what they lack: a physics twin and a small network for its residual."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.physics.model import PhysicsModel
from core.ports import SystemInfo
from core.twin.physics import PhysicsTwin

CHANNELS = 12
KERNEL = 9  # samples
DILATIONS = (1, 4, 16, 64)  # together they look 340 samples back and ahead
WIDTH = 128


class HybridTwin(nn.Module):
    """A physics twin whose response a network corrects; untrained, the correction is none."""

    def __init__(self, model: PhysicsModel, info: SystemInfo, *, seed: int) -> None:
        super().__init__()
        self.physics = PhysicsTwin(model)
        self.correction = Correction(info, seed=seed)

    def forward(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> Float[Tensor, "batch response"]:
        """Compute the response (batch, response) to the drive and the shared parameters."""
        return self.correction(drive, self.physics(drive, *parameters))


class Correction(nn.Module):
    """Add to a modelled response what drive and response together tell of its error.

    Where both are waveforms over the same time, a stack of dilated convolutions: what the equations lack is the same at
    every moment. Otherwise a linear map beside a perceptron. GELU keeps derivatives smooth. The last layer starts at
    zero. `scale` is that of the responses; it is set from the first shots.
    """

    def __init__(self, info: SystemInfo, *, seed: int) -> None:
        super().__init__()
        self._waveform = info.drive_axis.unit == info.response_axis.unit == "s" and info.drive_dim == info.response_dim
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.network = _convolutions() if self._waveform else _perceptron(info)
        last = self.network[-1]
        for weight in last.parameters():
            nn.init.zeros_(weight)
        self.scale: Tensor
        self.register_buffer("scale", torch.ones(()))

    def forward(
        self, drive: Float[Tensor, "batch drive"], modelled: Float[Tensor, "batch response"]
    ) -> Float[Tensor, "batch response"]:
        """Compute the corrected response (batch, response)."""
        swing, signal = 2 * drive - 1, modelled / self.scale
        if self._waveform:
            change = self.network(torch.stack([swing, signal], 1)).squeeze(1)
        else:
            change = self.network(torch.cat([swing, signal], 1))
        return modelled + self.scale * change


def _convolutions() -> nn.Sequential:
    layers: list[nn.Module] = []
    channels = 2
    for dilation in DILATIONS:
        padding = dilation * (KERNEL // 2)
        layers += [nn.Conv1d(channels, CHANNELS, KERNEL, padding=padding, dilation=dilation), nn.GELU()]
        channels = CHANNELS
    return nn.Sequential(*layers, nn.Conv1d(CHANNELS, 1, 1))


def _perceptron(info: SystemInfo) -> nn.Sequential:
    inputs = info.drive_dim + info.response_dim
    return nn.Sequential(
        nn.Linear(inputs, WIDTH), nn.GELU(), nn.Linear(WIDTH, WIDTH), nn.GELU(), nn.Linear(WIDTH, info.response_dim)
    )
