"""What is left of a damaged run: each of its files looked at, and what can be read copied into a new folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np

from core.ports import RunFileError
from core.run.checkpoint import read_checkpoint
from core.run.files import explained, is_owned
from core.run.folder import RunFolder
from core.run.journal import SEGMENT_BYTES, JournalledCall, read_calls, write_segment
from core.run.record import MOST_LOG_BYTES, RunRecord, read_experiment
from core.run.schema import attribute, child, datasets, names, own_array, values
from core.run.staged_file import pending_path, recover
from core.training.events import CalibrationPoint, EpochDone, StepDone

TRANSIENT = ("owner.lock", "run.h5.pending")
ENTRY_ATTRIBUTES = ("title", "start_time", "end_time", "result", "provenance")
TABLES = {
    name: [item.name for item in fields(event)]
    for name, event in {"steps": StepDone, "epochs": EpochDone, "calibration": CalibrationPoint}.items()
}


@dataclass(frozen=True)
class Finding:
    """One file of a run, or one part of run.h5: whether it is whole, and in one line what there is or what to do."""

    subject: str
    whole: bool
    text: str


@dataclass
class _Remains:
    """What was read of a run's folder, and where run.h5 was read: in a copy where a write had to be finished first."""

    path: Path
    record: RunRecord
    findings: list[Finding] = field(default_factory=list[Finding])

    def add(self, subject: str, whole: bool, text: str) -> None:
        self.findings.append(Finding(subject, whole, text))

    def is_whole(self, subject: str) -> bool:
        """Tell whether a file and all its parts are there and whole."""
        found = [item.whole for item in self.findings if item.subject.split(" ")[0] == subject]
        return bool(found) and all(found)


def examine_run(path: Path) -> list[Finding]:
    """Look at every file of a run and change none. Raises RunFileError when it is no folder, or being written to."""
    with _examined(path) as remains:
        return remains.findings


def save_run(path: Path, out: Path) -> tuple[Path, list[Finding]]:
    """Copy what can be read to a folder of the same name in `out`; return that folder and what was found.

    Raises RunFileError as `examine_run` does, when there is such a folder already, and when it cannot be written.
    """
    with _examined(path) as remains:
        target = out / path.resolve().name
        if target.exists():
            raise RunFileError(f"{target} is there already, and nothing is overwritten. Choose another --out.")
        with explained(target):
            (target / "checkpoints").mkdir(parents=True)
            for name in _files(path):
                torn_log = name == "log.jsonl" and (path / name).is_file()  # its whole lines are worth keeping
                if name not in (*TRANSIENT, "run.h5") and (remains.is_whole(name) or torn_log):
                    (target / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path / name, target / name)
            if remains.is_whole("run.h5"):
                shutil.copyfile(remains.record.path / "run.h5", target / "run.h5")
            elif remains.is_whole("experiment.toml"):
                _rebuild(remains.record, target)
        return target, remains.findings


@contextmanager
def _examined(path: Path) -> Generator[_Remains]:
    if not path.is_dir():
        raise RunFileError(f"{path} is not a folder. List the runs in its parent folder.")
    if is_owned(path):
        raise RunFileError(f"{path} is in use by another process. Wait until it has ended, or end it first.")
    with TemporaryDirectory() as temporary:
        remains, begun = _Remains(path, RunRecord(path)), pending_path(path / "run.h5")
        if begun.is_file() and (path / "run.h5").is_file():
            with explained(Path(temporary)):
                for name in ("run.h5", begun.name):
                    shutil.copyfile(path / name, Path(temporary) / name)
                recover(Path(temporary) / "run.h5")
            remains.record = RunRecord(Path(temporary))
            remains.add(begun.name, True, "a write that a kill had cut off; it is finished when the run is opened")
        _examine(remains)
        yield remains


def _examine(remains: _Remains) -> None:
    path = remains.path
    try:
        remains.add("experiment.toml", True, f"whole: {read_experiment(path).name}")
    except Exception as error:
        remains.add("experiment.toml", False, _line(error))
    _examine_arrays(remains)
    for name in _files(path):
        if name in ("experiment.toml", "run.h5", *TRANSIENT):
            continue
        if (path / name).is_symlink() or not (path / name).is_file():
            remains.add(name, False, "not a file of this folder; left alone")
        elif name.startswith("checkpoints/") and name.endswith(".safetensors"):
            try:
                count = len(read_checkpoint(path, Path(name).stem).tensors)
                remains.add(name, True, f"whole: {count} tensors")
            except Exception as error:
                remains.add(name, False, _line(error))
        elif name == "log.jsonl":
            _examine_log(remains, path / name)
        else:
            remains.add(name, True, f"{(path / name).stat().st_size:,} bytes, not looked into")
    remains.findings.append(_advice(remains))


