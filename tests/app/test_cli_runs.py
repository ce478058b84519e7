"""The verbs for runs that exist, as a user meets them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from app.cli import command_line
from core.run.folder import RunFolder
from core.run.notes import set_notes
from core.run.spec import load_experiment


class Done(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def command(monkeypatch, capsys) -> Callable[..., Done]:
    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["overtone", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_info:
            command_line()
        return Done(int(exit_info.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture
def runs(tmp_path) -> Path:
    for seed, accuracy in enumerate([0.5, 0.9, None]):
        estimator = "pat" if seed else "in_silico"
        folder = RunFolder.create(
            tmp_path, load_experiment("quick", [f"seed={seed}", f"training.estimator={estimator}"])
        )
        if accuracy is not None:
            figures = {"test_accuracy": accuracy, "test_interval95": [0.1, 0.9], "baselines": []}
            folder.save_result(figures | {"device_passes": 10, "wall_s": 1.0}, {})
        folder.close()
        if seed == 1:
            set_notes(folder.path, ["best\x1b[31m", "of two"], "")
    return tmp_path


def test_runs_are_sorted_and_chosen_by_any_key(command, runs):
    def seeds(*arguments: str) -> list[int]:
        done = command("runs", str(runs), *arguments, "--json")
        assert done.returncode == 0, done.stderr
        (line,) = done.stdout.splitlines()
        return [run["seed"] for run in json.loads(line)]

    assert seeds("--sort", "seed") == [0, 1, 2]
    assert seeds("--sort", "-test_accuracy") == [1, 0, 2]
    assert seeds("--sort", "test_accuracy") == [0, 1, 2]
    assert seeds("--where", "estimator=pat", "--sort", "seed") == [1, 2]
    assert seeds("--where", "estimator=pat", "--where", "state=finished") == [1]
    assert seeds("--where", "tags=of two") == [1]
    assert seeds("--where", "seed=7") == []


def test_runs_prints_a_table_that_no_file_can_write_into(command, runs):
    for run in runs.iterdir():
        if run.is_dir():
            (run / "experiment.toml").write_text(
                'name = "\\u001B]0;x\\u0007"\n[training]\nestimator = "\\u001B[31m"', "utf-8"
            )
    done = command("runs", str(runs))
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 4
    assert "90.0%" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("wrong", [["--sort", "colour"], ["--where", "colour=red"], ["--where", "seed"]])
def test_a_wrong_key_names_the_right_ones(command, runs, wrong):
    done = command("runs", str(runs), *wrong)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "test_accuracy" in done.stderr or "key=value" in done.stderr


def test_a_folder_that_is_not_there_is_one_line(command, tmp_path):
    done = command("runs", str(tmp_path / "none"))
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


def test_compare_prints_tables_and_words_or_one_line_of_json(command, runs, tmp_path):
    folders = [str(run) for run in sorted(runs.iterdir()) if run.is_dir()]
    done = command("compare", *folders, "--report", str(tmp_path / "page.html"))
    assert done.returncode == 0, done.stderr
    assert "What differs:" in done.stdout
    assert "Not finished" in done.stdout
    assert (tmp_path / "page.html").is_file()
    done = command("compare", *folders, "--json")
    assert sorted(json.loads(done.stdout)["differing"]["seed"]) == [0, 1, 2]
    assert command("compare", folders[0]).returncode == 2
