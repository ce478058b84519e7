"""From values to pixels: where a view shows them, and no more points than can be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPolygonF

BEYOND_PX = 10_000  # what lies further outside is drawn there: Qt's rasteriser counts in 16 bits


@dataclass(frozen=True)
class View:
    """The part of the plane that a rectangle of pixels shows."""

    left: float
    right: float
    bottom: float
    top: float
    rect: QRectF

    def x_px(self, x: npt.ArrayLike) -> np.ndarray:
        """Map to pixels from the left."""
        return self.rect.left() + self.rect.width() * (np.asarray(x) - self.left) / (self.right - self.left)

    def y_px(self, y: npt.ArrayLike) -> np.ndarray:
        """Map to pixels from the top."""
        return self.rect.top() + self.rect.height() * (self.top - np.asarray(y)) / (self.top - self.bottom)


def polyline(x: np.ndarray, y: np.ndarray, view: View) -> QPolygonF:
    """Return points (n,), x growing or falling, in pixels: those in view and their neighbours, at most four a column.

    Of many points in half a column of pixels the lowest and the highest are kept, so that no peak is lost.
    """
    finite = np.isfinite(y)
    if not finite.all():
        x, y = x[finite], y[finite]
    if len(x) and x[0] > x[-1]:
        x, y = x[::-1], y[::-1]
    first, last = np.searchsorted(x, (view.left, view.right))
    x, y = x[max(first - 1, 0) : last + 1], y[max(first - 1, 0) : last + 1]
    if len(x) > 4 * view.rect.width():
        halves = np.floor(2 * np.clip(view.x_px(x), -1, view.rect.right() + 1))
        starts = np.flatnonzero(np.diff(halves, prepend=-np.inf))
        x = np.repeat(x[starts], 2)
        y = np.stack([np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)], 1).ravel()
    return to_pixels(x, y, view)


def to_pixels(x: np.ndarray, y: np.ndarray, view: View) -> QPolygonF:
    """Return points (n,) in any order, in pixels; far beyond the view they lie on its rim."""
    line = pg.functions.create_qpolygonf(len(x))
    if len(x):
        points = pg.functions.ndarray_from_qpolygonf(line)
        points[:, 0] = view.x_px(x)
        points[:, 1] = view.y_px(y)
        np.clip(points, -BEYOND_PX, BEYOND_PX, out=points)
    return line
