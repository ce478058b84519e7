"""The journal of shots: every call of the device written down once, in segments of run.h5.

A segment is three arrays that lie in one piece each, so that a call is written by plain writes: first its controls,
responses and shared parameters, last its entry in `calls`. A killed process leaves at most the call in flight
unwritten, and never half an entry that counts: `checksum` is the sum of all 64-bit words of the call's arrays.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import h5py
import numpy as np
import torch
from torch import Tensor

from core.ports import SystemInfo
from core.run.folder import RunFolder
from core.run.schema import child, datasets, names
from core.run.spec import JournalSpec
from core.training.bench import Call, Purpose

SEGMENT_BYTES = 8_000_000
SHOTS_A_CALL = 8  # for which there is room in the list of calls: with fewer it is full before the arrays are
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
ENTRY = np.dtype(
    [
        ("number", "<i8"),  # of the call, from 1; 0 in an entry that was never written
        ("first", "<i8"),  # row of its first shot in `drive` and `response`
        ("shots", "<i8"),
        ("parameters", "<i8"),  # row in the shared parameters' arrays
        ("layer", "<i8"),
        ("purpose", h5py.enum_dtype({name: index for index, name in enumerate(PURPOSES)}, "<i8")),
        ("time_s", "<f8"),  # since 1970
        ("checksum", "<u8"),
    ]
)


@dataclass
class _Segment:
    """Where a segment's arrays are in the file, and how full they are."""

    group: h5py.Group
    offsets: dict[str, int]
    rows: int
    calls: int
    entries: list[tuple[Any, ...]] = field(default_factory=list[tuple[Any, ...]])

    @property
    def used_rows(self) -> int:
        return self.entries[-1][1] + self.entries[-1][2] if self.entries else 0


