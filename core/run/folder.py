"""A run on disk: specification, flushed metrics, atomic checkpoints, a log."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import shutil
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5s
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from core.ports import RunFileError
from core.run.spec import Experiment, load_experiment
from core.run.staged_file import StagedFile
from core.training.events import EpochDone, StepDone

SCHEMA_VERSION = 1
UNITS = {"wall_s": "s", "device_s": "s"}


class RunFolder:
    """The folder of one run, open for writing. Every record is flushed as it is written.

    `experiment.toml` repeats the run; `run.h5` holds `entry/steps` and `entry/epochs` (NXdata) and the result;
    `checkpoints/*.safetensors` holds network and twin; `log.jsonl` one line a message.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._staged: StagedFile | None = None
        self._file: h5py.File | None = None
        self._tables: dict[str, dict[str, h5py.Dataset]] = {}

    @classmethod
    def create(cls, parent: Path, experiment: Experiment) -> RunFolder:
        """Make the folder with its specification. Raises RunFileError, leaving nothing behind."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        folder = cls(parent / f"{stamp}-{re.sub(r'[^a-z0-9]+', '-', experiment.name.lower())}-{secrets.token_hex(3)}")
        try:
            with _explained(folder.path):
                (folder.path / "checkpoints").mkdir(parents=True)
                _write_atomically(folder.path / "experiment.toml", experiment.toml().encode())
                folder._staged = StagedFile(folder.path / "run.h5")
                folder._file = h5py.File(folder._staged, "w")
                folder._file.attrs.update({"schema_version": SCHEMA_VERSION, "default": "entry"})
                entry = folder._file.create_group("entry")
                entry.attrs.update({"NX_class": "NXentry", "default": "epochs"})
                folder._commit()
        except RunFileError:
            folder.close()
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        return folder

    def record(self, table: str, event: StepDone | EpochDone) -> None:
        """Append a step or an epoch to its table. Raises RunFileError."""
        assert self._file is not None
        row = {name: np.nan if value is None else value for name, value in asdict(event).items()}
        with _explained(self.path):
            if table not in self._tables:
                self._tables[table] = self._create_table(table, row)
            count = next(iter(self._tables[table].values())).shape[0]
            # h5py's low level: its slices cost more than all else in a record
            one, place = h5s.create_simple((1,)), h5s.create_simple((count + 1,))
            place.select_hyperslab((count,), (1,))
            for name, column in self._tables[table].items():
                column.id.set_extent((count + 1,))
                column.id.write(one, place, np.array([row[name]], column.dtype))
            self._commit()

    def log(self, level: str, text: str) -> None:
        """Append one line to the log. Raises RunFileError."""
        line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "text": text}
        with _explained(self.path), (self.path / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")

    def save_checkpoint(self, name: str, network: nn.Module, twin: nn.Module | None) -> Path:
        """Write network and twin in one atomic step; return the file. Raises RunFileError."""
        tensors = {f"network.{key}": value.contiguous() for key, value in network.state_dict().items()}
        if twin is not None:
            tensors |= {f"twin.{key}": value.contiguous() for key, value in twin.state_dict().items()}
        path = self.path / "checkpoints" / f"{name}.safetensors"
        with _explained(self.path):
            _write_atomically(path, save(tensors))
        return path

    def save_result(self, result: Mapping[str, object], provenance: Mapping[str, object]) -> None:
        """Write the result and where it comes from into run.h5. Raises RunFileError."""
        assert self._file is not None
        with _explained(self.path):
            self._file["entry"].attrs["result"] = json.dumps(result)
            self._file["entry"].attrs["provenance"] = json.dumps(provenance)
            self._commit()

    def close(self) -> None:
        """Close run.h5; what was recorded is safe already."""
        if self._file is not None and self._staged is not None:
            self._tables.clear()
            self._file.close()
            with suppress(OSError):
                self._staged.commit()
            self._staged.close()
            self._file = self._staged = None

    def _commit(self) -> None:
        assert self._file is not None
        assert self._staged is not None
        self._file.flush()
        self._staged.commit()

    def _create_table(self, table: str, row: Mapping[str, Any]) -> dict[str, h5py.Dataset]:
        assert self._file is not None
        group = self._file.create_group(f"entry/{table}")
        axis = table.removesuffix("s")
        group.attrs.update({"NX_class": "NXdata", "signal": "loss", "axes": axis})
        columns: dict[str, h5py.Dataset] = {}
        for name, value in row.items():
            dtype = np.int64 if isinstance(value, int) else np.float64
            columns[name] = group.create_dataset(name, (0,), dtype, maxshape=(None,), chunks=(1024,))
            columns[name].attrs["units"] = UNITS.get(name, "1")
        return columns


def read_experiment(path: Path) -> Experiment:
    """Read the specification of a run. Raises RunFileError where there is no run."""
    if not (path / "experiment.toml").is_file():
        raise RunFileError(f"{path} is not a run: it has no experiment.toml. List the runs in its parent folder.")
    return load_experiment(str(path / "experiment.toml"))


def read_result(path: Path) -> dict[str, Any] | None:
    """Read what a run ended with, None where it has not ended. Raises RunFileError when run.h5 cannot be read."""
    try:
        with h5py.File(path / "run.h5", "r") as file:
            text = file["entry"].attrs.get("result")
    except (OSError, KeyError) as error:
        raise RunFileError(f"{path / 'run.h5'} cannot be read: {str(error).splitlines()[0]} Run it again.") from None
    return None if text is None else json.loads(str(text))


def load_checkpoint(path: Path, name: str, network: nn.Module, twin: nn.Module | None) -> None:
    """Load network and twin from a run's checkpoint. Raises RunFileError when it is missing or does not fit."""
    file = path / "checkpoints" / f"{name}.safetensors"
    try:
        tensors = load_file(file)
        for prefix, module in (("network.", network), ("twin.", twin)):
            if module is not None:
                state = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
                module.load_state_dict(state)
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise RunFileError(f"The checkpoint {file} cannot be used: {reason} Train the run again.") from None


def weights_sha256(network: nn.Module) -> str:
    """Hash all trained values in the order of their names."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(_bytes(value))
    return digest.hexdigest()


def _bytes(value: Tensor) -> bytes:
    return value.detach().cpu().contiguous().numpy().tobytes()


def _write_atomically(path: Path, content: bytes) -> None:
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _explained(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        full = error.errno == errno.ENOSPC or "No space left" in str(error)
        advice = "The disk is full: free some space or choose another --out." if full else "Choose another --out."
        raise RunFileError(f"Cannot write to {path}: {error.strerror or error}. {advice}") from error
