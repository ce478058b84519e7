"""A file that HDF5 may write to while the disk is full: HDF5 itself crashes when a write fails."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any


class StagedFile(io.RawIOBase):
    """A file object for `h5py.File` whose writes wait in memory until `commit` brings them to the disk.

    `commit` claims the room first and writes then: on a full disk the file stays what it was at the last commit.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("x+b", buffering=0)
        self._staged: list[tuple[int, bytes]] = []
        self._position = self._size = self._committed = 0

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

    def commit(self) -> None:
        """Write all that is staged. Raises OSError, leaving file and stage as they were, when there is no room."""
        try:
            self._write(self._committed, bytes(max(self._size - self._committed, 0)))
        except OSError:
            self._file.truncate(self._committed)
            raise
        for offset, data in self._staged:
            self._write(offset, data)
        self._file.truncate(self._size)
        self._staged.clear()
        self._committed = self._size

    def close(self) -> None:
        """Close the file; what is only staged is lost."""
        super().close()
        self._file.close()

    def _write(self, offset: int, data: bytes) -> None:
        self._file.seek(offset)
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
