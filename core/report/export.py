"""Take a run elsewhere: events for TensorBoard, tables, a notebook, the network as TorchScript."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from io import BytesIO
from math import isfinite
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from core.ports import DataError, OvertoneError, RunFileError
from core.report.facts import Facts, read_facts
from core.report.make import parse_choices, render_csv, write_files
from core.report.measured import long_shots_table
from core.report.sections import build_report
from core.run.record import read_experiment
from core.run.setup import Setup
from core.run.spec import Experiment

Target = Literal["tensorboard", "csv", "notebook", "torchscript"]
TARGETS: tuple[Target, ...] = get_args(Target)
TABLES = {"calibration", "steps", "epochs", "alignment", "confusion", "per_class"}
MOST_VALUES = 2_000_000  # of one array: far above any run's, and no more than a memory holds as text
SCALARS = {
    "steps": ("step", ("loss", "accuracy", "learning_rate")),
    "epochs": ("epoch", ("loss", "accuracy", "validation_accuracy")),
    "calibration": ("step", ("train_error", "held_out_error")),
    "alignment": ("step", ("cosine", "low", "high", "drift", "noise_floor")),
}


def parse_targets(text: str) -> tuple[Target, ...]:
    """Read comma-separated names of what to export to. Raises SpecError naming the choices."""
    return parse_choices(text, TARGETS, "--to {!r} names nothing that a run can be exported to.")


def export_run(
    run: Path, targets: Iterable[Target], compose: Callable[[Experiment], Setup], out: Path | None = None
) -> list[Path]:
    """Write a run in other programs' forms and return the files; those that were there are replaced atomically.

    They come into `out`, the folder `export` of the run where it is None. `compose` chooses the parts of an experiment,
    of which TorchScript needs equations and task. Raises RunFileError when the run cannot be read or the files not
    written, and DataError when a package is missing.
    """
    folder, files = run / "export" if out is None else out, dict[Path, bytes]()
    facts = _read(run)
    for target in targets:
        if target == "torchscript":
            from core.report.export_network import export_network

            files[folder / "network.pt"] = export_network(compose(read_experiment(run, as_written=False)), run)
            continue
        with _damage_explained(run):
            if target == "tensorboard":
                files[folder / "tensorboard" / "events.out.tfevents.overtone"] = render_events(facts)
            elif target == "csv":
                tables = [table for table in build_report(facts).tables() if table.name in TABLES]
                if facts.arrays["examples"]:
                    tables += [long_shots_table(facts, side) for side in ("drive", "response")]
                files |= {folder / "csv" / f"{table.name}.csv": render_csv(table) for table in tables}
            else:
                from core.report.export_notebook import render_notebook

                files[folder / "run.ipynb"] = render_notebook(facts, run / "run.h5", folder)
    return write_files(files)


def render_events(facts: Facts) -> bytes:
    """Return the way of loss, accuracy and gradient as the event file that TensorBoard reads.

    Raises DataError when the package tensorboard is missing.
    """
    try:
        events: Any = import_module("tensorboard.compat.proto.event_pb2")
        records: Any = import_module("tensorboard.summary.writer.record_writer")
        summaries: Any = import_module("torch.utils.tensorboard.summary")
    except ImportError:
        raise DataError(
            "TensorBoard's files are written by its own package, which is not installed: pip install tensorboard"
        ) from None
    buffer = BytesIO()
    writer = records.RecordWriter(buffer)
    writer.write(events.Event(file_version="brain.Event:2").SerializeToString())
    for tag, value, step, time_s in scalars(facts):
        event = events.Event(wall_time=time_s, step=step, summary=summaries.scalar(tag, value))
        writer.write(event.SerializeToString())
    return buffer.getvalue()


def scalars(facts: Facts) -> Iterator[tuple[str, float, int, float]]:
    """Yield name, value, step (or epoch) and time since 1970 (s) of all that was recorded over time.

    The time is that of the run's start and `wall_s`, which counts from the beginning of the training.
    """
    start_s = datetime.fromisoformat(str(facts.entry["start_time"])).timestamp()
    steps = facts.arrays["steps"]
    for table, (count, names) in SCALARS.items():
        rows = facts.arrays[table]
        if not rows:
            continue
        if "wall_s" in rows:
            wall_s = rows["wall_s"]
        elif table == "alignment" and steps:
            wall_s = np.interp(rows["step"], steps["step"], steps["wall_s"], left=0.0)
        else:
            wall_s = np.zeros(len(rows[count]))
        for name in names:
            for step, value, passed_s in zip(rows[count], rows[name], wall_s, strict=True):
                if isfinite(value):
                    yield f"{table}/{name}", float(value), int(step), start_s + float(passed_s)


def _read(run: Path) -> Facts:
    facts = read_facts(run)
    for name, arrays in facts.arrays.items():
        for key, array in arrays.items():
            if array.size > MOST_VALUES:
                raise RunFileError(f"{run / 'run.h5'} cannot be exported: {name}/{key} has {array.size:,} values.")
    return facts


@contextmanager
def _damage_explained(run: Path) -> Generator[None]:
    """Turn what records that do not fit together raise into one line."""
    try:
        yield
    except OvertoneError:
        raise
    except (LookupError, ValueError, TypeError, ArithmeticError, AttributeError) as error:
        reason = (str(error).splitlines() or [""])[0]
        raise RunFileError(
            f"{run / 'run.h5'} cannot be exported: its records do not fit together "
            f"({type(error).__name__}: {reason}). See what can be saved with: overtone doctor {run}"
        ) from None
