"""A plate whose every parameter drifts by 1 % an hour while it is trained: what a frozen twin loses, and a refined one.

`OVERTONE_DRIFTING_UNITS=8 python -m pytest -s tests/app/test_drift.py` is the long campaign, on units that nothing was
chosen by, and prints the rows of the README's table.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from core.task.statistics import mean_with_interval

UNITS = int(os.environ.get("OVERTONE_DRIFTING_UNITS", "0"))
FIRST_UNIT, FIRST_SEED = 8301, 601
TRAINING = {"epochs": 10, "batch_size": 8, "final_rate": 0.5, "average": 100}
DRIFT = {"system.imperfections.parameter_drift_per_hour": 0.01}
TWINS = {"no such drift": {}, "frozen": DRIFT, "refined": DRIFT | {"training.refine": 40}}
A_POINT, MOST_PASSES = 0.01, 1.1


def trained(twin: str, number: int, out: Path, **training: object) -> dict[str, Any]:
    keys: dict[str, object] = {f"training.{key}": value for key, value in (TRAINING | training).items()} | TWINS[twin]
    keys |= {"system.serial_number": FIRST_UNIT + number, "seed": FIRST_SEED + number}
    keys |= {"network.branches": 1, "journal.keep": "none"}
    settings = [part for key, value in keys.items() for part in ("--set", f"{key}={value}")]
    done = CliRunner().invoke(cli, ["run", "plate-mnist", *settings, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_half_an_hour_of_drift_turns_a_frozen_twins_gradient_and_not_a_refined_ones(tmp_path: Path):
    frozen, refined = (trained(twin, 0, tmp_path, epochs=1, hours=0.5) for twin in ("frozen", "refined"))
    assert frozen["alignment_cosine"] < 0.9
    assert refined["alignment_cosine"] > 0.95
    assert refined["device_passes"] == frozen["device_passes"]


@pytest.mark.timeout(0)
@pytest.mark.skipif(not UNITS, reason="takes half an hour for eight units: OVERTONE_DRIFTING_UNITS=8")
def test_drift_costs_a_frozen_twin_more_than_a_point_of_accuracy_and_more_than_a_refined_one(tmp_path: Path):
    results: dict[str, list[dict[str, Any]]] = {twin: [] for twin in TWINS}
    for number in range(UNITS):
        for twin, those in results.items():
            those.append(trained(twin, number, tmp_path))
            print(FIRST_UNIT + number, twin, *(those[-1][key] for key in ("test_accuracy", "alignment_cosine")))
    accuracies = {twin: [result["test_accuracy"] for result in those] for twin, those in results.items()}

    def loss(twin: str, against: str) -> tuple[float, float]:
        mean, half = mean_with_interval([a - b for a, b in zip(accuracies[against], accuracies[twin], strict=True)])
        return mean, half or 0.0

    for twin, those in results.items():
        cosines = [result["alignment_cosine"] for result in those]
        pairs = mean_with_interval(accuracies[twin]), loss(twin, "no such drift")
        row = [f"{100 * mean:.1f} ± {100 * (half or 0.0):.1f}" for mean, half in pairs]
        print("", twin, *row, f"{min(cosines):.3f} to {max(cosines):.3f}", "", sep=" | ")
    passes = [[result["device_passes"] for result in results[twin]] for twin in ("frozen", "refined")]
    assert all(with_it <= MOST_PASSES * without for without, with_it in zip(*passes, strict=True))
    for against, least in (("no such drift", A_POINT), ("refined", 0.0)):
        mean, half = loss("frozen", against)
        assert mean - half > least, against
