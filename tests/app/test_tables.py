"""The table of results: made of runs that ran, put between its marks, and never into a file that lacks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import tables
from app.sweep import finished_runs
from app.tables import BEGIN, END, make_tables, replace_table
from core.ports import DataError, RunFileError
from core.run.record import read_result

SMALL = ("training.epochs=1", "calibration.steps=5", "calibration.shots=64", "task.name=table")


def test_runs_that_are_there_are_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    data = tmp_path / "table.csv"
    data.write_text("a,b,label\n" + "".join(f"{i % 10},{i % 7},{'xy'[i % 2]}\n" for i in range(60)))
    monkeypatch.setattr(tables, "ROWS", (("quick", (*SMALL, f"task.path={data}"), ", a table", 1),))
    told: list[str] = []
    runs = tmp_path / "runs"
    options = {"first_seed": 3, "first_unit": 9, "processes": 1, "out": runs, "report": told.append}
    table = make_tables(**options)
    assert len(finished_runs(runs)) == 2
    assert not any(", run " in line for line in told)
    again = make_tables(**options)
    assert again.text == table.text
    assert all(", run " in line for line in told[2:])
    assert len(list(runs.iterdir())) == 2
    assert "| quick, a table | 1 |" in table.text
    pat = table.summary["rows"][0]["columns"]["PAT"]["values"]
    assert pat == [run["test_accuracy"] for run in finished_runs(runs).values() if run["estimator"] == "pat"]


def test_a_broken_run_is_told_by_name_and_left_out(tmp_path: Path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "experiment.toml").write_text("name = 'x'")
    (tmp_path / "one" / "run.h5").write_text("no HDF5")
    with pytest.raises(RunFileError, match=r"one/run\.h5"):
        read_result(tmp_path / "one")
    assert finished_runs(tmp_path) == {}


def test_the_table_replaces_the_old_one(tmp_path: Path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    replace_table(readme, "| new |")
    assert readme.read_text() == f"before\n{BEGIN}\n| new |\n{END}\nafter\n"
    readme.write_text("without marks")
    with pytest.raises(DataError, match="lacks the marks"):
        replace_table(readme, "| new |")
    assert readme.read_text() == "without marks"
