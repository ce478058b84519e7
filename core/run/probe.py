"""What a run.h5 makes of HDF5 when it is changed, tried in a process of its own: some damaged files kill who does."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np

from core.run.schema import child, names, own_array, schema_version
from core.run.staged_file import StagedFile

DEADLINE_S = 60.0
DAMAGED = b"damaged"
WINDOWS_CRASH = 0xC0000000  # the least exit code of a process that Windows has ended


class _Scratch(StagedFile):
    """A file on the disk as it would be with the changes made to it, which go nowhere."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self._staged = []
        self._position = 0
        self._size = self._committed = os.fstat(self._file.fileno()).st_size

    def close(self) -> None:
        """Forget all changes."""
        io.RawIOBase.close(self)
        self._file.close()


def check_endurance(path: Path) -> None:
    """Change a file in every way in which a run that goes on may, and leave it as it is. Raises OSError."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-m", "core.run.probe", str(path)]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, check=False, timeout=DEADLINE_S)
    except subprocess.TimeoutExpired:
        raise OSError("HDF5 does not return from it.") from None
    except OSError:  # no process could be started, which says nothing of the file
        return
    if done.returncode < 0 or done.returncode >= WINDOWS_CRASH or done.stdout.strip() == DAMAGED:
        raise OSError("HDF5 cannot change it.")


def _change(path: Path) -> None:
    with h5py.File(_Scratch(path), "r+") as file:
        entry = child(file, "entry")
        if "journal" in entry:
            journal = child(entry, "journal")
            for name in names(journal):
                calls = own_array(child(journal, name), "calls")
                calls[:] = calls[:]
            _clear(journal)
        _clear(entry)
        for name in ("journal", "steps"):
            group = entry.create_group(name)
            group.create_dataset("loss", data=np.zeros(3), maxshape=(None,), chunks=(128,)).attrs["units"] = "1"
        entry.attrs["result"] = "{}" * 2000
        file.attrs["schema_version"] = schema_version(file)
        file.flush()


def _clear(group: h5py.Group) -> None:
    for name in names(group):
        dict(group[name].attrs)
        group.move(name, "moved")
        del group["moved"]


def _main() -> None:
    problems: list[object] = []
    sys.unraisablehook = problems.append  # what h5py finds when it lets go of an object
    try:
        _change(Path(sys.argv[1]))
    except Exception as error:  # a damaged file makes h5py raise nearly anything
        problems.append(error)
    if problems:
        sys.stdout.buffer.write(DAMAGED)


if __name__ == "__main__":
    _main()
