"""How the window closes: with a question while a run goes on, and never before the outputs are safe."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from app.controller import RunController
from app.widgets.question import Question
from core.phrase import Phrase

PATIENCE_S = 5.0  # for a device call that is under way; past it the engine is abandoned
LOOK_AGAIN_MS = 50
TEXT = (
    "A run is in progress. Closing stops it: its outputs go to their safe state and a checkpoint is written, from "
    "which it can go on."
)
CALIBRATION = "A calibration is in progress. Closing stops it: its outputs go to their safe state, and it is lost."


class Closing(QObject):
    """Calls `finish` once nothing runs any more, or patience has ended."""

    def __init__(self, window: QWidget, controller: RunController, finish: Callable[[], None]) -> None:
        super().__init__(window)
        self.question = Question(window)
        self._controller, self._finish = controller, finish
        self._deadline_s: float | None = None

    def ask(self) -> None:
        """Ask whether the run may be stopped; a second request while it is being stopped changes nothing."""
        if self._deadline_s is None:
            self.question.ask(
                CALIBRATION if self._controller.calibrates else TEXT, "Stop it and close", "Let it go on", self.begin
            )

    def begin(self) -> None:
        """Stop the run, and close when it has ended."""
        if self._deadline_s is None:
            self._deadline_s = time.monotonic() + PATIENCE_S
            self._controller.stop()
            self._controller.told.emit(Phrase("Closing: the outputs go to their safe state first"))
            self._look()

    def _look(self) -> None:
        assert self._deadline_s is not None
        if self._controller.alive and time.monotonic() < self._deadline_s:
            QTimer.singleShot(LOOK_AGAIN_MS, self._look)
        else:
            self._finish()
