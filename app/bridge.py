"""From the engine's thread to the window: rare events as queued signals, frequent ones through a mailbox."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from core.training.events import (
    AlignmentChecked,
    CalibrationPoint,
    EpochDone,
    Event,
    Failed,
    Finished,
    Message,
    PhaseChanged,
    ShotMeasured,
    StepDone,
    Stopped,
)

if TYPE_CHECKING:
    from core.ports import SystemInfo

FRAME_MS = 50


@dataclass(frozen=True)
class SystemReady:
    """The engine knows which physical system it will work with."""

    info: SystemInfo


@dataclass(frozen=True)
class Trouble:
    """Something happened that no run tells: an exception that nobody caught, a warning of Qt's."""

    level: Literal["info", "warning", "error"]
    text: str
    details: str


Progress = StepDone | EpochDone | CalibrationPoint


class Mailbox:
    """Hold the latest shot of each layer, and the progress in its order, until the next frame takes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._shots: dict[int, ShotMeasured] = {}
        self._progress: list[Progress] = []

    def put_shot(self, shot: ShotMeasured) -> None:
        """Replace the layer's shot; called from any thread."""
        with self._lock:
            self._shots[shot.layer] = shot

    def put_progress(self, point: Progress) -> None:
        """Append a point; called from any thread."""
        with self._lock:
            self._progress.append(point)

    def take(self) -> tuple[dict[int, ShotMeasured], list[Progress]]:
        """Return what came since the last call, and forget it."""
        with self._lock:
            shots, self._shots = self._shots, {}
            progress, self._progress = self._progress, []
        return shots, progress


class Bridge(QObject):
    """Deliver the engine's events in the window's thread, at most about 30 times a second where they are many."""

    system_ready = Signal(object)
    phase_changed = Signal(object)
    message = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    stopped = Signal(object)
    alignment = Signal(object)
    trouble = Signal(object)
    shots = Signal(object)
    progress = Signal(object)
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

    def post(self, event: Event | SystemReady) -> None:
        """Take an event in any thread and return at once: the engine's listener."""
        if not self._open:
            return
        if isinstance(event, ShotMeasured):
            self._mailbox.put_shot(event)
        elif isinstance(event, StepDone | EpochDone | CalibrationPoint):
            self._mailbox.put_progress(event)
        else:
            self._queued.emit(event)

    def report(self, level: Literal["info", "warning", "error"], text: str, details: str) -> None:
        """Take what happened outside a run, in any thread."""
        if self._open:
            self._queued.emit(Trouble(level, text, details))

    def flush(self) -> None:
        """Hand on what the mailbox holds."""
        shots, progress = self._mailbox.take()
        if shots:
            self.shots.emit(shots)
        if progress:
            self.progress.emit(progress)

    def close(self) -> None:
        """Take no more events; an engine that had to be abandoned finds nobody here."""
        self._open = False
        self._timer.stop()

    def _deliver(self, event: object) -> None:
        self.flush()  # what happened before comes before
        match event:
            case SystemReady():
                self.system_ready.emit(event.info)
            case PhaseChanged():
                self.phase_changed.emit(event)
            case Message():
                self.message.emit(event)
            case AlignmentChecked():
                self.alignment.emit(event)
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
