"""The last line before the wire: what is played is checked here, whoever asked for it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from core.ports import DeviceLost, OutOfRange
from devices.heating import Heating, Thermometer
from devices.recorder import Plan, Recorder

RAMP = (0.125, 0.25, 0.5)  # of the first shot's excursion from rest, before it is played in full
ROUNDING = 1e-6  # of the limit: voltages are computed in float32


@dataclass(frozen=True)
class SafetyLimits:
    """What an output may do at most: voltage, slew rate, the long-run mean of (v/peak_v)², and warming its load."""

    peak_v: float
    slew_v_per_s: float = math.inf
    duty: float = 1.0
    heating: Heating | None = None

    def check(self, waveforms_v: np.ndarray, rest_v: float, rate_hz: float) -> None:
        """Look at waveforms (shot, sample) that start and end at `rest_v`. Raise OutOfRange; NaN is refused, too."""
        peak_v = float(np.abs(waveforms_v).max(initial=0.0))
        if not peak_v <= self.peak_v * (1 + ROUNDING):  # written so that NaN fails too
            raise OutOfRange(
                f"The waveform reaches {peak_v:.4g} V; the limit is ±{self.peak_v:.4g} V. Nothing was played."
            )
        if math.isfinite(self.slew_v_per_s):
            step_v = float(np.abs(np.diff(waveforms_v, axis=1, prepend=rest_v, append=rest_v)).max(initial=0.0))
            if not step_v * rate_hz <= self.slew_v_per_s * (1 + ROUNDING):
                raise OutOfRange(
                    f"The waveform changes by {step_v * rate_hz:.4g} V/s; the limit is {self.slew_v_per_s:.4g} V/s. "
                    "Nothing was played. Lower the drive or the rate."
                )


class Guard:
    """Let nothing but checked waveforms reach a driver: ramped up at first, rested between bursts.

    The first shot after `hold` is played at parts of its excursion before it is played in full. Where the duty is
    limited, the output rests after a burst for as long as its energy asks, whatever driver holds it then; where the
    load's temperature is, a burst is cut into as many as that allows, and each waits until the load is cold enough.
    """

    def __init__(
        self,
        limits: SafetyLimits,
        plan: Plan,
        sleep: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits
        self.thermometer = Thermometer(limits.heating, plan, clock) if limits.heating else None
        self._plan, self._sleep, self._clock = plan, sleep, clock
        self._recorder: Recorder | None = None
        self._ramped = False
        self._rested_s = -math.inf

    def hold(self, recorder: Recorder) -> None:
        """Take a newly opened driver; its output's own limit counts, too."""
        self.limits = replace(self.limits, peak_v=min(self.limits.peak_v, recorder.facts.output_v))
        self._recorder, self._ramped = recorder, False
        if self.thermometer is not None:
            self.thermometer.take(recorder.facts)

    def play_and_record(self, waveforms_v: np.ndarray, deadline_s: float) -> np.ndarray:
        """Play (shot, sample) volts if they are within the limits. Raise OutOfRange, and what the driver raises."""
        plan = self._plan
        self.limits.check(waveforms_v, plan.rest_v, plan.rate_hz)
        if self.thermometer is not None:
            self.thermometer.check(waveforms_v)
        if not self._ramped:
            for part in RAMP:
                self._play(plan.rest_v + part * (waveforms_v[:1] - plan.rest_v), deadline_s)
            self._ramped = True
        return self._play(waveforms_v, deadline_s)

    def _play(self, waveforms_v: np.ndarray, deadline_s: float) -> np.ndarray:
        plan, limits, recorder, warmed = self._plan, self.limits, self._recorder, self.thermometer
        assert recorder is not None
        if warmed is not None and len(waveforms_v) > 1 and not warmed.bears(waveforms_v):
            halves = np.array_split(waveforms_v, 2)
            return np.concatenate([self._play(half, deadline_s) for half in halves])
        if limits.duty < 1.0:
            self._sleep(max(0.0, self._rested_s - self._clock()))
            energy_s = float(np.square(waveforms_v / limits.peak_v).sum()) * plan.averages / plan.rate_hz
            self._rested_s = self._clock() + energy_s / limits.duty
        before_k = 0.0
        if warmed is not None:
            self._sleep(warmed.rest_s(waveforms_v))
            before_k = warmed.played_k
        try:
            answer = recorder.play_and_record(waveforms_v, deadline_s + plan.play_s(len(waveforms_v)))
        finally:
            if warmed is not None:  # whatever of it was played
                warmed.note(waveforms_v, before_k)
        if answer.shape != (len(waveforms_v), plan.record_samples or waveforms_v.shape[1]) or np.isnan(answer).any():
            raise DeviceLost(
                f"{recorder.facts.name} returned a record of {answer.shape} with {int(np.isnan(answer).sum())} "
                f"holes for {waveforms_v.shape} samples; it was not used."
            )
        return answer
