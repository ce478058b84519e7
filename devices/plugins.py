"""What installed packages add by entry points; a broken plug-in stops nothing."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import TypeVar

Kind = TypeVar("Kind")


def with_plugins(bundled: Mapping[str, Kind], group: str, kind: type[Kind]) -> tuple[dict[str, Kind], dict[str, str]]:
    """Return what is bundled and what the group's plug-ins add, by name, and the broken ones with the reason."""
    found, broken = dict(bundled), dict[str, str]()
    for point in entry_points(group=group):
        try:
            item = point.load()
            if not isinstance(item, kind):
                raise TypeError(f"it is a {type(item).__name__}, not a {kind.__name__}")
            found[point.name] = item
        except Exception as error:  # it may fail in any way
            broken[point.name] = f"{type(error).__name__}: {error}"
    return found, broken
