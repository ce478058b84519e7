"""Digital linear layers with shots in between: the paper's hybrid, whose digital part is counted."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.network.base import (
    DigitalCost,
    NetworkOutput,
    PhysicalLayer,
    PhysicalNetwork,
    Shoot,
)
from core.network.settings import NetworkSettings
from core.ports import SystemInfo

SPREAD_FLOOR = 0.1  # of the widest output's spread: darker outputs, which are mostly noise, are not amplified further


class HybridNetwork(PhysicalNetwork):
    """Pairs of a digital linear layer and `branches` parallel shots, then a digital linear read-out.

    What a device answers goes on less a mean and divided by a spread, both fixed before training: they only condition
    it and could be folded into the next layer's weights, so that they count for nothing.
    """

    _centres: Tensor
    _spreads: Tensor

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
        answers = info.response_dim * branches
        sizes = [features] + [answers] * layers
        self.inputs = nn.ModuleList(nn.Linear(size, info.drive_dim * branches) for size in sizes[:-1])
        self.readout = nn.Linear(answers, classes)
        with torch.no_grad():
            for linear in [*self.inputs, self.readout]:
                assert isinstance(linear, nn.Linear)
                spread = settings.initial_spread if linear is not self.readout else 1.0
                linear.weight.normal_(0, spread / linear.in_features**0.5, generator=generator)
                linear.bias.fill_(0.0 if linear is self.readout else 0.5)
        self.register_buffer("_centres", torch.zeros(layers, answers))
        self.register_buffer("_spreads", torch.ones(layers, answers))
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
        for index in range(self.physical_layers):
            answer, penalty = self._answer(index, value, shoot)
            penalties.append(penalty)
            value = (answer - self._centres[index]) / self._spreads[index]
        return NetworkOutput(self._gain * self.readout(value), torch.stack(penalties).mean())

    @torch.no_grad()
    def prepare(self, features: Float[Tensor, "batch feature"], shoot: Shoot) -> None:
        """Choose means and spreads, layer by layer, from what these features bring about."""
        value = features
        for index in range(self.physical_layers):
            answer, _ = self._answer(index, value, shoot)
            spread = answer.std(0)
            self._centres[index] = answer.mean(0)
            self._spreads[index] = spread.clamp_min(SPREAD_FLOOR * spread.max()).clamp_min(1e-12)
            value = (answer - self._centres[index]) / self._spreads[index]

    def _answer(self, index: int, value: Tensor, shoot: Shoot) -> tuple[Tensor, Tensor]:
        """Return all branches' responses (batch, branch · response) to one linear layer, and the range penalty."""
        controls = self.inputs[index](value).reshape(value.shape[0] * self._branches, -1)
        response, penalty = self.layer(controls, shoot)
        return response.reshape(value.shape[0], -1), penalty
