"""The journal of shots: every call of the device written down once, in segments of run.h5.

A segment is three arrays that lie in one piece each, so that a call is written by plain writes:
first its controls, responses and shared parameters, last its entry in `calls`. A killed process leaves at
most the call in flight unwritten, and never half an entry that counts: `checksum` is the sum of all 64-bit words of the
call's arrays.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from core.ports import SystemInfo
from core.run.schema import attribute, child, datasets, names, values
from core.run.spec import JournalSpec

if TYPE_CHECKING:  # torch takes a second to start, and reading calls needs none
    from torch import Tensor

    from core.run.folder import RunFolder
    from core.training.bench import Call, Purpose

SEGMENT_BYTES = 8_000_000
SHOTS_A_CALL = 8  # for which there is room in the list of calls: with fewer it is full before the arrays are
MOST_CALLS = 10_000_000  # of a journal from elsewhere
PURPOSES: tuple[Purpose, ...] = ("calibration", "training", "validation", "test", "monitor")
SINGLE = np.dtype("<f4")
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
PACKED_ENTRY = struct.Struct("<6qdQ")


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
        auto = "all" if info.status == "connected" else "window"  # behind a demo instrument is a simulator, too
        self._keep = auto if spec.keep == "auto" else spec.keep
        self._folder, self._info, self._spec = folder, info, spec
        self._recalled: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._open: _Segment | None = None
        self._full: list[_Segment] = []  # of a window, the one with the oldest calls first
        with folder.guarded():
            self._root = folder.entry.require_group("journal")
            self._take_up()

    def write(self, call: Call) -> None:
        """Append a call to the open segment. Raises RunFileError."""
        if self._keep == "none":
            return
        drive, response = _floats(call.drive), _floats(call.response)
        parameters = [_floats(value) for value in call.parameters]
        segment = self._open
        if segment is None or not _fits(segment, len(drive)):
            with self._folder.guarded():
                segment = self._open = self._next_segment(len(drive))
        first, row = segment.used_rows, len(segment.entries)
        values = (call.number, first, len(drive), row, call.layer, PURPOSES.index(call.purpose), time.time())
        checksum = sum(map(_words, (drive, response, *parameters))) % 2**64
        offsets = segment.offsets
        pieces = [
            (offsets["drive"] + first * drive[0].nbytes, drive.data),
            (offsets["response"] + first * response[0].nbytes, response.data),
        ]
        for name, array in zip(self._info.parameter_shapes, parameters, strict=True):
            pieces.append((offsets[name] + row * array.nbytes, array.data))
        pieces.append((offsets["calls"] + row * ENTRY.itemsize, memoryview(PACKED_ENTRY.pack(*values, checksum))))
        self._folder.write_through(pieces)
        segment.entries.append(values)

    def recall(self, number: int, drive: Tensor, parameters: Sequence[Tensor]) -> Tensor | None:
        """Return what an earlier call of this number with the same controls answered, None without one."""
        found = self._recalled.pop(number, None)
        if found is None:
            return None
        shared = np.concatenate([_floats(value).ravel() for value in parameters]) if parameters else np.empty(0, "<f4")
        if not (np.array_equal(found[0], _floats(drive)) and np.array_equal(found[2], shared)):
            return None
        return drive.new_tensor(found[1])

    def remember_after(self, number: int) -> int:
        """Let `recall` answer the calls after this one from the journal; return how many there are.

        A window that has lost the first of them is struck out from there: all that came later will be measured anew.
        """
        with self._folder.guarded():
            for call in read_calls(child(self._root, name) for name in names(self._root)):
                if call.number > number:
                    shared = np.concatenate([value.ravel() for value in call.parameters] or [np.empty(0, "<f4")])
                    self._recalled[call.number] = (call.drive, call.response, shared)
            if self._keep == "window" and self._recalled and number + 1 not in self._recalled:
                self._recalled.clear()
                self._strike_out_after(number)
        return len(self._recalled)

    def forget_after(self, number: int) -> None:
        """Strike out the calls after this one, which are going to be measured again. Raises RunFileError."""
        with self._folder.guarded():
            self._strike_out_after(number)

    def _strike_out_after(self, number: int) -> None:
        for name in names(self._root):
            entries = datasets(child(self._root, name))["calls"]
            calls = entries[:]
            calls[calls["number"] > number] = np.zeros(1, ENTRY)
            if self._keep == "all" and name != "open" and not calls["number"].any():
                del self._root[name]
            else:
                entries[:] = calls
        self._folder.commit()
        self._take_up()

    def _take_up(self) -> None:
        reused = [name for name in names(self._root) if name == "open" or self._keep == "window"]
        segments = [self._resumed(child(self._root, name)) for name in reused]
        segments.sort(key=lambda segment: segment.entries[-1][0] if segment.entries else 0)
        self._open = segments.pop() if segments else None
        self._full = segments

    def _next_segment(self, shots: int) -> _Segment:
        if self._open is not None and self._keep == "window":
            self._full.append(self._open)
            self._open = None
            if len(self._full) >= max(2, round(self._spec.window_mb * 1e6 / SEGMENT_BYTES)):
                oldest = self._full.pop(0)
                if oldest.rows >= shots:
                    unwritten = memoryview(bytes(oldest.calls * ENTRY.itemsize))
                    self._folder.write_through([(oldest.offsets["calls"], unwritten)])
                    return replace(oldest, entries=[])
                del self._root[oldest.group.name]  # HDF5 gives its room to the next one
        elif self._open is not None:
            self._close_segment(self._open)
        return self._new_segment(shots)

    def _new_segment(self, shots: int) -> _Segment:
        folder, info = self._folder, self._info
        free = (name for name in chain(["open"], (f"window{index}" for index in count(1))) if name not in self._root)
        group = self._root.create_group(next(free))
        rows = max(shots, SEGMENT_BYTES // (4 * (info.drive_dim + info.response_dim)))
        parameter_floats = sum(int(np.prod(shape)) for shape in info.parameter_shapes.values())
        calls = max(1, rows // SHOTS_A_CALL)
        if parameter_floats:
            calls = min(calls, max(1, SEGMENT_BYTES // (4 * parameter_floats)))
        group.attrs["parameters"] = json.dumps(list(info.parameter_shapes))
        folder.claim(group, "calls", (calls,), ENTRY, zeros=True)
        folder.claim(group, "drive", (rows, info.drive_dim), SINGLE)
        folder.claim(group, "response", (rows, info.response_dim), SINGLE)
        for name, shape in info.parameter_shapes.items():
            folder.claim(group, name, (calls, *shape), SINGLE)
        folder.commit()
        return self._resumed(group)

    def _close_segment(self, segment: _Segment) -> None:
        root, self._open = self._root, None
        if segment.entries:
            name = f"{segment.entries[0][0]:012d}"  # of its first call
            if not self._spec.compression:
                root.move("open", name)
                return
            packed = root.create_group(name)
            packed.attrs["parameters"] = segment.group.attrs["parameters"]
            shots = {"drive": segment.used_rows, "response": segment.used_rows}
            for key, array in datasets(segment.group).items():
                data = array[: shots.get(key, len(segment.entries))]
                packed.create_dataset(key, data=data, compression=self._spec.compression, shuffle=True, chunks=True)
        del root["open"]

    def _resumed(self, group: h5py.Group) -> _Segment:
        arrays = datasets(group)
        if arrays["calls"].dtype != ENTRY or any(
            array.dtype != SINGLE for name, array in arrays.items() if name != "calls"
        ):
            raise ValueError("its open segment is of another form.")
        calls = arrays["calls"][:]
        written = int(np.cumprod(calls["number"] > 0).sum())
        offsets = {name: array.id.get_offset() for name, array in arrays.items()}
        if None in offsets.values():
            raise ValueError("its open segment does not lie in one piece.")
        segment = _Segment(group, offsets, arrays["drive"].shape[0], len(calls), calls[:written].tolist())
        if not 0 <= segment.used_rows <= segment.rows:
            raise ValueError("an entry of its open segment is damaged.")
        return segment


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


def read_calls(groups: Iterable[h5py.Group]) -> Iterator[JournalledCall]:
    """Read the whole calls of segments in the order of their numbers, each once."""
    segments: list[tuple[dict[str, h5py.Dataset], list[str]]] = []
    entries = [np.empty(0, ENTRY)]
    for group in groups:
        arrays, shared = datasets(group), json.loads(str(attribute(group, "parameters")))
        if arrays["calls"].dtype != ENTRY or not all(
            arrays[key].dtype == SINGLE for key in ("drive", "response", *shared)
        ):
            raise ValueError(f"{group.name} is not a segment of a journal.")
        segments.append((arrays, shared))
        entries.append(values(arrays["calls"]))
        if sum(map(len, entries)) > MOST_CALLS:
            raise ValueError(f"The journal has more than {MOST_CALLS:,} calls.")
    owner = np.repeat(np.arange(-1, len(segments)), [len(item) for item in entries])
    table, last = np.concatenate(entries), 0
    left = 2 * sum(len(arrays["drive"]) for arrays, _ in segments)  # calls share no rows; one torn entry may claim all
    for place in np.argsort(table["number"], kind="stable"):
        number, shots = int(table["number"][place]), int(table["shots"][place])
        if number <= last or not 0 <= shots <= left:
            continue
        left -= shots
        call = _read(*segments[owner[place]], table[place].item())  # pyright: ignore[reportArgumentType], of a compound type
        if call is not None:
            last = number
            yield call


def write_segment(folder: RunFolder, calls: Sequence[JournalledCall], parameters: Sequence[str]) -> None:
    """Add a closed segment of these calls, which share the parameters of these names. Raises RunFileError."""
    group = folder.entry.require_group("journal").create_group(f"{calls[0].number:012d}")
    group.attrs["parameters"] = json.dumps(list(parameters))
    firsts = np.cumsum([0, *(len(call.drive) for call in calls)])
    group["calls"] = np.array(
        [
            (
                call.number,
                first,
                len(call.drive),
                row,
                call.layer,
                PURPOSES.index(call.purpose),
                call.time_s,
                _sum(call),
            )
            for row, (call, first) in enumerate(zip(calls, firsts, strict=False))
        ],
        ENTRY,
    )
    group["drive"] = np.concatenate([call.drive for call in calls])
    group["response"] = np.concatenate([call.response for call in calls])
    for name, arrays in zip(parameters, zip(*(call.parameters for call in calls), strict=True), strict=True):
        group[name] = np.stack(arrays)
    folder.commit()


def _read(arrays: dict[str, h5py.Dataset], parameters: list[str], entry: tuple[Any, ...]) -> JournalledCall | None:
    """Return the call of an entry, None where it is not whole."""
    number, first, shots, row, layer, purpose, time_s, checksum = entry
    last = first + shots
    if not 0 <= first <= last <= min(len(arrays["drive"]), len(arrays["response"])) or not 0 <= purpose < len(PURPOSES):
        return None
    if not all(0 <= row < len(arrays[name]) for name in parameters):
        return None
    drive, response = values(arrays["drive"], first, last), values(arrays["response"], first, last)
    shared = tuple(values(arrays[name], row, row + 1)[0] for name in parameters)
    call = JournalledCall(number, PURPOSES[purpose], layer, time_s, drive, response, shared)
    return call if _sum(call) == checksum else None


def _sum(call: JournalledCall) -> int:
    return sum(_words(array) for array in (call.drive, call.response, *call.parameters)) % 2**64


def _fits(segment: _Segment, shots: int) -> bool:
    return segment.used_rows + shots <= segment.rows and len(segment.entries) < segment.calls


def _floats(value: Tensor) -> np.ndarray:
    return value.detach().cpu().float().contiguous().numpy()


def _words(array: np.ndarray) -> int:
    """Sum the 64-bit words of an array, and the 32-bit word that may be left over."""
    flat = array.reshape(-1).view(np.uint32)
    odd = len(flat) % 2
    total = int(np.add.reduce(flat[: len(flat) - odd].view(np.uint64)))
    return total + int(flat[-1]) if odd else total
