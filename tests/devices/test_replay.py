"""A recorded run answers again what was measured in it: exactly, nearly with a warning, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.compose import compose
from core.ports import DataError, OutOfRange, RunFileError, SpecError
from core.run.folder import RunFolder
from core.run.record import RunRecord
from core.run.session import run_experiment
from core.run.spec import Experiment, SystemSpec
from core.training.control import ControlToken
from devices.catalogue import make_system
from devices.replay.system import PREFIX

KINDS = {"shg": {"architecture": "chain", "layers": 2}, "pendula": {"architecture": "pendula"}}


def experiment(kind: str, address: str = "") -> Experiment:
    return Experiment.model_validate(
        {
            "name": "replay",
            "seed": 3,
            "system": {"kind": kind, "serial_number": 7, "address": address},
            "task": {"name": "vowels1952"},
            "network": KINDS[kind],
            "calibration": {"shots": 32, "steps": 3},
            "training": {"epochs": 1, "batch_size": 608},
            "journal": {"keep": "all"},
        }
    )


def recorded(kind: str, folder: Path, address: str = "") -> RunRecord:
    spec = experiment(kind, address)
    setup = compose(spec)
    run = RunFolder.create(folder, spec, setup.task.table)
    run_experiment(setup, run, lambda _: None, ControlToken(), threads=1)
    return RunRecord(run.path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    return recorded("shg", tmp_path_factory.mktemp("runs"))


def replayed(run: RunRecord) -> Any:
    return make_system(SystemSpec(kind="shg", address=f"{PREFIX}{run.path}"), 0)


def test_the_same_experiment_on_the_recording_ends_as_it_did(run: RunRecord, tmp_path: Path):
    again = recorded("shg", tmp_path, f"{PREFIX}{run.path}")
    for name, column in run.table("steps").items():
        if not name.endswith("_s"):
            np.testing.assert_array_equal(again.table("steps")[name], column, err_msg=name)
    was, now = run.result, again.result
    assert was is not None
    assert now is not None
    assert now["test_accuracy"] == was["test_accuracy"]
    assert again.provenance is not None
    assert again.provenance["system"]["near_shots"] == 0


def test_every_shot_is_answered_as_it_was(run: RunRecord):
    system = replayed(run)
    for call in run.calls():
        answer = system.run(torch.from_numpy(call.drive))
        np.testing.assert_array_equal(answer.numpy(), call.response)


def test_measurements_of_the_same_controls_follow_each_other(run: RunRecord):
    """All recorded responses to one drive come in their order, then from the beginning, in one batch or in many."""
    drive = next(call for call in run.calls() if call.purpose == "training").drive[:1]
    measured = [
        response for call in run.calls() for one, response in zip(call.drive, call.response, strict=True)
        if np.array_equal(one, drive[0])
    ]  # fmt: skip
    count, system = len(measured), replayed(run)
    answers = system.run(torch.from_numpy(drive).repeat(count + 1, 1)).numpy()
    np.testing.assert_array_equal(answers, [*measured, measured[0]])


def test_a_near_shot_is_answered_by_the_nearest_with_a_warning(run: RunRecord, caplog: pytest.LogCaptureFixture):
    call = next(run.calls())
    system = replayed(run)
    drive = torch.from_numpy(call.drive[:3])
    asked = (drive + 1e-3).clamp(0, 1)
    np.testing.assert_array_equal(system.run(asked).numpy(), call.response[:3])
    system.run(asked)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    snapshot = system.snapshot()
    assert snapshot["near_shots"] == 6
    assert snapshot["farthest"] == pytest.approx((asked - drive).square().mean(1).sqrt().max().item(), rel=1e-3)


def test_what_is_far_from_everything_is_not_answered(run: RunRecord):
    with pytest.raises(DataError, match=r"nearest is 0\.\d+ rms away"):
        replayed(run).run((torch.arange(100) % 2).float()[None])


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_what_is_no_control_is_refused(run: RunRecord, value: float):
    with pytest.raises(OutOfRange):
        replayed(run).run(torch.full((1, 100), value))
    with pytest.raises(OutOfRange):
        replayed(run).run(torch.zeros(1, 99))


def test_shared_parameters_count(tmp_path: Path):
    run = recorded("pendula", tmp_path)
    system = make_system(SystemSpec(kind="pendula", address=f"{PREFIX}{run.path}"), 0)
    for call in run.calls():
        answer = system.run(torch.from_numpy(call.drive), *map(torch.from_numpy, call.parameters))
        np.testing.assert_array_equal(answer.numpy(), call.response)
    with pytest.raises(DataError, match="shared parameters"):
        system.run(torch.from_numpy(call.drive), *(torch.from_numpy(1 - value) for value in call.parameters))


def test_a_run_of_another_system_and_no_run_are_told(run: RunRecord, tmp_path: Path):
    with pytest.raises(SpecError, match=r"recorded on system\.kind = 'shg'"):
        make_system(SystemSpec(kind="plate", address=f"{PREFIX}{run.path}"), 0)
    with pytest.raises(RunFileError, match="not a run"):
        make_system(SystemSpec(kind="shg", address=f"{PREFIX}{tmp_path}"), 0)


def test_a_run_that_kept_no_shots_says_how_to_keep_them(tmp_path: Path):
    spec = experiment("shg")
    folder = RunFolder.create(tmp_path, spec, None)
    folder.close()
    with pytest.raises(DataError, match=r"journal\.keep = 'all'"):
        make_system(SystemSpec(kind="shg", address=f"{PREFIX}{folder.path}"), 0)
