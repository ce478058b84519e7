"""The one thread that owns the devices while a run lasts."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable

from core.ports import OvertoneError
from core.training.control import ControlToken
from core.training.events import Failed, Listener

Job = Callable[[Listener, ControlToken], None]


class Worker:
    """Run a job in its own thread; whatever it raises arrives at the listener as `Failed`."""

    def __init__(self, job: Job, listener: Listener) -> None:
        self.control = ControlToken()
        self._job = job
        self._listener = listener
        self._thread = threading.Thread(target=self._run, name="overtone-engine", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for the thread; tell whether it has ended."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """Tell whether the job still runs."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._job(self._listener, self.control)
        except OvertoneError as error:
            self._listener(Failed(str(error), traceback.format_exc()))
        except Exception as error:  # a defect of ours: the thread must not die silently
            text = f"Internal error, {type(error).__name__}: {error}. Please report it with the details."
            self._listener(Failed(text, traceback.format_exc()))
