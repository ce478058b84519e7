"""An emulated NI card on the bench: tasks with a buffer, a clock and a start trigger, one output and one input."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from devices.emulator.bench import Bench

OUTPUT_RANGES_V = (5.0, 10.0)
INPUT_RANGES_V = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
HIGHEST_RATE_HZ = 2e6
TIMEBASE_HZ = 100e6
BITS = 16
BEYOND = 1.05  # of the range: where the converter ends

# The driver's own numbers and words (nidaqmx.error_codes.DAQmxErrors).
INVALID_TASK = -200088
INVALID_DEVICE = -200220
NO_CHANNEL = -200170
RESERVED = -50103
DATA_OUT_OF_RANGE = -200561
RATE_TOO_HIGH = -200332
RUNNING = -200479
NO_SAMPLES = -200284
NEVER_GENERATED = -200288
REMOVED = -201003
INVALID_VALUE = -200077
TEXTS = {
    INVALID_TASK: "Task specified is invalid or does not exist.",
    INVALID_DEVICE: "Device identifier is invalid.",
    NO_CHANNEL: "Physical channel specified does not exist on this device.",
    RESERVED: "The specified resource is reserved. The operation could not be completed as specified.",
    DATA_OUT_OF_RANGE: "Attempted writing analog data that is too large or too small.",
    RATE_TOO_HIGH: "Sample Rate specified is above the maximum supported by the device.",
    RUNNING: "Specified operation cannot be performed while the task is running.",
    NO_SAMPLES: "Some or all of the samples requested have not yet been acquired.",
    NEVER_GENERATED: "The generation cannot be started, because the selected buffer size is too small.",
    REMOVED: "Device cannot be accessed.",
    INVALID_VALUE: "Requested value is not a supported value for this property.",
}


class CardError(Exception):
    """The driver refuses, with its number."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{TEXTS[code]}\n\nStatus Code: {code}")
        self.code = code


@dataclass
class CardTask:
    """What a client has set of a task, the waveform written and the record waiting in it."""

    name: str
    channel: str = ""
    is_output: bool = False
    low_v: float = 0.0
    high_v: float = 0.0
    rate_hz: float = 0.0  # 0: on demand
    samples: int = 0
    trigger: str = ""
    delay_s: float = 0.0
    delay_in_seconds: bool = False
    running: bool = False
    waveform_v: np.ndarray = field(default_factory=partial(np.zeros, 0))
    record_v: np.ndarray | None = None


