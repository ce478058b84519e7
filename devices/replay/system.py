"""A run's journal as a physical system: what was asked then is answered again as it was then."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.ports import DataError, OutOfRange, SpecError, SystemInfo
from core.run.record import RunRecord

PREFIX = "REPLAY::"
NEAR = 0.05  # rms difference of controls, up to which a recorded shot stands for another one
MOST_BYTES = 4_000_000_000  # of shots in memory
BLOCK_ROWS = 256


class ReplayedSystem:
    """Answers each shot from the journal: with exactly its controls, in the order of old, else with the nearest ones.

    The first shot that is only near is warned of; where nothing is near, DataError says how far the nearest is.
    """

    def __init__(self, run: Path, info: SystemInfo) -> None:
        """Read the journal. Raise RunFileError, and DataError where it has no shots of such a system."""
        record = RunRecord(run)
        drives, responses = list[np.ndarray](), list[np.ndarray]()
        owners, shared, size = list[int](), list[np.ndarray](), 0
        numbers = dict[bytes, int]()
        for call in record.calls():
            size += call.drive.nbytes + call.response.nbytes
            if size > MOST_BYTES:
                raise DataError(f"{run} has more shots than fit into {MOST_BYTES / 1e9:g} GB.")
            drives.append(call.drive)
            responses.append(call.response)
            together = _together(call.parameters)
            number = numbers.setdefault(together.tobytes(), len(shared))
            if number == len(shared):
                shared.append(together)
            owners += [number] * len(call.drive)
        if not drives:
            raise DataError(f"{run} has no shots. Record a run with journal.keep = 'all', and replay that.")
        self._drives, self._responses = np.concatenate(drives), np.concatenate(responses)
        widths = self._drives.shape[1], self._responses.shape[1]
        if widths != (info.drive_dim, info.response_dim):
            raise DataError(
                f"The shots of {run} have {widths[0]} controls and {widths[1]} values; {info.kind} has "
                f"{info.drive_dim} and {info.response_dim}."
            )
        self._owners, self._shared = np.array(owners), shared
        self._exact = defaultdict[tuple[bytes, bytes], list[int]](list)
        for place, drive in enumerate(self._drives):
            self._exact[drive.tobytes(), shared[owners[place]].tobytes()].append(place)
        system = (record.provenance or {}).get("system", {})
        status = system.get("status")
        self.info = replace(
            info,
            name=f"{system.get('name', info.name)}, replayed",
            status=status if status in {"demo", "connected"} else "simulated",
            serial_number=record.experiment.system.serial_number,
        )
        self._run = run
        self._answered = self._near = 0
        self._farthest = 0.0

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Answer one shot per row of `drive` (batch, drive). Raise OutOfRange, and DataError where nothing is near."""
        self._check(drive, parameters)
        asked = np.ascontiguousarray(drive.detach().cpu().numpy(), np.float32)
        shared = _together([value.detach().cpu().numpy() for value in parameters])
        key = shared.tobytes()
        found = [self._exact.get((row.tobytes(), key), []) for row in asked]
        missing = [index for index, places in enumerate(found) if not places]
        if missing:
            for index, place in zip(missing, self._nearest(asked[missing], shared), strict=True):
                found[index] = [place]
        chosen = list[int]()
        for places in found:
            chosen.append(places.pop(0))
            places.append(chosen[-1])  # the next time, the next measurement of the same
        self._answered += len(asked)
        return torch.from_numpy(self._responses[chosen]).to(drive)

    def safe_state(self) -> None:
        """Do nothing: there is no output."""

    def snapshot(self) -> dict[str, object]:
        """Tell which run is replayed, and how far its shots were from what was asked."""
        return {
            "kind": self.info.kind,
            "name": self.info.name,
            "status": self.info.status,
            "serial_number": self.info.serial_number,
            "replayed": str(self._run),
            "shots": self._answered,
            "near_shots": self._near,
            "farthest": self._farthest,
        }

    def _nearest(self, asked: np.ndarray, shared: np.ndarray) -> list[int]:
        usable = [number for number, value in enumerate(self._shared) if _rms(value - shared) <= NEAR]
        candidates = np.flatnonzero(np.isin(self._owners, usable))
        if not len(candidates):
            far = min(_rms(value - shared) for value in self._shared)
            raise DataError(
                f"No shot of {self._run} has nearly these shared parameters: the nearest are {far:.2g} rms away, "
                f"{NEAR:g} would do."
            )
        recorded = self._drives[candidates]
        lengths = np.square(recorded, dtype=np.float64).sum(1)
        places = list[int]()
        for first in range(0, len(asked), BLOCK_ROWS):
            block = asked[first : first + BLOCK_ROWS]
            nearest = (lengths - 2 * (block @ recorded.T)).argmin(1)
            far = float(np.sqrt(np.square(recorded[nearest] - block).mean(1)).max())
            if far > NEAR:
                raise DataError(
                    f"No shot of {self._run} has nearly these controls: the nearest is {far:.2g} rms away, {NEAR:g} "
                    "would do. Ask what was asked then: the same specification and seed, and journal.keep = 'all'."
                )
            if not self._near:
                logging.getLogger("overtone").warning(
                    "Some shots were not recorded in %s; the nearest ones answer for them, up to %.2g rms away.",
                    self._run,
                    NEAR,
                )
            self._near += len(block)
            self._farthest = max(self._farthest, far)
            places += candidates[nearest].tolist()
        return places

    def _check(self, drive: Tensor, parameters: Sequence[Tensor]) -> None:
        info = self.info
        shapes = [(drive.shape[0] if drive.ndim else 0, info.drive_dim), *info.parameter_shapes.values()]
        given = [tuple(value.shape) for value in (drive, *parameters)]
        if given != [tuple(shape) for shape in shapes]:
            raise OutOfRange(f"The controls' shapes are {given}; {info.name} takes {shapes}.")
        for value in (drive, *parameters):
            low, high = (float(value.min()), float(value.max())) if value.numel() else (0.0, 0.0)
            if not (low >= 0.0 and high <= 1.0):  # written so that NaN fails too
                raise OutOfRange(f"A control spans {low:.4g} … {high:.4g}, outside [0, 1].")


def open_replay(address: str, info: SystemInfo) -> ReplayedSystem:
    """Open the run at REPLAY::FOLDER. Raise SpecError, RunFileError, DataError."""
    run = Path(address[len(PREFIX) :]).expanduser()
    kind = RunRecord(run).experiment.system.kind
    if kind != info.kind:
        raise SpecError(f"{run} was recorded on system.kind = {kind!r}, not {info.kind!r}.")
    return ReplayedSystem(run, info)


def _together(parameters: Sequence[np.ndarray]) -> np.ndarray:
    """Return all shared parameters one after the other."""
    return np.concatenate([np.empty(0), *(np.ravel(value) for value in parameters)]).astype(np.float32)


def _rms(difference: np.ndarray) -> float:
    return float(np.sqrt(np.square(difference).mean())) if difference.size else 0.0
