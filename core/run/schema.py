"""Versions of run.h5: 1 had tables and a result; 2 added the calibration, the answers, examples and the journal."""

from __future__ import annotations

import h5py

from core.ports import RunFileError

SCHEMA_VERSION = 2


def schema_version(file: h5py.File) -> int:
    """Return the version of an open file. Raises RunFileError when this program does not know it."""
    version = file.attrs.get("schema_version")
    if version is None or not 1 <= int(version) <= SCHEMA_VERSION:
        raise RunFileError(
            f"{file.filename or 'run.h5'} has schema version {version}; this Overtone reads 1 to {SCHEMA_VERSION}. "
            "Open it with a newer one."
        )
    return int(version)


def child(parent: h5py.Group, name: str) -> h5py.Group:
    """Return a group inside another one. Raises KeyError when there is none, or something else of that name."""
    found = parent[name]
    if not isinstance(found, h5py.Group):
        raise KeyError(f"{name} in {parent.name} is not a group")
    return found


def names(group: h5py.Group) -> list[str]:
    """List what a group holds, in alphabetical order."""
    return sorted(str(name) for name in group)


def datasets(group: h5py.Group) -> dict[str, h5py.Dataset]:
    """Return the arrays of a group. Raises KeyError when something in it is no array, or lies in another file."""
    arrays: dict[str, h5py.Dataset] = {}
    for name, item in group.items():
        if not isinstance(item, h5py.Dataset) or item.external or item.is_virtual or item.shape is None:
            raise KeyError(f"{name} in {group.name} is not an array of this file")
        arrays[name] = item
    return arrays


def migrate(file: h5py.File) -> None:
    """Bring an older file that is open for writing to the present version. Raises RunFileError."""
    if schema_version(file) < SCHEMA_VERSION:  # all that version 2 added is optional
        file.attrs["schema_version"] = SCHEMA_VERSION
