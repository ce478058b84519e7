"""The one run or calibration of the window: its state in a word, its progress, and the ways to intervene."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from app.bridge import Bridge, CalibrationReady, Frame, RunReady
from app.engine import Engine, Order
from app.states import ACTIVE, HOLDABLE
from core.calibration.events import STEPS, CalibrationEnded, StepBegun, StepEnded, StepProgress
from core.phrase import Phrase, joined
from core.training.events import CalibrationPoint, EpochDone, Failed, Finished, Message, PhaseChanged, StepDone, Stopped

SHOWN_PHASES = {"calibrating", "training", "evaluating", "waiting"}
READABLE_S = 0.2  # figures that change faster cannot be read


@dataclass(frozen=True)
class Progress:
    """How far the present phase is; `fraction` None says that nobody knows."""

    fraction: float | None
    step: str = ""
    remaining_s: float | None = None


class RunController(QObject):
    """Take orders, follow the engine's events, and tell the window in words; every method returns at once.

    `state` is one of the words of the run bar. `problem` is a sentence and its details, `held` says why a run waits, ""
    when it goes on.
    """

    began = Signal(object)
    state_changed = Signal(str)
    system_changed = Signal(str, str)
    progressed = Signal(object)
    told = Signal(object)
    held = Signal(object)
    problem = Signal(object, str)

    def __init__(self, bridge: Bridge, engine: Engine, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._engine = engine
        self.state = "ready"
        self.order: Order | None = None
        self._phase = "ready"
        self._lent = ""
        self._epochs = ""
        self._told_s = 0.0
        self._rate = _Rate()
        bridge.ready.connect(self._ready)
        bridge.calibration_ready.connect(self._ready)
        bridge.calibration.connect(self._calibration)
        bridge.phase_changed.connect(self._phase_changed)
        bridge.message.connect(self._message)
        bridge.frame.connect(self._frame)
        bridge.finished.connect(self._finished)
        bridge.failed.connect(self._failed)
        bridge.stopped.connect(self._stopped)

    @property
    def active(self) -> bool:
        """Tell whether a run or a calibration is under way."""
        return self.state in ACTIVE

    @property
    def calibrates(self) -> bool:
        """Tell whether what is under way, or was the last, is a calibration."""
        return self.order is not None and self.order.calibrates

    @property
    def busy(self) -> str:
        """Say why nothing else can be started now, "" when it can."""
        if not self.active:
            return self._lent
        if self.calibrates:
            return "A calibration is in progress: stop it first."
        return "A run is in progress: stop it first."

    @property
    def alive(self) -> bool:
        """Tell whether the engine's thread still works."""
        return self._engine.alive

    def lend(self, reason: str) -> None:
        """Start nothing while someone else has an instrument, and say why; "" takes it back."""
        self._lent = reason
        self.state_changed.emit(self.state)

    def start(self, order: Order) -> None:
        """Start a run; while another one is under way, say so."""
        if self._engine.alive:
            text = "{run} was not started: the one before is still in progress. Stop it first."
            self.problem.emit(Phrase(text, run=order.name), "")
            return
        if self._lent:
            self.problem.emit(Phrase(self._lent), "")
            return
        self.order, self._rate, self._epochs = order, _Rate(), ""
        self.began.emit(order)
        self._enter("loading")
        self.told.emit(Phrase("Loading the engine and the data"))
        self._engine.start(order)

    def toggle_pause(self) -> None:
        """Hold the run after the present step, or let it go on; one that waits tries again."""
        if self.state not in HOLDABLE:
            return
        if self.state == "waiting":
            self._engine.hurry()
        elif self._engine.paused:
            self._engine.resume()
            self._show(self._phase)
        else:
            self._engine.pause()
            self._show("paused")

    def step(self) -> None:
        """Let a paused run do one optimiser step."""
        if self.state == "paused" and not self.calibrates:
            self._engine.step()

    def set_learning_rate(self, learning_rate: float) -> None:
        """Change the peak learning rate from the next step on. Raises ValueError unless it is positive."""
        self._engine.set_learning_rate(learning_rate)
        self.told.emit(Phrase("Peak learning rate {rate:g} from the next step on", rate=learning_rate))

    def stop(self) -> None:
        """End the run; the engine puts the outputs in their safe state and writes a checkpoint."""
        if self.active:
            self._engine.stop()
            self._show("stopping")

    def _enter(self, phase: str) -> None:
        self._phase = phase
        self.progressed.emit(Progress(None))
        if self._engine.paused and phase in ACTIVE:
            phase = "paused"
        if self.state != "stopping" or phase not in ACTIVE:
            self._show(phase)

    def _show(self, state: str) -> None:
        self.state = state
        self.state_changed.emit(state)

    def _ready(self, ready: RunReady | CalibrationReady) -> None:
        self.system_changed.emit(ready.info.name, ready.info.status)

    def _calibration(self, event: StepBegun | StepEnded | CalibrationEnded) -> None:
        if isinstance(event, StepBegun):
            self._enter("calibrating")
            self.progressed.emit(Progress(None, _step_words(event)))
            self.told.emit(event.text)
        elif isinstance(event, CalibrationEnded):
            self._enter("finished")
            self.progressed.emit(Progress(1.0))
            self.told.emit(Phrase("The calibration is over; the outputs are in their safe state."))

    def _phase_changed(self, event: PhaseChanged) -> None:
        if event.phase in SHOWN_PHASES:
            self._enter(event.phase)
        self.held.emit(event.text if event.phase == "waiting" else "")
        self.told.emit(event.text)

    def _message(self, message: Message) -> None:
        self.told.emit(message.text)
        if message.level == "error":
            self.problem.emit(message.text, "")

    def _frame(self, frame: Frame) -> None:
        points = frame.progress
        if frame.calibration is not None:
            at = frame.calibration
            self.progressed.emit(Progress(at.done / max(at.total, 1), _step_words(at), at.left_s))
        for point in points:
            if isinstance(point, EpochDone):
                self._epochs = f"/{point.epochs}"
        now_s = time.monotonic()
        if not points or now_s - self._told_s < READABLE_S:
            return
        self._told_s = now_s
        last = points[-1]
        if isinstance(last, CalibrationPoint):
            step = Phrase("step {step}/{steps}", step=last.step, steps=last.steps)
            self.progressed.emit(Progress(last.step / max(last.steps, 1), step))
            return
        step = next((point for point in reversed(points) if isinstance(point, StepDone)), None)
        if step is not None:
            remaining_s = step.wall_s * (1 - step.fraction) / max(step.fraction, 1e-6)
            epoch = Phrase("epoch {epoch}{of}", epoch=step.epoch, of=self._epochs)
            self.progressed.emit(Progress(step.fraction, epoch, remaining_s))
            rate = self._rate.update(step)
            text = "{rate:,.0f} shots/s · {shots:,} shots · loss {loss:.3f}"
            self.told.emit(Phrase(text, rate=rate, shots=step.shots, loss=step.loss))

    def _finished(self, event: Finished) -> None:
        self._enter("finished")
        self.progressed.emit(Progress(1.0))
        self.told.emit(Phrase("Saved in {folder}", folder=event.folder))

    def _failed(self, event: Failed) -> None:
        self._enter("failed")
        self.problem.emit(event.text, event.detail)
        self.told.emit(
            Phrase("The calibration failed; the outputs are in their safe state.")
            if self.calibrates
            else Phrase("The run failed; the outputs are in their safe state.")
        )

    def _stopped(self, event: Stopped) -> None:
        self._enter("stopped")
        parts = [Phrase("Stopped; the outputs are in their safe state.")]
        if event.folder:
            parts.append(Phrase("It can go on: see the page Runs, or overtone resume {folder}", folder=event.folder))
        self.told.emit(joined(parts))


def _step_words(event: StepBegun | StepProgress) -> Phrase:
    return Phrase("step {step}/{steps}", step=STEPS.index(event.step) + 1, steps=len(STEPS))


class _Rate:
    """Shots per second over the last second or so."""

    def __init__(self) -> None:
        self._shots, self._wall_s, self._value = 0, 0.0, math.nan

    def update(self, step: StepDone) -> float:
        elapsed_s = step.wall_s - self._wall_s
        if elapsed_s > 1 or math.isnan(self._value):
            self._value = (step.shots - self._shots) / max(elapsed_s, 1e-3)
            self._shots, self._wall_s = step.shots, step.wall_s
        return self._value
