"""The twin that knows nothing and learns everything: the kind that the paper trained for its three systems."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.ports import SystemInfo
from core.twin.shots import Shots


class NeuralShape(NamedTuple):
    """How many hidden values a neural twin has side by side, and how many residual blocks one after the other."""

    width: int = 256
    depth: int = 3


class NeuralTwin(nn.Module):
    """A linear map beside a residual perceptron, between normalised drives and normalised responses.

    GELU keeps it smooth, so that it has derivatives of every order. Shared parameters enter through a linear
    projection. `seed` fixes the initial weights.
    """

    def __init__(self, info: SystemInfo, *, seed: int, shape: NeuralShape = NeuralShape()) -> None:  # noqa: B008, immutable
        super().__init__()
        self.shape = shape
        width, depth = shape
        shared = sum(math.prod(shape) for shape in info.parameter_shapes.values())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.linear = nn.Linear(info.drive_dim, info.response_dim)
            self.enter = nn.Linear(info.drive_dim, width)
            self.project = nn.Linear(shared, width, bias=False) if shared else None
            self.blocks = nn.ModuleList(
                nn.Sequential(nn.LayerNorm(width), nn.Linear(width, width), nn.GELU(), nn.Linear(width, width))
                for _ in range(depth)
            )
            self.leave = nn.Linear(width, info.response_dim)
        nn.init.zeros_(self.leave.weight)  # training starts from the linear map
        self.response_mean: Tensor
        self.response_scale: Tensor
        self.register_buffer("response_mean", torch.zeros(info.response_dim))
        self.register_buffer("response_scale", torch.ones(()))

    def forward(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> Float[Tensor, "batch response"]:
        """Compute the response (batch, response) to the drive and the shared parameters."""
        scaled = _standardise(drive)
        hidden = self.enter(scaled)
        if self.project is not None:
            hidden = hidden + self.project(_standardise(_flatten(parameters)))
        for block in self.blocks:
            hidden = hidden + block(hidden)
        return self.response_mean + self.response_scale * (self.linear(scaled) + self.leave(hidden))

    @torch.no_grad()
    def normalise(self, shots: Shots) -> None:
        """Take the scale of the responses from measured shots, one mean a channel and one scale for all."""
        responses = shots.responses
        self.response_mean.copy_(responses.mean(0))
        self.response_scale.copy_((responses - responses.mean(0)).square().mean().sqrt().clamp(min=1e-6))


def neural_shape(weights: Mapping[str, Tensor]) -> NeuralShape:
    """Return the shape of the neural twin that has these weights. Raises KeyError where none has."""
    blocks = {name.split(".")[1] for name in weights if name.startswith("blocks.")}
    return NeuralShape(len(weights["enter.bias"]), len(blocks))


def _flatten(parameters: Sequence[Tensor]) -> Tensor:
    return torch.cat([value.flatten() for value in parameters])


def _standardise(controls: Tensor) -> Tensor:
    return (controls - 0.5) * math.sqrt(12)  # mean 0, variance 1 where the controls are uniform over [0, 1]
