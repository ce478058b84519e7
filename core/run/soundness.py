"""A check before HDF5 reads a file: its library never returns from a torn global heap, and nothing can interrupt it."""

from __future__ import annotations

import os
import struct
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

SUPERBLOCK = b"\x89HDF\r\n\x1a\n"
SIZES_AT = {0: 13, 1: 13, 2: 9, 3: 9}  # of offsets and lengths in bytes, by the superblock's version
HEAP = b"GCOL\x01"
HEAP_HEADER, OBJECT_HEADER = struct.Struct("<5s3xQ"), struct.Struct("<H6xQ")
BLOCK_BYTES = 2**16  # fits into a processor's cache, which halves the time
WORD = 2**64
SETTLED_S = 2.0  # a file changed more recently may change again without a new time stamp


def check_soundness(path: Path) -> None:
    """Look at all global heaps of an HDF5 file (File Format Specification 3.0, III.E), where its strings are.

    Raises OSError when it is no HDF5 file, or when the library would walk a heap for ever or out of it.
    """
    status = path.stat()
    version = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    settled = time.time_ns() - status.st_mtime_ns > SETTLED_S * 1e9
    (_check_once if settled else _check)(path, version)


def _check(path: Path, _version: tuple[int, ...]) -> None:
    with path.open("rb") as file:
        start = file.read(24).ljust(24, b"\0")
        if not start.startswith(SUPERBLOCK):
            raise OSError("it is not an HDF5 file.")
        at = SIZES_AT.get(start[8], 0)
        if start[at : at + 2] != b"\x08\x08":
            raise OSError("its superblock is damaged.")
        size = os.fstat(file.fileno()).st_size
        steps = size // OBJECT_HEADER.size  # heaps do not overlap
        for place in list(_heaps(file)):
            steps -= _walk(file, place, size, steps)


_check_once = lru_cache(maxsize=64)(_check)


def _heaps(file: BinaryIO) -> Iterator[int]:
    """Find the offsets of all that may be a global heap."""
    file.seek(0)
    start, block = 0, b""
    while more := file.read(BLOCK_BYTES):
        kept = block[-len(HEAP) + 1 :]
        start, block = start + len(block) - len(kept), kept + more
        at = block.find(HEAP)
        while at >= 0:
            yield start + at
            at = block.find(HEAP, at + 1)


def _walk(file: BinaryIO, start: int, size: int, most: int) -> int:
    """Go through a heap's objects as the library does; return their number."""
    file.seek(start)
    header = file.read(HEAP_HEADER.size)
    if len(header) < HEAP_HEADER.size:
        return 0
    place, end = start + HEAP_HEADER.size, start + HEAP_HEADER.unpack(header)[1]
    if end > size:  # no heap: the library reads all of its length first
        return 0
    steps = 0
    while place + OBJECT_HEADER.size <= end:
        file.seek(place)
        index, length = OBJECT_HEADER.unpack(file.read(OBJECT_HEADER.size))
        step = length if index == 0 else (OBJECT_HEADER.size + (length + 7) // 8 * 8) % WORD
        steps += 1
        if not OBJECT_HEADER.size <= step <= end - place or steps > most:
            raise OSError(f"its heap of strings at byte {start} is damaged.")
        place += step
    return steps
