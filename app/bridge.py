"""From the engine's thread to the window: rare events as queued signals, frequent ones through a mailbox."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from core.calibration.events import CalibrationEnded, CalibrationEvent, StepBegun, StepEnded, StepProgress
from core.training.events import (
    AlignmentChecked,
    AnswersCounted,
    CalibrationPoint,
    EpochDone,
    Event,
    Failed,
    Finished,
    Message,
    NetworkPrepared,
    PhaseChanged,
    RunOpened,
    SampleShown,
    ShotMeasured,
    StepDone,
    StepTimed,
    Stopped,
)

if TYPE_CHECKING:
    from core.ports import SystemInfo

FRAME_MS = 50


@dataclass(frozen=True)
class RunReady:
    """The engine knows what it will work with: the physical system, the classes, the shape of images, the peak rate."""

    info: SystemInfo
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None
    learning_rate: float


@dataclass(frozen=True)
class CalibrationReady:
    """The engine knows which physical system it will calibrate."""

    info: SystemInfo


@dataclass(frozen=True)
class RunClosed:
    """The run has let its folder go."""


@dataclass(frozen=True)
class Trouble:
    """Something happened that no run tells: an exception that nobody caught, a warning of Qt's."""

    level: Literal["info", "warning", "error"]
    text: str
    details: str


Progress = StepDone | EpochDone | CalibrationPoint
Frequent = ShotMeasured | SampleShown | StepTimed | StepProgress | AnswersCounted | AlignmentChecked | Progress


@dataclass
class Frame:
    """What came since the last frame: the latest shot of each layer and its sample, the progress in its order.

    The latest counts of answers by their part of the data, and all checks of the gradient, have signals of their own.

    `calibration` is how far the present step of a calibration is.
    `times` counts the steps whose times are added up in seconds: on the device, forward besides it, backward.
    """

    shots: dict[int, ShotMeasured] = field(default_factory=dict[int, ShotMeasured])
    sample: SampleShown | None = None
    progress: list[Progress] = field(default_factory=list[Progress])
    steps: int = 0
    times_s: tuple[float, float, float] = (0.0, 0.0, 0.0)
    calibration: StepProgress | None = None
    answers: dict[str, AnswersCounted] = field(default_factory=dict[str, AnswersCounted])
    checks: list[AlignmentChecked] = field(default_factory=list[AlignmentChecked])

    def __bool__(self) -> bool:
        measured = self.shots or self.sample or self.progress or self.steps or self.calibration
        return bool(measured or self.answers or self.checks)


class Mailbox:
    """Collect a frame, from any thread, until the next one begins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._frame = Frame()

    def put(self, event: Frequent) -> None:
        """Add an event to the present frame."""
        with self._lock:
            frame = self._frame
            match event:
                case ShotMeasured():
                    frame.shots[event.layer] = event
                case SampleShown():
                    frame.sample = event
                case StepProgress():
                    frame.calibration = event
                case AnswersCounted():
                    frame.answers[event.part] = event
                case AlignmentChecked():
                    frame.checks.append(event)
                case StepTimed():
                    device_s, forward_s, backward_s = frame.times_s
                    frame.steps += 1
                    frame.times_s = (
                        device_s + event.device_s,
                        forward_s + event.forward_s,
                        backward_s + event.backward_s,
                    )
                case _:
                    frame.progress.append(event)

    def take(self) -> Frame:
        """Return the present frame and begin another one."""
        with self._lock:
            frame, self._frame = self._frame, Frame()
        return frame


class Bridge(QObject):
    """Deliver the engine's events in the window's thread, at most about 30 times a second where they are many."""

    ready = Signal(object)
    calibration_ready = Signal(object)
    calibration = Signal(object)
    opened = Signal(object)
    closed = Signal()
    phase_changed = Signal(object)
    message = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    stopped = Signal(object)
    alignment = Signal(object)
    trouble = Signal(object)
    answers = Signal(object)
    prepared = Signal(object)
    frame = Signal(object)
    _queued = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mailbox = Mailbox()
        self._open = True
        self._queued.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self.flush)
        self._timer.start()

    def post(self, event: Event | CalibrationEvent | RunReady | CalibrationReady | RunClosed) -> None:
        """Take an event in any thread and return at once: the engine's listener."""
        if not self._open:
            return
        if isinstance(event, Frequent):
            self._mailbox.put(event)
        else:
            self._queued.emit(event)

    def report(self, level: Literal["info", "warning", "error"], text: str, details: str) -> None:
        """Take what happened outside a run, in any thread."""
        if self._open:
            self._queued.emit(Trouble(level, text, details))

    def flush(self) -> None:
        """Hand on what the mailbox holds."""
        frame = self._mailbox.take()
        if frame:
            self.frame.emit(frame)
        for answers in frame.answers.values():
            self.answers.emit(answers)
        for check in frame.checks:
            self.alignment.emit(check)

    def close(self) -> None:
        """Take no more events; an engine that had to be abandoned finds nobody here."""
        self._open = False
        self._timer.stop()

    def _deliver(self, event: object) -> None:
        self.flush()  # what happened before comes before
        match event:
            case RunReady():
                self.ready.emit(event)
            case CalibrationReady():
                self.calibration_ready.emit(event)
            case StepBegun() | StepEnded() | CalibrationEnded():
                self.calibration.emit(event)
            case PhaseChanged():
                self.phase_changed.emit(event)
            case Message():
                self.message.emit(event)
            case RunOpened():
                self.opened.emit(event)
            case NetworkPrepared():
                self.prepared.emit(event)
            case RunClosed():
                self.closed.emit()
            case Trouble():
                self.trouble.emit(event)
            case Finished():
                self.finished.emit(event)
            case Failed():
                self.failed.emit(event)
            case Stopped():
                self.stopped.emit(event)
            case _:
                pass
