"""A table of one's own belongs to the run that was trained on it: its file may change, move or be gone."""

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

from app.cli import command_line
from app.compose import make_job
from core.ports import DataError, SpecError
from core.run.record import RunRecord
from core.run.spec import load_experiment
from core.task import table
from core.task.load import load_task
from core.training.control import ControlToken
from core.training.events import Event, StepDone, Stopped

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes links and pipes")
SETTINGS = ["task.name=table", "training.epochs=2", "calibration.steps=20", "calibration.shots=64", "seed=5"]


@pytest.fixture
def csv(tmp_path) -> Path:
    """Three features, of which the first two tell the class."""
    generator = np.random.default_rng(1)
    rows = []
    for k, (x, y, z) in enumerate(generator.random((60, 3))):
        rows.append(f"{x + k % 2:.6f},{y - k % 2:.6f},{z:.6f},{'ab'[k % 2]}")
    path = tmp_path / "my data" / "mine.csv"
    path.parent.mkdir()
    path.write_bytes("\r\n".join(["x,y,z,kind", *rows]).encode())
    return path


def command(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["overtone", *arguments])
    capsys.readouterr()
    with pytest.raises(SystemExit) as exit_info:
        command_line()
    return int(exit_info.value.code or 0), *capsys.readouterr()


@pytest.fixture
def done(monkeypatch, capsys) -> Callable[..., dict]:
    def run(*arguments: str) -> dict:
        code, out, errors = command(monkeypatch, capsys, *arguments, "--json")
        assert code == 0, errors
        return json.loads(out.splitlines()[-1])

    return run


def options(path: Path) -> list[str]:
    return [part for setting in [*SETTINGS, f"task.path={path}"] for part in ("--set", setting)]


def test_a_run_keeps_its_table_and_can_be_moved_without_the_original(done, csv, tmp_path):
    content = csv.read_bytes()
    result = done("run", "quick", *options(csv), "--out", str(tmp_path / "runs"))
    path = tmp_path / "runs" / result["run"]
    named = tomllib.loads((path / "experiment.toml").read_text())["task"]["path"]
    assert (path / named).read_bytes() == content
    assert Path(named).name == named
    csv.unlink()
    moved = Path(shutil.move(path, tmp_path / "elsewhere"))

    again = done("run", str(moved / "experiment.toml"), "--out", str(tmp_path / "runs"))
    assert again["weights_sha256"] == result["weights_sha256"]
    repeated = tmp_path / "runs" / again["run"]
    assert (repeated / "experiment.toml").read_bytes() == (moved / "experiment.toml").read_bytes()
    assert (repeated / named).read_bytes() == content
    assert done("evaluate", str(moved))["weights_sha256"] == result["weights_sha256"]
    card = done("evaluate", str(moved), "--robustness", "--test-samples", "5")
    assert card["weights_sha256"] == result["weights_sha256"]
    assert done("export", str(moved), "--to", "torchscript")["files"]
    assert done("report", str(moved), "--format", "json")["files"]
    assert str(tmp_path) not in (moved / "report.json").read_text()
    assert done("compare", str(moved), str(repeated))["differing"] == {}


def test_an_interrupted_run_goes_on_with_the_table_that_it_began_with(done, csv, tmp_path):
    whole = done("run", "quick", *options(csv), "--out", str(tmp_path / "runs"))
    _, job = make_job(load_experiment("quick", [*SETTINGS, f"task.path={csv}"]), tmp_path / "parts")
    csv.write_text("changed", "utf-8")  # after it was read, before the run's folder is made
    control, events = ControlToken(), list[Event]()

    def listener(event: Event) -> None:
        events.append(event)
        if isinstance(event, StepDone):
            control.stop()

    job(listener, control)
    assert isinstance(events[-1], Stopped)
    shutil.rmtree(csv.parent)
    moved = Path(shutil.move(events[-1].folder, tmp_path / "elsewhere"))
    assert done("resume", str(moved))["weights_sha256"] == whole["weights_sha256"]
    assert done("doctor", str(moved))["experiment.toml"]["ok"]


def specification(folder: Path, path: str) -> Path:
    file = folder / "mine.toml"
    settings = [setting for setting in SETTINGS if "task.path" not in setting]
    file.write_text(load_experiment("quick", [*settings, f"task.path={json.dumps(path)}"]).toml(), "utf-8")
    return file


