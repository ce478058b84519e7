"""A run that collects the shots of its twin in each way that there is, and goes on after an interruption."""

from __future__ import annotations

import h5py
import pytest
import torch

from core.calibration.collect import STRATEGIES, Strategy
from core.run.collecting import ensemble_spread, task_drives
from core.run.folder import RunFolder
from core.run.journal import read_calls
from core.run.session import resume_experiment, run_experiment
from core.run.setup import Setup
from core.training.events import CalibrationPoint, Finished, Stopped
from core.twin.shots import ShotBatch, Shots
from tests.conftest import SquareSystem
from tests.core.run.test_resume import RealSquareSystem, ignore, perform, stop_at
from tests.core.run.test_session import EXPERIMENT, setup


def collecting(strategy: Strategy, system: SquareSystem | None = None, **changes: object) -> Setup:
    calibration = EXPERIMENT.calibration.model_copy(update={"collect": strategy} | changes)
    return setup(system, calibration=calibration)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_run_finishes_with_every_strategy_and_journals_its_shots(tmp_path, strategy: Strategy):
    parts = collecting(strategy)
    events = perform(run_experiment, parts, RunFolder.create(tmp_path, parts.experiment), on_event=ignore)
    assert isinstance(events[-1], Finished)
    (path,) = tmp_path.iterdir()
    with h5py.File(path / "run.h5") as file:
        calls = [call for call in read_calls(file["entry/journal"].values()) if call.purpose == "calibration"]
    assert sum(len(call.drive) for call in calls) == parts.experiment.calibration.shots


def test_the_task_s_drives_are_those_that_the_network_first_sends(tmp_path):
    parts = collecting("task")
    drives = task_drives(parts, SquareSystem().run)
    assert drives.shape[1] == parts.system.info.drive_dim
    assert float(drives.min()) >= 0
    assert float(drives.max()) <= 1
    layers, samples = parts.network.physical_layers, len(parts.task.train.features)
    assert len(drives) % layers == 0
    assert len(drives) <= 2 * 256 * layers
    features = parts.task.train.features
    sent: list[torch.Tensor] = []
    parts.network.prepare(features[:: max(1, samples // 256)], SquareSystem().run)
    parts.network(features[:: max(1, samples // 256)], lambda drive: sent.append(drive) or SquareSystem().run(drive))
    torch.testing.assert_close(drives, torch.cat(sent).detach())


def test_an_ensemble_disagrees_where_it_was_not_shown_anything():
    """Shown quiet drives of a square law alone, neural twins agree there and not on loud ones."""
    parts = collecting("uncertainty", steps=400)
    system, generator = SquareSystem(), torch.Generator().manual_seed(0)
    quiet = [0.3 * torch.rand(16, 6, generator=generator) for _ in range(8)]
    spread = ensemble_spread(parts, Shots(tuple(ShotBatch(drive, system.run(drive)) for drive in quiet)))
    near, far = 0.3 * torch.rand(64, 6, generator=generator), 0.7 + 0.3 * torch.rand(64, 6, generator=generator)
    assert float(spread(far).median()) > 3 * float(spread(near).median())


def test_an_interrupted_collection_by_disagreement_goes_on_with_the_same_drives(tmp_path):
    """The device cannot be asked again for its past: the journal answers, so the twins disagree as before."""
    whole = collecting("uncertainty", RealSquareSystem())
    reference = perform(run_experiment, whole, RunFolder.create(tmp_path / "whole", whole.experiment), on_event=ignore)
    parts = collecting("uncertainty", RealSquareSystem())
    folder = RunFolder.create(tmp_path / "parts", parts.experiment)
    events = perform(run_experiment, parts, folder, on_event=stop_at(lambda event: isinstance(event, CalibrationPoint)))
    assert isinstance(events[-1], Stopped)
    rest = collecting("uncertainty", RealSquareSystem())
    events = perform(resume_experiment, rest, folder.path, on_event=ignore)
    assert events[-1].result["weights_sha256"] == reference[-1].result["weights_sha256"]
    measured_again = sum(count for count, _ in rest.system.calls) + sum(count for count, _ in parts.system.calls)
    assert measured_again == sum(count for count, _ in whole.system.calls)
