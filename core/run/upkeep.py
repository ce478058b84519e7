"""The twin's upkeep while a run trains: when it is refined, and a record of each of its versions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict

import numpy as np
import torch
from torch import Tensor, nn

from core.network.base import Shoot
from core.run.checkpoint import weights_sha256
from core.run.folder import RunFolder
from core.training.events import AlignmentChecked, Event, TwinRefined
from core.training.refine import Refiner
from core.training.state import under

COLUMNS = ("step", "version", "kept", "before", "after", "time_constant")


class TwinUpkeep:
    """Refines a twin after every so many steps; `refinements` in run.h5 has a row for each fit, kept or rolled back."""

    def __init__(self, twin: nn.Module, every: int, folder: RunFolder) -> None:
        self._twin, self._every, self._folder = twin, every, folder
        self._refiner = Refiner(twin)
        self._rows: list[TwinRefined] = []

    @property
    def version(self) -> int:
        """Count the fits that were kept; the calibrated twin is version 0."""
        return self._rows[-1].version if self._rows else 0

    def watching(self, measure: Shoot) -> Shoot:
        """Return a `measure` from whose shots the twin learns."""
        return self._refiner.watching(measure)

    def heed(self, checked: AlignmentChecked) -> None:
        """Take from a check of the gradient how fast the device drifts."""
        self._refiner.heed(checked)

    def after_step(self, step: int, emit: Callable[[Event], None]) -> None:
        """Refine the twin when it is its turn; tell and record what came of it. Raises RunFileError."""
        self._refiner.step = step
        if step % self._every:
            return
        found = self._refiner.refine()
        if found is None:
            return
        version, constant = self.version + found.kept, self._refiner.time_constant
        digest = weights_sha256(self._twin)
        row = TwinRefined(step, version, found.kept, found.before, found.after, constant, digest)
        self._rows.append(row)
        self._record()
        emit(row)

    def state(self) -> dict[str, Tensor]:
        """Return what a resumed run needs besides the twin itself."""
        refiner = {f"refiner.{name}": value for name, value in self._refiner.state().items()}
        return refiner | {f"rows.{name}": torch.from_numpy(column) for name, column in self._columns().items()}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state. Raises KeyError when it is not one."""
        self._refiner.restore(under(state, "refiner"))
        columns = {name: value.tolist() for name, value in under(state, "rows").items()}
        columns["sha256"] = [bytes(digest).hex() for digest in columns["sha256"]]
        rows = zip(*columns.values(), strict=True)
        self._rows = [TwinRefined(**dict(zip(columns, row, strict=True))) for row in rows]

    def _columns(self) -> dict[str, np.ndarray]:
        rows = [asdict(row) for row in self._rows]
        columns = {name: np.array([row[name] for row in rows]) for name in COLUMNS}
        digests = b"".join(bytes.fromhex(row.sha256) for row in self._rows)
        return columns | {"sha256": np.frombuffer(digests, np.uint8).reshape(-1, 32).copy()}

    def _record(self) -> None:
        self._folder.put("refinements", self._columns(), {"NX_class": "NXdata", "signal": "after", "axes": "step"})