def test_a_specification_names_a_table_from_its_own_folder_on(csv, monkeypatch):
    (csv.parent / "below").mkdir()
    shutil.copy(csv, csv.parent / "below" / "other.csv")
    os.symlink("below/other.csv", csv.parent / "link.csv")
    monkeypatch.chdir(csv.parent.parent)
    for name in ("mine.csv", "below/other.csv", "below/../mine.csv", "link.csv"):
        file = specification(csv.parent, name).relative_to(csv.parent.parent)
        experiment = load_experiment(str(file))
        assert load_task("table", path=experiment.task.path).table == csv.read_bytes()
        assert load_experiment(str(file), as_written=True).task.path == name
    in_full = file.read_text().replace("[task]", "[full.task]\npath = 'mine.csv'\n[task]").replace("link.csv", "")
    file.write_text(in_full, "utf-8")
    assert Path(load_experiment(str(file), ["task.data=full"]).task.path) == file.parent / "mine.csv"
    chosen = load_experiment(str(file), ["task.path=my data/mine.csv"])  # of one's own choice, from where one is
    assert load_task("table", path=chosen.task.path).table == csv.read_bytes()


@pytest.mark.parametrize("kind", ["absolute", "above", "link", "link to a folder", "circle", "NUL", "in full"])
def test_a_specification_reaches_nothing_outside_of_its_folder(csv, tmp_path, monkeypatch, capsys, kind):
    folder = tmp_path / "sent"
    folder.mkdir()
    os.symlink(csv, folder / "link.csv")
    os.symlink(csv.parent, folder / "below")
    os.symlink("circle.csv", folder / "circle.csv")
    name = {
        "absolute": str(csv),
        "above": "../my data/mine.csv",
        "link": "link.csv",
        "link to a folder": "below/mine.csv",
        "circle": "circle.csv",
        "in full": "",
    }.get(kind, "a\0b")
    if kind == "NUL":
        file = specification(folder, "")
        file.write_text(file.read_text().replace('path = ""', 'path = "a\\u0000b"'), "utf-8")
    else:
        file = specification(folder, name)
    if kind == "in full":
        name = "../my data/mine.csv"
        file.write_text(file.read_text() + f"\n[full.task]\npath = {json.dumps(name)}\n", "utf-8")
    with pytest.raises(SpecError, match=r"task\.path") as caught:
        load_experiment(str(file))
    assert repr(name) in str(caught.value)
    assert "--set task.path" in str(caught.value)
    runs = tmp_path / "runs"
    code, _, errors = command(monkeypatch, capsys, "run", str(file), "--out", str(runs))
    assert code == 2
    assert len(errors.splitlines()) == 1
    assert not runs.exists()


def test_a_run_from_elsewhere_cannot_name_another_file_either(done, csv, tmp_path, monkeypatch, capsys):
    result = done("run", "quick", *options(csv), "--out", str(tmp_path / "runs"))
    path = tmp_path / "runs" / result["run"]
    named = RunRecord(path).experiment.task.path
    file = path / "experiment.toml"
    file.write_text(file.read_text().replace(named, str(csv)), "utf-8")
    code, _, errors = command(monkeypatch, capsys, "evaluate", str(path))
    assert (code, len(errors.splitlines())) == (2, 1)
    assert done("report", str(path), "--format", "json")["files"]  # which needs no table


@pytest.mark.parametrize("path", ["a\nb", "a\x1b[31m", "a\u2028b", "a\x85b"])
def test_a_path_that_would_break_a_line_is_refused(path):
    with pytest.raises(SpecError, match=r"task\.path") as caught:
        load_experiment("quick", [f"task.path={path}"])
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("kind", ["vanished", "folder", "pipe", "device", "too large", "not UTF-8"])
def test_what_is_no_table_is_told_in_one_line_and_starts_nothing(tmp_path, monkeypatch, capsys, kind):
    path = tmp_path / "mine.csv"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "too large":
        monkeypatch.setattr(table, "MOST_BYTES", 1000)
        path.write_bytes(b"x" * 1001)
    elif kind == "not UTF-8":
        path.write_bytes("Größe,Art\n1,a".encode("latin-1"))
    with pytest.raises(DataError, match=r"1,000 bytes" if kind == "too large" else r"Set task\.path"):
        load_task("table", path=str(path))
    code, _, errors = command(monkeypatch, capsys, "run", "quick", *options(path), "--out", str(tmp_path / "runs"))
    assert code == 1
    assert len(errors.splitlines()) == 1
    assert str(path) in errors
    assert not (tmp_path / "runs").exists()


def test_a_header_or_a_label_with_line_breaks_is_told_in_one_line(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text('"two\nlines",kind\n' + "".join(f'{k},"a\n{k}"\n' for k in range(30)), "utf-8")
    for label in ("", "missing"):
        with pytest.raises(DataError) as caught:
            load_task("table", path=str(path), label=label)
        assert len(str(caught.value).splitlines()) == 1
