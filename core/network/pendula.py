"""A chain of shots whose trained values are the physical system's own parameters."""

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
from core.ports import SpecError, SystemInfo


class ParametricChain(PhysicalNetwork):
    """Layers that pass their response on as the next drive; each has the device's shared parameters to itself.

    The features fill the first controls, the rest of the device starts at rest; the last responses are the class
    scores. Nothing is digital but the one gain on the scores.
    """

    def __init__(
        self,
        settings: NetworkSettings,
        info: SystemInfo,
        features: int,
        classes: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        if features > info.drive_dim or info.drive_dim != info.response_dim:
            raise SpecError(
                f"{features} features do not fit {info.name}, which takes {info.drive_dim} controls "
                f"and returns {info.response_dim} values."
            )
        self.layer = PhysicalLayer()
        self._classes = classes
        self._padding = info.drive_dim - features
        self._rest = 0.5 if info.signed_drive else 0.0
        self.shared = nn.ModuleList(
            nn.ParameterList(
                nn.Parameter(0.5 + settings.initial_spread * torch.randn(*shape, generator=generator))
                for shape in info.parameter_shapes.values()
            )
            for _ in range(settings.layers)
        )
        self.log_gain = nn.Parameter(torch.tensor(settings.logit_gain).log())
        self.physical_layers = settings.layers
        self.shots_per_inference = settings.layers
        self.physical_parameters = sum(value.numel() for value in self.shared.parameters())
        self.digital = DigitalCost(parameters=1, macs=classes)

    def forward(self, features: Float[Tensor, "batch feature"], shoot: Shoot) -> NetworkOutput:
        """Compute class scores (batch, class) from features (batch, feature) in [0, 1]."""
        value = nn.functional.pad(features, (0, self._padding), value=self._rest)
        penalties: list[Tensor] = []
        for parameters in self.shared:
            value, penalty = self.layer(value, shoot, *parameters.parameters())
            penalties.append(penalty)
        return NetworkOutput(self.log_gain.exp() * value[:, -self._classes :], torch.stack(penalties).mean())
