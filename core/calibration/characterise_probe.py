"""What all steps of a characterisation share: device calls in counted batches, the time axis, intervals."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float64
from scipy.special import stdtrit

from core.calibration.events import Curve, Outcome, Quantity, StepEnded, StepName, StepProgress
from core.phrase import Phrase
from core.ports import Axis, Measure, SystemInfo

Array = np.ndarray
Progress = Callable[[StepProgress], None]
BATCH = 64
SHARED_AMPLITUDE = 0.17  # of shared parameters about their middle: halfway, by ratio, of what a twin's shots use
PASSES = Phrase("Device passes")
LEVEL = Phrase("Drive level")


def ignore(progress: StepProgress) -> None:
    """Let nobody know."""


class Step(Protocol):
    """A step: measures what it needs and says what it found. Raises what `measure` raises."""

    def __call__(self, measure: Measure, info: SystemInfo, *, seed: int, progress: Progress = ignore) -> StepEnded:
        """Characterise the system; `seed` fixes the drives."""
        ...


class Probe:
    """Sends drives with the shared parameters held, in batches; counts the passes and tells them of `total`."""

    def __init__(
        self, step: StepName, measure: Measure, info: SystemInfo, *, seed: int, total: int, progress: Progress
    ) -> None:
        self.info, self.passes = info, 0
        self.found: tuple[Curve, ...] = ()  # shown while the step goes on
        self.generator = torch.Generator().manual_seed(seed)
        self.shared = tuple(
            0.5 + SHARED_AMPLITUDE * (torch.rand(*shape, generator=self.generator) - 0.5)
            for shape in info.parameter_shapes.values()
        )
        self.rest = 0.5 if info.signed_drive else 0.0
        self._step: StepName = step
        self._measure, self._total, self._progress = measure, total, progress
        self._spent_s = 0.0

    def at_rest(self, count: int) -> Float64[Array, "shot drive"]:
        """Return drives that leave the system alone."""
        return np.full((count, self.info.drive_dim), self.rest)

    def swung(self, shape: Array) -> Float64[Array, "shot drive"]:
        """Return drives for shapes in [-1, 1]: about the rest of signed controls, else about the middle."""
        return 0.5 + 0.5 * np.asarray(shape, dtype=float)

    def shoot(self, drives: Array) -> Float64[Array, "shot response"]:
        """Measure one shot for each row."""
        answers = list[Array]()
        for rows in torch.as_tensor(drives, dtype=torch.float32).clamp(0, 1).split(BATCH):
            start_s = time.perf_counter()
            answers.append(self._measure(rows, *self.shared).numpy(force=True).astype(float))
            self._spent_s += time.perf_counter() - start_s
            self.passes += len(rows)
            left_s = self._spent_s / self.passes * (self._total - self.passes)
            seen = (*self._latest(rows[-1].numpy(), answers[-1][-1]), *self.found)
            self._progress(StepProgress(self._step, self.passes, self._total, left_s, seen))
        return np.concatenate(answers)

    def _latest(self, drive: Array, response: Array) -> tuple[Curve, ...]:
        """Return the latest shot to be drawn, nothing where the response has not the length that it should have."""
        info, name = self.info, Phrase("Latest shot")
        if response.shape != (info.response_dim,):
            return ()
        return (
            over(info.drive_axis, name, info.drive_label, info.drive_unit, drive),
            over(info.response_axis, name, info.response_label, info.response_unit, response),
        )

    def ended(
        self, outcome: Outcome, text: Phrase, figures: Mapping[str, Quantity] | None = None, *curves: Curve
    ) -> StepEnded:
        """Say what the step found, and how many passes it took."""
        passes = {PASSES: Quantity(self.passes, "1")}
        return StepEnded(self._step, outcome, text, {**(figures or {}), **passes}, curves)


def sample_interval_s(info: SystemInfo) -> float | None:
    """Return the sampling interval where drive and response are waveforms on one even time axis, else None."""
    drive, response = info.drive_axis, info.response_axis
    if drive.unit != "s" or response.unit != "s" or len(drive.values) != len(response.values) or len(drive.values) < 3:
        return None
    steps = np.diff(drive.values)
    even = np.allclose(steps, steps[0], rtol=1e-6) and np.allclose(np.diff(response.values), steps[0], rtol=1e-6)
    return float(steps[0]) if even and steps[0] > 0 else None


def over(
    axis: Axis,
    name: str,
    y_quantity: str,
    y_unit: str,
    y: Array,
    low: Array | None = None,
    high: Array | None = None,
) -> Curve:
    """Return a curve over a drive's or a response's axis."""
    return Curve(name, axis.quantity, axis.unit, y_quantity, y_unit, axis.values, y, low, high)


def mean_interval(values: Array) -> tuple[float, float, float]:
    """Return the mean of independent values and its 95 % interval (Student's)."""
    mean, count = float(np.mean(values)), len(values)
    half = float(stdtrit(count - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(count))
    return mean, mean - half, mean + half


def rms_quantity(squares: Array, unit: str) -> Quantity:
    """Return the root of the mean of independent squares, with its 95 % interval."""
    value, low, high = (float(np.sqrt(max(square, 0.0))) for square in mean_interval(squares))
    return Quantity(value, unit, low, high)
