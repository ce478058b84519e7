"""A waveform generator and an oscilloscope as one driver: load, arm, fire, read, each step checked."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Generic, TypeVar

import numpy as np

from core.ports import DeviceError, DeviceLost, SpecError
from core.run.connection import ConnectionSpec
from devices.recorder import Plan, RecorderFacts, told
from devices.visa.generators import GENERATORS, Generator, numbers
from devices.visa.link import Ask, Link, open_link
from devices.visa.scopes import SCOPES, Scaling, Scope, volts
from devices.wire import Deadline

LEAD_SAMPLES = 1  # at rest before a waveform: between bursts a generator stays at its first sample
NO_ERROR = re.compile(r"\+?0\b")
DEMO_SERIAL = "DEMO"  # how the serial numbers of the bundled emulators begin
POLL_S = 1e-4
LENGTHS = 16  # of waveforms loaded in turn: one that an instrument has not heard is told by the length of the last
SAFE_ATTEMPTS = 4  # a broken line must not take all the time that a new one needs
TOLERANCE = 1e-3  # of a setting that is read back

Dialect = TypeVar("Dialect", bound=Generator | Scope)


def open_recorder(address: str, plan: Plan, connection: ConnectionSpec) -> VisaRecorder:
    """Open the generator at `address` and the oscilloscope at `connection.recorder`. Raise SpecError, DeviceError."""
    if not connection.recorder:
        raise SpecError(
            f"{address} plays the drive; the oscilloscope's address is missing. Set system.connection.recorder."
        )
    return VisaRecorder(address, connection.recorder, plan, connection.dialect, connection.deadline_s)


class Instrument(Generic[Dialect]):
    """One instrument on its line: who it is, what it speaks, and an error query after everything that it is told."""

    def __init__(self, address: str, dialects: Sequence[type[Dialect]], wanted: str, deadline: Deadline) -> None:
        self._address = address
        self.link: Link | None = open_link(address, deadline)
        try:
            answer = self.link.exchange([Ask(b"*IDN?", "line")], deadline)[0]
            identity = told(answer)
            found = [
                dialect
                for dialect in dialects
                if (dialect.name == wanted if wanted != "auto" else re.match(dialect.models, identity, re.IGNORECASE))
            ]
            if not found or identity.count(",") < 3:
                kind = "waveform generator" if dialects is GENERATORS else "oscilloscope"
                raise DeviceError(
                    f"{address} says that it is {identity!r}, which is no {kind} that this driver knows. "
                    "Check the address, or set system.connection.dialect to keysight, siglent or rigol."
                )
        except DeviceError:
            self.close()
            raise
        self.dialect = found[0]
        self.maker, self.model, self.serial, self.firmware = (part.strip() for part in identity.split(",", 3))

    def tell(self, messages: Sequence[bytes | str], deadline: Deadline, asks: Sequence[Ask] = ()) -> list[bytes]:
        """Send messages, ask questions, and see that the instrument found no error. Raise DeviceError."""
        if self.link is None:
            raise DeviceLost(f"{self.model} is not connected.")
        sent = [Ask(message.encode() if isinstance(message, str) else message) for message in messages]
        *answers, error = self.link.exchange([*sent, *asks, Ask(self.dialect.error.encode(), "line")], deadline)
        if not NO_ERROR.match(error.decode("ascii", "replace")):
            raise DeviceError(f"{self.model} reports an error: {told(error)}")
        return answers

    def ask(self, query: str, deadline: Deadline) -> str:
        """Return the answer to a question."""
        if self.link is None:
            raise DeviceLost(f"{self.model} is not connected.")
        return told(self.link.exchange([Ask(query.encode(), "line")], deadline)[0])

    def reopen(self, deadline: Deadline) -> None:
        """Take a new line, whatever became of the old one."""
        self.close()
        self.link = open_link(self._address, deadline)

    def close(self) -> None:
        """Hang up."""
        link, self.link = self.link, None
        if link is not None:
            link.close()

    def identity(self) -> dict[str, object]:
        """Tell who it is."""
        return {"maker": self.maker, "model": self.model, "serial": self.serial, "firmware": self.firmware}


class VisaRecorder:
    """The driver (`devices.recorder.Recorder`)."""

    def __init__(self, generator: str, scope: str, plan: Plan, dialect: str, deadline_s: float) -> None:
        deadline = Deadline(deadline_s, generator)
        self._plan = plan
        self._generator = Instrument(generator, GENERATORS, dialect, deadline)
        try:
            self._scope = Instrument(scope, SCOPES, dialect, Deadline(deadline_s, scope))
        except DeviceError:
            self._generator.close()
            raise
        sound, screen = self._generator.dialect, self._scope.dialect
        period = plan.samples + plan.rest_samples
        most = min(sound.most_samples - LEAD_SAMPLES - sound.least_samples - LENGTHS, screen.most_points) // period
        demo = self._generator.serial.startswith(DEMO_SERIAL) and self._scope.serial.startswith(DEMO_SERIAL)
        name = f"{self._generator.model} and {self._scope.model}"
        self.facts = RecorderFacts(name, demo, max(1, most), sound.output_v, screen.ranges_v)
        self._shots, self._range_v, self._gain_v, self._loads = 0, screen.ranges_v[-1], 0.0, 0
        self._values = {
            "rate_hz": plan.rate_hz,
            "vpp": 2 * plan.peak_v,
            "offset_v": 0.0,
            "high_v": plan.peak_v,
            "low_v": -plan.peak_v,
        }
        try:
            if most < 1:
                raise DeviceError(f"{name} holds no shot of {period:,} samples.")
            setup = [command.format(**numbers(self._values)) for command in sound.setup]
            for instrument, (first, second, *others) in ((self._generator, setup), (self._scope, screen.setup)):
                instrument.tell([first, second], deadline)  # errors of earlier are cleared before any is asked for
                for command in others:
                    instrument.tell([command], deadline)
        except DeviceError:
            with suppress(DeviceError):
                self.safe(deadline_s)
            self.close()
            raise

    def identity(self) -> dict[str, object]:
        """Tell who both instruments are."""
        return {"generator": self._generator.identity(), "scope": self._scope.identity()}

    def settings(self) -> dict[str, object]:
        """Tell dialects, rate, amplitude and input range."""
        dialects = {"generator": self._generator.dialect.name, "scope": self._scope.dialect.name}
        return {"dialects": dialects, **self._values, "range_v": self._range_v, "averages": self._plan.averages}

    def set_range(self, range_v: float, deadline_s: float) -> None:
        """Let the screen span ±range_v."""
        scope = self._scope
        values = numbers({"scale_v": range_v / 4, "span_v": 2 * range_v})
        scope.tell([scope.dialect.vertical.format(**values)], Deadline(deadline_s, scope.model))
        self._range_v, self._gain_v = range_v, 0.0

    def play_and_record(self, waveforms_v: np.ndarray, deadline_s: float) -> np.ndarray:
        """Play the shots as one long waveform and cut its record into theirs."""
        deadline = Deadline(deadline_s, self.facts.name)
        shots = len(waveforms_v)
        if shots != self._shots:
            self._set_window(shots, deadline)
        self._load(waveforms_v, deadline)
        record_v = self._shoot(shots, deadline)
        for _ in range(1, self._plan.averages):
            record_v += self._shoot(shots, deadline)
        return record_v / self._plan.averages

    def safe(self, deadline_s: float) -> None:
        """Switch the output off and see that it is, over a new line where the old one is broken."""
        generator, deadline = self._generator, Deadline(deadline_s, self._generator.model)
        query, silent = generator.dialect.silent
        while True:
            attempt = Deadline(min(deadline_s / SAFE_ATTEMPTS, deadline.left_s()), generator.model)
            try:
                if generator.link is None:
                    generator.reopen(attempt)
                generator.tell([generator.dialect.off], attempt)
                if re.fullmatch(silent, generator.ask(query, attempt)):
                    return
            except DeviceError:
                generator.close()
            time.sleep(min(10 * POLL_S, deadline.left_s()))

    def close(self) -> None:
        """Hang up."""
        self._generator.close()
        self._scope.close()

    def _set_window(self, shots: int, deadline: Deadline) -> None:
        """Let a record hold so many shots."""
        plan, dialect = self._plan, self._scope.dialect
        self._shots = 0
        points = shots * (plan.samples + plan.rest_samples)
        start_s = plan.lag_s + LEAD_SAMPLES / plan.rate_hz
        self._points, commands = dialect.window(points, plan.rate_hz, start_s)
        for command in commands:
            self._scope.tell([command], deadline)
        self._shots = shots

    def _load(self, waveforms_v: np.ndarray, deadline: Deadline) -> None:
        plan, dialect, generator = self._plan, self._generator.dialect, self._generator
        period = plan.samples + plan.rest_samples
        self._loads += 1
        tail = max(1, dialect.least_samples - LEAD_SAMPLES - len(waveforms_v) * period) + self._loads % LENGTHS
        played_v = np.full(LEAD_SAMPLES + len(waveforms_v) * period + tail, plan.rest_v)
        points = len(played_v)
        self._values |= {"points": points, "frequency_hz": plan.rate_hz / points}
        frames = played_v[LEAD_SAMPLES : LEAD_SAMPLES + len(waveforms_v) * period].reshape(-1, period)
        frames[:, : plan.samples] = waveforms_v
        middle, half = (dialect.highest + dialect.lowest) / 2, (dialect.highest - dialect.lowest) / 2
        played_v *= half / plan.peak_v
        played_v += middle
        codes = np.rint(played_v, out=played_v).clip(dialect.lowest, dialect.highest).astype(dialect.dtype).tobytes()
        play = [command.format(**numbers(self._values)) for command in dialect.play]
        generator.tell([*dialect.upload(codes, self._values), *play], deadline)

    def _shoot(self, shots: int, deadline: Deadline) -> np.ndarray:
        generator, scope = self._generator, self._scope
        question, pattern = scope.dialect.armed
        answer = scope.tell([scope.dialect.arm], deadline, [Ask(question.encode(), "line")])[0]
        while not re.fullmatch(pattern, told(answer)):
            self._wait(told(answer), deadline)
            answer = scope.ask(question, deadline).encode()
        queries = [Ask(query.encode(), "line") for query, _ in generator.dialect.state]
        self._check_state(generator.tell([generator.dialect.fire], deadline, queries))
        question, _ = scope.dialect.done
        while not scope.dialect.finished(status := scope.ask(question, deadline)):
            self._wait(status, deadline)
        query, size = scope.dialect.preamble
        dtype = np.dtype(scope.dialect.dtype)
        preamble = Ask(query.encode(), "block" if size else "line", size)
        data = Ask(scope.dialect.data.encode(), "block", self._points * dtype.itemsize)
        head, block = scope.tell([], deadline, [preamble, data])
        scaling = scope.dialect.scaling(head)
        self._check_scaling(scaling, len(block) // dtype.itemsize)
        return self._cut(volts(np.frombuffer(block, dtype), scope.dialect, scaling), scaling, shots)

    def _wait(self, status: str, deadline: Deadline) -> None:
        """Let some time pass before a status is asked for again, which has to be one."""
        if not re.fullmatch(r"\+?\d{1,6}|[A-Za-z' ]{1,12}", status):
            raise DeviceLost(f"{self._scope.model} told its status by {status!r}.")
        deadline.left_s()
        time.sleep(POLL_S)

    def _check_state(self, answers: Sequence[bytes]) -> None:
        """See that the generator still is as it was set: it may have been switched off and on."""
        generator = self._generator
        for answer, (query, pattern) in zip(answers, generator.dialect.state, strict=True):
            found = re.fullmatch(pattern, told(answer))
            right = found is not None
            for name, text in (found.groupdict() if found else {}).items():
                right = right and abs(_number(text) - self._values[name]) <= self._tolerance(name)
            if not right:
                raise DeviceLost(
                    f"{generator.model} is not as it was set: {query} gave {told(answer)!r}. "
                    "It was changed by someone, or cannot do what was asked."
                )

    def _tolerance(self, name: str) -> float:
        """Return how far off a setting may be: by less than a sample where it tells the length of the waveform."""
        points = self._values["points"]
        exact = {"points": 0.3, "frequency_hz": 0.3 * self._plan.rate_hz / points**2}
        return exact.get(name, TOLERANCE * max(abs(self._values[name]), self._plan.peak_v))

    def _check_scaling(self, scaling: Scaling, points: int) -> None:
        """See that the record is of the present settings."""
        dialect = self._scope.dialect
        span_v = scaling.gain_v * (dialect.highest - dialect.lowest)
        gain_v = self._gain_v or scaling.gain_v
        self._gain_v = gain_v
        if (
            points != scaling.points
            or points != self._points
            or not 1.0 <= span_v / self._range_v <= 5.0
            or not abs(scaling.gain_v / gain_v - 1) < TOLERANCE
            or not 0.0 < scaling.step_s * self._plan.rate_hz < 1 + TOLERANCE
            or not np.isfinite([scaling.start_s, scaling.zero, scaling.shift_v]).all()
        ):
            self._gain_v = 0.0
            raise DeviceLost(
                f"{self._scope.model} returned {points:,} points every {scaling.step_s:.4g} s over {span_v:.4g} V; "
                f"{self._points:,} points of ±{self._range_v:g} V at {self._plan.rate_hz:g} Hz were asked for."
            )

    def _cut(self, record_v: np.ndarray, scaling: Scaling, shots: int) -> np.ndarray:
        """Return the shots' samples of a record, between whose points they may lie."""
        plan = self._plan
        period = plan.samples + plan.rest_samples
        first = (plan.lag_s + LEAD_SAMPLES / plan.rate_hz - scaling.start_s) / scaling.step_s
        stride = 1 / (plan.rate_hz * scaling.step_s)
        last = first + stride * (shots * period - plan.rest_samples - 1)
        if not (first > -0.5 and last < len(record_v) - 0.5):
            raise DeviceLost(
                f"The record of {self._scope.model} begins {scaling.start_s:.4g} s after the trigger and has "
                f"{len(record_v):,} points; the response is not all in it."
            )
        begin = round(first)
        if abs(first - begin) + abs(stride - 1) * len(record_v) < 0.05 and begin + shots * period <= len(record_v):
            cut = record_v[begin : begin + shots * period].reshape(shots, period)[:, : plan.samples]
            return np.ascontiguousarray(cut)
        places = first + stride * (period * np.arange(shots)[:, None] + np.arange(plan.samples))
        if np.isfinite(record_v).all():
            return np.interp(places, np.arange(len(record_v)), record_v)
        return record_v[np.rint(places).astype(int).clip(0, len(record_v) - 1)]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
