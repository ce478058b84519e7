"""Which curves of a calibration belong into one plot, and how that plot's axes are named and scaled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.calibration.events import Curve

LEAST_RATIO_OF_LOG = 20.0  # of the largest to the smallest x; below it a logarithmic axis shows nothing more
EVEN = 1.6  # how far the steps of a geometric series may differ


def grouped(curves: Iterable[Curve]) -> list[tuple[Curve, ...]]:
    """Put curves of one quantity over another together, in the order in which they came; images stand alone.

    Curves without any value are left out.
    """
    groups: dict[tuple[str, ...], list[Curve]] = {}
    for curve in curves:
        if not np.isfinite(curve.y).any():
            continue
        key = (curve.x_quantity, curve.x_unit, curve.y_quantity, curve.y_unit)
        groups.setdefault((*key, curve.name) if curve.kind == "image" else key, []).append(curve)
    return [tuple(group) for group in groups.values()]


def titles_of(groups: Sequence[tuple[Curve, ...]]) -> list[str]:
    """Name plots as their only curve, or as what their curves count: where they are more, or the name is not alone."""
    names = Counter(curve.name for group in groups for curve in group)
    return [group[0].name if len(group) == 1 and names[group[0].name] == 1 else group[0].y_quantity for group in groups]


def axis_of(quantity: str, unit: str) -> tuple[str, str]:
    """Return an axis's title and its unit, "" for a plain number."""
    return quantity, "" if unit == "1" else unit


def wants_log(group: tuple[Curve, ...]) -> bool:
    """Tell whether x spans much and is a frequency, or has points in a geometric series."""
    x = np.concatenate([curve.x for curve in group])
    if not len(x) or not np.all(x > 0) or x.max() < LEAST_RATIO_OF_LOG * x.min():
        return False
    return group[0].x_unit == "Hz" or any(_geometric(curve.x) for curve in group)


def _geometric(x: np.ndarray) -> bool:
    steps = np.diff(np.log(x))
    return len(x) >= 3 and bool(np.all(steps > 0)) and float(steps.max()) < EVEN * float(steps.min())
