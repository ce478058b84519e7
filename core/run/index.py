"""The list of runs in a folder, and the cache that makes it quick: `index.sqlite`, which may be deleted at any time.

Everything in it comes from the runs' folders and is read again from there when their files change. Nothing here
imports torch.
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import time
import tomllib
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import h5py
from pydantic import TypeAdapter, ValidationError

from core.ports import RunFileError
from core.run.files import is_owned
from core.run.notes import Notes, read_notes
from core.run.schema import attribute, child, datasets, schema_version
from core.run.staged_file import recover

INDEX = "index.sqlite"
APPLICATION_ID = 0x4F565430  # "OVT0": whose file this is
TABLE = "runs_2"  # the number goes up when RunSummary changes
WATCHED = ("experiment.toml", "run.h5", "notes.toml")
SETTLED_S = 2.0  # a file changed more recently may change again without a new time stamp
BUSY_S = 5.0
# What keeps a sound index from being used: the list is then made without it. Any other error is the file's.
OUT_OF_REACH = {
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_PROTOCOL,
}  # fmt: skip

State = Literal["running", "finished", "interrupted", "unreadable"]


@dataclass(frozen=True)
class RunSummary:
    """One run in a list; None and "" stand for what it does not have or has not reached yet.

    Accuracies are fractions of 1; `reason` says what of the run cannot be read; `size_bytes` is that of all its files
    when the run was last written to; `started` is a time in ISO 8601, UTC; `status` says how the system was met.
    """

    name: str
    path: Path
    state: State
    reason: str = ""
    preset: str = ""
    title: str = ""
    estimator: str = ""
    task: str = ""
    system: str = ""
    seed: int | None = None
    serial_number: int | None = None
    status: str = ""
    test_accuracy: float | None = None
    test_interval95: tuple[float, float] | None = None
    best_baseline: float | None = None
    epochs_done: int = 0
    epochs: int | None = None
    started: str = ""
    wall_s: float | None = None
    size_bytes: int = 0
    tags: tuple[str, ...] = ()
    notes: str = ""


_ADAPTER = TypeAdapter(RunSummary)


def list_runs(folder: Path) -> list[RunSummary]:
    """List the runs in a folder, the earliest first, reading only those whose files have changed since the last list.

    A run that cannot be read is listed with the reason. Raises RunFileError when the folder cannot be read.
    """
    marks = _marks(folder)
    cached = _load(folder)
    runs: dict[str, RunSummary] = {}
    changed: dict[str, tuple[str, RunSummary]] = {}
    settled_ns = time.time_ns() - int(SETTLED_S * 1e9)
    for name, (mark, changed_ns) in marks.items():
        known = _unpack(folder, name, cached[name][1]) if name in cached and cached[name][0] == mark else None
        runs[name] = known or read_summary(folder / name)
        if known is None and changed_ns < settled_ns and runs[name].state != "unreadable":  # which may be mended
            changed[name] = (mark, runs[name])
    gone = [name for name in cached if name not in marks]
    if changed or gone:
        _store(folder, changed, gone)
    return sorted((_as_of_now(run) for run in runs.values()), key=lambda run: (run.started, run.name))


def read_summary(path: Path) -> RunSummary:
    """Read one run's summary from its folder; what cannot be read makes it `unreadable`. Raises nothing."""
    notes, problems = Notes(), list[str]()
    data: dict[str, Any] = {"started": _started_by_name(path.name)}
    try:
        notes = read_notes(path)
    except RunFileError as error:
        problems.append(str(error))
    state: State = "interrupted"
    try:
        data |= _facts_of_specification(path / "experiment.toml") | _facts_of_records(path)
        state = "finished" if data["test_accuracy"] is not None else "interrupted"
        run = _ADAPTER.validate_python({"name": path.name, "path": path, "state": state} | data)
    # what a damaged or foreign file makes of h5py, tomllib and these lines
    except (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError, RunFileError) as error:
        problems.append(_reason(error))
        run = RunSummary(path.name, path, "unreadable", started=_started_by_name(path.name))
    size = sum(_size(Path(root, file)) for root, _, files in os.walk(path) for file in files)
    reason = " ".join(problems).encode("utf-8", "replace").decode()
    return replace(run, reason=reason, size_bytes=size, tags=notes.tags, notes=notes.text)


def _facts_of_specification(path: Path) -> dict[str, Any]:
    # read as it stands, not checked as a specification: one of an older or newer version is listed all the same
    data = tomllib.loads(path.read_text("utf-8"))
    system, task, training = (_section(data, name) for name in ("system", "task", "training"))
    return {
        "preset": data.get("name", ""),
        "title": data.get("title", ""),
        "seed": data.get("seed"),
        "system": system.get("kind", ""),
        "serial_number": system.get("serial_number"),
        "task": task.get("name", ""),
        "estimator": training.get("estimator", ""),
        "epochs": training.get("epochs"),
    }


