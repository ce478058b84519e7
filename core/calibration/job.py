"""The guided calibration of one unit: through the checklist to a fitted twin and a verdict on it.

What it does, it tells by the events of `core.calibration.events`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

import numpy as np
from torch import Tensor, nn

from core.calibration.characterise import CHARACTERISATION, drift_step
from core.calibration.events import (
    CalibrationEnded,
    CalibrationListener,
    Curve,
    Outcome,
    Quantity,
    StepBegun,
    StepEnded,
    StepName,
    StepProgress,
)
from core.calibration.quality import QualityCard, quality_card
from core.calibration.result import curves, figures, open_words, plain_result
from core.calibration.shots import NEW_DRIVES, batch_count, shot_batches
from core.calibration.worth import SHARES, LearningCurve, learning_curve, power_law, worth_curves, worth_words
from core.phrase import Phrase, joined, numbered
from core.physics.model import PhysicsModel
from core.ports import PhysicalSystem
from core.twin.build import TwinKind, build_twin
from core.twin.ensemble import EnsembleTwin
from core.twin.file import SavedTwin
from core.twin.fit import FitProgress, FitReport, fit_twin
from core.twin.hybrid import HybridTwin
from core.twin.inference import ParameterTable, parameter_table
from core.twin.neural import NeuralShape, NeuralTwin
from core.twin.noise import NoiseTwin
from core.twin.physics import PhysicsTwin
from core.twin.search import search_shape
from core.twin.shots import ShotBatch, Shots

HELD_OUT = 0.2
SENTINEL_VISITS = 5  # from before the first shot to after the last
PURPOSES: dict[StepName, str] = {
    "connect": "Connecting {system}",
    "range": "Looking for the range of {system}, and for dead or clipped channels",
    "noise": "Repeating shots to see the noise of {system}",
    "latency": "Timing the start of the shots of {system}",
    "response": "Measuring how {system} answers weak drives",
    "linearity": "Measuring how {system} answers stronger drives",
}
OUTCOMES: dict[str, Outcome] = {"good": "good", "usable": "warning", "refit": "bad", "not identifiable": "bad"}


@dataclass(frozen=True)
class CalibrationSettings:
    """What is fitted to how many shots, and from which seed all chance comes."""

    twin: TwinKind = "physics"
    shots: int = 1024
    steps: int = 400
    learning_rate: float = 0.03
    seed: int = 0
    search: int = 0  # how many shapes of a neural twin are tried


class Control(Protocol):
    """How a calibration is held: `core.training.control.ControlToken` is one."""

    def safe_point(self) -> None:
        """Wait here while paused; raise to stop."""
        ...


@dataclass(frozen=True)
class Calibration:
    """A calibrated twin with its card and, where it knows equations, its parameters."""

    twin: nn.Module
    card: QualityCard
    parameters: ParameterTable | None
    result: dict[str, Any]


def calibrate(
    system: PhysicalSystem,
    model: PhysicsModel | None,
    settings: CalibrationSettings,
    listener: CalibrationListener,
    control: Control,
    *,
    fitted: SavedTwin | None = None,
) -> Calibration:
    """Go through the checklist; end with a CalibrationEnded event, outputs safe on every path.

    A twin that was `fitted` before is not fitted again: all shots judge it.

    The result of `--json` is plain data. Raises SpecError for a twin that the system cannot have, and what the device
    and `control` raise.
    """
    try:
        return _Job(system, model, settings, listener, control, fitted).perform()
    finally:
        system.safe_state()


class _Job:
    def __init__(
        self,
        system: PhysicalSystem,
        model: PhysicsModel | None,
        settings: CalibrationSettings,
        listener: CalibrationListener,
        control: Control,
        fitted: SavedTwin | None,
    ) -> None:
        self._system, self._model, self._settings = system, model, settings
        self._listener, self._control = listener, control
        self._fitted_before = fitted
        self._shape: NeuralShape | None = None
        self._twin = self._built() if fitted is None else fitted.twin
        self._passes = 0
        self._measured = list[ShotBatch]()  # in the present step
        self._repeats = Shots(())

    def perform(self) -> Calibration:
        info, settings, start_s = self._system.info, self._settings, time.perf_counter()
        faults = self._characterise()
        shots = self._collect(faults)
        train, held_out = shots.split(HELD_OUT, settings.seed)
        if self._fitted_before is None:
            if settings.search:
                self._search(train)
            self._fit(shots)
        else:
            held_out = shots
            self._begin("fit", Phrase("Taking the twin as it is"))
            self._end("fit", "skipped", Phrase("The twin was fitted before."))
            unit = self._fitted_before.serial_number
            if unit != info.serial_number:
                text = "The twin is of unit #{twin}, and this is unit #{unit}. Calibrate this one."
                faults.append(Phrase(text, twin=unit, unit=info.serial_number))
        self._begin("verdict", Phrase("Measuring the derivative of {system}", system=numbered(info.name)))
        card = quality_card(
            self._twin, self._measure, info, held_out, seed=settings.seed, fitted_shots=len(shots), faults=faults
        )
        noise = NoiseTwin(self._twin, info)
        noise.fit(self._repeats)
        scatter = noise.check(Shots(tuple(self._measured)))
        table = self._parameters(shots)
        wall_s = time.perf_counter() - start_s
        result = plain_result(info, settings.twin, settings.shots, card, scatter, table, wall_s)
        if isinstance(self._twin, NeuralTwin):
            result["shape"] = self._twin.shape._asdict()
        self._end(
            "verdict",
            OUTCOMES[card.verdict],
            joined(Phrase(text) for text in card.reasons),
            figures(card, scatter),
            curves(self._twin, info, held_out),
        )
        reasons = (*card.reasons, *open_words(table))
        self._listener(CalibrationEnded(card.verdict, reasons, result))
        return Calibration(self._twin, card, table, result)

    def _characterise(self) -> list[str]:
        """Go through the steps before the shots; return the reasons why some of them went badly."""
        info, bad = self._system.info, list[str]()
        for step, found in CHARACTERISATION.items():
            self._begin(step, Phrase(PURPOSES[step], system=numbered(info.name)))
            ended = found(self._measure, info, seed=self._settings.seed, progress=self._listener)
            self._listener(ended)
            if ended.outcome == "bad":
                bad.append(ended.text)
            if step == "noise":
                self._repeats = Shots(tuple(self._measured))
        return bad

    def _collect(self, faults: list[str]) -> Shots:
        """Measure the shots with sentinels in between; a bad drift is a fault."""
        info, count, seed = self._system.info, self._settings.shots, self._settings.seed
        if self._fitted_before is not None:
            seed += NEW_DRIVES
        self._begin("shots", Phrase("Measuring {shots} shots", shots=count))
        each, batches = shot_batches(self._measure, info, count, seed=seed, progress=self._listener), list[ShotBatch]()
        stretch = -(-batch_count(count, info) // (SENTINEL_VISITS - 1))
        drift = drift_step(
            self._measure,
            info,
            seed=seed,
            between=lambda: batches.extend(islice(each, stretch)),
            clock_s=self._clock_s,
            visits=SENTINEL_VISITS,
        )
        shots = Shots(tuple(batches))
        text = Phrase("{shots} shots, {share:.0%} of them held out.", shots=len(shots), share=HELD_OUT)
        self._end("shots", "good", text, {Phrase("Shots"): Quantity(len(shots), "1")})
        self._begin("drift", Phrase("Comparing the shots that were measured again and again"))
        self._listener(drift)
        if drift.outcome == "bad":
            faults.append(drift.text)
        return shots

    def _built(self) -> nn.Module:
        settings = self._settings
        return build_twin(settings.twin, self._system.info, self._model, seed=settings.seed, shape=self._shape)

    def _search(self, shots: Shots) -> None:
        """Choose the shape of a neural twin; the shots that will judge it are not among these."""
        trials, tried = self._settings.search, 0
        self._begin("fit", Phrase("Trying {count} neural twins", count=trials))

        def progress(point: FitProgress) -> None:
            self._control.safe_point()
            self._listener(StepProgress("fit", tried * point.steps + point.step, trials * point.steps))

        def error(shape: NeuralShape) -> float:
            nonlocal tried
            self._shape = shape
            report = self._fitted(self._built(), shots, progress)
            tried += 1
            return report.held_out_error

        self._shape = search_shape(error, trials, seed=self._settings.seed)
        self._twin = self._built()

    def _fit(self, shots: Shots) -> None:
        settings = self._settings
        self._begin("fit", Phrase("Fitting the {twin} twin", twin=Phrase(settings.twin)))
        points: list[FitProgress] = []
        start_s = time.perf_counter()

        def progress(point: FitProgress) -> None:
            self._control.safe_point()
            points.append(point)
            left_s = (time.perf_counter() - start_s) * (point.steps / point.step - 1)
            self._listener(StepProgress("fit", point.step, point.steps, left_s, _learning(points)))

        report = self._fitted(self._twin, shots, progress)
        text = Phrase("It leaves {error:.1%} of the held-out signal.", error=report.held_out_error)
        found: dict[str, Quantity] = {
            Phrase("Held-out error"): Quantity(report.held_out_error, "1"),
            Phrase("Training error"): Quantity(report.train_error, "1"),
        }
        if settings.twin == "ensemble":
            self._end("fit", "good", text, found, _learning(points))
            return
        curve = self._more_shots(shots)
        law = power_law(curve)
        text = joined((text, worth_words(law, len(shots))))
        self._end("fit", "good", text, found, (*_learning(points), *worth_curves(law, curve)))

    def _more_shots(self, shots: Shots) -> LearningCurve:
        """Fit to parts of the shots too, to tell what more of them would be worth."""
        self._begin("fit", Phrase("Fitting to fewer shots: are more worth measuring?"))
        fits = 0

        def progress(point: FitProgress) -> None:
            self._control.safe_point()
            self._listener(StepProgress("fit", fits * point.steps + point.step, len(SHARES) * point.steps))

        def fitted(part: Shots) -> nn.Module:
            nonlocal fits
            twin = self._built()
            self._fitted(twin, part, progress)
            fits += 1
            return twin

        # parts have as many batches as the whole, so that the same ones are held out of each fit
        _, check = shots.split(HELD_OUT, self._settings.seed)
        return learning_curve(fitted, self._twin, shots, check)

    def _fitted(self, twin: nn.Module, shots: Shots, progress: Callable[[FitProgress], None]) -> FitReport:
        settings = self._settings
        return fit_twin(
            twin,
            shots,
            seed=settings.seed,
            steps=settings.steps,
            learning_rate=settings.learning_rate,
            held_out=HELD_OUT,
            causal=self._system.info.response_axis.unit == "s",
            on_progress=progress,
        )

    def _parameters(self, shots: Shots) -> ParameterTable | None:
        physics = physics_of(self._twin)
        return None if physics is None else parameter_table(physics, self._system.info, shots)

    def _measure(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        self._control.safe_point()
        response = self._system.run(drive, *parameters)
        self._measured.append(ShotBatch(drive, response, parameters))
        self._passes += len(drive)
        return response

    def _clock_s(self) -> float:
        """Tell the time: a simulated system's is that of its shots."""
        info = self._system.info
        return self._passes * info.shot_s if info.status == "simulated" else time.monotonic()

    def _begin(self, step: StepName, text: str) -> None:
        self._control.safe_point()
        self._measured = []
        self._listener(StepBegun(step, text))

    def _end(
        self,
        step: StepName,
        outcome: Outcome,
        text: str,
        figures: dict[str, Quantity] | None = None,
        curves: tuple[Curve, ...] = (),
    ) -> None:
        self._listener(StepEnded(step, outcome, text, figures or {}, curves))


def physics_of(twin: nn.Module) -> PhysicsTwin | None:
    """Return the physics in a twin, the first member's of an ensemble; None where there is none."""
    first = twin.members[0] if isinstance(twin, EnsembleTwin) else twin
    inner = first.physics if isinstance(first, HybridTwin) else first
    return inner if isinstance(inner, PhysicsTwin) else None


def _learning(points: Sequence[FitProgress]) -> tuple[Curve, ...]:
    steps = np.array([point.step for point in points], dtype=float)
    errors = {
        Phrase("Held-out shots"): [point.held_out_error for point in points],
        Phrase("Training shots"): [point.train_error for point in points],
    }
    return tuple(
        Curve(name, Phrase("Step"), "1", Phrase("Error"), "1", steps, np.asarray(values))
        for name, values in errors.items()
    )
