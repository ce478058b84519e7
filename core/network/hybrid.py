"""Digital linear layers with shots in between: the paper's hybrid, whose digital part is counted."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.network.base import (
    DigitalCost,
    NetworkOutput,
    NetworkSettings,
    PhysicalLayer,
    PhysicalNetwork,
    Shoot,
)
from core.ports import SystemInfo


class HybridNetwork(PhysicalNetwork):
    """Pairs of a digital linear layer and `branches` parallel shots, then a digital linear read-out."""

    def __init__(
        self,
        settings: NetworkSettings,
        info: SystemInfo,
        features: int,
        classes: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.layer = PhysicalLayer()
        layers, branches = settings.layers, settings.branches
        self._branches = branches
        sizes = [features] + [info.response_dim * branches] * layers
        self.inputs = nn.ModuleList(nn.Linear(size, info.drive_dim * branches) for size in sizes[:-1])
        self.readout = nn.Linear(sizes[-1], classes)
        with torch.no_grad():
            for linear in [*self.inputs, self.readout]:
                assert isinstance(linear, nn.Linear)
                spread = settings.initial_spread if linear is not self.readout else 1.0
                linear.weight.normal_(0, spread / linear.in_features**0.5, generator=generator)
                linear.bias.fill_(0.0 if linear is self.readout else 0.5)
        self._gain = settings.logit_gain
        self.physical_layers = layers
        self.shots_per_inference = layers * branches
        self.digital = DigitalCost(
            parameters=sum(value.numel() for value in self.parameters()),
            macs=sum(
                linear.in_features * linear.out_features for linear in self.modules() if isinstance(linear, nn.Linear)
            ),
        )

    def forward(self, features: Float[Tensor, "batch feature"], shoot: Shoot) -> NetworkOutput:
        """Compute class scores (batch, class) from features (batch, feature) in [0, 1]."""
        value, penalties = features, list[Tensor]()
        for linear in self.inputs:
            controls = linear(value).reshape(features.shape[0] * self._branches, -1)
            response, penalty = self.layer(controls, shoot)
            penalties.append(penalty)
            value = response.reshape(features.shape[0], -1)
        return NetworkOutput(self._gain * self.readout(value), torch.stack(penalties).mean())
