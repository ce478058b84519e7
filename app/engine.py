"""The window's handle on the engine: started in the background, since loading it takes seconds."""

from __future__ import annotations

import gc
import os
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from app.bridge import Bridge, CalibrationReady, RunClosed, RunReady
from app.memory import give_back_memory
from core.training.control import ControlToken
from core.training.events import Failed, Listener, Stopped

if TYPE_CHECKING:
    from core.run.setup import Setup
    from core.training.worker import Job, Worker

GIVING_WAY = 5  # niceness
SELDOM = 1000  # times rarer than the collections before it; Python's own choice is 10
Prepare = Callable[[], tuple[RunReady | CalibrationReady, "Job"]]


@dataclass(frozen=True)
class Order:
    """What to do: its name, a run's gradient estimator, and how to prepare it once the engine is loaded."""

    name: str
    estimator: str
    prepare: Prepare
    calibrates: bool = False


def new_run(source: str, settings: Sequence[str], runs_folder: Path, *, estimator: str = "pat") -> Order:
    """Order a run of a preset's name or a file, with `key=value` settings."""

    def prepare() -> tuple[RunReady, Job]:
        from app.compose import make_job
        from core.run.spec import load_experiment

        return _announced(*make_job(load_experiment(source, settings), runs_folder))

    return Order(Path(source).stem, estimator, prepare)


def resumed_run(folder: Path, *, name: str, estimator: str = "pat") -> Order:
    """Order that an interrupted run goes on."""

    def prepare() -> tuple[RunReady, Job]:
        from app.compose import make_resumption

        return _announced(*make_resumption(folder))

    return Order(name, estimator, prepare)


def calibration(source: str, settings: Sequence[str]) -> Order:
    """Order the calibration of the system that a preset or file names, with `key=value` settings."""

    def prepare() -> tuple[CalibrationReady, Job]:
        from app.compose import make_calibration
        from core.run.spec import load_experiment

        info, job = make_calibration(load_experiment(source, settings))
        return CalibrationReady(info), job

    return Order("calibration", "", prepare, calibrates=True)


def _announced(setup: Setup, job: Job) -> tuple[RunReady, Job]:
    task, rate = setup.task, setup.experiment.training.learning_rate
    return RunReady(setup.system.info, task.classes, task.image_shape, rate), job


class Engine:
    """Start, command and watch one run at a time; every method returns at once."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._lock = threading.Lock()
        self._loader: threading.Thread | None = None
        self._worker: Worker | None = None
        self._paused = False
        self._stopping = False

    def warm_up(self) -> None:
        """Load the engine's modules in the background, so that the first start does not wait for them."""
        threading.Thread(target=_warm_up, name="overtone-warm-up", daemon=True).start()

    def start(self, order: Order) -> None:
        """Start a run. Raises RuntimeError while another one is alive."""
        if self.alive:
            raise RuntimeError("A run is still in progress.")
        self._worker, self._paused, self._stopping = None, False, False
        gc.collect()  # of the last run; here, since objects of Qt may be among them
        self._loader = threading.Thread(target=self._launch, args=(order,), name="overtone-loader", daemon=True)
        self._loader.start()

    @property
    def alive(self) -> bool:
        """Tell whether a run is being loaded or is working."""
        loading = self._loader is not None and self._loader.is_alive()
        return loading or (self._worker is not None and self._worker.alive)

    @property
    def paused(self) -> bool:
        """Tell whether the run was asked to hold."""
        return self._paused

    def pause(self) -> None:
        """Hold the run at its next safe point."""
        self._command(paused=True)

    def resume(self) -> None:
        """Let a paused run go on."""
        self._command(paused=False)

    def step(self) -> None:
        """Let a paused run do one optimiser step, and hold again."""
        with self._lock:
            if self._worker is not None and self._paused:
                self._worker.control.step()

    def hurry(self) -> None:
        """Let a run that waits, for its device or for room on the disk, try again now."""
        with self._lock:
            if self._worker is not None:
                self._worker.control.hurry()

    def set_learning_rate(self, learning_rate: float) -> None:
        """Use this peak learning rate from the next step on. Raises ValueError unless it is positive."""
        with self._lock:
            if self._worker is not None:
                self._worker.control.set_learning_rate(learning_rate)

    def stop(self) -> None:
        """End the run at its next safe point, where the outputs go to their safe state."""
        self._command(stopping=True)

    def _command(self, *, paused: bool | None = None, stopping: bool = False) -> None:
        with self._lock:
            self._paused = self._paused if paused is None else paused
            self._stopping = self._stopping or stopping
            if self._worker is not None:
                self._apply(self._worker.control)

    def _apply(self, control: ControlToken) -> None:
        if self._paused:
            control.pause()
        else:
            control.resume()
        if self._stopping:
            control.stop()

    def _launch(self, order: Order) -> None:
        try:
            _load()
            from core.training.worker import Worker

            give_back_memory()
            worker = Worker(self._job(order), self._bridge.post)
            worker.control.attended = True
            with self._lock:  # commands given while the engine was loading
                self._worker = worker
                self._apply(worker.control)
            worker.start()
        except Exception as error:
            self._bridge.post(Failed(f"The engine cannot be loaded: {error}", traceback.format_exc()))

    def _job(self, order: Order) -> Job:
        def job(listener: Listener, control: ControlToken) -> None:
            _give_way()
            ready, inner = order.prepare()
            self._bridge.post(ready)
            if control.stopping:
                listener(Stopped(""))
            else:
                try:
                    inner(listener, control)
                finally:
                    self._bridge.post(RunClosed())

        return job


def _give_way() -> None:
    """Let the window have a core first when both want it; the threads of the kernels inherit this."""
    if sys.platform == "linux":  # where each thread has a niceness of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), GIVING_WAY)


@cache
def _load() -> None:
    """Import what runs need, and let the collector look at none of it again: it took 0.3 s, in any thread.

    At what outlives two collections it looks at the start of a run, hardly ever during one: the window stood still.
    """
    gc.set_threshold(*gc.get_threshold()[:2], SELDOM)
    import_module("app.compose")
    gc.freeze()


def _warm_up() -> None:
    # A failure waits for the start of a run, which repeats the import and tells.
    with suppress(Exception):
        _load()
