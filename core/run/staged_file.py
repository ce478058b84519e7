"""A file that HDF5 may write to while the disk is full or the process is killed.

HDF5 itself crashes when a write fails, and a file that it was about to change is torn when its process dies.
"""

from __future__ import annotations

import io
import os
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

HEADER = struct.Struct("<8sQQI")  # mark, size of the file, length and checksum of what follows
PIECE = struct.Struct("<QQ")  # offset, length
MARK = b"OVTPEND1"


def pending_path(path: Path) -> Path:
    """Name the file that holds what is being written to `path`."""
    return path.with_name(path.name + ".pending")


def recover(path: Path) -> None:
    """Finish the writing that a killed process had begun, if it had. Raises OSError."""
    pending = pending_path(path)
    try:
        content = pending.read_bytes()
    except FileNotFoundError:
        return
    with suppress(struct.error), path.open("r+b", buffering=0) as file:
        mark, size, length, checksum = HEADER.unpack_from(content)
        body = content[HEADER.size : HEADER.size + length]
        if mark == MARK and len(body) == length and zlib.crc32(body) == checksum:
            place = 0
            while place < length:
                offset, count = PIECE.unpack_from(body, place)
                place += PIECE.size + count
                _write(file.fileno(), offset, body[place - count : place])
            file.truncate(size)
            os.fsync(file.fileno())
    pending.unlink()


class StagedFile(io.RawIOBase):
    """A file object for `h5py.File` whose writes wait in memory until `commit` brings them to the disk.

    `commit` claims the room first, writes down what it is about to do, and does it: on a full disk the file stays what
    it was at the last commit, and after a kill `recover` finishes what was begun.
    """

    def __init__(self, path: Path, *, existing: bool = False) -> None:
        if existing:
            recover(path)
        self._file = path.open("r+b" if existing else "x+b", buffering=0)
        self._pending_path = pending_path(path)
        self._pending = self._pending_path.open("w+b", buffering=0)
        self._staged: list[tuple[int, bytes]] = []
        self._position = 0
        self._size = self._committed = os.fstat(self._file.fileno()).st_size

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move to an offset in bytes from the start (0), from here (1) or from the end (2)."""
        self._position = offset + (0, self._position, self._size)[whence]
        return self._position

    def tell(self) -> int:
        """Tell the offset in bytes."""
        return self._position

    def readable(self) -> bool:
        """Say yes."""
        return True

    def writable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def write(self, data: Any, /) -> int:
        """Stage bytes at the current offset."""
        content = bytes(data)
        if content:  # writing nothing beyond the end does not extend a file
            self._staged.append((self._position, content))
            self._position += len(content)
            self._size = max(self._size, self._position)
        return len(content)

    def readinto(self, buffer: Any, /) -> int:
        """Read what is on the disk, overlaid with what is staged."""
        start, count = self._position, max(min(len(buffer), self._size - self._position), 0)
        self._file.seek(start)
        stored = self._file.read(min(count, max(self._committed - start, 0)))
        content = bytearray(stored.ljust(count, b"\0"))
        for offset, data in self._staged:
            first, last = max(offset, start), min(offset + len(data), start + count)
            if first < last:
                content[first - start : last - start] = data[first - offset : last - offset]
        buffer[:count] = content
        self._position += count
        return count

    def truncate(self, size: int | None = None, /) -> int:
        """Set the size in bytes."""
        self._size = self._position if size is None else size
        return self._size

    def commit(self, *, durable: bool = False) -> None:
        """Write all that is staged, and with `durable` wait until a power cut cannot take it back.

        Raises OSError, leaving file and stage as they were, when there is no room.
        """
        file, pending = self._file.fileno(), self._pending.fileno()
        body = b"".join(PIECE.pack(offset, len(data)) + data for offset, data in self._staged)
        try:
            _write(file, self._committed, bytes(max(self._size - self._committed, 0)))
            _write(pending, 0, HEADER.pack(MARK, self._size, len(body), zlib.crc32(body)) + body)
        except OSError:
            self._pending.truncate(0)
            self._file.truncate(self._committed)
            raise
        for offset, data in self._staged:
            _write(file, offset, data)
        self._file.truncate(self._size)
        self._staged.clear()
        self._committed = self._size
        if durable:
            os.fsync(file)

    def write_through(self, offset: int, data: bytes | memoryview) -> None:
        """Write at once into a place that a commit has claimed and that HDF5 itself never writes to. Raises OSError."""
        _write(self._file.fileno(), offset, data)

    def close(self) -> None:
        """Close the file; what is only staged is lost."""
        super().close()
        self._file.close()
        begun = self._staged and os.fstat(self._pending.fileno()).st_size
        self._pending.close()
        if not begun:
            self._pending_path.unlink(missing_ok=True)


def _write(descriptor: int, offset: int, data: bytes | memoryview) -> None:
    view = memoryview(data).cast("B")
    while view:
        if hasattr(os, "pwrite"):
            written = os.pwrite(descriptor, view, offset)
        else:  # Windows
            os.lseek(descriptor, offset, os.SEEK_SET)
            written = os.write(descriptor, view)
        view, offset = view[written:], offset + written
