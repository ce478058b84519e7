"""How a run comes to its twin: shots, a fit, a record of both; and again where a check finds the twin wrong."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from core.calibration.collect import Spread
from core.calibration.excitation import middle_parameters
from core.calibration.shots import NEW_DRIVES, collect_shots
from core.phrase import Phrase
from core.ports import SystemInfo
from core.run.collecting import ensemble_spread, task_drives
from core.run.folder import RunFolder
from core.run.outcome import record_twin
from core.run.setup import Setup
from core.training.bench import Bench
from core.training.control import ControlToken
from core.training.events import CalibrationPoint, Event, Message, PhaseChanged
from core.twin.fit import FitProgress, fit_twin
from core.twin.shots import Shots, response_error

CHECK_SHOTS = 64  # of a saved twin


class Calibrating:
    """Measures and fits the twin that the specification asks for."""

    def __init__(
        self, setup: Setup, bench: Bench, folder: RunFolder, control: ControlToken, emit: Callable[[Event], None]
    ) -> None:
        self._setup, self._bench, self._folder = setup, bench, folder
        self._control, self._emit = control, emit
        self._seed, self._settings = setup.experiment.seed, setup.experiment.calibration

    def new_twin(self) -> nn.Module:
        """Build a twin and fit it to new shots, or check a saved one. Raises what the device and the control raise."""
        saved = self._setup.saved
        twin = self._setup.build_twin() if saved is None else saved.twin
        text = Phrase("Loading the solvers (the first time on a machine they are compiled)")
        self._emit(PhaseChanged("connecting", text))
        _rehearse(twin, self._setup.system.info)
        if saved is not None:
            self._check(twin)
            return twin
        kind, count = Phrase(self._settings.twin), self._settings.shots
        text = Phrase("Measuring {shots} shots for the {twin} twin", shots=count, twin=kind)
        self._emit(PhaseChanged("calibrating", text))
        shots = self._collected(twin, self._seed)
        if self._settings.twin == "datasheet":
            error = response_error(twin, shots)
            text = Phrase("Twin with the data sheet's values: it leaves {error:.1%} of the signal.", error=error)
            self._emit(Message("info", text))
            record_twin(self._folder, twin, shots, error)
        else:
            self._fit(twin, shots)
        return twin

    def fit_again(self, twin: nn.Module, step: int) -> None:
        """Fit a frozen twin, from where it stands, to new shots. Raises what the device and the control raise."""
        text = Phrase("Measuring {shots} new shots to fit the twin again.", shots=self._settings.shots)
        self._emit(Message("info", text))
        shots = self._collected(twin, self._seed + step)  # other drives than before
        self._fit(twin.requires_grad_(True), shots)
        twin.requires_grad_(False)

    def _check(self, twin: nn.Module) -> None:
        text = Phrase("Measuring {shots} shots to check the saved twin", shots=CHECK_SHOTS)
        self._emit(PhaseChanged("calibrating", text))
        self._bench.purpose = "calibration"
        shots = collect_shots(self._measure, self._setup.system.info, CHECK_SHOTS, seed=self._seed + NEW_DRIVES)
        error = response_error(twin, shots)
        text = "The saved twin leaves {error:.1%} of the signal of {shots} new shots."
        self._emit(Message("info", Phrase(text, error=error, shots=len(shots))))
        record_twin(self._folder, twin, shots, error)

    def _collected(self, twin: nn.Module, seed: int) -> Shots:
        self._bench.purpose = "calibration"
        return collect_shots(
            self._measure,
            self._setup.system.info,
            self._settings.shots,
            seed=seed,
            strategy=self._settings.collect,
            task=task_drives(self._setup, twin) if self._settings.collect == "task" else None,
            learn=self._spread,
        )

    def _spread(self, shots: Shots) -> Spread:
        return ensemble_spread(self._setup, shots, lambda point: self._control.safe_point())

    def _fit(self, twin: nn.Module, shots: Shots) -> None:
        def progress(point: FitProgress) -> None:
            self._control.safe_point()
            self._emit(CalibrationPoint(point.step, point.steps, point.train_error, point.held_out_error))

        report = fit_twin(
            twin,
            shots,
            seed=self._seed,
            steps=self._settings.steps,
            learning_rate=self._settings.learning_rate,
            causal=self._setup.system.info.response_axis.unit == "s",
            on_progress=progress,
        )
        text = "Twin fitted in {wall_s:.1f} s: it leaves {error:.1%} of the held-out signal."
        self._emit(Message("info", Phrase(text, wall_s=report.wall_s, error=report.held_out_error)))
        record_twin(self._folder, twin, shots, report.held_out_error)

    def _measure(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        self._control.safe_point()
        self._bench.begin_batch()
        return self._bench.measure(drive, *parameters)


def _rehearse(twin: nn.Module, info: SystemInfo) -> None:
    """Evaluate a twin at rest, forward and backward, so that its kernels are there before anything is measured."""
    rest = torch.full((1, info.drive_dim), 0.5 if info.signed_drive else 0.0)
    twin(rest, *middle_parameters(info)).sum().backward()
    twin.zero_grad()
