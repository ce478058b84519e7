"""Runs whose twin learns what its equations lack: whole, and gone on with after a stop."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from torch import Tensor

from core.physics.model import FitParameter
from core.run.checkpoint import read_checkpoint
from core.run.folder import RunFolder
from core.run.session import resume_experiment, run_experiment
from core.run.setup import Setup
from core.run.spec import CalibrationSpec
from core.training.control import ControlToken
from core.training.estimators import ESTIMATORS
from core.training.events import Event, Finished, StepDone, Stopped
from tests.conftest import SquareSystem
from tests.core.run.test_session import EXPERIMENT, halves


class Line:
    """response = gain · drive."""

    fit_parameters = (FitParameter("gain", "1", 0.8, 0.3, "log"),)

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *parameters: Tensor) -> Tensor:
        return values["gain"] * drive


@pytest.mark.parametrize(("kind", "part"), [("hybrid", "correction."), ("ensemble", "members.4.correction.")])
def test_a_run_with_a_learning_twin_goes_on_as_if_it_had_not_been_stopped(tmp_path, kind, part):
    calibration = CalibrationSpec(twin=kind, shots=64, steps=30)
    experiment = EXPERIMENT.model_copy(update={"calibration": calibration})

    def parts() -> Setup:
        return Setup.assemble(experiment, SquareSystem(), Line(), halves(), ESTIMATORS["pat"])

    def perform(job, *arguments: object, stop_at: int = 0) -> Event:
        events: list[Event] = []
        control = ControlToken()

        def listener(event: Event) -> None:
            events.append(event)
            if isinstance(event, StepDone) and event.step == stop_at:
                control.stop()

        job(parts(), *arguments, listener, control)
        return events[-1]

    whole = RunFolder.create(tmp_path / "whole", experiment)
    ended = perform(run_experiment, whole)
    assert isinstance(ended, Finished)
    assert any(name.startswith(part) for name in read_checkpoint(whole.path, "final").part("twin"))
    halted = RunFolder.create(tmp_path / "halted", experiment)
    assert isinstance(perform(run_experiment, halted, stop_at=3), Stopped)
    resumed = perform(resume_experiment, halted.path)
    assert isinstance(resumed, Finished)
    assert resumed.result["weights_sha256"] == ended.result["weights_sha256"]
