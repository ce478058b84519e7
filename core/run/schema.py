"""Versions of run.h5: 1 had tables and a result; 2 added the calibration, the answers, examples and the journal."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import h5py
import numpy as np
from h5py import h5a, h5t  # pyright: ignore[reportAttributeAccessIssue], compiled modules

from core.ports import RunFileError

SCHEMA_VERSION = 2
MOST_BYTES = 400_000_000  # of one array, or of one chunk of it, in a file from elsewhere


def schema_version(file: h5py.File) -> int:
    """Return the version of an open file. Raises RunFileError when this program does not know it."""
    version = attribute(file, "schema_version")
    if version is None or not 1 <= int(version) <= SCHEMA_VERSION:
        raise RunFileError(
            f"{file.filename or 'run.h5'} has schema version {version}; this Overtone reads 1 to {SCHEMA_VERSION}. "
            "Open it with a newer one."
        )
    return int(version)


def child(parent: h5py.Group, name: str) -> h5py.Group:
    """Return a group inside another one. Raises KeyError when there is none, or something else of that name."""
    found = _own(parent, name)
    if not isinstance(found, h5py.Group):
        raise KeyError(f"{name} in {parent.name} is not a group")
    return found


def names(group: h5py.Group) -> list[str]:
    """List what a group holds, in alphabetical order."""
    return sorted(str(name) for name in group)


def datasets(group: h5py.Group) -> dict[str, h5py.Dataset]:
    """Return the arrays of a group. Raises KeyError as `own_array` does."""
    return {name: own_array(group, name) for name in names(group)}


def own_array(group: h5py.Group, name: str) -> h5py.Dataset:
    """Return one array of a group. Raises KeyError when it is none, lies in another file, or holds no numbers."""
    item = _own(group, name)
    if not isinstance(item, h5py.Dataset) or item.external or item.is_virtual or item.shape is None:
        raise KeyError(f"{name} in {group.name} is not an array of this file")
    if any(dtype.kind not in "biuf" for dtype in _number_types(item.dtype)):
        raise KeyError(f"{name} in {group.name} does not hold numbers")
    return item


def attribute(item: h5py.Group | h5py.Dataset, name: str) -> Any:
    """Return an attribute, text or numbers, None where there is none of this name.

    Raises ValueError where it is of another type: HDF5 crashes when it reads lengths that are damaged.
    """
    if name not in item.attrs:
        return None
    kind = h5a.open(item.id, name.encode()).get_type()
    if not isinstance(kind, h5t.TypeStringID | h5t.TypeIntegerID | h5t.TypeFloatID):
        raise ValueError(f"The attribute {name} of {item.name} is neither text nor a number.")
    return item.attrs[name]


def check_tables(entry: h5py.Group, tables: Iterable[str]) -> None:
    """Read all of an entry but its journal, and see that its tables can grow. Raises whatever a damaged file makes."""
    for name in names(entry):
        arrays = datasets(child(entry, name)) if name != "journal" else {}
        for array in arrays.values():
            values(array)
            if name in tables and (array.maxshape != (None,) or array.chunks is None):
                raise ValueError(f"{array.name} is not the column of a table.")


def values(array: h5py.Dataset, first: int = 0, last: int | None = None) -> np.ndarray:
    """Read the rows of an array from `first` to `last`. Raises ValueError where they are more than any run's."""
    if array.ndim:
        rows, selection = range(len(array))[first:last], (slice(first, last),)
    else:
        rows, selection = range(1), ()
    cell = array.dtype.itemsize
    asked = len(rows) * math.prod(array.shape[1:]) * cell
    if max(asked, math.prod(array.chunks or (0,)) * cell) > MOST_BYTES:
        raise ValueError(f"{array.name} has {array.size:,} values, more than any run's array.")
    return np.asarray(array[selection])


def _own(parent: h5py.Group, name: str) -> Any:
    """Return what a group itself holds; a link may lead to another file, to a device, or in a circle."""
    if not isinstance(parent.get(name, getlink=True), h5py.HardLink):
        raise KeyError(f"{name} in {parent.name} is not of this file")
    return parent[name]


def _number_types(dtype: np.dtype[Any]) -> list[np.dtype[Any]]:
    """Return the types of a record's fields, or the one type of a plain array."""
    return [dtype] if dtype.fields is None else [field[0] for field in dtype.fields.values()]


def migrate(file: h5py.File) -> None:
    """Bring an older file that is open for writing to the present version. Raises RunFileError."""
    if schema_version(file) < SCHEMA_VERSION:  # all that version 2 added is optional
        file.attrs["schema_version"] = SCHEMA_VERSION