class DaqCard:
    """A card with ao0 wired through the bench to ai0, of a second module where there is one. It may raise CardError.

    `output_v` is what is at ao0 now. A waveform is played at once, not in the time that it would take.
    """

    def __init__(
        self,
        bench: Bench,
        names: tuple[str, ...] = ("Dev1",),
        chassis: str = "",
        model: str = "USB-6363",
        serial_number: int = 0x1D0E5,
    ) -> None:
        self.bench, self.names, self.chassis, self.model = bench, names, chassis, model
        self.serial_number = serial_number
        self.output_v = 0.0
        self.spoilt_v: float | None = None  # what the next record is full of instead, by a fault
        self.tasks: dict[str, CardTask] = {}
        self._recorded = threading.Condition()

    def reset(self) -> None:
        """Clear every task and switch the output off."""
        with self._recorded:
            self.tasks.clear()
            self.output_v = 0.0
            self._recorded.notify_all()

    def create(self, name: str) -> tuple[str, bool]:
        """Begin a task, or attach to the one of this name; return its name and whether it is new."""
        with self._recorded:
            name = name or f"_unnamedTask<{len(self.tasks)}>"
            new = name not in self.tasks
            self.tasks.setdefault(name, CardTask(name))
            return name, new

    def task(self, name: str) -> CardTask:
        """Return a task."""
        if name not in self.tasks:
            raise CardError(INVALID_TASK)
        return self.tasks[name]

    def add_channel(self, name: str, channel: str, low_v: float, high_v: float, *, is_output: bool) -> None:
        """Give a task its channel."""
        task, widest_v = self.task(name), (OUTPUT_RANGES_V if is_output else INPUT_RANGES_V)[-1]
        wired = f"{self.names[0]}/ao0" if is_output else f"{self.names[-1]}/ai0"
        if channel.lower() != wired.lower() or task.channel:
            raise CardError(NO_CHANNEL)
        if not -widest_v <= low_v < high_v <= widest_v:
            raise CardError(INVALID_VALUE)
        task.channel, task.low_v, task.high_v, task.is_output = channel, low_v, high_v, is_output

    def set_clock(self, name: str, rate_hz: float, samples: int) -> None:
        """Give a task its clock, whose rate is the timebase over a whole number."""
        task = self.task(name)
        if not 0 < rate_hz <= HIGHEST_RATE_HZ:
            raise CardError(RATE_TOO_HIGH)
        task.rate_hz, task.samples = TIMEBASE_HZ / round(TIMEBASE_HZ / rate_hz), samples

    def write(self, name: str, waveform_v: np.ndarray, *, start: bool) -> int:
        """Put a waveform into a task's buffer, or to the output at once where the task has no clock."""
        task = self.task(name)
        if task.running:
            raise CardError(RUNNING)
        if not ((waveform_v >= task.low_v) & (waveform_v <= task.high_v)).all():  # NaN too
            raise CardError(DATA_OUT_OF_RANGE)
        task.waveform_v = waveform_v
        if start:
            self.start(name)
            task.running = task.rate_hz > 0
        return len(waveform_v)

    def start(self, name: str) -> None:
        """Start a task: an output plays, and starts the input that waits for it."""
        with self._recorded:
            task = self.task(name)
            if any(other.running and other.is_output == task.is_output for other in self.tasks.values()):
                raise CardError(RUNNING if task.running else RESERVED)
            task.running = True
            if task.is_output:
                self._play(task)
            elif not task.trigger:
                task.record_v = self._converted(task, np.zeros(task.samples))
            self._recorded.notify_all()

    def stop(self, name: str) -> None:
        """Stop a task."""
        with self._recorded:
            task = self.task(name)
            task.running, task.record_v = False, None

    def clear(self, name: str) -> None:
        """Stop a task and forget it."""
        with self._recorded:
            self.task(name)
            del self.tasks[name]
            self._recorded.notify_all()

    def read(self, name: str, samples: int, timeout_s: float) -> np.ndarray:
        """Return what a task recorded, as soon as it is there."""
        if not self.task(name).running:
            self.start(name)
        with self._recorded:
            due_s = time.monotonic() + timeout_s
            while self.task(name).record_v is None:
                if not self._recorded.wait(due_s - time.monotonic()):
                    raise CardError(NO_SAMPLES)
            record_v = self.task(name).record_v
            if record_v is None or samples > len(record_v):
                raise CardError(NO_SAMPLES)
            return record_v[:samples]

    def _play(self, task: CardTask) -> None:
        if not task.rate_hz:
            self.output_v = float(task.waveform_v[-1])
            return
        if len(task.waveform_v) < task.samples:  # it must not be played again
            task.running = False
            raise CardError(NEVER_GENERATED)
        range_v = next(range_v for range_v in OUTPUT_RANGES_V if range_v >= max(-task.low_v, task.high_v))
        step_v = 2 * range_v / 2**BITS
        played_v = np.round(task.waveform_v[: task.samples] / step_v) * step_v
        task.waveform_v = task.waveform_v[:0]
        times_s, answer_v = self.bench.play(played_v)
        self.output_v = float(played_v[-1])
        trigger = f"/{self.chassis or self.names[0]}/ao/StartTrigger"
        for other in self.tasks.values():
            if other.running and other.trigger.lower() == trigger.lower():
                delay_s = other.delay_s if other.delay_in_seconds else other.delay_s / TIMEBASE_HZ
                sampled_s = delay_s + np.arange(other.samples) / other.rate_hz
                other.record_v = self._converted(other, np.interp(sampled_s, times_s, answer_v))

    def _converted(self, task: CardTask, input_v: np.ndarray) -> np.ndarray:
        """Return volts as the converter of the smallest range that holds the task's limits tells them."""
        range_v = next(range_v for range_v in INPUT_RANGES_V if range_v >= max(-task.low_v, task.high_v))
        if self.spoilt_v is not None:
            input_v, self.spoilt_v = np.full_like(input_v, self.spoilt_v), None
        step_v = 2 * BEYOND * range_v / 2**BITS
        return np.round(input_v.clip(-BEYOND * range_v, BEYOND * range_v) / step_v) * step_v
