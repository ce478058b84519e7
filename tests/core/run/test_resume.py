"""A run that is interrupted, and gone on with as if nothing had happened."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import h5py
import pytest
import torch
from torch import Tensor

from core.ports import DeviceLost, RunFileError
from core.run.connection import ConnectionSpec
from core.run.files import Ownership
from core.run.folder import RunFolder
from core.run.journal import read_calls
from core.run.record import RunRecord
from core.run.session import resume_experiment, run_experiment
from core.run.setup import Setup
from core.run.spec import Experiment, SystemSpec
from core.task.load import load_task
from core.training.control import ControlToken
from core.training.estimators import ESTIMATORS
from core.training.events import EpochDone, Event, Finished, Message, StepDone, Stopped
from devices.catalogue import find_system
from tests.conftest import SquareSystem
from tests.core.run.test_session import EXPERIMENT, setup

PRESETS = {
    "shg": {"layers": 2, "standardise": True, "normalise": "sum", "readout": "mean"},
    "circuit": {"layers": 1, "branches": 2},
    "plate": {"layers": 2},
}


def simulated(kind: str, **training: object) -> Setup:
    """Return a small run on a simulator with all its noise, drift and jitter."""
    experiment = Experiment.model_validate(
        {
            "name": kind,
            "seed": 5,
            "system": {"kind": kind, "serial_number": 31},
            "task": {"name": "vowels1952", "augmentation": 0.5},
            "network": {"architecture": "chain"} | PRESETS[kind],
            "calibration": {"shots": 32, "steps": 5},
            "training": {"epochs": 3, "batch_size": 256, "patience": 2} | training,
        }
    )
    entry = find_system(kind)
    task = load_task("vowels1952", data="bundled", seed=5, validation=0.1, augmentation=0.5)
    system = entry.build(31, 5, {})
    assert entry.model is not None
    return Setup.assemble(experiment, system, entry.model(), task, ESTIMATORS[experiment.training.estimator])


Watcher = Callable[[Event, ControlToken], None]


def perform(act: Callable[..., None], *arguments: object, on_event: Watcher) -> list[Event]:
    events: list[Event] = []
    control = ControlToken()

    def listener(event: Event) -> None:
        events.append(event)
        on_event(event, control)

    act(*arguments, listener, control)
    return events


def ignore(event: Event, control: ControlToken) -> None:
    pass


def stop_at(wanted: Callable[[Event], bool]) -> Watcher:
    def watch(event: Event, control: ControlToken) -> None:
        if wanted(event):
            control.stop()

    return watch


VARIANTS = {
    **{kind: (kind, {}) for kind in sorted(PRESETS)},
    "refined": ("circuit", {"refine": 2, "hours": 10.0}),
    "averaged": ("shg", {"average": 3, "final_rate": 0.3, "patience": 0}),
    "scaled": ("shg", {"on_misalignment": "scale"}),
    "spsa": ("shg", {"estimator": "spsa"}),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_interrupted_run_ends_as_one_that_was_not(tmp_path, variant: str):
    kind, training = VARIANTS[variant]
    parts = simulated(kind, **training)
    folder = RunFolder.create(tmp_path / "whole", parts.experiment)
    reference, whole = perform(run_experiment, parts, folder, on_event=ignore)[-1].result, folder.path
    parts = simulated(kind, **training)
    folder = RunFolder.create(tmp_path / "parts", parts.experiment)
    stops: list[Callable[[Event], bool]] = [
        lambda event: isinstance(event, StepDone) and event.step == 4,  # in the middle of an epoch
        lambda event: isinstance(event, EpochDone) and event.epoch == 2,
    ]
    events = perform(run_experiment, parts, folder, on_event=stop_at(stops[0]))
    assert isinstance(events[-1], Stopped)
    events = perform(resume_experiment, simulated(kind, **training), folder.path, on_event=stop_at(stops[1]))
    assert isinstance(events[-1], Stopped)
    assert RunRecord(folder.path).state == "interrupted"
    events = perform(resume_experiment, simulated(kind, **training), folder.path, on_event=ignore)
    finished = events[-1]
    assert isinstance(finished, Finished)
    for key in ("weights_sha256", "test_accuracy", "twin_belief", "device_passes"):
        assert finished.result[key] == reference[key]
    record = RunRecord(folder.path)
    assert record.state == "finished"
    steps, epochs = record.table("steps"), record.table("epochs")
    assert steps["step"].tolist() == list(range(1, len(steps["step"]) + 1))
    assert epochs["epoch"].tolist() == list(range(1, len(epochs["epoch"]) + 1))
    assert (steps["wall_s"][1:] >= steps["wall_s"][:-1]).all()
    if "refine" in training:
        found, wanted = (RunRecord(path).arrays("refinements") for path in (folder.path, whole))
        assert wanted["kept"].any()
        assert all((found[name] == column).all() for name, column in wanted.items())
    with h5py.File(folder.path / "run.h5") as file:
        numbers = [call.number for call in read_calls(file["entry/journal"].values())]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_killed_run_loses_no_shot_that_a_real_device_has_answered(tmp_path):
    """A device that cannot be put back into an earlier state: what it has answered comes from the journal."""
    code = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from core.run.folder import RunFolder
        from core.run.session import run_experiment
        from core.training.control import ControlToken
        from core.training.events import StepDone
        from tests.core.run.test_resume import real
        def listener(event):
            if isinstance(event, StepDone) and event.step == 3:
                os.kill(os.getpid(), signal.SIGKILL)
        parts = real()
        run_experiment(parts, RunFolder.create(Path({str(tmp_path)!r}), parts.experiment), listener, ControlToken())
    """)
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=120, cwd=root)
    assert done.returncode == -signal.SIGKILL
    (path,) = tmp_path.iterdir()
    with h5py.File(path / "run.h5") as file:
        calls = list(read_calls(file["entry/journal"].values()))
    assert [call.number for call in calls] == list(range(1, len(calls) + 1))
    assert sum(call.purpose == "training" for call in calls) == 3 * 2  # layers
    for call in calls:
        torch.testing.assert_close(torch.from_numpy(call.response), torch.from_numpy(call.drive) ** 2)

    parts = real()
    assert isinstance(parts.system, SquareSystem)
    events = perform(resume_experiment, parts, path, on_event=ignore)
    result = events[-1].result
    assert any(isinstance(event, Message) and "read from the journal" in event.text for event in events)
    measured_now = sum(count for count, _ in parts.system.calls)
    journalled = sum(len(call.drive) for call in calls)
    assert result["device_passes"] == measured_now + journalled
    whole = real()
    reference = perform(run_experiment, whole, RunFolder.create(tmp_path / "whole", whole.experiment), on_event=ignore)
    assert reference[-1].result["weights_sha256"] == result["weights_sha256"]


