"""A whole run on a small system: what it records, how it ends, and that outputs are safe on every path."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import pytest
import torch
from torch import Tensor

from core.network.settings import NetworkSettings
from core.ports import DeviceLost, SpecError
from core.run.evaluation import evaluate_again
from core.run.folder import RunFolder
from core.run.record import RunRecord
from core.run.session import run_experiment
from core.run.setup import Setup
from core.run.spec import CalibrationSpec, Experiment, SystemSpec, TaskSpec
from core.task.dataset import Part, Task
from core.training.control import ControlToken
from core.training.estimators import ESTIMATORS
from core.training.events import CalibrationPoint, Event, Finished, PhaseChanged, Stopped
from core.training.settings import TrainingSettings
from tests.conftest import SquareSystem

EXPERIMENT = Experiment(
    name="square",
    seed=3,
    system=SystemSpec(kind="square"),
    task=TaskSpec(name="halves"),
    network=NetworkSettings("chain", layers=2, normalise="none", readout="mean", initial_gain=0.2, initial_spread=0.5),
    calibration=CalibrationSpec(twin="neural", shots=64, steps=30),
    training=TrainingSettings(epochs=3, batch_size=16, learning_rate=0.05),
)


def halves() -> Task:
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(90) % 2
    features = 0.2 + 0.3 * torch.rand(90, 6, generator=generator)
    features[:, :3] += 0.4 * labels[:, None]
    parts = [Part(features[rows], labels[rows]) for rows in torch.arange(90).split(30)]
    return Task("halves", "Halves", ("a", "b"), None, *parts)


def setup(system: SquareSystem | None = None, **changes: object) -> Setup:
    experiment = EXPERIMENT.model_copy(update=changes)
    estimator = ESTIMATORS[experiment.training.estimator]
    return Setup.assemble(experiment, system or SquareSystem(), None, halves(), estimator)


def run(tmp_path, parts: Setup, control: ControlToken | None = None, on_event=lambda event: None):
    events: list[Event] = []

    def listener(event: Event) -> None:
        events.append(event)
        on_event(event)

    folder = RunFolder.create(tmp_path, parts.experiment)
    run_experiment(parts, folder, listener, control or ControlToken())
    return events, folder.path


def test_a_run_calibrates_trains_evaluates_and_records(tmp_path):
    system = SquareSystem()
    events, path = run(tmp_path, setup(system))
    phases = [event.phase for event in events if isinstance(event, PhaseChanged)]
    assert phases == ["connecting", "calibrating", "training", "evaluating"]
    finished = events[-1]
    assert isinstance(finished, Finished)
    result = finished.result
    assert result["test_count"] == 30
    assert result["device_passes"] == sum(count for count, _ in system.calls)
    assert {item["name"] for item in result["baselines"]} == {"softmax regression", "multilayer perceptron"}
    assert system.safe
    with h5py.File(path / "run.h5") as file:
        assert len(file["entry/epochs/loss"]) == 3
        assert len(file["entry/steps/loss"]) == 3 * 2
        assert json.loads(file["entry"].attrs["result"]) == json.loads(json.dumps(result))
        assert json.loads(file["entry"].attrs["provenance"])["system"]["kind"] == "square"
    assert sorted(item.stem for item in (path / "checkpoints").iterdir()) == ["final", "latest"]
    texts = [entry["text"] for entry in RunRecord(path).log()]
    told = (
        "Loading",
        "Measuring 64 shots",
        "Twin fitted",
        "Gradient alignment",
        "Training with pat",
        "Measuring the test",
    )
    assert all(text.startswith(start) for text, start in zip(texts, told, strict=True))


def test_a_run_is_read_without_torch_which_takes_a_second_to_start(tmp_path):
    _, path = run(tmp_path, setup())
    code = (
        "import sys; from pathlib import Path; from core.run.record import RunRecord\n"
        "record = RunRecord(Path(sys.argv[1]))\n"
        "assert record.experiment and record.result and record.table('steps') and list(record.calls())\n"
        "assert 'torch' not in sys.modules\n"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, env=environment)


def test_the_fit_is_told_while_it_goes_on(tmp_path):
    points = [event for event in run(tmp_path, setup())[0] if isinstance(event, CalibrationPoint)]
    assert [point.step for point in points] == sorted(point.step for point in points)
    assert points[-1].step == points[-1].steps


def test_the_same_specification_gives_the_same_weights(tmp_path):
    hashes = {run(tmp_path, setup())[0][-1].result["weights_sha256"] for _ in range(2)}
    other = run(tmp_path, setup(seed=4))[0][-1].result["weights_sha256"]
    assert len(hashes) == 1
    assert other not in hashes


def test_a_finished_run_can_be_evaluated_again(tmp_path):
    events, path = run(tmp_path, setup())
    system = SquareSystem()
    again = evaluate_again(setup(system), path)
    assert again["weights_sha256"] == events[-1].result["weights_sha256"]
    assert again["test_accuracy"] == events[-1].result["test_accuracy"]  # this system has no noise
    assert system.safe


def test_it_is_evaluated_again_on_a_device_as_old_as_it_was(tmp_path):
    class Idle(SquareSystem):
        age_h = 0.0

        def age(self, hours: float) -> None:
            self.age_h += hours

    aged = CalibrationSpec(twin="neural", shots=64, steps=30, age_h=7.5)
    _, path = run(tmp_path, setup(Idle(), calibration=aged))
    again = Idle()
    evaluate_again(setup(again, calibration=aged), path)
    assert again.age_h == 7.5
    assert again.calls


@pytest.mark.parametrize("phase", ["calibrating", "training", "evaluating"])
def test_a_stop_in_any_phase_leaves_outputs_safe_and_a_run_to_go_on_with(tmp_path, phase: str):
    system, control = SquareSystem(), ControlToken()

    def stop(event: Event) -> None:
        if isinstance(event, PhaseChanged) and event.phase == phase:
            control.stop()

    events, path = run(tmp_path, setup(system), control, stop)
    assert isinstance(events[-1], Stopped)
    assert events[-1].folder == str(path)
    assert system.safe


def test_a_lost_device_leaves_outputs_safe_and_a_readable_file(tmp_path):
    class Vanishing(SquareSystem):
        def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
            if len(self.calls) > 34:  # after the first check of the gradient
                raise DeviceLost("The square system does not answer any more. Check its cable.")
            return super().run(drive, *parameters)

    system = Vanishing()
    with pytest.raises(DeviceLost, match="cable"):
        run(tmp_path, setup(system))
    assert system.safe
    (path,) = tmp_path.iterdir()
    assert "cable" in (path / "log.jsonl").read_text().splitlines()[-1]
    with h5py.File(path / "run.h5") as file:
        assert "steps" in file["entry"]


def test_what_does_not_fit_together_is_refused_before_anything_is_measured():
    system = SquareSystem()
    for changes, told in (
        ({"calibration": CalibrationSpec(twin="physics")}, "calibration.twin=neural"),
        ({"training": replace(EXPERIMENT.training, estimator="ideal")}, "'pat' or 'in_silico'"),
        ({"network": NetworkSettings("pendula")}, "network.architecture"),
    ):
        with pytest.raises(SpecError, match=told):
            setup(system, **changes)
    assert system.calls == []
