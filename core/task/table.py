"""A table of one's own: a CSV file with a header, numbers, and a column of labels."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import numpy as np

from core.ports import DataError
from core.task.dataset import Task, draw_stratified, make_part, split_task

TEST_FRACTION = 0.2
LEAST_PER_CLASS = 5


def load_table(path: str, label: str, *, validation: float, seed: int) -> Task:
    """Load a CSV file; `label` names the label column, by default the last one. Columns are scaled to [0, 1].

    The scale is that of the training part; test values beyond it are clipped. Raises DataError naming line, column and
    what to do.
    """
    file = Path(path)
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            lines = [(number, row) for number, row in enumerate(csv.reader(stream), 1) if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"Cannot read the table {path!r}: {error}. Set task.path to a CSV file.") from None
    if len(lines) < 2:
        raise DataError(f"{path} has no rows below its header.")
    header = [name.strip() for name in lines[0][1]]
    wanted = label or header[-1]
    if wanted not in header:
        raise DataError(f"{path} has no column {wanted!r}. Set task.label to one of {', '.join(header)}.")
    at = header.index(wanted)
    names: list[str] = []
    rows: list[list[float]] = []
    for number, row in lines[1:]:
        if len(row) != len(header):
            raise DataError(f"{path}, line {number}: {len(row)} values where the header names {len(header)}.")
        names.append(row[at].strip())
        rows.append([_number(path, number, header[k], text) for k, text in enumerate(row) if k != at])
    classes = tuple(sorted(set(names)))
    counts = {name: names.count(name) for name in classes}
    rare = [f"{name!r} ({count})" for name, count in counts.items() if count < LEAST_PER_CLASS]
    if len(classes) < 2 or rare or len(header) < 2:
        problem = f"too few rows of {', '.join(rare)}" if rare else "fewer than two classes or no feature"
        raise DataError(f"{path}: {problem} in column {wanted!r}; every class needs {LEAST_PER_CLASS} rows or more.")
    features, labels = np.array(rows), np.array([classes.index(name) for name in names])
    kept, drawn = draw_stratified(labels, TEST_FRACTION, np.random.default_rng([seed, 1]))
    low, high = features[kept].min(0), features[kept].max(0)
    scaled = np.clip((features - low) / np.where(high > low, high - low, 1), 0, 1)
    whole = make_part(scaled, labels)
    title = f"Table {file.name}"
    return split_task(
        "table",
        title,
        classes,
        whole.take(kept),
        whole.take(drawn),
        validation=validation,
        seed=seed,
        feature_names=tuple(name for k, name in enumerate(header) if k != at),
    )


def _number(path: str, line: int, column: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(
            f"{path}, line {line}, column {column!r}: {text!r} is not a finite number. Mend or remove the row."
        )
    return value
