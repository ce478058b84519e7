"""Work that a view needs and must not wait for: a function in another thread, its result back in the window's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal

from core.ports import OvertoneError


class Background(QObject):
    """Run functions one after the other in a thread of their own; `failed` tells what one of them raised.

    An answer that comes when the owner is gone goes nowhere.
    """

    failed = Signal(str)
    _answered = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._answered.connect(self._hand_over)

    def run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Call `work` in the thread, then `done` with its result here."""

        def task() -> None:
            result, problem = None, ""
            try:
                result = work()
            except OvertoneError as error:
                problem = str(error)
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            with suppress(RuntimeError):  # the window was closed meanwhile; what leaves this thread aborts the process
                if problem:
                    self.failed.emit(problem)
                else:
                    self._answered.emit(done, result)

        self._pool.start(task)

    def finish(self, patience_s: float) -> None:
        """Wait for the work in hand: for the end of the program, when no window is left that could stand still."""
        self._pool.waitForDone(round(1e3 * patience_s))

    def _hand_over(self, done: Callable[[Any], None], result: object) -> None:
        done(result)
