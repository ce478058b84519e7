"""A run as anyone may read it, finished or not: nothing here changes a run's folder."""

from __future__ import annotations

import json
import math
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import h5py
import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.ports import OvertoneError, RunFileError
from core.run.files import is_owned, read_bytes
from core.run.journal import JournalledCall, read_calls
from core.run.schema import MOST_BYTES, attribute, child, datasets, names, schema_version, values
from core.run.soundness import check_soundness
from core.run.spec import Experiment, load_experiment
from core.run.staged_file import recover

State = Literal["running", "finished", "interrupted"]
Share = Annotated[float, Field(strict=True, ge=0.0, le=1.0)]
Count = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
Amount = Annotated[float, Field(strict=True, ge=0.0)]
Figure = Annotated[float, Field(strict=True)]
MOST_LOG_BYTES = 50_000_000  # of a log from elsewhere


class _Baseline(BaseModel):
    name: str
    test_accuracy: Share
    parameters: Count = 0
    macs: Count = 0


class _Result(BaseModel):
    """What anyone may rely on in a result, which has more; counts came one by one with the versions."""

    model_config = ConfigDict(allow_inf_nan=False)

    test_accuracy: Share
    test_interval95: tuple[Figure, Figure]
    baselines: list[_Baseline]
    device_passes: Count
    wall_s: Amount
    device_s: Amount = 0.0
    run: str = ""
    estimator: str = ""
    test_count: Annotated[int, Field(strict=True, ge=1, lt=2**53)] = 1
    twin_belief: Share = 0.0
    digital_parameters: Count = 0
    digital_macs: Count = 0
    physical_parameters: Count = 0
    physical_layers: Count = 0
    shots_per_inference: Count = 0
    peak_memory_mb: Amount | None = None


def read_experiment(path: Path, *, as_written: bool = True) -> Experiment:
    """Read the specification of a run, not `as_written` to use it. Raises RunFileError where there is no run."""
    if not (path / "experiment.toml").is_file():
        raise RunFileError(f"{path} is not a run: it has no experiment.toml. List the runs in its parent folder.")
    return load_experiment(str(path / "experiment.toml"), as_written=as_written)


def read_result(path: Path) -> dict[str, Any] | None:
    """Read what a run ended with, None where it has not ended. Raises RunFileError when run.h5 cannot be read."""
    return RunRecord(path).result


@dataclass(frozen=True)
class RunRecord:
    """A run's folder, read when asked for. All methods raise RunFileError where a file is missing or damaged."""

    path: Path

    @cached_property
    def experiment(self) -> Experiment:
        """The specification."""
        return read_experiment(self.path)

    @property
    def state(self) -> State:
        """Tell whether the run is finished, being written to, or waiting to be gone on with."""
        if self.result is not None:
            return "finished"
        return "running" if is_owned(self.path) else "interrupted"

    @cached_property
    def result(self) -> dict[str, Any] | None:
        """What the run ended with: the dictionary of `--json`; None before it has."""
        found = self._entry_attribute("result")
        if found is not None:
            try:
                _Result.model_validate(found)
            except ValidationError as error:
                problem = error.errors()[0]
                where = ".".join(str(part) for part in problem["loc"])
                raise RunFileError(
                    f"The result in {self.path / 'run.h5'} is damaged: {where!r}: {problem['msg']}. "
                    f"Measure the network again: overtone evaluate {self.path}"
                ) from None
        return found

    @cached_property
    def provenance(self) -> dict[str, Any] | None:
        """Which device, software and machine the result comes from; None before there is one."""
        return self._entry_attribute("provenance")

    def table(self, name: Literal["steps", "epochs", "alignment", "calibration"]) -> dict[str, np.ndarray]:
        """Read the columns of a table, in the order of the events' fields; none where nothing was recorded."""
        return self.arrays(name)

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        """Read all arrays of a group of the entry: `system`, `twin`, `test`, `examples`; none where it is missing."""
        with self.entry() as entry:
            arrays = datasets(child(entry, name)) if name in names(entry) else {}
            if sum(math.prod(array.shape) * array.dtype.itemsize for array in arrays.values()) > MOST_BYTES:
                raise ValueError(f"{name} has more than any run's arrays.")
            return {key: values(array) for key, array in arrays.items()}

    def attributes(self, name: str = "") -> dict[str, Any]:
        """Read all attributes of the entry, or of a group in it, as plain data; none where it is missing."""
        with self.entry() as entry:
            if name and name not in names(entry):
                return {}
            group = child(entry, name) if name else entry
            return {key: _plain(attribute(group, key)) for key in group.attrs}

    def calls(self) -> Iterator[JournalledCall]:
        """Read the whole calls of the journal, in the order of their numbers."""
        with self.entry() as entry:
            if "journal" in names(entry):
                journal = child(entry, "journal")
                yield from read_calls(child(journal, name) for name in names(journal))

    def log(self) -> list[dict[str, str]]:
        """Read the log: time, level, text. A last line that was cut off is left out."""
        path = self.path / "log.jsonl"
        if not path.exists():
            return []
        entries: list[dict[str, str]] = []
        for line in read_bytes(path, MOST_LOG_BYTES).decode("utf-8", "replace").splitlines():
            with suppress(ValueError, RecursionError):
                entry = json.loads(line)
                if isinstance(entry, dict):
                    entries.append({key: str(entry.get(key, "")) for key in ("time", "level", "text")})
        return entries

    def size_bytes(self) -> int:
        """Sum the sizes of all files of the run."""
        return sum(item.stat().st_size for item in self.path.rglob("*") if item.is_file())

    def _entry_attribute(self, name: str) -> Any:
        with self.entry() as entry:
            text = attribute(entry, name)
            found = None if text is None else json.loads(str(text))
            if not isinstance(found, dict | None):
                raise TypeError(f"its {name} is not a table.")
            return found

    @contextmanager
    def entry(self) -> Generator[h5py.Group]:
        path = self.path / "run.h5"
        try:
            if not is_owned(self.path):  # else its writer, on this machine, has it in order
                with suppress(PermissionError):
                    recover(path)
                check_soundness(path)
            with h5py.File(path, "r") as file:
                schema_version(file)
                yield child(file, "entry")
        except OvertoneError:
            raise
        except Exception as error:  # a damaged file makes h5py and NumPy raise nearly anything
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            raise RunFileError(
                f"{path} cannot be read: {reason} See what can be saved with: overtone doctor {self.path}"
            ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, str) and value[:1] in {"[", "{"}:
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return value
