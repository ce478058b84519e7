"""Runs of other versions: what the first one wrote still opens, and what a later one wrote says that it is later.

`fixtures/schema1/runs.zip` holds two runs that the program made when run.h5 was of version 1: one finished, and one
that was stopped after its second of three epochs.
"""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from app.cli import command_line
from core.ports import RunFileError, SpecError
from core.run.record import RunRecord
from core.run.spec import load_experiment

RUNS = Path(__file__).with_name("fixtures") / "schema1" / "runs.zip"


@pytest.fixture
def old(tmp_path) -> Path:
    shutil.unpack_archive(RUNS, tmp_path / "runs")
    for run in (tmp_path / "runs").iterdir():
        with h5py.File(run / "run.h5") as file:
            assert file.attrs["schema_version"] == 1
    return tmp_path / "runs"


@pytest.fixture
def command(monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["overtone", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_info:
            command_line()
        return int(exit_info.value.code or 0), *capsys.readouterr()

    return run


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "owner.lock"}


@pytest.mark.parametrize("name", ["finished", "interrupted"])
def test_a_run_of_version_1_is_read_as_it_was_written(old, name):
    before, record = contents(old / name), RunRecord(old / name)
    specification = tomllib.loads((old / name / "experiment.toml").read_text("utf-8"))
    ours = record.experiment.model_dump()
    for section in ("system", "task", "network", "calibration", "training"):
        assert ours[section] | specification[section] == ours[section]
    with h5py.File(old / name / "run.h5") as file:
        groups = dict(file["entry"])
        stored = {name: {key: column[:] for key, column in group.items()} for name, group in groups.items()}
        result = json.loads(file["entry"].attrs["result"]) if name == "finished" else None
    assert record.state == name
    assert record.result == result
    assert sorted(stored) == ["epochs", "steps"]
    for table, columns in stored.items():
        read = record.table(table)
        assert read.keys() == columns.keys()
        assert all((read[key] == column).all() for key, column in columns.items())
    assert record.table("alignment") == record.arrays("twin") == {}
    assert list(record.calls()) == []
    assert [entry["level"] for entry in record.log()][:2] == ["info", "info"]
    assert contents(old / name) == before


def test_a_run_of_version_1_is_reported_listed_compared_and_looked_after(old, command):
    result = RunRecord(old / "finished").result
    assert result is not None
    for name in ("finished", "interrupted"):
        code, _, errors = command("report", old / name)
        assert code == 0, errors
        report = json.loads((old / name / "report.json").read_text("utf-8"))
        assert report["state"] == name
        code, out, _ = command("doctor", old / name, "--json")
        assert code == 0
        assert json.loads(out)["run.h5"]["ok"]
    code, out, _ = command("runs", old, "--json")
    assert {run["name"]: run["test_accuracy"] for run in json.loads(out)} == {
        "finished": result["test_accuracy"],
        "interrupted": None,
    }
    assert command("compare", old / "finished", old / "interrupted")[0] == 0


def test_the_network_of_a_run_of_version_1_is_measured_again(old, command):
    result = RunRecord(old / "finished").result
    assert result is not None
    code, out, errors = command("evaluate", old / "finished", "--json")
    assert code == 0, errors
    again = json.loads(out)
    assert again["weights_sha256"] == result["weights_sha256"]
    assert again["test_count"] == result["test_count"]
    low, high = result["test_interval95"]  # the noise is another one
    assert low < again["test_accuracy"] < high


def test_a_run_of_version_1_repeats_with_the_same_split(old, command, tmp_path):
    code, out, errors = command("run", old / "interrupted" / "experiment.toml", "--out", tmp_path / "new", "--json")
    assert code == 0, errors
    result = RunRecord(old / "finished").result
    assert result is not None
    again = json.loads(out)
    for figure in ("test_accuracy", "parameters"):  # of the digital baselines, on the same samples
        assert [item[figure] for item in again["baselines"]] == [item[figure] for item in result["baselines"]]


@pytest.mark.parametrize(("name", "told"), [("finished", "is finished"), ("interrupted", "overtone run")])
def test_a_run_of_version_1_that_cannot_be_gone_on_with_says_so_and_is_left_alone(old, command, name, told):
    before = contents(old / name)
    code, _, errors = command("resume", old / name)
    assert code == 1
    assert len(errors.splitlines()) == 1
    assert told in errors
    assert contents(old / name) == before


def test_a_run_of_version_1_that_was_stopped_before_its_first_checkpoint_is_begun_anew(old, command):
    shutil.rmtree(old / "interrupted" / "checkpoints")
    (old / "interrupted" / "checkpoints").mkdir()
    code, _, errors = command("resume", old / "interrupted")
    assert code == 0, errors
    record = RunRecord(old / "interrupted")
    assert record.state == "finished"
    assert record.table("epochs")["epoch"].tolist() == [1, 2, 3]
    with h5py.File(old / "interrupted" / "run.h5") as file:
        assert file.attrs["schema_version"] == 2


@pytest.mark.parametrize("verb", ["report", "resume", "compare"])
def test_a_run_of_a_later_version_says_so_and_is_left_alone(old, command, verb):
    path = old / "interrupted"
    with h5py.File(path / "run.h5", "r+") as file:
        file.attrs["schema_version"] = 3
    before = contents(path)
    others = [old / "finished"] if verb == "compare" else []
    code, _, errors = command(verb, path, *others)
    assert code == 1
    (line,) = errors.splitlines()
    assert "schema version 3; this Overtone reads 1 to 2. Open it with a newer one." in line
    assert contents(path) == before
    with pytest.raises(RunFileError, match="newer one"):
        _ = RunRecord(path).result
    _, out, _ = command("runs", old, "--json")
    assert "newer one" in next(run["reason"] for run in json.loads(out) if run["name"] == "interrupted")


@pytest.mark.parametrize("version", ["2", "'two'", "[1]", "0"])
def test_a_specification_of_another_version_says_so_before_it_blames_a_key(tmp_path, version):
    path = tmp_path / "later.toml"
    path.write_text(f"version = {version}\nfrom_the_future = true\n", "utf-8")
    with pytest.raises(SpecError, match=r"later\.toml is a specification of version .* newer one") as caught:
        load_experiment(str(path))
    assert len(str(caught.value).splitlines()) == 1
    path.write_text("version = 1\n" + load_experiment("quick").toml(), "utf-8")
    assert load_experiment(str(path)) == load_experiment("quick")