def _examine_arrays(remains: _Remains) -> None:
    record = remains.record
    if not (record.path / "run.h5").exists():
        remains.add("run.h5", False, "there is none")
        return
    try:
        ended = "finished" if record.result is not None else "not finished"
        remains.add("run.h5", True, f"opens: a run that is {ended}")
    except RunFileError as error:
        remains.add("run.h5", False, _line(error))
        return
    for name in _names(record):
        if name == "journal":
            _examine_journal(remains)
            continue
        columns, lost = _columns(record, name)
        rows = sorted({len(column) for column in columns.values() if column.ndim})
        even = name not in TABLES or len(rows) == 1
        text = f"{len(columns)} arrays" if name not in TABLES else f"{len(columns)} columns of {rows} rows"
        remains.add(f"run.h5 {name}", even and not lost, "; ".join([text, *lost]))


def _examine_journal(remains: _Remains) -> None:
    written = whole = 0
    lost: list[str] = []
    for name in _names(remains.record, "journal"):
        try:
            with remains.record.entry() as entry:
                segment = child(child(entry, "journal"), name)
                written += int((values(datasets(segment)["calls"])["number"] > 0).sum())
                whole += sum(1 for _ in read_calls([segment]))
        except RunFileError as error:
            lost.append(f"segment {name} is lost: {_line(error)}")
    text = f"{whole} calls whole, {written - whole} torn"
    remains.add("run.h5 journal", not lost and whole == written, "; ".join([text, *lost]))


def _examine_log(remains: _Remains, path: Path) -> None:
    size = path.stat().st_size
    if size > MOST_LOG_BYTES:
        remains.add("log.jsonl", False, f"{size:,} bytes: more than a log has")
        return
    lines = len(path.read_bytes().splitlines())
    read = len(RunRecord(remains.path).log())
    remains.add("log.jsonl", read == lines, f"{read} of {lines} lines can be read")


def _advice(remains: _Remains) -> Finding:
    path, result = remains.path, None
    with suppress(RunFileError):
        result = remains.record.result
    if not remains.is_whole("experiment.toml"):
        return Finding("next", False, "without its specification the run cannot be gone on with; write the file anew")
    if result is not None and remains.is_whole("checkpoints/final.safetensors"):
        return Finding("next", True, f"the run is finished; measure its network again: overtone evaluate {path}")
    if remains.is_whole("checkpoints/latest.safetensors"):
        return Finding("next", True, f"go on with it: overtone resume {path}")
    return Finding(
        "next", False, f"nothing is left to go on from; run it again: overtone run {path / 'experiment.toml'}"
    )


def _rebuild(record: RunRecord, target: Path) -> None:
    """Write a new run.h5 with all that can be read of a damaged one. Raises RunFileError."""
    folder = RunFolder.reopen(target)
    try:
        with suppress(RunFileError), record.entry() as entry:
            for name in ENTRY_ATTRIBUTES:
                if isinstance(value := attribute(entry, name), str):
                    folder.entry.attrs[name] = value
        for name in _names(record):
            columns, _ = _columns(record, name)
            if name in TABLES:
                rows = min((len(column) for column in columns.values() if column.ndim == 1), default=0)
                for row in range(rows):
                    folder.append(
                        name, {key: columns[key][row].item() if key in columns else None for key in TABLES[name]}
                    )
            elif name != "journal":
                with suppress(RunFileError):
                    folder.put(name, columns, record.attributes(name))
        for name in _names(record, "journal"):
            with suppress(RunFileError), record.entry() as entry:
                _save_calls(folder, child(child(entry, "journal"), name))
        folder.commit(durable=True)
    finally:
        folder.close()


def _columns(record: RunRecord, name: str) -> tuple[dict[str, np.ndarray], list[str]]:
    """Read the arrays of a group one by one; return them, and a line for each that is lost."""
    columns: dict[str, np.ndarray] = {}
    lost: list[str] = []
    try:
        with record.entry() as entry:
            keys = names(child(entry, name))
    except RunFileError as error:
        return {}, [_line(error)]
    for key in keys:
        try:
            with record.entry() as entry:
                columns[key] = values(own_array(child(entry, name), key))
        except RunFileError as error:
            lost.append(f"{key} is lost: {_line(error)}")
    return columns, lost


def _names(record: RunRecord, *way: str) -> list[str]:
    """List what a group of the entry holds; nothing where it cannot be read."""
    with suppress(RunFileError), record.entry() as entry:
        group = entry
        for name in way:
            group = child(group, name)
        return names(group)
    return []


def _save_calls(folder: RunFolder, segment: h5py.Group) -> None:
    """Write the whole calls of a segment as closed segments of about the usual size. Raises RunFileError."""
    parameters = json.loads(str(attribute(segment, "parameters")))
    calls: list[JournalledCall] = []
    for call in read_calls([segment]):
        calls.append(call)
        if sum(item.drive.nbytes + item.response.nbytes for item in calls) > SEGMENT_BYTES:
            write_segment(folder, calls, parameters)
            calls = []
    if calls:
        write_segment(folder, calls, parameters)


def _files(path: Path) -> list[str]:
    """List all that is in a folder and is no folder, as paths from there; links are not followed."""
    return sorted(
        item.relative_to(path).as_posix() for item in path.rglob("*") if item.is_symlink() or not item.is_dir()
    )


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].split(" See what can be saved")[0]
