"""Growing lists of points that can be drawn against step, epoch, device passes or time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Position(NamedTuple):
    """How far a training is."""

    step: float
    epoch: float
    shots: float
    wall_s: float


AXES = {
    "Step": ("Optimiser step", ""),
    "Epoch": ("Epoch", ""),
    "Device passes": ("Device passes", ""),
    "Time": ("Time", "s"),
}


class Series:
    """Values with their positions, kept in an array that doubles."""

    def __init__(self) -> None:
        self._data = np.empty((len(AXES) + 1, 256))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, position: Position, value: float) -> None:
        """Add a value."""
        if self._count == self._data.shape[1]:
            self._data = np.concatenate([self._data, np.empty_like(self._data)], axis=1)
        self._data[:, self._count] = (*position, value)
        self._count += 1

    def clear(self) -> None:
        """Forget all values."""
        self._count = 0

    def against(self, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions (n,) along an axis of AXES, and the values (n,)."""
        return self._data[axis, : self._count], self._data[-1, : self._count]