class RealSquareSystem(SquareSystem):
    """The same as a connected instrument, whose past cannot be repeated."""

    def __init__(self) -> None:
        super().__init__()
        self.info = type(self.info)(**(vars(self.info) | {"status": "connected"}))


def real() -> Setup:
    return setup(RealSquareSystem())


def test_a_lost_device_can_be_gone_on_with(tmp_path):
    class Vanishing(RealSquareSystem):
        def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
            if len(self.calls) > 14:
                raise DeviceLost("The square system does not answer any more. Check its cable.")
            return super().run(drive, *parameters)

    spec = SystemSpec(kind="square", connection=ConnectionSpec(reconnect_s=0.0))
    parts = setup(Vanishing())
    parts = replace(parts, experiment=parts.experiment.model_copy(update={"system": spec}))
    folder = RunFolder.create(tmp_path, parts.experiment)
    with pytest.raises(DeviceLost):
        perform(run_experiment, parts, folder, on_event=ignore)
    events = perform(resume_experiment, real(), folder.path, on_event=ignore)
    whole = real()
    reference = perform(run_experiment, whole, RunFolder.create(tmp_path / "whole", whole.experiment), on_event=ignore)
    assert events[-1].result["weights_sha256"] == reference[-1].result["weights_sha256"]


def test_a_finished_run_is_not_gone_on_with(tmp_path):
    parts = setup()
    folder = RunFolder.create(tmp_path, parts.experiment)
    perform(run_experiment, parts, folder, on_event=ignore)
    before = (folder.path / "run.h5").read_bytes()
    with pytest.raises(RunFileError, match="is finished"):
        resume_experiment(setup(), folder.path, lambda event: None, ControlToken())
    assert (folder.path / "run.h5").read_bytes() == before


def test_a_run_in_use_is_refused_with_its_owner(tmp_path):
    folder = RunFolder.create(tmp_path, EXPERIMENT)
    code = (
        f"from core.run.folder import RunFolder\nfrom pathlib import Path\nRunFolder.reopen(Path({str(folder.path)!r}))"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root)
    assert f"is in use by process {os.getpid()}" in done.stderr
    folder.close()
    Ownership(folder.path).release()


def test_a_damaged_file_of_records_is_put_aside(tmp_path):
    parts = simulated("shg")
    folder = RunFolder.create(tmp_path, parts.experiment)
    perform(run_experiment, parts, folder, on_event=stop_at(lambda event: isinstance(event, EpochDone)))
    content = (folder.path / "run.h5").read_bytes()
    (folder.path / "run.h5").write_bytes(b"torn" + content[4:])
    events = perform(resume_experiment, simulated("shg"), folder.path, on_event=ignore)
    assert isinstance(events[-1], Finished)
    assert (folder.path / "run.damaged.h5").read_bytes()[4:] == content[4:]


def test_a_checkpoint_of_another_network_is_refused(tmp_path):
    parts = simulated("circuit")
    folder = RunFolder.create(tmp_path, parts.experiment)
    perform(run_experiment, parts, folder, on_event=stop_at(lambda event: isinstance(event, EpochDone)))
    with pytest.raises(RunFileError, match="cannot be used"):
        resume_experiment(simulated("plate"), folder.path, lambda event: None, ControlToken())
