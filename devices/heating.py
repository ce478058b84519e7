"""How warm what an output drives may be by now: a first-order estimate that errs on the warm side."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from scipy.signal import lfilter

from core.ports import OutOfRange, SpecError
from core.run.connection import ConnectionSpec
from devices.recorder import Plan, RecorderFacts

Energy = TypeVar("Energy", float, np.ndarray)


@dataclass(frozen=True)
class Heating:
    """A load whose temperature rise T follows τ dT/dt = R_th v²/R - T, and the most that it may rise."""

    most_k: float
    load_ohm: float
    k_per_w: float
    time_constant_s: float

    @classmethod
    def of(cls, connection: ConnectionSpec) -> Heating | None:
        """Return a connection's limit, None where there is none. Raises SpecError where a part of it lacks."""
        if not connection.limit_rise_k:
            return None
        parts = {name: getattr(connection, name) for name in ("load_ohm", "warming_k_per_w", "cooling_s")}
        if lacking := [f"system.connection.{name}" for name, value in parts.items() if not value]:
            raise SpecError(f"system.connection.limit_rise_k needs to know the load. Set {' and '.join(lacking)}, too.")
        return cls(connection.limit_rise_k, *parts.values())


class Thermometer:
    """Estimate the rise of a load over bursts of shots, and how long to rest before the next one.

    A shot warms the load at once by what its energy does without any cooling, and the warmest of a burst come last:
    no order in which a driver plays them makes the load warmer. What the voltage at rest does, it does all the time;
    for the rest the load begins cold.
    """

    def __init__(self, heating: Heating, plan: Plan, clock: Callable[[], float] = time.monotonic) -> None:
        self.heating, self._plan, self._clock = heating, plan, clock
        self._resting_k = plan.rest_v**2 / heating.load_ohm * heating.k_per_w
        self._most_k = heating.most_k - self._resting_k  # by what is played
        self._played_k, self._at_s, self._beside_v2s = 0.0, clock(), 0.0

    @property
    def rise_k(self) -> float:
        """Return the rise by now."""
        return self._resting_k + self.played_k

    @property
    def played_k(self) -> float:
        """Return what part of the rise is due to what was played."""
        return self._played_k * math.exp(-(self._clock() - self._at_s) / self.heating.time_constant_s)

    def check(self, waveforms_v: np.ndarray) -> None:
        """Look whether a cold load bears each of some shots (shot, sample) alone. Raise OutOfRange."""
        after_k = max(float(self._after_k(shot_v[None]).max()) for shot_v in waveforms_v)
        if after_k >= self._most_k:
            raise OutOfRange(
                f"A shot with its averages warms the load by {self._resting_k + after_k:.3g} K; the limit is "
                f"{self.heating.most_k:.3g} K. Nothing was played. Lower the drive or the averages."
            )

    def bears(self, waveforms_v: np.ndarray) -> bool:
        """Tell whether shots in one burst leave the load below half of its limit if they find it cold."""
        return float(self._after_k(waveforms_v).max()) <= self._most_k / 2

    def rest_s(self, waveforms_v: np.ndarray) -> float:
        """Return how long to rest before a burst of bearable shots, so that the load stays below its limit in it."""
        after_k = self._after_k(waveforms_v)
        with np.errstate(divide="ignore"):
            start_k = float(((self._most_k - after_k) / self._kept(np.arange(len(after_k)))).min())
        now_k = self.played_k
        return self.heating.time_constant_s * math.log(now_k / start_k) if now_k > start_k else 0.0

    def note(self, waveforms_v: np.ndarray, before_k: float) -> None:
        """Take down that a burst has just ended, before which what had been played warmed by so much."""
        after_k = self._after_k(waveforms_v)
        self._set(float(after_k[-1] + before_k * self._kept(np.array(len(after_k) - 1))))

    def take(self, facts: RecorderFacts) -> None:
        """Count what a newly opened driver has played to find itself, and what it plays beside each shot."""
        self._beside_v2s = facts.beside_v2s
        self._set(self.played_k + self._warmed_k(facts.opened_v2s))

    def _set(self, played_k: float) -> None:
        self._played_k, self._at_s = played_k, self._clock()

    def _warmed_k(self, energy_v2s: Energy) -> Energy:
        heating = self.heating
        return energy_v2s * heating.k_per_w / heating.load_ohm / heating.time_constant_s

    def _after_k(self, waveforms_v: np.ndarray) -> np.ndarray:
        """Return the rises right after each shot of a burst that finds the load cold."""
        plan = self._plan
        beyond_rest_v2 = (np.square(waveforms_v) - plan.rest_v**2).clip(0.0)
        shots_k = self._warmed_k(beyond_rest_v2.sum(1) / plan.rate_hz + self._beside_v2s)
        ascending_k = np.sort(np.repeat(shots_k, plan.averages))
        return np.asarray(lfilter([1.0], [1.0, -self._kept(np.array(1))], ascending_k))

    def _kept(self, shots: np.ndarray) -> np.ndarray:
        """Return what part of a rise is left after so many shots with their rests."""
        plan = self._plan
        period_s = (plan.samples + plan.rest_samples) / plan.rate_hz
        return np.exp(-shots * period_s / self.heating.time_constant_s)
