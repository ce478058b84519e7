"""What all files of a run share: atomic writing, errors that say what to do, and one owner at a time."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.ports import DiskFull, RunFileError


@contextmanager
def explained(path: Path) -> Generator[None]:
    """Turn an error of the file system into a RunFileError, or into a DiskFull where room is what is missing."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} or "No space left" in str(error):
            raise DiskFull(
                f"Cannot write to {path}: the disk is full. Free some space or choose another --out."
            ) from error
        raise RunFileError(f"Cannot write to {path}: {error.strerror or error}. Choose another --out.") from error


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file that is either the old one or the new one, whatever happens. Raises OSError."""
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_bytes(path: Path, most_bytes: int) -> bytes:
    """Read a file that may come from elsewhere. Raises RunFileError when it is no file, or has more bytes."""
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            raise OSError("it is not a file")
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
        if len(content) > most_bytes:
            raise OSError(f"it has more than {most_bytes:,} bytes")
        return content
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RunFileError(f"{path} cannot be read: {reason}.") from None


class Ownership:
    """The right to write to a run folder, which one process at a time has; the system takes it back when it dies."""

    def __init__(self, folder: Path) -> None:
        """Take it. Raises RunFileError with the owner's process number when another process has it."""
        self._path = folder / "owner.lock"
        try:
            with explained(folder):
                self._file = self._path.open("a+b", buffering=0)
            _lock(self._file.fileno())
        except BlockingIOError:
            self._file.seek(0)
            owner = self._file.read(20).decode("ascii", "replace").strip() or "unknown"
            self._file.close()
            raise RunFileError(
                f"{folder} is in use by process {owner}. Wait until it has ended, or end it first."
            ) from None
        with suppress(OSError):  # on a full disk the number is missing, the lock holds all the same
            self._file.truncate(0)
            self._file.write(str(os.getpid()).encode())

    def release(self) -> None:
        """Give it up; the file stays, since another process may be waiting for it."""
        if not self._file.closed:
            with suppress(OSError):
                self._file.truncate(0)
            self._file.close()


def is_owned(folder: Path) -> bool:
    """Tell whether some process is writing to a run folder."""
    try:
        with (folder / "owner.lock").open("r+b") as file:
            _lock(file.fileno())
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def _lock(descriptor: int) -> None:
    """Lock a file for this process. Raises BlockingIOError when another one has it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            raise BlockingIOError from None
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
