"""The tables of a report, from what a run's files say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.report.content import Column, Table, duration
from core.report.facts import Facts
from core.run.robustness_card import Changed, Omitted, RobustnessCard
from core.run.spec import Experiment
from core.task.statistics import wilson_interval

PER_CENT = ".1f"
ESTIMATORS = {"pat": "physics-aware training (PAT)", "in_silico": "in silico", "ideal": "ideal"}
# What a laboratory's apparatus draws while it works, in watts: rough estimates of ours.
POWER_W = {"shg": 800.0, "plate": 20.0, "circuit": 5.0, "pendula": 5.0}
MAC_J = 4.6e-12  # multiplying and adding in float32 at 45 nm, memory not counted: Horowitz, ISSCC 2014, 3.7 + 0.9 pJ


@dataclass(frozen=True)
class Reached:
    """A way to solve the task and what it reached on the test set, None where that was not measured."""

    label: str
    kind: str
    accuracy: float | None
    interval95: tuple[float, float] | None
    source: str


def flattened(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted keys and plain values of nested dictionaries."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from flattened(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def settings_table(name: str, caption: str, experiment: Experiment, *, defaults: bool) -> Table:
    """List the keys of the specification, with or without those that have their default."""
    rows = list(flattened(experiment.model_dump(exclude_defaults=not defaults)))
    return Table(name, caption, [Column("Key"), Column("Value")], rows)


def columns_table(name: str, caption: str, arrays: Mapping[str, np.ndarray], units: Mapping[str, str]) -> Table:
    """Return the columns of a recorded table, one row a record."""
    columns = [Column(key, units.get(key, "1"), ".6g") for key in arrays]
    values = [array.tolist() for array in arrays.values()]
    return Table(name, caption, columns, list(zip(*values, strict=True)))


def class_table(counts: np.ndarray, classes: list[str]) -> Table:
    """Return precision, recall and F1 of each class, with Wilson's 95 % intervals of the first two."""
    columns = [Column("Class"), Column("samples", digits=",d")]
    for name in ("precision", "recall"):
        columns += [
            Column(name, "%", PER_CENT),
            Column(f"{name} from", "%", PER_CENT),
            Column(f"{name} to", "%", PER_CENT),
        ]
    columns.append(Column("F1", "%", PER_CENT))
    rows: list[list[Any]] = []
    for index, name in enumerate(classes):
        right, chosen, true = (
            int(value) for value in (counts[index, index], counts[:, index].sum(), counts[index].sum())
        )
        row: list[Any] = [name, true]
        for total in (chosen, true):
            share = 100 * right / total if total else None
            row += [share, *(100 * bound if total else None for bound in wilson_interval(right, total))]
        rows.append([*row, 200 * right / (chosen + true) if chosen + true else None])
    caption = "Per-class figures on the test set, measured on the device, with 95 % Wilson intervals."
    return Table("per_class", caption, columns, rows)


def reached(facts: Facts) -> list[Reached]:
    """List what this run, its siblings and the digital baselines reached, and what has not been measured."""
    own = facts.experiment.training.estimator
    results = dict(facts.siblings)
    if facts.result is not None:
        results[own] = facts.result
    rows: list[Reached] = []
    for estimator in dict.fromkeys([*ESTIMATORS, *sorted(results)]):
        label, result = ESTIMATORS.get(estimator, estimator), results.get(estimator)
        run = "not measured" if result is None else "this run" if estimator == own else str(result["run"])
        count = int(result["test_count"]) if result is not None else 0
        if estimator == "in_silico":
            believed = None if result is None else float(result["twin_belief"])
            bounds = None if believed is None else wilson_interval(round(believed * count), count)
            rows.append(Reached("in silico, believed by the twin", "in_silico_believed", believed, bounds, run))
            label = "in silico, on the device"
        measured = None if result is None else float(result["test_accuracy"])
        bounds = None if result is None else (float(result["test_interval95"][0]), float(result["test_interval95"][1]))
        rows.append(Reached(label, estimator, measured, bounds, run))
    result = next(iter(results.values()), None)
    for item in (facts.result or result or {}).get("baselines", []):
        count = int((facts.result or result or {})["test_count"])
        accuracy = float(item["test_accuracy"])
        bounds = wilson_interval(round(accuracy * count), count)
        rows.append(Reached(f"{item['name']} (digital)", "baseline", accuracy, bounds, "same split"))
    return rows


