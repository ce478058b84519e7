"""The token by which a window or a signal handler commands the engine from another thread."""

from __future__ import annotations

import threading
from collections.abc import Callable


class StopRequested(Exception):
    """Raised inside the engine, at a safe point, after `ControlToken.stop`."""


class ControlToken:
    """Carry pause, resume, stop and a new learning rate into the worker thread.

    `attended` says that someone is there who can hurry or stop an engine that waits.
    """

    def __init__(self) -> None:
        self._running = threading.Event()
        self._running.set()
        self._stop = threading.Event()
        self._learning_rate: float | None = None
        self._lock = threading.Lock()
        self._single_steps = 0
        self._hurry = threading.Event()
        self.on_hold: Callable[[], None] = lambda: None
        self.attended = False

    def pause(self) -> None:
        """Hold the engine at its next safe point."""
        with self._lock:
            self._single_steps = 0
            self._running.clear()

    def resume(self) -> None:
        """Let a paused engine go on."""
        with self._lock:
            self._single_steps = 0
            self._running.set()

    def step(self) -> None:
        """Let a paused engine go on to the end of one optimiser step, of one more where it does one already."""
        with self._lock:
            self._single_steps += 1
            self._running.set()

    def stop(self) -> None:
        """End the run at its next safe point, paused or not."""
        self._stop.set()
        self._running.set()
        self._hurry.set()

    def hurry(self) -> None:
        """Let an engine that waits try again at once."""
        self._hurry.set()

    def set_learning_rate(self, learning_rate: float) -> None:
        """Use this peak learning rate from the next step on. Raises ValueError unless it is positive."""
        if not learning_rate > 0:
            raise ValueError(f"The learning rate {learning_rate} is not positive.")
        self._learning_rate = learning_rate

    @property
    def paused(self) -> bool:
        """Tell whether the engine was asked to hold."""
        return not self._running.is_set()

    @property
    def stopping(self) -> bool:
        """Tell whether the engine was asked to end."""
        return self._stop.is_set()

    def take_learning_rate(self) -> float | None:
        """Return the newly commanded learning rate once, else None (called by the engine)."""
        rate, self._learning_rate = self._learning_rate, None
        return rate

    def step_done(self) -> None:
        """Hold again after single steps (called by the engine after each step)."""
        with self._lock:
            if self._single_steps:
                self._single_steps -= 1
                if not self._single_steps:
                    self._running.clear()

    def safe_point(self) -> None:
        """Wait here while paused, after `on_hold`; raise StopRequested once stopping (called between shots)."""
        if not self._running.is_set():
            self.on_hold()
        self._running.wait()
        if self._stop.is_set():
            raise StopRequested

    def wait(self, seconds: float | None) -> None:
        """Wait, None for ever, or until told to hurry; raise StopRequested at once when stopping.

        Called by the engine while it cannot go on.
        """
        self._hurry.wait(seconds)
        self._hurry.clear()
        if self._stop.is_set():
            raise StopRequested
