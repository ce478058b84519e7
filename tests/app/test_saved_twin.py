"""A run that begins with a saved twin: it measures a few shots in place of a calibration, and keeps the twin's file."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from app.cli import command_line
from app.compose import compose, make_job, make_resumption
from app.forecast import forecast
from app.sweep import kept_specification, trials_of
from core.calibration.excitation import middle_parameters
from core.ports import SpecError
from core.run.checkpoint import weights_sha256
from core.run.record import RunRecord
from core.run.spec import load_experiment
from core.training.control import ControlToken
from core.training.events import EpochDone, Event, Finished, Message, StepDone, Stopped
from core.twin.file import pack_twin, unpack_twin
from core.twin.hybrid import HybridTwin
from core.twin.jacobian import jacobian_at
from core.twin.neural import NeuralShape, NeuralTwin
from core.twin.physics import PhysicsTwin
from devices.catalogue import BUNDLED

UNIT = 31
SETTINGS = (
    "training.epochs=2",
    "training.batch_size=128",
    "calibration.steps=20",
    "calibration.shots=256",
    f"system.serial_number={UNIT}",
)
NO_PIPES = pytest.mark.skipif(sys.platform == "win32", reason="makes pipes")


def packed(kind: str, unit: int = UNIT, system: str = "shg") -> bytes:
    """Return the file of a twin that was never fitted; the neural one has a shape of its own, and the wrong sign."""
    entry = BUNDLED[system]
    info = entry.build(unit, 0, {}).info
    assert entry.model is not None
    if kind == "neural":
        twin = NeuralTwin(info, seed=1, shape=NeuralShape(24, 1))
        jacobian = jacobian_at(PhysicsTwin(entry.model()), torch.full((info.drive_dim,), 0.5), middle_parameters(info))
        with torch.no_grad():
            twin.linear.weight.copy_(-jacobian / 12**0.5)  # of drives that are scaled by so much
        return pack_twin(twin, "neural", info)
    if kind == "hybrid":
        return pack_twin(HybridTwin(entry.model(), info, seed=1), "hybrid", info)
    return pack_twin(PhysicsTwin(entry.model()), "physics", info)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my twins" / 'tom\'s "twin" é.safetensors'
    path.parent.mkdir()
    path.write_bytes(packed("physics"))
    return path


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["overtone", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_info:
            command_line()
        return int(exit_info.value.code or 0), *capsys.readouterr()

    return run


@pytest.fixture
def done(command: Command) -> Callable[..., dict]:
    def run(*arguments: str) -> dict:
        code, out, errors = command(*arguments, "--json")
        assert code == 0, errors
        return json.loads(out.splitlines()[-1])

    return run


def options(*settings: str) -> list[str]:
    return [part for setting in (*SETTINGS, *settings) for part in ("--set", setting)]


def saved(file: Path, *settings: str):
    return load_experiment("quick", (*SETTINGS, *settings, "calibration.twin=saved", f"calibration.file={file}"))


def perform(job: Callable[..., None], stop: Callable[[Event], bool] = lambda event: False) -> list[Event]:
    events, control = list[Event](), ControlToken()

    def listener(event: Event) -> None:
        events.append(event)
        if stop(event):
            control.stop()

    job(listener, control)
    return events


def test_it_checks_the_twin_on_a_few_shots_and_trains_with_it_as_it_is(tmp_path, file):
    fitted = perform(make_job(load_experiment("quick", SETTINGS), tmp_path)[1])[-1]
    experiment = saved(file)
    setup, job = make_job(experiment, tmp_path)
    events = perform(job)
    end = events[-1]
    assert isinstance(fitted, Finished)
    assert isinstance(end, Finished)
    record = RunRecord(Path(end.folder))
    calls = [call for call in record.calls() if call.purpose == "calibration"]
    assert sum(len(call.drive) for call in calls) == 64
    assert fitted.result["device_passes"] - end.result["device_passes"] == 256 - 64
    assert forecast(load_experiment("quick", SETTINGS)).device_passes - forecast(experiment).device_passes == 256 - 64

    twin = unpack_twin(file.read_bytes(), setup.system.info, setup.model, name="").twin
    assert record.provenance is not None
    assert record.provenance["twin"]["sha256"] == weights_sha256(twin)  # trained with as it was
    measured = np.concatenate([call.response for call in calls])
    with torch.no_grad():
        answers = [twin(torch.from_numpy(call.drive), *map(torch.from_numpy, call.parameters)) for call in calls]
    residual = torch.cat(answers).numpy() - measured
    error = np.sqrt((residual**2).mean() / (measured - measured.mean(0)).var())
    assert record.attributes("twin")["held_out_error"] == pytest.approx(error, rel=1e-4)
    told = f"The saved twin leaves {error:.1%} of the signal of 64 new shots."
    assert told in [event.text for event in events if isinstance(event, Message)]


def test_a_run_keeps_its_twin_and_can_be_moved_without_the_original(done, file, tmp_path, monkeypatch):
    content = file.read_bytes()
    result = done("run", "quick", *options(), "--twin", str(file), "--out", str(tmp_path / "runs"))
    path = tmp_path / "runs" / result["run"]
    spec = tomllib.loads((path / "experiment.toml").read_text())["calibration"]
    assert spec["twin"] == "saved"
    assert Path(spec["file"]).name == spec["file"]
    assert (path / spec["file"]).read_bytes() == content
    file.unlink()
    moved = Path(shutil.move(path, tmp_path / "elsewhere"))
    monkeypatch.chdir(tmp_path)

    again = done("run", "elsewhere/experiment.toml", "--out", "runs")
    assert again["weights_sha256"] == result["weights_sha256"]
    repeated = tmp_path / "runs" / again["run"]
    assert (repeated / "experiment.toml").read_bytes() == (moved / "experiment.toml").read_bytes()
    assert (repeated / spec["file"]).read_bytes() == content
    assert done("evaluate", "elsewhere")["weights_sha256"] == result["weights_sha256"]
    assert done("evaluate", "elsewhere", "--serial-number", "32")["serial_number"] == 32
    card = done("evaluate", "elsewhere", "--robustness", "--test-samples", "10")
    assert card["weights_sha256"] == result["weights_sha256"]
    assert done("export", "elsewhere", "--to", "torchscript")["files"]
    assert done("compare", "elsewhere", str(repeated))["differing"] == {}
    assert done("doctor", "elsewhere")["experiment.toml"]["ok"]


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("neural", ()),
        ("hybrid", ("training.refine=2", "training.hours=10")),
        ("neural", ("training.on_misalignment=refit", "calibration.collect=uncertainty", "calibration.age_h=1")),
    ],
)
def test_an_interrupted_run_goes_on_with_its_twin(tmp_path, file, kind, more):
    file.write_bytes(packed(kind))
    whole = perform(make_job(saved(file, *more), tmp_path / "whole")[1])
    reference = whole[-1]
    if "refit" in " ".join(more):
        assert any(isinstance(event, Message) and "to fit the twin again" in event.text for event in whole)
    stops: list[Callable[[Event], bool]] = [
        lambda event: isinstance(event, StepDone) and event.step == 1,
        lambda event: isinstance(event, EpochDone) and event.epoch == 1,
    ]
    stopped = perform(make_job(saved(file, *more), tmp_path / "parts")[1], stops[0])[-1]
    shutil.rmtree(file.parent)
    assert isinstance(stopped, Stopped)
    path = Path(shutil.move(stopped.folder, tmp_path / "elsewhere"))
    assert isinstance(perform(make_resumption(path)[1], stops[1])[-1], Stopped)
    finished = perform(make_resumption(path)[1])[-1]
    assert isinstance(reference, Finished)
    assert isinstance(finished, Finished)
    for key in ("weights_sha256", "test_accuracy", "twin_belief", "device_passes"):
        assert finished.result[key] == reference.result[key]


@pytest.mark.parametrize(
    ("kind", "code", "reason"),
    [
        ("other unit", 2, f"is the twin of unit #7, and this is unit #{UNIT}. Calibrate this one"),
        ("other system", 1, "is the twin of a system of kind 'circuit', not of SHG bench #31"),
        ("damaged", 1, "is not the file of a twin"),
        ("vanished", 2, "Save one with: overtone calibrate shg --out FILE"),
        ("empty", 2, "is empty. Save one with: overtone calibrate shg --out FILE"),
        ("folder", 2, "it is not a file"),
        pytest.param(
            "pipe", 2, "it is not a file", marks=pytest.mark.skipif(sys.platform == "win32", reason="no pipes")
        ),
    ],
)
def test_what_does_not_serve_is_told_in_one_line_and_starts_nothing(tmp_path, file, command, kind, code, reason):
    if kind == "other unit":
        file.write_bytes(packed("physics", 7))
    elif kind == "other system":
        file.write_bytes(packed("physics", system="circuit"))
    elif kind == "damaged":
        file.write_bytes(file.read_bytes()[:-3])
    elif kind == "empty":
        file.write_bytes(b"")
    else:
        file.unlink()
        if kind == "folder":
            file.mkdir()
        elif kind == "pipe":
            os.mkfifo(file)
    found, out, errors = command("run", "quick", *options(), "--twin", str(file), "--out", str(tmp_path / "runs"))
    assert (found, out, len(errors.splitlines())) == (code, "", 1)
    assert reason in errors
    assert not (tmp_path / "runs").exists()


def test_a_saved_twin_without_a_file_is_refused():
    with pytest.raises(SpecError, match=r"needs calibration\.file"):
        compose(load_experiment("quick", ["calibration.twin=saved"]))


@pytest.mark.parametrize("kind", ["absolute", "above", "in full"])
def test_a_specification_names_no_twin_outside_its_folder(tmp_path, file, command, kind):
    folder = tmp_path / "specs"
    folder.mkdir()
    spec = folder / "mine.toml"
    name = str(file) if kind == "absolute" else f"../my twins/{file.name}"
    text = load_experiment("quick", [*SETTINGS, "calibration.twin=saved"]).toml()
    if kind == "in full":
        text += f"\n[full.calibration]\nfile = {json.dumps(name, ensure_ascii=False)}\n"
    else:
        text = text.replace('file = ""', f"file = {json.dumps(name, ensure_ascii=False)}")
    spec.write_text(text, "utf-8")
    code, _, errors = command("run", str(spec), "--out", str(tmp_path / "runs"))
    assert (code, len(errors.splitlines())) == (2, 1)
    assert "calibration.file" in errors
    assert "is not inside the folder of this file" in errors
    assert not (tmp_path / "runs").exists()
    shutil.copy(file, folder / "beside.safetensors")
    spec.write_text(text.replace(json.dumps(name, ensure_ascii=False), '"beside.safetensors"'), "utf-8")
    assert compose(load_experiment(str(spec), [f"task.data={'full' if kind == 'in full' else 'bundled'}"])).saved


def test_a_run_that_needs_no_twin_reads_none(tmp_path, file):
    file.unlink()
    end = perform(make_job(saved(file, "training.estimator=ideal"), tmp_path)[1])[-1]
    assert isinstance(end, Finished)
    assert RunRecord(Path(end.folder)).experiment.calibration.file == ""


def test_a_sweep_over_several_units_is_refused_and_over_one_finds_its_runs_again(tmp_path, file):
    settings = (*SETTINGS, "calibration.twin=saved", f"calibration.file={file}")
    with pytest.raises(SpecError, match="a saved twin is of one unit, and these are 2"):
        trials_of("quick", settings, [(0, UNIT), (1, UNIT + 1)], ["pat"])
    (trial,) = trials_of("quick", settings, [(0, UNIT)], ["pat"])
    end = perform(make_job(load_experiment(trial.source, trial.settings), tmp_path)[1])[-1]
    assert isinstance(end, Finished)
    assert kept_specification(trial) == (Path(end.folder) / "experiment.toml").read_text("utf-8")
    file.write_bytes(packed("hybrid"))
    assert kept_specification(trial) != (Path(end.folder) / "experiment.toml").read_text("utf-8")


def test_what_a_saved_twin_leaves_idle_changes_nothing(tmp_path, file):
    def weights(*settings: str) -> str:
        end = perform(make_job(saved(file, *settings), tmp_path)[1])[-1]
        assert isinstance(end, Finished)
        return end.result["weights_sha256"]

    idle = (
        "calibration.shots=999",
        "calibration.collect=uniform",
        "calibration.steps=3",
        "calibration.learning_rate=1",
    )
    assert weights(*idle) == weights()