def reached_table(rows: list[Reached]) -> Table:
    """Return the comparison, a dash where nothing was measured."""
    columns = [
        Column("Way"),
        Column("test accuracy", "%", PER_CENT),
        Column("from", "%", PER_CENT),
        Column("to", "%", PER_CENT),
        Column("Source"),
    ]
    values = [
        [
            row.label,
            *(None if value is None else 100 * value for value in (row.accuracy, *(row.interval95 or (None, None)))),
            row.source,
        ]
        for row in rows
    ]
    return Table("comparison", "Test accuracy beside what it has to be compared with.", columns, values)


def robustness_table(card: RobustnessCard) -> Table:
    """List accuracies under other conditions beside their differences to the nominal one, and why one is missing."""
    columns = [Column("Condition"), *(Column(name, "%", PER_CENT) for name in ("accuracy", "from", "to", "worst"))]
    columns += [Column(name, "points", "+.1f") for name in ("difference", "from", "to")]
    columns += [Column("sessions", digits="d"), Column("What is changed")]
    rows: list[list[Any]] = []
    for row in (card.nominal, *card.rows):
        if isinstance(row, Omitted):
            rows.append([row.condition, *[None] * 8, f"not applicable: {row.reason}"])
            continue
        shares = [row.accuracy, *row.interval95, row.worst.accuracy if len(row.sessions) > 1 else None]
        shares += [row.difference, *row.difference95] if isinstance(row, Changed) else [None] * 3
        cells = [None if share is None else 100 * share for share in shares]
        rows.append([row.condition, *cells, len(row.sessions), row.change])
    return Table("robustness", "Test accuracy where the device changes, with 95 % intervals.", columns, rows)


def cost_table(facts: Facts) -> Table:
    """Count operations, device passes and time."""
    result, system = facts.result or {}, facts.attributes["system"]
    passes = result.get("device_passes")
    rows: list[tuple[str, str]] = []

    def add(label: str, key: str, unit: str = "") -> None:
        if key in result:
            rows.append((label, f"{result[key]:,}{unit}"))

    add("Trained values, digital", "digital_parameters")
    add("Trained values, held by the device", "physical_parameters")
    add("Digital multiply-accumulates an inference", "digital_macs")
    add("Shots an inference", "shots_per_inference")
    add("Physical layers in a row", "physical_layers")
    add("Device passes of the run (calibration, training, evaluation)", "device_passes")
    if passes is not None and "shot_s" in system:
        shot_s = float(system["shot_s"])
        rows.append((f"Time of the apparatus at {duration(shot_s)} a shot", duration(passes * shot_s)))
    if "wall_s" in result and "device_s" in result:
        rows.append(("Wall time of the run", duration(result["wall_s"])))
        rows.append(("of it measuring (or simulating) the device", duration(result["device_s"])))
        rows.append(("of it all else", duration(max(0.0, result["wall_s"] - result["device_s"]))))
    if result.get("peak_memory_mb"):
        rows.append(("Peak memory", f"{result['peak_memory_mb']:,.0f} MB"))
    return Table("cost", "Operations, device passes and time.", [Column("What"), Column("Amount", digits="s")], rows)


def energy_table(facts: Facts) -> Table | None:
    """Estimate the energy of one inference; None where the run has not ended or the system's power is not known."""
    result, system = facts.result, facts.attributes["system"]
    power_w = POWER_W.get(str(system.get("kind")))
    if result is None or power_w is None or "shot_s" not in system or "shots_per_inference" not in result:
        return None
    physical = result["shots_per_inference"] * float(system["shot_s"]) * power_w
    rows = [
        ("physical part of this network", physical),
        ("digital part of this network", MAC_J * result["digital_macs"]),
        *((f"{item['name']}, for comparison", MAC_J * item["macs"]) for item in result["baselines"]),
    ]
    caption = (
        f"Energy of one inference, a rough estimate of ours: the real apparatus draws {power_w:g}\u00a0W during each "
        f"shot, a digital multiply-accumulate takes {1e12 * MAC_J:.1f}\u00a0pJ (float32 arithmetic at 45\u00a0nm, "
        "Horowitz, ISSCC 2014; memory traffic is not counted)."
    )
    return Table("energy", caption, [Column("Part"), Column("energy", "J", "si")], rows)


def provenance_table(facts: Facts) -> Table:
    """List identities, versions, seeds and settings of the device."""
    experiment, result = facts.experiment, facts.result or {}
    rows: list[tuple[str, Any]] = [
        ("run", facts.run),
        ("state", facts.state),
        ("start", facts.entry.get("start_time")),
        ("end", facts.entry.get("end_time")),
        ("seed", experiment.seed),
        ("weights_sha256", result.get("weights_sha256")),
        *flattened(facts.provenance or {}),
    ]
    return Table("provenance", "Where the result comes from.", [Column("Fact"), Column("Value")], rows)
