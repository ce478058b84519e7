"""Chains of shots with nothing digital in between but an element-wise scale and offset."""

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


def spread_index(source: int, target: int, *, tile: bool) -> Tensor:
    """Tell which of `source` values each of `target` controls takes: repeated as a whole (tile) or each one held."""
    positions = torch.arange(target)
    return positions % source if tile else positions * source // target


class ElementwiseChain(PhysicalNetwork):
    """Parallel chains of physical layers: controls = scale ∘ previous + offset (+ skip scale ∘ input).

    The features are repeated, or each one is held, until they fill the controls. Between layers a response is divided by its sum or its
    root mean square, without which deep chains of a nonlinear system do not train. The last response is read in one
    window per class, as energy or as mean; trained attenuators weigh the windows, branches add up, and
    logits = gain · weighted window.
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
        drive, response = info.drive_dim, info.response_dim
        layers, branches = settings.layers, settings.branches
        initial_gain, initial_spread = settings.initial_gain, settings.initial_spread
        self._signed = info.signed_drive
        self._normalise, self._readout, self._classes = settings.normalise, settings.readout, classes
        self.layer = PhysicalLayer()
        self.register_buffer("_encode", spread_index(features, drive, tile=settings.encode == "tile"), persistent=False)
        self.register_buffer("_carry", spread_index(response, drive, tile=False), persistent=False)
        self.register_buffer("_window", spread_index(classes, response, tile=False), persistent=False)

        def normal(*shape: int) -> Tensor:
            return torch.randn(*shape, generator=generator)

        self.scale = nn.Parameter(initial_gain * (1 + initial_spread * normal(branches, layers, drive)))
        self.offset = nn.Parameter(0.1 * initial_gain * initial_spread * normal(branches, layers, drive))
        skips = max(layers - 1, 0) if settings.skip else 0
        self.skip_scale = nn.Parameter(initial_gain * initial_spread * normal(branches, skips, drive))
        self.log_attenuation = nn.Parameter(torch.zeros(branches, classes))
        self.log_gain = nn.Parameter(torch.tensor(settings.logit_gain).log())

        self.physical_layers = layers
        self.shots_per_inference = layers * branches
        elementwise = layers * drive + skips * drive
        normalising = 0 if settings.normalise == "none" else layers * response
        self.digital = DigitalCost(
            parameters=sum(value.numel() for value in self.parameters()),
            macs=branches * (elementwise + normalising + response + classes) + classes,
        )

    def forward(self, features: Float[Tensor, "batch feature"], shoot: Shoot) -> NetworkOutput:
        """Compute class scores (batch, class) from features (batch, feature) in [0, 1]."""
        encoded = features[:, self._encode]
        total = torch.zeros(features.shape[0], self._classes)
        penalties: list[Tensor] = []
        for branch in range(self.scale.shape[0]):
            carried, response = encoded, encoded
            for index in range(self.physical_layers):
                wish = self.scale[branch, index] * carried + self.offset[branch, index]
                if index > 0 and self.skip_scale.shape[1]:
                    wish = wish + self.skip_scale[branch, index - 1] * encoded
                controls = 0.5 + 0.5 * wish if self._signed else wish
                response, penalty = self.layer(controls, shoot)
                penalties.append(penalty)
                response = self._normalised(response)
                carried = response[:, self._carry]
            total = total + self.log_attenuation[branch].exp() * self._read(response)
        return NetworkOutput(self.log_gain.exp() * total, torch.stack(penalties).mean())

    def _normalised(self, response: Tensor) -> Tensor:
        if self._normalise == "sum":
            return response / response.mean(1, keepdim=True).clamp_min(1e-3)
        if self._normalise == "rms":
            return response / (response.square().mean(1, keepdim=True) + 1e-6).sqrt()
        return response

    def _read(self, response: Tensor) -> Tensor:
        values = response.square() if self._readout == "energy" else response
        windows = torch.zeros(response.shape[0], self._classes).index_add(1, self._window, values)
        return windows * (self._classes / response.shape[1])
