"""The port of an output that plays a waveform and an input that records one: what a driver of an instrument is."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from core.ports import DeviceLost, DeviceTimeout

LONGEST_TOLD = 160
Result = TypeVar("Result")


@dataclass(frozen=True)
class Plan:
    """What a driver is asked to play and to record, settled when it is opened.

    A shot is `samples` voltages at `rate_hz`, each held for a sample; its record is as many voltages, or
    `record_samples` where that is not 0, the first of them `lag_s` after the beginning of the first sample.
    `rest_samples` at `rest_v` separate shots that are played in one transfer, at most `shots` of them. No voltage
    beyond `peak_v` will be asked for: the instrument's own limit goes there. A record is the mean of `averages`, and an
    input range of at least `range_v` is wanted first.
    """

    samples: int
    rate_hz: float
    rest_v: float
    rest_samples: int
    lag_s: float
    peak_v: float
    range_v: float
    averages: int = 1
    shots: int = 1
    record_samples: int = 0

    def play_s(self, shots: int) -> float:
        """Return how long so many shots last."""
        return shots * self.averages * (self.samples + self.rest_samples) / self.rate_hz


@dataclass(frozen=True)
class RecorderFacts:
    """What an opened driver can do: shots of one transfer, largest output voltage, input ranges (±V, ascending).

    `opened_v2s` is ∫v² dt of what it has played to be opened, `beside_v2s` of what it plays beside each shot.
    """

    name: str
    demo: bool
    most_shots: int
    output_v: float
    ranges_v: tuple[float, ...]
    opened_v2s: float = 0.0
    beside_v2s: float = 0.0


class Recorder(Protocol):
    """A driver. It is made with its outputs off, for one `Plan`, and used by one thread at a time.

    Everything in and out is plain data, so that a driver may live in another process. Whatever an instrument answers
    is checked before it is believed: a driver returns what was measured now, or raises DeviceError.
    """

    @property
    def facts(self) -> RecorderFacts:
        """Tell what the instrument can do."""
        ...

    def identity(self) -> dict[str, object]:
        """Tell maker, model and serial number, the same whenever this very instrument is opened."""
        ...

    def settings(self) -> dict[str, object]:
        """Tell how the instrument is set, as plain data."""
        ...

    def set_range(self, range_v: float, deadline_s: float) -> None:
        """Take one of `facts.ranges_v` for the input."""
        ...

    def play_and_record(self, waveforms_v: np.ndarray, deadline_s: float) -> np.ndarray:
        """Play waveforms (shot, sample) in volts and return the records (shot, sample) in volts.

        A sample beyond the input's range is ±inf. Raise DeviceTimeout, DeviceLost.
        """
        ...

    def safe(self, deadline_s: float) -> None:
        """Switch the outputs off."""
        ...

    def close(self) -> None:
        """Let go of the instrument. Never raise."""
        ...


OpenRecorder = Callable[[], Recorder]


def told(text: object) -> str:
    """Return what an instrument says as a message may show it: printable, on one line, not without end."""
    shown = text.decode("ascii", "replace") if isinstance(text, bytes) else str(text)
    shown = "".join(character if character.isprintable() else " " for character in shown[: LONGEST_TOLD + 1]).strip()
    return shown[:LONGEST_TOLD] + "…" if len(shown) > LONGEST_TOLD else shown


class Watchman:
    """Run the calls of a library that may hang in a thread of their own, which is abandoned at the deadline."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], queue.SimpleQueue[tuple[Any, Exception | None]]] | None]
        self._calls = queue.SimpleQueue()
        self._hung = False
        threading.Thread(target=_work, args=(self._calls,), name=f"overtone-{name}", daemon=True).start()

    def call(self, function: Callable[[], Result], deadline_s: float) -> Result:
        """Return what `function` returns. Raise what it raises; DeviceTimeout past the deadline, then DeviceLost."""
        if self._hung:
            raise DeviceLost(f"{self._name} hung in an earlier call and was given up.")
        answer = queue.SimpleQueue[tuple[Any, Exception | None]]()
        self._calls.put((function, answer))
        try:
            result, error = answer.get(timeout=deadline_s)
        except queue.Empty:
            self._hung = True
            raise DeviceTimeout(f"{self._name} did not return within {deadline_s:.3g} s and was given up.") from None
        if error is not None:
            raise error
        return result

    def later(self, function: Callable[[], object]) -> None:
        """Do something after what is being done, without waiting for it."""
        self._calls.put((function, queue.SimpleQueue()))

    def dismiss(self) -> None:
        """Let the thread end once it has done what it was asked to."""
        self._calls.put(None)


def _work(calls: queue.SimpleQueue[Any]) -> None:
    while (call := calls.get()) is not None:
        function, answer = call
        try:
            answer.put((function(), None))
        except Exception as error:
            answer.put((None, error))
        del call, function, answer  # what a call holds must not outlive it here
