"""A sweep's table: means and Student's intervals over runs that really ran."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.sweep import mean_with_interval
from core.ports import OvertoneError, SpecError
from core.report.sweep_figure import check_figure

ROOT = Path(__file__).resolve().parents[2]


def test_the_interval_is_students():
    """The textbook's t(0.975, 2) = 4.303: for 1, 2, 3 the half width is 4.303 · 1 / √3."""
    mean, half = mean_with_interval([1.0, 2.0, 3.0])
    assert mean == 2.0
    assert half == pytest.approx(4.303 / 3**0.5, abs=1e-3)
    assert mean_with_interval([0.7]) == (0.7, None)


def test_a_sweep_ends_with_a_table_of_its_runs(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a,b,label\n" + "".join(f"{i % 10},{i % 7},{'xy'[i % 2]}\n" for i in range(60)))
    small = [
        "training.epochs=1",
        "calibration.steps=5",
        "calibration.shots=64",
        "task.name=table",
        f"task.path={table}",
    ]
    options = [part for setting in small for part in ("--set", setting)]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "app", "sweep", "quick", *options, "--seeds", "2", "--out", str(tmp_path / "runs")),
            *("--estimators", "pat,in_silico", "--processes", "2", "--json"),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=250,
        cwd=ROOT,
        env=os.environ,
    )
    columns = json.loads(done.stdout)["columns"]
    assert list(columns)[:3] == ["PAT", "in silico, believed", "in silico, on the device"]
    assert all(len(column["values"]) == 2 for column in columns.values())
    assert len(list((tmp_path / "runs").iterdir())) == 4
    assert "| quick |" in done.stderr


def test_bad_input_is_told_before_or_with_the_run_that_failed(tmp_path):
    from app.sweep import run_sweep

    with pytest.raises(SpecError, match="quik"):
        run_sweep(["quik"], [], [(0, 1)], ["pat"], processes=1, out=tmp_path, report=print)
    with pytest.raises(OvertoneError, match="seed 0, unit 1 failed: overtone: No estimator is called 'magic'"):
        run_sweep(["quick"], [], [(0, 1)], ["magic"], processes=1, out=tmp_path, report=print)


def test_a_sweep_over_values_has_a_row_and_a_point_for_each(tmp_path, monkeypatch):
    import app.sweep as sweep

    def result(trial: sweep.Trial) -> dict:
        settings = dict(setting.split("=", 1) for setting in trial.settings)
        accuracy = 0.5 + 0.1 * float(settings["system.imperfections.unit_spread"]) + 0.01 * int(settings["seed"])
        return {
            "preset": "quick", "estimator": settings["training.estimator"], "test_accuracy": accuracy, "wall_s": 1.0,
            "twin_belief": 0.9, "baselines": [], "digital_parameters": 1, "digital_macs": 1, "physical_layers": 1,
        }  # fmt: skip

    monkeypatch.setattr(sweep, "run_trials", lambda trials, **_: [result(trial) for trial in trials])
    table = sweep.run_sweep(
        ["quick"], [], [(0, 1), (2, 3)], ["pat", "in_silico"], processes=1, out=tmp_path, report=print,
        over="system.imperfections.unit_spread=0,1,2",
    )  # fmt: skip
    means = [row["columns"]["PAT"]["mean"] for row in table.summary["rows"]]
    assert means == pytest.approx([0.51, 0.61, 0.71])
    assert "| system.imperfections.unit_spread = 2 | 71.0 ± " in table.text
    both = sweep.run_sweep(
        ["quick", "quick"], [], [(0, 1)], ["pat"], processes=1, out=tmp_path, report=print,
        over="system.imperfections.unit_spread=0,1",
    )  # fmt: skip
    assert [row["value"] for row in both.summary["rows"]] == ["0", "1", "0", "1"]
    assert both.text.count("| quick = 1 | 60.0 |") == 2
    sweep.draw(table.summary, tmp_path / "figure.svg")
    assert "<svg" in (tmp_path / "figure.svg").read_text()
    with pytest.raises(OvertoneError, match=r"\.xyz"):
        sweep.draw(table.summary, tmp_path / "figure.xyz")


def test_a_figure_that_cannot_be_written_is_told_before_anything_runs(tmp_path):
    for name in ("figure.xyz", "nowhere/figure.svg"):
        with pytest.raises(OvertoneError, match=r"\.svg, \.pdf or \.png"):
            check_figure(tmp_path / name)
    check_figure(tmp_path / "figure.pdf")


@pytest.mark.parametrize("over", ["", "key", "=1,2"])
def test_what_is_varied_must_have_a_key_and_values(over: str):
    from app.sweep import split_over

    with pytest.raises(SpecError, match="key=v1"):
        split_over(over)