class ShotJournal:
    """Writes calls to the open segment; closes, compresses or reuses segments as the specification says."""

    def __init__(self, folder: RunFolder, info: SystemInfo, spec: JournalSpec) -> None:
        """Go on with the segments that the folder has. Raises RunFileError."""
        simulated = info.status == "simulated"
        self._keep = ("window" if simulated else "all") if spec.keep == "auto" else spec.keep
        self._folder, self._info, self._spec = folder, info, spec
        self._recalled: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._root = folder.entry.require_group("journal")
        self._open: _Segment | None = None
        self._closed: dict[str, _Segment] = {}
        if "open" in self._root:
            self._open = self._resumed(child(self._root, "open"))

    def write(self, call: Call) -> None:
        """Append a call to the open segment. Raises RunFileError."""
        if self._keep == "none":
            return
        drive, response = _floats(call.drive), _floats(call.response)
        parameters = [_floats(value) for value in call.parameters]
        segment = self._open
        if segment is None or not _fits(segment, len(drive)):
            segment = self._open = self._next_segment(len(drive))
        first, row = segment.used_rows, len(segment.entries)
        checksum = 0
        for name, array in (("drive", drive), ("response", response)):
            self._folder.write_through(segment.offsets[name] + first * array[0].nbytes, array.data.cast("B"))
            checksum += _words(array)
        for name, array in zip(self._info.parameter_shapes, parameters, strict=True):
            self._folder.write_through(segment.offsets[name] + row * array.nbytes, array.data.cast("B"))
            checksum += _words(array)
        values = (call.number, first, len(drive), row, call.layer, PURPOSES.index(call.purpose), time.time())
        entry = np.array([(*values, checksum % 2**64)], ENTRY)
        self._folder.write_through(segment.offsets["calls"] + row * ENTRY.itemsize, entry.view(np.uint8).data)
        segment.entries.append(entry[0].item())

    def recall(self, number: int, drive: Tensor, parameters: Sequence[Tensor]) -> Tensor | None:
        """Return what an earlier call of this number with the same controls answered, None without one."""
        found = self._recalled.pop(number, None)
        if found is None:
            return None
        shared = np.concatenate([_floats(value).ravel() for value in parameters]) if parameters else np.empty(0, "<f4")
        if not (np.array_equal(found[0], _floats(drive)) and np.array_equal(found[2], shared)):
            return None
        return torch.from_numpy(found[1]).to(drive)

    def remember_after(self, number: int) -> int:
        """Let `recall` answer the calls after this one from the journal; return how many there are."""
        for call in read_calls(self._root):
            if call.number > number:
                shared = np.concatenate([value.ravel() for value in call.parameters] or [np.empty(0, "<f4")])
                self._recalled[call.number] = (call.drive, call.response, shared)
        return len(self._recalled)

    def forget_after(self, number: int) -> None:
        """Strike out the calls after this one, which are going to be measured again. Raises RunFileError."""
        for name in names(self._root):
            entries = datasets(child(self._root, name))["calls"]
            calls = entries[:]
            calls[calls["number"] > number] = np.zeros(1, ENTRY)
            if name != "open" and not calls["number"].any():
                del self._root[name]
            else:
                entries[:] = calls
        self._folder.commit()
        self._closed.clear()
        if self._open is not None:
            self._open = self._resumed(self._open.group)

    def _next_segment(self, shots: int) -> _Segment:
        self._close_segment()
        closed = [name for name in names(self._root) if name != "open"]
        most = max(1, round(self._spec.window_mb * 1e6 / SEGMENT_BYTES) - 1)
        if self._keep == "window" and len(closed) > most:
            oldest = self._closed.pop(closed[0], None) or self._resumed(child(self._root, closed[0]))
            if oldest.rows >= shots:
                self._folder.write_through(oldest.offsets["calls"], memoryview(bytes(oldest.calls * ENTRY.itemsize)))
                self._root.move(closed[0], "open")
                self._folder.commit()
                return replace(oldest, entries=[])
            del self._root[closed[0]]  # HDF5 gives its room to the next one
        return self._new_segment(shots)

    def _new_segment(self, shots: int) -> _Segment:
        folder, info, group = self._folder, self._info, self._root.create_group("open")
        rows = max(shots, SEGMENT_BYTES // (4 * (info.drive_dim + info.response_dim)))
        parameter_floats = sum(int(np.prod(shape)) for shape in info.parameter_shapes.values())
        calls = max(1, rows // SHOTS_A_CALL)
        if parameter_floats:
            calls = min(calls, max(1, SEGMENT_BYTES // (4 * parameter_floats)))
        single = np.dtype("<f4")
        group.attrs["parameters"] = json.dumps(list(info.parameter_shapes))
        folder.claim(group, "calls", (calls,), ENTRY, zeros=True)
        folder.claim(group, "drive", (rows, info.drive_dim), single)
        folder.claim(group, "response", (rows, info.response_dim), single)
        for name, shape in info.parameter_shapes.items():
            folder.claim(group, name, (calls, *shape), single)
        folder.commit()
        return self._resumed(group)

    def _close_segment(self) -> None:
        segment, root = self._open, self._root
        if segment is None:
            return
        name = f"{segment.entries[0][0]:012d}" if segment.entries else ""  # of its first call
        if name and self._spec.compression and self._keep == "all":
            packed = root.create_group(name)
            packed.attrs["parameters"] = segment.group.attrs["parameters"]
            shots = {"drive": segment.used_rows, "response": segment.used_rows}
            for key, array in datasets(segment.group).items():
                data = array[: shots.get(key, len(segment.entries))]
                packed.create_dataset(key, data=data, compression=self._spec.compression, shuffle=True, chunks=True)
        elif name:
            root.move("open", name)
            self._closed[name] = segment
        if "open" in root:
            del root["open"]
        self._open = None

    def _resumed(self, group: h5py.Group) -> _Segment:
        arrays = datasets(group)
        calls = arrays["calls"][:]
        written = int(np.cumprod(calls["number"] > 0).sum())
        offsets = {name: array.id.get_offset() for name, array in arrays.items()}
        return _Segment(group, offsets, arrays["drive"].shape[0], len(calls), calls[:written].tolist())


@dataclass(frozen=True)
class JournalledCall:
    """One call as it was written down; arrays as in `Call`."""

    number: int
    purpose: str
    layer: int
    time_s: float
    drive: np.ndarray
    response: np.ndarray
    parameters: tuple[np.ndarray, ...]


def read_calls(journal: h5py.Group) -> Iterator[JournalledCall]:
    """Read all whole calls in the order of their numbers, each once."""
    segments = [(datasets(child(journal, name)), child(journal, name).attrs) for name in names(journal)]
    places = [
        (int(number), index, row)
        for index, (arrays, _) in enumerate(segments)
        for row, number in enumerate(arrays["calls"]["number"])
        if number > 0
    ]
    last = 0
    for number, index, row in sorted(places):
        arrays, attributes = segments[index]
        call = _read(arrays, json.loads(str(attributes["parameters"])), row)
        if call is not None and number != last:
            last = number
            yield call


def _read(arrays: dict[str, h5py.Dataset], parameters: list[str], row: int) -> JournalledCall | None:
    """Return the call of an entry, None where it is not whole."""
    entry: dict[str, Any] = dict(zip(ENTRY.fields or (), arrays["calls"][row].item(), strict=True))
    first, last, purpose = entry["first"], entry["first"] + entry["shots"], entry["purpose"]
    if not 0 <= first <= last <= len(arrays["drive"]) or not 0 <= purpose < len(PURPOSES):
        return None
    drive, response = arrays["drive"][first:last], arrays["response"][first:last]
    shared = tuple(arrays[name][entry["parameters"]] for name in parameters)
    if sum(_words(array) for array in (drive, response, *shared)) % 2**64 != entry["checksum"]:
        return None
    return JournalledCall(entry["number"], PURPOSES[purpose], entry["layer"], entry["time_s"], drive, response, shared)


def _fits(segment: _Segment, shots: int) -> bool:
    return segment.used_rows + shots <= segment.rows and len(segment.entries) < segment.calls


def _floats(value: Tensor) -> np.ndarray:
    return value.detach().to("cpu", torch.float32).contiguous().numpy()


def _words(array: np.ndarray) -> int:
    """Sum the 64-bit words of an array, and the 32-bit word that may be left over."""
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint32)
    even = flat[: len(flat) // 2 * 2].view(np.uint64)
    return int(even.sum(dtype=np.uint64)) + int(flat[len(even) * 2 :].sum())
