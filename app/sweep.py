"""One specification over seeds, units and estimators, each run in a process of its own."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scipy.stats import t

from core.physics.kernels.pool import available_threads
from core.ports import OvertoneError
from core.run.spec import load_experiment


@dataclass(frozen=True)
class SweepTable:
    """The table as text (Markdown) and as plain data."""

    text: str
    summary: dict[str, Any]


def run_sweep(
    source: str,
    settings: Sequence[str],
    units: Sequence[tuple[int, int]],
    estimators: Sequence[str],
    *,
    processes: int,
    out: Path,
    report: Callable[[str], None],
) -> SweepTable:
    """Run every estimator on every (seed, serial number). Raises SpecError before, OvertoneError when a run fails."""
    name = load_experiment(source, settings).name

    def one(job: tuple[str, int, int]) -> dict[str, Any]:
        estimator, seed, unit = job
        chosen = [*settings, f"training.estimator={estimator}", f"system.serial_number={unit}"]
        options = [part for setting in chosen for part in ("--set", setting)]
        command = [
            sys.executable,
            "-m",
            "app",
            "run",
            source,
            *options,
            "--seed",
            str(seed),
            "--out",
            str(out),
            "--json",
        ]
        environment = {**os.environ, "OMP_NUM_THREADS": str(max(1, available_threads() // processes))}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise OvertoneError(f"{estimator}, seed {seed}, unit {unit} failed: {reason}")
        result = json.loads(done.stdout.splitlines()[-1])
        report(
            f"{name}: {estimator}, seed {seed}, unit {unit}: {result['test_accuracy']:.1%}, {result['wall_s']:.0f} s"
        )
        return result

    jobs = [(estimator, seed, unit) for seed, unit in units for estimator in estimators]
    with ThreadPoolExecutor(processes) as pool:
        results = list(pool.map(one, jobs))
    by_estimator = {
        estimator: [result for result in results if result["estimator"] == estimator] for estimator in estimators
    }
    return _table(name, by_estimator)


def mean_with_interval(values: Sequence[float]) -> tuple[float, float | None]:
    """Return the mean and the half width of its 95 % interval (Student's t), None for a single value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, None
    return mean, float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / len(values) ** 0.5


def _table(name: str, by_estimator: dict[str, list[dict[str, Any]]]) -> SweepTable:
    columns: dict[str, list[float]] = {}
    for estimator, results in by_estimator.items():
        if estimator == "in_silico":
            columns["in silico, believed"] = [result["twin_belief"] for result in results]
        label = {"pat": "PAT", "in_silico": "in silico, on the device"}.get(estimator, estimator)
        columns[label] = [result["test_accuracy"] for result in results]
    first = next(iter(by_estimator.values()))
    for index, baseline in enumerate(first[0]["baselines"]):
        columns[baseline["name"]] = [result["baselines"][index]["test_accuracy"] for result in first]
    summary: dict[str, Any] = {"preset": name, "columns": {}}
    cells: list[str] = []
    for label, values in columns.items():
        mean, half_width = mean_with_interval(values)
        summary["columns"][label] = {"mean": mean, "half_width95": half_width, "values": values}
        cells.append(f"{100 * mean:.1f}" + ("" if half_width is None else f" ± {100 * half_width:.1f}"))
    summary["wall_s"] = {key: [result["wall_s"] for result in results] for key, results in by_estimator.items()}
    summary |= {key: first[0][key] for key in ("digital_parameters", "digital_macs", "physical_layers")}
    lines = [
        f"| preset | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
        f"| {name} | {' | '.join(cells)} |",
    ]
    return SweepTable("\n".join(lines), summary)