def _facts_of_records(folder: Path) -> dict[str, Any]:
    path = folder / "run.h5"
    if not is_owned(folder):
        with suppress(OSError):  # of a folder that cannot be written to
            recover(path)
    with h5py.File(path, "r") as file:
        schema_version(file)
        entry = child(file, "entry")
        epochs = datasets(child(entry, "epochs")) if "epochs" in entry else {}
        result: dict[str, Any] = json.loads(attribute(entry, "result") or "{}")
        status = attribute(child(entry, "system"), "status") if "system" in entry else ""
        started = str(attribute(entry, "start_time") or _started_by_name(folder.name))
        done = len(next(iter(epochs.values()))) if epochs else 0
    baselines = [item["test_accuracy"] for item in result.get("baselines", [])]
    return {
        "started": started,
        "status": str(status or ""),
        "epochs_done": done,
        "test_accuracy": result["test_accuracy"] if result else None,
        "test_interval95": result.get("test_interval95"),
        "best_baseline": max(baselines, default=None),
        "wall_s": result.get("wall_s"),
    }


def _section(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    section = data.get(name, {})
    if not isinstance(section, dict):
        raise TypeError(f"{name} in experiment.toml is a value, not a section")
    return section


def _started_by_name(name: str) -> str:
    with suppress(ValueError):
        return datetime.strptime(name[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).isoformat(timespec="seconds")
    return ""


def _reason(error: Exception) -> str:
    if isinstance(error, ValidationError):
        problem = error.errors()[0]
        return f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}."
    return (str(error).splitlines() or [type(error).__name__])[0]


def _as_of_now(run: RunSummary) -> RunSummary:
    """Tell whether a run that has not finished is being written to at this moment, which its files do not show."""
    return replace(run, state="running") if run.state != "finished" and is_owned(run.path) else run


def _size(path: Path) -> int:
    with suppress(OSError):  # gone since it was listed
        return path.lstat().st_size
    return 0


def _marks(folder: Path) -> dict[str, tuple[str, int]]:
    """Return by run the times and sizes of its watched files as text, and the latest of the times (ns)."""
    try:
        names = [entry.name for entry in os.scandir(folder) if entry.is_dir()]
    except OSError as error:
        raise RunFileError(f"{folder} cannot be listed: {error.strerror}. Name the folder that holds runs.") from None
    marks: dict[str, tuple[str, int]] = {}
    for name in names:
        found: list[tuple[int, int] | None] = []
        for watched in WATCHED:
            try:
                status = os.stat(os.path.join(folder, name, watched))
                found.append((status.st_mtime_ns, status.st_size))
            except OSError:
                found.append(None)
        if any(found[:2]):
            marks[name] = (json.dumps(found), max(item[0] for item in found if item))
    return marks


def _unpack(folder: Path, name: str, packed: bytes) -> RunSummary | None:
    with suppress(ValidationError):
        return replace(_ADAPTER.validate_json(packed), name=name, path=folder / name)
    return None


def _load(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Read the index: by name of the run its files' mark and its packed summary; nothing where there is no index."""
    if not (folder / INDEX).exists():
        return {}
    try:
        with closing(_connect(folder / INDEX)) as index:
            rows = index.execute(f"SELECT name, mark, summary FROM {TABLE}").fetchall()
            return {os.fsdecode(name): (mark, summary) for name, mark, summary in rows}
    except (sqlite3.Error, TypeError, ValueError) as error:  # a damaged schema's error is not even text
        if not _is_out_of_reach(error):
            _put_aside(folder / INDEX)
        return {}


def _store(folder: Path, changed: Mapping[str, tuple[str, RunSummary]], gone: list[str]) -> None:
    """Bring the index up to date; where that is not possible the next list is as slow as this one."""
    # a folder's name may be no text, and a copied index is not to speak of another folder's runs
    nameless = {name: replace(run, name="", path=Path()) for name, (_, run) in changed.items()}
    rows = [(os.fsencode(name), mark, _ADAPTER.dump_json(nameless[name])) for name, (mark, _) in changed.items()]
    with suppress(sqlite3.Error, ValueError), closing(_connect(folder / INDEX)) as index, index:
        index.executemany(f"DELETE FROM {TABLE} WHERE name = ?", [(os.fsencode(name),) for name in gone])
        index.executemany(f"INSERT OR REPLACE INTO {TABLE} VALUES (?, ?, ?)", rows)


def _connect(path: Path) -> sqlite3.Connection:
    """Open the index, made where there is none. Raises sqlite3.Error, a DatabaseError where the file is not ours."""
    index = sqlite3.connect(path, timeout=BUSY_S)
    try:
        # in this order, since another process may be making it: it gives the mark before the table
        is_used = index.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] > 0
        if index.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            if is_used:
                raise sqlite3.DatabaseError(f"{path} is another program's.")
            index.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        index.execute("PRAGMA journal_mode = WAL")
        index.execute("PRAGMA synchronous = NORMAL")
        index.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} (name BLOB PRIMARY KEY, mark TEXT, summary BLOB)")
    except BaseException:
        index.close()
        raise
    return index


def _is_out_of_reach(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in OUT_OF_REACH


def _put_aside(path: Path) -> None:
    """Rename a file that is no index of ours, with what SQLite keeps beside it."""
    aside = path.with_name(f"index.{secrets.token_hex(3)}.damaged.sqlite")
    for suffix in ("", "-wal", "-shm"):
        with suppress(OSError):
            Path(f"{path}{suffix}").rename(f"{aside}{suffix}")
