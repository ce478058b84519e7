"""Work that a view needs and must not wait for: a function in another thread, its result back in the window's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThreadPool, Signal

from core.ports import OvertoneError


class _Courier(QObject):
    """Brings answers to the window's thread. It has no parent: where a view is being deleted, none of its parts may."""

    arrived = Signal(object, object, str)


class Background(QObject):
    """Run functions one after the other in a thread of their own; `failed` tells what one of them raised.

    An answer that comes when the owner is gone goes nowhere.
    """

    failed = Signal(str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._courier = _Courier()
        self._courier.arrived.connect(self._hand_over)

    def run(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Call `work` in the thread, then `done` with its result here."""
        courier = self._courier

        def task() -> None:
            try:
                courier.arrived.emit(done, work(), "")
            except OvertoneError as error:
                courier.arrived.emit(done, None, str(error))
            except Exception as error:
                courier.arrived.emit(done, None, f"{type(error).__name__}: {error}")

        self._pool.start(task)

    def finish(self, patience_s: float) -> None:
        """Wait for the work in hand: for the end of the program, when no window is left that could stand still."""
        self._pool.waitForDone(round(1e3 * patience_s))

    def _hand_over(self, done: Callable[[Any], None], result: object, problem: str) -> None:
        if problem:
            self.failed.emit(problem)
        else:
            done(result)
