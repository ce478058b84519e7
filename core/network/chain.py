"""Chains of shots with nothing digital in between but an element-wise scale and offset."""

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

SPREAD_FLOOR = 0.1  # of the widest spread: darker windows and quieter features are not amplified further


def spread_index(source: int, target: int, *, tile: bool) -> Tensor:
    """Tell which of `source` values each of `target` controls takes: repeated as a whole (tile) or each one held."""
    positions = torch.arange(target)
    return positions % source if tile else positions * source // target


class ElementwiseChain(PhysicalNetwork):
    """Parallel chains of physical layers: controls = scale ∘ previous + offset (+ skip scale ∘ input).

    The features, which may be standardised, are repeated, or each one is held, until they fill the controls; each
    branch begins with another one, since a class's window sees only what came shortly before it. Between layers a
    response may be divided by its sum or its root mean square. The last response is read in one window per class, as
    energy or as mean; logits = gain · (Σ over branches of attenuation ∘ windows + bias).
    """

    _centre: Tensor
    _spread: Tensor
    _encode: Tensor
    _carry: Tensor
    _window: Tensor

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
        self._normalise, self._readout, self._classes = settings.normalise, settings.readout, classes
        self.layer = PhysicalLayer()
        encode = spread_index(features, drive, tile=settings.encode == "tile")
        turns = torch.arange(branches)[:, None] * features // branches
        self.register_buffer("_encode", (encode + turns) % features, persistent=False)
        self.register_buffer("_carry", spread_index(response, drive, tile=False), persistent=False)
        self.register_buffer("_window", spread_index(classes, response, tile=False))
        if settings.standardise:  # kept with the weights, into whose scale and offset they could be folded
            self.register_buffer("_centre", torch.zeros(features))
            self.register_buffer("_spread", torch.ones(features))
        self._standardise = settings.standardise

        def normal(*shape: int) -> Tensor:
            return settings.initial_spread * torch.randn(*shape, generator=generator)

        skips = max(layers - 1, 0) if settings.skip else 0
        self.scale = nn.Parameter(settings.initial_gain * (1 + normal(branches, layers, drive)))
        self.offset = nn.Parameter(
            settings.initial_level + 0.1 * settings.initial_gain * normal(branches, layers, drive)
        )
        self.skip_scale = nn.Parameter(settings.initial_gain * normal(branches, skips, drive))
        self.log_attenuation = nn.Parameter(torch.zeros(branches, classes))
        self.bias = nn.Parameter(torch.zeros(classes))
        self.log_gain = nn.Parameter(torch.tensor(settings.logit_gain).log())

        self.physical_layers = layers
        self.shots_per_inference = layers * branches
        elementwise = layers * drive + skips * drive
        normalising = 0 if settings.normalise == "none" else layers * response
        self.digital = DigitalCost(
            parameters=sum(value.numel() for value in self.parameters()),
            macs=branches * (elementwise + normalising + response + classes) + classes,
        )

    @property
    def windows(self) -> Tensor:
        """Tell the class (response,) that each value of the last response is read for."""
        return self._window

    def forward(self, features: Float[Tensor, "batch feature"], shoot: Shoot) -> NetworkOutput:
        """Compute class scores (batch, class) from features (batch, feature) in [0, 1]."""
        encoded, branches = self._encoded(features), self.scale.shape[0]
        branched = (self._branch(branch, encoded[branch], shoot) for branch in range(branches))
        responses, penalties = zip(*branched, strict=True)
        scores = (self.log_attenuation.exp() * self._read(torch.stack(responses, 1))).sum(1) + self.bias
        return NetworkOutput(self.log_gain.exp() * scores, torch.stack(penalties).mean())

    @torch.no_grad()
    def prepare(self, features: Float[Tensor, "batch feature"], shoot: Shoot) -> None:
        """Level the starting values, layer by layer, on what these features bring about.

        All controls start with a mean of `initial_level` and a spread of about `initial_gain` over the samples, all
        class windows with mean 0 and spread 1 (after Mishkin & Matas, arXiv:1511.06422). The windows' edges are set so
        that each window holds the same share of the response's spread: a dark end of a spectrum takes no class.
        """
        if self._standardise:
            self._centre.copy_(features.mean(0))
            spread = features.std(0)
            self._spread.copy_(spread.clamp_min(SPREAD_FLOOR * spread.max()))
        encoded, branches = self._encoded(features), self.scale.shape[0]
        leveled = [self._branch(branch, encoded[branch], shoot, level=True)[0] for branch in range(branches)]
        responses = torch.stack(leveled, 1)
        share = self._detected(responses).std(0).mean(0)
        middle = (share.cumsum(0) - share / 2) / share.sum().clamp_min(1e-12)
        self._window.copy_((self._classes * middle).long().clamp(0, self._classes - 1))
        windows = self._read(responses)
        spread = windows.std(0)
        self.log_attenuation.copy_(-(branches**0.5 * spread.clamp_min(SPREAD_FLOOR * spread.max())).log())
        self.bias.copy_(-(self.log_attenuation.exp() * windows).sum(1).mean(0))

    def _encoded(self, features: Tensor) -> tuple[Tensor, ...]:
        """Return for each branch what fills its controls (batch, drive)."""
        if self._standardise:
            features = (features - self._centre) / self._spread
        return features[:, self._encode].unbind(1)

    def _branch(self, branch: int, encoded: Tensor, shoot: Shoot, *, level: bool = False) -> tuple[Tensor, Tensor]:
        """Return the last response (batch, response) and the mean range penalty of one chain."""
        carried, response = encoded, encoded
        penalties: list[Tensor] = []
        for index in range(self.physical_layers):
            skip = self.skip_scale[branch, index - 1] if index and self.skip_scale.shape[1] else None
            if level:
                scale, offset = self.scale[branch, index], self.offset[branch, index]
                offset -= _level(scale, carried)
                if skip is not None:
                    offset -= _level(skip, encoded)
            controls = self.scale[branch, index] * carried + self.offset[branch, index]
            if skip is not None:
                controls = controls + skip * encoded
            response, penalty = self.layer(controls, shoot)
            penalties.append(penalty)
            response = self._normalised(response)
            carried = response if response.shape[1] == encoded.shape[1] else response[:, self._carry]
        return response, torch.stack(penalties).mean()

    def _normalised(self, response: Tensor) -> Tensor:
        if self._normalise == "sum":
            return response / response.mean(1, keepdim=True).clamp_min(1e-3)
        if self._normalise == "rms":
            return response / (response.square().mean(1, keepdim=True) + 1e-6).sqrt()
        return response

    def _detected(self, response: Tensor) -> Tensor:
        return response.square() if self._readout == "energy" else response

    def _read(self, responses: Tensor) -> Tensor:
        """Sum (batch, branch, response) in one window per class: (batch, branch, class)."""
        windows = responses.new_zeros(*responses.shape[:2], self._classes)
        windows = windows.index_add(2, self._window, self._detected(responses))
        return windows * (self._classes / responses.shape[2])


def _level(scale: Tensor, source: Tensor) -> Tensor:
    """Divide a scale in place by the source's rms spread over the samples; return the mean that it now brings in."""
    scale /= source.std(0).square().mean().sqrt().clamp_min(1e-6)
    return scale * source.mean(0)
