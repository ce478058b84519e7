"""The gradient monitor: does the twin's derivative point where the device's does, and is the device still the same?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from core.calibration.alignment import (
    REPEATS,
    Controls,
    alignment,
    measured_slope,
    random_direction,
    step_size,
    twin_slope,
    verdict,
)
from core.calibration.events import LayerAlignment
from core.calibration.excitation import low_pass, shared_parameter
from core.network.base import PhysicalNetwork, Shoot
from core.ports import SystemInfo
from core.training.events import AlignmentChecked
from core.twin.noise import NoiseTwin
from core.twin.shots import ShotBatch, Shots

SAMPLES = 8  # operating points of a layer, each with a direction of its own
SENTINELS = 8  # fixed shots, measured twice at every check


class GradientMonitor:
    """Compare a twin's derivative with its device's while a network trains, and watch the device for drift.

    `measure` runs the device, `twin` its model; the operating points come from `features` (sample, feature), drawn anew
    for each check. Beyond a random generator it remembers what the device answered to its sentinel at the first check.
    Raises ValueError for fewer than two samples, which have no scatter.
    """

    def __init__(self, measure: Shoot, twin: Shoot, info: SystemInfo, features: Tensor, *, seed: int) -> None:
        if len(features) < 2:
            raise ValueError(f"{len(features)} samples are too few to monitor a gradient; give at least two.")
        self._measure, self._twin, self._info, self._features = measure, twin, info, features
        self._generator = torch.Generator().manual_seed(seed)
        drive = 0.5 + 0.5 * low_pass(SENTINELS, info.drive_dim, self._generator)
        shapes = info.parameter_shapes.values()
        self._sentinel = (drive, *(shared_parameter(shape, self._generator) for shape in shapes))
        self._first: Tensor | None = None

    def shots_per_check(self, network: PhysicalNetwork) -> int:
        """Count the shots that a check of this network measures."""
        samples = min(SAMPLES, len(self._features))
        return samples * network.shots_per_inference * (2 + 2 * REPEATS) + 2 * SENTINELS

    def check(self, network: PhysicalNetwork, step: int) -> AlignmentChecked:
        """Measure the alignment of each layer, in the order in which the network asks for shots, and the drift.

        The network is left as it is. Raises what the device raises.
        """
        asked: list[tuple[Tensor, Tensor, list[Tensor]]] = []
        rows = torch.randperm(len(self._features), generator=self._generator)[:SAMPLES]

        def record(drive: Tensor, *shared: Tensor) -> Tensor:
            response = self._measure(drive, *shared)
            branches = len(drive) // len(rows)  # of one request, sample by sample
            asked.extend((drive[at::branches], response[at::branches], list(shared)) for at in range(branches))
            return response

        with torch.no_grad():
            network(self._features[rows], record)
            noise = self._noise(asked)
            layers = tuple(self._layer(index, noise, drive, shared) for index, (drive, _, shared) in enumerate(asked))
            drift, noise_floor = self._drift()
        cosine, shots = min(layer.cosine for layer in layers), self.shots_per_check(network)
        return AlignmentChecked(step, layers, cosine, drift, noise_floor, verdict(layers), shots)

    def state(self) -> dict[str, Tensor]:
        """Return what a resumed run needs to go on bit for bit."""
        first = {} if self._first is None else {"first": self._first}
        return {"generator": self._generator.get_state(), **first}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state that `state` returned."""
        self._generator.set_state(state["generator"])
        self._first = state.get("first")

    def _noise(self, asked: Sequence[tuple[Tensor, Tensor, list[Tensor]]]) -> NoiseTwin:
        """Ask for all layers' shots once more: how do they scatter?"""
        first = [ShotBatch(drive, response, tuple(shared)) for drive, response, shared in asked]
        again = [replace(batch, responses=self._measure(batch.drives, *batch.parameters)) for batch in first]
        noise = NoiseTwin(self._twin, self._info)
        noise.fit(Shots((*first, *again)))
        return noise

    def _layer(self, index: int, noise: NoiseTwin, drive: Tensor, shared: list[Tensor]) -> LayerAlignment:
        count = len(drive)
        point = Controls(drive, tuple(value.expand(count, *value.shape) for value in shared))
        direction = random_direction(point, self._generator)
        expected, bend = twin_slope(self._twin, point, direction)
        step = step_size(noise.strength(drive, *shared), bend)
        slopes = torch.stack([measured_slope(self._measure, point, direction, step) for _ in range(REPEATS)])
        return alignment(index, slopes, expected)

    def _drift(self) -> tuple[float, float]:
        """Return the sentinel's change since the first check and what noise alone makes of it, both of its signal."""
        now = torch.stack([self._measure(*self._sentinel) for _ in range(2)])
        if self._first is None:
            self._first = now
        first = self._first
        signal = (first.mean(0) - first.mean((0, 1))).norm()
        floor = torch.stack([first[0] - first[1], now[0] - now[1]]).norm() / 2
        return float((now.mean(0) - first.mean(0)).norm() / signal), float(floor / signal)
