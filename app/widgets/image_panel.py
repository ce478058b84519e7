"""A panel with an image on axes: rows from top to bottom or from bottom to top, dark for low, bright for high."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF

from app.plot_record import PlotRecord, Quantity
from app.widgets.plot_panel import PlotPanel

GREY_MIDDLE = (*((59, 76, 192),), *((221, 221, 221),), *((180, 4, 38),))  # Moreland's cool to warm: ends and middle


def lookup_table(diverging: bool) -> np.ndarray:
    """Return 256 colours (256,) as Qt's 32-bit values: viridis, or blue to red with grey in the middle."""
    if diverging:
        parts = [np.interp(np.linspace(0, 2, 256), range(3), [rgb[k] for rgb in GREY_MIDDLE]) for k in range(3)]
        red, green, blue = (part.astype(np.uint32) for part in parts)
    else:
        viridis: Any = pg.colormap.get("viridis")
        red, green, blue = viridis.getLookupTable(nPts=256).T.astype(np.uint32)
    return red << 16 | green << 8 | blue


class ImagePanel(PlotPanel):
    """Shows an array (row, column) in a rectangle of the plane."""

    def __init__(
        self, title: str, empty: str, quantity: Quantity, *, downwards: bool = False, diverging: bool = False
    ) -> None:
        super().__init__(title, empty)
        self._colours, self._diverging = lookup_table(diverging), diverging
        self._downwards = downwards
        self._shown = np.empty((0, 0))
        self._where, self._limits = QRectF(), (0.0, 1.0)
        self._quantity = quantity
        self.plot.canvas.grid = False
        self.plot.plot_item.vb.invertY(downwards)
        self.plot.value_at = self._value_at

    def show_image(self, values: np.ndarray, where: QRectF, limits: tuple[float, float] | None = None) -> None:
        """Draw values (row, column), the first row at the rectangle's `top()`; colours span `limits` or the values."""
        self._shown, self._where = values, where
        low, high = limits or (float(np.nanmin(values)), float(np.nanmax(values)))
        if self._diverging:
            low, high = -max(-low, high), max(-low, high)
        self._limits = low, high
        scaled = np.clip((values - low) * (255 / max(high - low, 1e-30)), 0, 255)
        colours = self._colours[np.nan_to_num(scaled).astype(np.uint8)]
        if not self._downwards:
            where = QRectF(where.left(), where.bottom(), where.width(), -where.height())
            colours = colours[::-1]
        self.plot.canvas.show_image(colours, where)
        self.plot.fix_view("bottom", where.left(), where.right())
        self.plot.fix_view("left", *sorted((where.top(), where.bottom())))
        self.show_content()

    def record(self) -> PlotRecord:
        """Return the image with its extent; its first row lies where y is lowest."""
        x, y = (Quantity(*self.plot.quantity(side)) for side in ("bottom", "left"))
        where = self._where
        low, high = sorted((where.top(), where.bottom()))
        image = np.asarray(self._shown, dtype=float)
        extent = (where.left(), where.right(), low, high)
        return PlotRecord(
            self.title,
            x,
            y,
            (),
            image=image,
            extent=extent,
            z=self._quantity,
            limits=self._limits,
            diverging=self._diverging,
            downwards=self._downwards,
        )

    def _value_at(self, x: float, y: float) -> str:
        """Write the value of the cell at a place of the plane, "" beside the image."""
        where, (rows, columns) = self._where, self._shown.shape
        low, high = sorted((where.top(), where.bottom()))
        if not (rows and where.left() <= x < where.right() and low <= y < high):
            return ""
        row, column = int((y - low) / (high - low) * rows), int((x - where.left()) / where.width() * columns)
        return f"{self._shown[row, column]:.4g} {self._quantity.unit}".rstrip()
