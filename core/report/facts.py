"""What a report needs to know of a run, finished or not: read once, then only looked at."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.ports import OvertoneError, RunFileError
from core.run.record import RunRecord, State
from core.run.robustness_card import RobustnessCard, read_card
from core.run.spec import Experiment

GROUPS = ("steps", "epochs", "calibration", "system", "twin", "test", "examples", "alignment")
NEEDED = {"run", "test_count", "twin_belief"}  # of a result, besides what all results have


@dataclass(frozen=True)
class Facts:
    """All that a run's folder says. Arrays and attributes are empty, results None, where there is nothing yet.

    `robustness` is the error where there is a card that cannot be read.
    """

    run: str
    state: State
    experiment: Experiment
    result: dict[str, Any] | None
    provenance: dict[str, Any] | None
    entry: dict[str, Any]
    arrays: dict[str, dict[str, np.ndarray]]
    attributes: dict[str, dict[str, Any]]
    log: list[dict[str, str]]
    siblings: dict[str, dict[str, Any]]
    robustness: RobustnessCard | RunFileError | None

    @property
    def classes(self) -> list[str]:
        """Return the names of the classes, as far as they are known."""
        return [str(name) for name in self.attributes["test"].get("classes", [])]

    def class_name(self, index: int) -> str:
        """Return the name of a class, its number where the names are not known yet."""
        return self.classes[index] if self.classes else str(index)


def read_facts(path: Path, groups: Sequence[str] = GROUPS, *, with_siblings: bool = True) -> Facts:
    """Read a run, of its groups those that are named, and of the runs beside it the results of its siblings.

    Raises RunFileError where there is none or its files are damaged.
    """
    record = RunRecord(path)
    experiment, result = record.experiment, record.result
    if result is not None and (lacking := NEEDED - result.keys()):
        raise RunFileError(f"The result of {path} lacks {', '.join(sorted(lacking))}: it was cut short. Run it again.")
    return Facts(
        path.resolve().name,
        record.state,
        experiment,
        result,
        record.provenance,
        record.attributes(),
        {name: _filled(record.arrays(name)) for name in groups},
        {name: record.attributes(name) for name in groups},
        record.log(),
        _siblings(path.resolve(), experiment) if with_siblings else {},
        _robustness(path),
    )


def _filled(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return nothing for a table that has no row."""
    return arrays if all(len(array) for array in arrays.values()) else {}


def confusion(label: np.ndarray, chosen: np.ndarray, classes: int) -> np.ndarray:
    """Count samples by (true class, chosen class)."""
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (label, chosen), 1)
    return counts


def _siblings(path: Path, experiment: Experiment) -> dict[str, dict[str, Any]]:
    """Return the results of finished runs beside this one that differ in the estimator alone, the latest of each."""
    found: dict[str, dict[str, Any]] = {}
    for file in sorted(path.parent.glob("*/experiment.toml")):
        with suppress(OvertoneError):  # a broken neighbour is no reason not to report
            other = RunRecord(file.parent)
            estimator = other.experiment.training.estimator
            alike = _neutral(other.experiment) == _neutral(experiment)
            if alike and estimator != experiment.training.estimator and other.result is not None:
                found[estimator] = other.result
    return found


def _neutral(experiment: Experiment) -> dict[str, Any]:
    data = experiment.model_dump()
    del data["training"]["estimator"]
    return data


def _robustness(path: Path) -> RobustnessCard | RunFileError | None:
    try:
        return read_card(path)
    except RunFileError as error:
        return error
