"""One specification over seeds, units and estimators, each run in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.physics.kernels.pool import available_threads
from core.ports import OvertoneError, SpecError
from core.report.sweep_figure import Point, draw_sweep
from core.run.files import read_bytes
from core.run.record import read_experiment, read_result
from core.run.spec import load_experiment, read_saved_twin
from core.task.statistics import mean_with_interval
from core.task.table import MOST_BYTES

LABELS = {"pat": "PAT", "in_silico": "in silico, on the device"}


@dataclass(frozen=True)
class SweepTable:
    """The table as text (Markdown) and as plain data."""

    text: str
    summary: dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """One run to do: a specification, what is set in it, and how to call it while it is under way."""

    source: str
    settings: tuple[str, ...]
    label: str


def trials_of(
    source: str, settings: Sequence[str], units: Sequence[tuple[int, int]], estimators: Sequence[str]
) -> list[Trial]:
    """List a run for every (seed, serial number) and estimator. Raises SpecError."""
    experiment = load_experiment(source, settings)
    if experiment.calibration.twin == "saved" and len(units) > 1:
        raise SpecError(f"{source}: a saved twin is of one unit, and these are {len(units)}. Take one: --seeds 1.")
    name = experiment.name
    return [
        Trial(
            source,
            (*settings, f"training.estimator={estimator}", f"system.serial_number={unit}", f"seed={seed}"),
            f"{name}: {estimator}, seed {seed}, unit {unit}",
        )
        for seed, unit in units
        for estimator in estimators
    ]


def kept_specification(trial: Trial) -> str:
    """Return the specification that the run of a trial keeps. Raises SpecError, RunFileError."""
    experiment = load_experiment(trial.source, trial.settings)
    is_own = experiment.task.name == "table"
    table = read_bytes(Path(experiment.task.path), MOST_BYTES) if is_own else b""
    return experiment.kept(table, read_saved_twin(experiment)).toml()


def run_trials(
    trials: Sequence[Trial],
    *,
    processes: int,
    out: Path,
    report: Callable[[str], None],
    finished: Mapping[str, dict[str, Any]] | None = None,
) -> list[dict[str, Any]]:
    """Run each trial in a process of its own and return their results in order.

    Those whose resolved specification is a key of `finished` are taken from there. Raises OvertoneError when a run
    fails.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": str(max(1, available_threads() // processes))}

    def one(trial: Trial) -> dict[str, Any]:
        earlier = finished.get(kept_specification(trial)) if finished else None
        if earlier is not None:
            report(f"{trial.label}: {earlier['test_accuracy']:.1%}, run {earlier['run']}")
            return earlier
        options = [part for setting in trial.settings for part in ("--set", setting)]
        command = [sys.executable, "-m", "app", "run", trial.source, *options, "--out", str(out), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise OvertoneError(f"{trial.label} failed: {reason}")
        result = json.loads(done.stdout.splitlines()[-1])
        report(f"{trial.label}: {result['test_accuracy']:.1%}, {result['wall_s']:.0f} s")
        return result

    with ThreadPoolExecutor(processes) as pool:
        return list(pool.map(one, trials))


def finished_runs(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the results of the finished runs in a folder by their resolved specification."""
    results: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*/experiment.toml")):
        with suppress(OvertoneError):  # a run that is broken is done again
            result = read_result(path.parent)
            if result is not None:
                results[read_experiment(path.parent).toml()] = result
    return results


def run_sweep(
    sources: Sequence[str],
    settings: Sequence[str],
    units: Sequence[tuple[int, int]],
    estimators: Sequence[str],
    *,
    processes: int,
    out: Path,
    report: Callable[[str], None],
    over: str = "",
) -> SweepTable:
    """Run every estimator on every (seed, serial number) of each source, with `over` for each value of a key.

    `over` is "key=v1,v2,...". Runs that are in `out` already are not run again. Raises SpecError before, OvertoneError
    when a run fails.
    """
    key, values = split_over(over) if over else ("", [""])
    cases = [(source, value) for source in sources for value in values]
    groups = [
        trials_of(source, (*settings, *([f"{key}={value}"] if over else [])), units, estimators)
        for source, value in cases
    ]
    trials = [trial for group in groups for trial in group]
    results = iter(run_trials(trials, processes=processes, out=out, report=report, finished=finished_runs(out)))
    rows = [summarise([next(results) for _ in group]) for group in groups]
    columns: dict[str, Any] = rows[0]["columns"]
    lines = [f"| {key or 'preset'} | {' | '.join(columns)} |", f"|---|{'---|' * len(columns)}"]
    for (_, value), row in zip(cases, rows, strict=True):
        row["value"] = value
        name = " = ".join(filter(None, (row["preset"] if len(sources) > 1 or not over else key, value)))
        lines.append(f"| {name} | {' | '.join(cell(row['columns'][label]) for label in columns)} |")
    single = len(rows) == 1 and not over
    return SweepTable("\n".join(lines), rows[0] if single else {"over": key, "rows": rows})


def split_over(over: str) -> tuple[str, list[str]]:
    """Return the key and the values of "key=v1,v2,...". Raises SpecError."""
    key, _, values = over.partition("=")
    if not key or not values:
        raise SpecError(f"--over {over!r} is not of the form key=v1,v2,..., as in training.epochs=5,10,20.")
    return key, values.split(",")


def draw(summary: Mapping[str, Any], path: Path) -> None:
    """Draw the figure of a sweep over values. Raises RunFileError when it cannot be written."""
    panels: dict[str, dict[str, list[Point]]] = {}
    for row in summary["rows"]:
        panel = panels.setdefault(row["preset"], {label: [] for label in row["columns"]})
        for label, column in row["columns"].items():
            panel[label].append(Point(row["value"], column["mean"], column["half_width95"], column["values"]))
    draw_sweep(path, summary["over"], panels)


def summarise(results: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return mean, half width of the 95 % interval and values of every figure of a preset's runs."""
    columns: dict[str, list[float]] = {}
    by_estimator: dict[str, list[dict[str, Any]]] = {}
    for result in results:
        by_estimator.setdefault(result["estimator"], []).append(result)
    for estimator, those in by_estimator.items():
        if estimator == "in_silico":
            columns["in silico, believed"] = [result["twin_belief"] for result in those]
        columns[LABELS.get(estimator, estimator)] = [result["test_accuracy"] for result in those]
    first = next(iter(by_estimator.values()))
    for index, baseline in enumerate(first[0]["baselines"]):
        columns[baseline["name"]] = [result["baselines"][index]["test_accuracy"] for result in first]
    summary: dict[str, Any] = {"preset": first[0]["preset"], "columns": {}}
    for label, values in columns.items():
        mean, half_width = mean_with_interval(values)
        summary["columns"][label] = {"mean": mean, "half_width95": half_width, "values": values}
    summary["wall_s"] = {key: [result["wall_s"] for result in those] for key, those in by_estimator.items()}
    return summary | {key: first[0][key] for key in ("digital_parameters", "digital_macs", "physical_layers")}


def cell(column: dict[str, Any]) -> str:
    """Write a figure as per cent with its interval."""
    half_width = column["half_width95"]
    return f"{100 * column['mean']:.1f}" + ("" if half_width is None else f" ± {100 * half_width:.1f}")
