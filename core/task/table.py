"""A table of one's own: a CSV file with a header, numbers, and a column of labels."""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.ports import DataError, RunFileError
from core.run.files import read_bytes
from core.task.dataset import Task, draw_stratified, make_part, split_task

TEST_FRACTION = 0.2
LEAST_PER_CLASS = 5
MOST_BYTES = 100_000_000
MOST_CLASSES = 1000
TOLD = 20  # names in a message


def load_table(path: str, label: str, *, validation: float, seed: int) -> Task:
    """Load a CSV file; `label` names the label column, by default the last one. Columns are scaled to [0, 1].

    The scale is that of the training part; test values beyond it are clipped. Raises DataError naming line, column and
    what to do.
    """
    try:
        content = read_bytes(Path(path), MOST_BYTES)
        names, features, columns = _parse(path, content.decode("utf-8-sig"), label)
    except RunFileError as error:
        raise DataError(f"{error} Set task.path to a CSV file of at most {MOST_BYTES:,} bytes.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"Cannot read the table {path!r}: {error}. Set task.path to a CSV file in UTF-8.") from None
    classes = tuple(sorted(set(names)))
    numbers = {name: index for index, name in enumerate(classes)}
    labels = np.array([numbers[name] for name in names])
    kept, drawn = draw_stratified(labels, TEST_FRACTION, np.random.default_rng([seed, 1]))
    low, high = features[kept].min(0), features[kept].max(0)
    scaled = np.clip((features - low) / np.where(high > low, high - low, 1), 0, 1)
    whole = make_part(scaled, labels)
    title = f"Table {Path(path).name}"
    parts = whole.take(kept), whole.take(drawn)
    task = split_task("table", title, classes, *parts, validation=validation, seed=seed, feature_names=columns)
    return replace(task, table=content)


def _parse(path: str, text: str, label: str) -> tuple[list[str], np.ndarray, tuple[str, ...]]:
    """Return each row's label, the features (row, column) and their names. Raises DataError, csv.Error."""
    lines = ((number, row) for number, row in enumerate(csv.reader(io.StringIO(text, newline="")), 1) if row)
    empty = DataError(f"{path} has no rows below its header.")
    header = [" ".join(name.split()) for name in next(lines, (0, []))[1]]
    if not header:
        raise empty
    wanted = label or header[-1]
    if wanted not in header:
        raise DataError(f"{path} has no column {wanted!r}. Set task.label to one of {', '.join(header[:TOLD])}.")
    at = header.index(wanted)
    names: list[str] = []
    rows: list[np.ndarray] = []
    for number, row in lines:
        if len(row) != len(header):
            raise DataError(f"{path}, line {number}: {len(row)} values where the header names {len(header)}.")
        names.append(row[at].strip())
        rows.append(np.array([_number(path, number, header[k], text) for k, text in enumerate(row) if k != at]))
    if not rows:
        raise empty
    counts = Counter(names)
    rare = [f"{name!r} ({count})" for name, count in sorted(counts.items()) if count < LEAST_PER_CLASS]
    if len(counts) > MOST_CLASSES:
        raise DataError(f"{path}: {len(counts):,} classes in column {wanted!r}; no more than {MOST_CLASSES:,} can be.")
    if len(counts) < 2 or rare or len(header) < 2:
        problem = f"too few rows of {', '.join(rare[:TOLD])}" if rare else "fewer than two classes or no feature"
        raise DataError(f"{path}: {problem} in column {wanted!r}; every class needs {LEAST_PER_CLASS} rows or more.")
    return names, np.array(rows), tuple(name for k, name in enumerate(header) if k != at)


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
