"""Systems whose every parameter drifts by 1 % an hour while they are trained: what a twin loses, frozen and refined.

`OVERTONE_DRIFTING_UNITS=12 python -m pytest -s tests/app/test_drift.py -k circuit` is the long campaign, on units that
nothing was chosen by, and prints the rows of the README's table.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from app.cli import cli
from core.task.statistics import mean_with_interval

UNITS = int(os.environ.get("OVERTONE_DRIFTING_UNITS", "0"))
DRIFT = {"system.imperfections.parameter_drift_per_hour": 0.01}
TWINS = {"no such drift": {}, "frozen": DRIFT, "refined": DRIFT}


@dataclass(frozen=True)
class Case:
    """A preset, what is changed of it, and the first unit and seed.

    `refine` is the number of steps between two fits, `limit` how much accuracy a refined twin may lose.
    """

    preset: str
    settings: Mapping[str, object]
    refine: int
    limit: float
    unit: int
    seed: int


LATE = {"training.final_rate": 0.5, "journal.keep": "none"}
PLATE = {"network.branches": 1, "training.epochs": 10, "training.batch_size": 8, "training.average": 100}
CIRCUIT = {"training.epochs": 8, "training.batch_size": 16, "training.average": 60, "training.hours": 42}
CASES = {
    "plate": Case("plate-mnist", PLATE | LATE, 40, 0.05, 8301, 601),
    "circuit": Case("circuit-mnist", CIRCUIT | LATE, 20, 0.01, 8401, 701),
}
MOST_PASSES = 1.1


def trained(case: Case, twin: str, number: int, out: Path, **training: object) -> dict[str, Any]:
    keys = {**case.settings, **TWINS[twin]} | {f"training.{key}": value for key, value in training.items()}
    keys |= {"system.serial_number": case.unit + number, "seed": case.seed + number}
    keys |= {"training.refine": case.refine} if twin == "refined" else {}
    settings = [part for key, value in keys.items() for part in ("--set", f"{key}={value}")]
    done = CliRunner().invoke(cli, ["run", case.preset, *settings, "--out", str(out), "--json"])
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_half_an_hour_of_drift_turns_a_frozen_twins_gradient_and_not_a_refined_ones(tmp_path: Path):
    frozen, refined = (
        trained(CASES["plate"], twin, 0, tmp_path, epochs=1, hours=0.5) for twin in ("frozen", "refined")
    )
    assert frozen["alignment_cosine"] < 0.9
    assert refined["alignment_cosine"] > 0.95
    assert refined["device_passes"] == frozen["device_passes"]


@pytest.mark.timeout(0)
@pytest.mark.skipif(not UNITS, reason="takes half an hour for eight units: OVERTONE_DRIFTING_UNITS=8")
@pytest.mark.parametrize("name", CASES)
def test_drift_costs_a_frozen_twin_more_accuracy_than_a_refined_one(tmp_path: Path, name: str):
    case = CASES[name]
    results: dict[str, list[dict[str, Any]]] = {twin: [] for twin in TWINS}
    for number in range(UNITS):
        for twin, those in results.items():
            those.append(trained(case, twin, number, tmp_path))
            print(case.unit + number, twin, *(those[-1][key] for key in ("test_accuracy", "alignment_cosine")))
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
    more, half = loss("frozen", "refined")
    assert more > half  # at 95 %
    assert loss("refined", "no such drift")[0] <= case.limit
