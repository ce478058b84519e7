"""The folder of a run, open for writing: specification, flushed records, atomic checkpoints, a log."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5d, h5p, h5s, h5t  # pyright: ignore[reportAttributeAccessIssue], compiled modules
from torch import Tensor

from core.ports import DiskFull, OvertoneError, RunFileError
from core.run.checkpoint import pack_checkpoint
from core.run.files import Ownership, explained, write_atomically
from core.run.probe import check_endurance
from core.run.schema import SCHEMA_VERSION, check_tables, child, datasets, migrate, schema_version, values
from core.run.soundness import check_soundness
from core.run.spec import Experiment
from core.run.staged_file import StagedFile
from core.training.control import StopRequested
from core.training.events import CalibrationPoint, EpochDone, StepDone

UNITS = {"wall_s": "s", "device_s": "s"}
ADVICE = "Save what can be saved into a new folder, and go on there: overtone doctor --out saved"
CHUNK_ROWS = 128  # a record writes the last chunk of each column anew
SIGNALS = {"steps": "loss", "epochs": "loss", "calibration": "train_error", "alignment": "cosine"}


class RunFolder:
    """The folder of one run, open for writing by this process alone. Every record is flushed as it is written.

    `experiment.toml` repeats the run, with copies of table and saved twin where it has them; `run.h5` holds what
    `core.run` describes; `checkpoints/*.safetensors` what a run goes on from; `log.jsonl` one line a message. On a full
    disk `wait_for_room` is called with the reason, again and again until the write succeeds, and then with None; where
    it is None itself, DiskFull is raised.
    """

    def __init__(self, path: Path, owner: Ownership) -> None:
        self.path = path
        self.wait_for_room: Callable[[DiskFull | None], None] | None = None
        self._owner = owner
        self._staged: StagedFile | None = None
        self._file: h5py.File | None = None
        self._tables: dict[str, dict[str, h5py.Dataset]] = {}

    @classmethod
    def create(cls, parent: Path, experiment: Experiment, table: bytes = b"", twin: bytes = b"") -> RunFolder:
        """Make the folder with its specification, and with the table and the saved twin that it names, if it does.

        Raises RunFileError, leaving nothing behind.
        """
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        path = parent / f"{stamp}-{re.sub(r'[^a-z0-9]+', '-', experiment.name.lower())}-{secrets.token_hex(3)}"
        folder = None
        try:
            with explained(path):
                (path / "checkpoints").mkdir(parents=True)
                folder = cls(path, Ownership(path))
                kept = experiment.kept(table, twin)
                for name, content in ((kept.task.path, table), (kept.calibration.file, twin)):
                    if content:
                        write_atomically(path / name, content)
                write_atomically(path / "experiment.toml", kept.toml().encode())
                folder._open(existing=False)
                folder.entry.attrs["title"] = experiment.title
                folder._commit()
        except RunFileError:
            if folder is not None:
                folder.close()
            shutil.rmtree(path, ignore_errors=True)
            raise
        return folder

    @classmethod
    def reopen(cls, path: Path) -> RunFolder:
        """Open an interrupted run to go on with it.

        A run.h5 that cannot be read is put aside as `run.damaged.h5`, and a new one begun. Raises RunFileError, with
        the owner's process number where another process writes to it.
        """
        if not (path / "experiment.toml").is_file():
            raise RunFileError(f"{path} is not a run: it has no experiment.toml. List the runs in its parent folder.")
        folder = cls(path, Ownership(path))
        try:
            with explained(path):
                folder._open(existing=True)
        except RunFileError:
            folder.close()
            raise
        return folder

    def migrate(self) -> None:
        """Bring a run.h5 of an older version to the present one. Raises RunFileError."""
        assert self._file is not None
        migrate(self._file)
        self.commit()

    @property
    def entry(self) -> h5py.Group:
        """The entry of the open run.h5; whoever changes it calls `commit`."""
        assert self._file is not None
        return child(self._file, "entry")

    def record(self, table: str, event: StepDone | EpochDone | CalibrationPoint) -> None:
        """Append a row to a table of the entry. Raises RunFileError."""
        self.append(table, asdict(event))

    def append(self, table: str, row: Mapping[str, float | None]) -> None:
        """Append a row of named numbers, None as NaN, to a table of the entry. Raises RunFileError."""
        if table not in self._tables:
            with self.guarded():
                self._tables[table] = self._open_table(table, row)
        columns = self._tables[table]
        count = next(iter(columns.values())).shape[0]
        # h5py's low level: its slices cost more than all else in a record
        one, place = h5s.create_simple((1,)), h5s.create_simple((count + 1,))
        place.select_hyperslab((count,), (1,))
        for name, column in columns.items():
            value = row[name]
            column.id.set_extent((count + 1,))
            column.id.write(one, place, np.array([np.nan if value is None else value], column.dtype))
        self.commit()

    def lengths(self) -> dict[str, int]:
        """Tell how many rows each table has."""
        return {name: next(iter(columns.values())).shape[0] for name, columns in self._tables.items()}

    def cut(self, lengths: Mapping[str, int]) -> None:
        """Forget the rows beyond these lengths, and tables that are not named. Raises RunFileError.

        What is kept is written anew: HDF5 crashes when it changes a chunk whose place in the file is damaged.
        """
        with self.guarded():
            entry = self.entry
            for table in [name for name in SIGNALS if name in entry]:
                columns = datasets(child(entry, table)) if table in lengths else {}
                kept = {name: values(column, 0, lengths[table]) for name, column in columns.items()}
                del entry[table]
                self._tables.pop(table, None)
                if kept:
                    self._new_table(table, kept)
        self.commit()

    def put(self, name: str, arrays: Mapping[str, np.ndarray], attributes: Mapping[str, object]) -> None:
        """Write a group of arrays, in place of an earlier one. Raises RunFileError."""
        with self.guarded():
            entry = self.entry
            if name in entry:
                del entry[name]
            group = entry.create_group(name)
            for key, value in arrays.items():
                group.create_dataset(key, data=value)
            for key, value in attributes.items():
                group.attrs[key] = value if isinstance(value, str | int | float) else json.dumps(value)
        self.commit()

    def log(self, level: str, text: str) -> None:
        """Append one line to the log. Raises RunFileError."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "text": text}
        content = (json.dumps(line, ensure_ascii=False) + "\n").encode()
        self._retry(lambda: self._append_to_log(content))

    def save_checkpoint(self, name: str, tensors: Mapping[str, Tensor], facts: Mapping[str, object]) -> Path:
        """Write tensors and plain facts in one atomic step; return the file. Raises RunFileError."""
        path = self.path / "checkpoints" / f"{name}.safetensors"
        content = pack_checkpoint(tensors, facts)
        self._retry(lambda: write_atomically(path, content))
        return path

    def save_result(self, result: Mapping[str, object], provenance: Mapping[str, object]) -> None:
        """Write the result and where it comes from into run.h5. Raises RunFileError."""
        attributes = self.entry.attrs
        attributes["result"] = json.dumps(result)
        attributes["provenance"] = json.dumps(provenance)
        attributes["end_time"] = datetime.now(UTC).isoformat(timespec="seconds")
        self.commit(durable=True)

    @staticmethod
    def claim(
        group: h5py.Group, name: str, shape: tuple[int, ...], dtype: np.dtype[Any], *, zeros: bool = False
    ) -> None:
        """Add an array that lies in one piece, to whose place `write_through` may write after the next `commit`.

        Without `zeros` it holds what was there before.
        """
        plist = h5p.create(h5p.DATASET_CREATE)
        plist.set_layout(h5d.CONTIGUOUS)
        plist.set_alloc_time(h5d.ALLOC_TIME_EARLY)
        plist.set_fill_time(h5d.FILL_TIME_ALLOC if zeros else h5d.FILL_TIME_NEVER)
        h5d.create(group.id, name.encode(), h5t.py_create(dtype, logical=True), h5s.create_simple(shape), plist)

    def write_through(self, pieces: Sequence[tuple[int, memoryview]]) -> None:
        """Write bytes to places that were claimed, (offset, bytes) in this order. Raises RunFileError."""
        self._retry(lambda: self._write_pieces(pieces))

    def commit(self, *, durable: bool = False) -> None:
        """Bring all changes of run.h5 to the file. Raises RunFileError."""
        self._retry(lambda: self._commit(durable=durable))

    @contextmanager
    def guarded(self) -> Generator[None]:
        """Turn what a damaged run.h5 makes h5py and NumPy raise into a RunFileError."""
        try:
            yield
        except (OvertoneError, StopRequested):
            raise
        except Exception as error:
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise RunFileError(f"{self.path / 'run.h5'} is damaged: {reason} {ADVICE} {self.path}") from None

    def close(self) -> None:
        """Close run.h5; what was recorded is safe already."""
        self._tables.clear()
        if self._file is not None and self._staged is not None:
            self._file.close()
            with suppress(OSError):
                self._staged.commit()
            self._staged.close()
            self._file = self._staged = None
        self._owner.release()

    def _open(self, *, existing: bool) -> None:
        path = self.path / "run.h5"
        if existing and path.is_file():
            self._staged = StagedFile(path, existing=True)
            try:
                check_soundness(path)  # the file is as the last commit left it, nothing being staged
                self._file = h5py.File(self._staged, "r+")
                schema_version(self._file)
                check_tables(self.entry, SIGNALS)
                check_endurance(path)
                return
            except OvertoneError:  # of another version, not damaged
                self._abandon()
                raise
            except Exception:  # a damaged file makes h5py raise nearly anything
                self._abandon()
                path.replace(self.path / "run.damaged.h5")
        self._staged = StagedFile(path)
        self._file = h5py.File(self._staged, "w")
        self._file.attrs.update({"schema_version": SCHEMA_VERSION, "default": "entry"})
        entry = self._file.create_group("entry")
        entry.attrs.update({"NX_class": "NXentry", "default": "epochs"})
        entry.attrs["start_time"] = datetime.now(UTC).isoformat(timespec="seconds")

    def _abandon(self) -> None:
        """Close run.h5 as it is on the disk."""
        with suppress(Exception):  # the file is damaged, or not even open
            if self._file is not None:
                self._file.close()
        if self._staged is not None:
            self._staged.close()
        self._file = self._staged = None

    def _retry(self, write: Callable[[], object]) -> None:
        waited = False
        while True:
            try:
                with explained(self.path):
                    write()
                break
            except DiskFull as error:
                if self.wait_for_room is None:
                    raise
                waited = True
                self.wait_for_room(error)
        if waited and self.wait_for_room is not None:
            self.wait_for_room(None)

    def _write_pieces(self, pieces: Sequence[tuple[int, memoryview]]) -> None:
        assert self._staged is not None
        for offset, data in pieces:
            self._staged.write_through(offset, data)

    def _commit(self, *, durable: bool = False) -> None:
        assert self._file is not None
        assert self._staged is not None
        self._file.flush()
        self._staged.commit(durable=durable)

    def _append_to_log(self, content: bytes) -> None:
        with (self.path / "log.jsonl").open("ab", buffering=0) as log:
            size = log.tell()
            written = log.write(content)
            if written != len(content):
                log.truncate(size)
                os.write(log.fileno(), content)  # raises the reason

    def _open_table(self, table: str, row: Mapping[str, Any]) -> dict[str, h5py.Dataset]:
        entry = self.entry
        if table in entry:
            found = datasets(child(entry, table))
            if not row.keys() <= found.keys():
                raise RunFileError(f"The table {table} of {self.path / 'run.h5'} lacks columns. {ADVICE} {self.path}")
            return {name: found[name] for name in row}
        empty = {name: np.empty(0, np.int64 if isinstance(value, int) else np.float64) for name, value in row.items()}
        return self._new_table(table, empty)

    def _new_table(self, table: str, columns: Mapping[str, np.ndarray]) -> dict[str, h5py.Dataset]:
        group = self.entry.create_group(table)
        axis = "epoch" if table == "epochs" else "step"
        group.attrs.update({"NX_class": "NXdata", "signal": SIGNALS[table], "axes": axis})
        for name, column in columns.items():
            group.create_dataset(name, data=column, maxshape=(None,), chunks=(CHUNK_ROWS,))
            group[name].attrs["units"] = UNITS.get(name, "1")
        return datasets(group)
