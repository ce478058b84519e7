"""What is between an emulated output and an emulated input: a simulated system, wired."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from core.ports import PhysicalSystem
from devices.waveform import Wiring

Response = Callable[[np.ndarray], np.ndarray]
"""Takes frames (shot, sample) of the voltage at the system's input, returns the voltage at its output, as long."""


@dataclass
class Bench:
    """A system on the table: volts in, volts out, from rest to rest.

    `respond` takes frames of `samples` at `rate_hz`; a longer waveform is cut into frames with `rest_samples` between
    them. `lag_samples` says at which part of a sample after its beginning the answer to it is seen. `highest_v` and
    `lowest_v` remember what was ever on the wire, `frames` how often the system was excited.
    """

    respond: Response
    samples: int
    rate_hz: float
    rest_samples: int = 0
    lag_samples: float = 1.0
    highest_v: float = 0.0
    lowest_v: float = 0.0
    frames: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def play(self, waveform_v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Drive the system with a waveform (sample,) in volts; return times (point,) in s and the output there in V.

        The waveform is held for a sample each and begins at time 0.
        """
        period = self.samples + self.rest_samples
        shots = max(1, (len(waveform_v) + self.rest_samples) // period)
        held_v = waveform_v[: shots * period]
        frames = np.full((shots, period), held_v[-1] if len(held_v) else 0.0)
        frames.reshape(-1)[: len(held_v)] = held_v
        with self._lock:
            self.highest_v = max(self.highest_v, float(waveform_v.max(initial=self.highest_v)))
            self.lowest_v = min(self.lowest_v, float(waveform_v.min(initial=self.lowest_v)))
            self.frames += shots
            answer = np.zeros((shots, period))
            answer[:, : self.samples] = self.respond(frames[:, : self.samples])
        times_s = (np.arange(answer.size) + self.lag_samples) / self.rate_hz
        return times_s, answer.reshape(-1)


def wired(system: PhysicalSystem, wiring: Wiring) -> Bench:
    """Put a system of normalised controls on the table, as its wiring says."""

    def respond(frames_v: np.ndarray) -> np.ndarray:
        return wiring.full_scale_v * system.run(wiring.drive(frames_v)).numpy().astype(np.float64)

    return Bench(respond, wiring.info.drive_dim, wiring.rate_hz, wiring.rest_samples, wiring.lag_samples)
