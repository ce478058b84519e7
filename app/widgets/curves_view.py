"""Plots of whatever a step of the calibration found: lines with their intervals, points, an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF

from app.curve_groups import axis_of, wants_log
from app.plot_record import Quantity
from app.widgets.image_panel import ImagePanel, lookup_table
from app.widgets.plot import DASHES
from app.widgets.plot_panel import PlotPanel
from core.phrase import Phrase

if TYPE_CHECKING:
    from core.calibration.events import Curve

EMPTY = "There is nothing to draw here."
COLOURS = 6  # of a theme's series
AIR = 0.03  # of the span of x, beside the first and the last mark
FADED_SHARE = 0.1  # of an image's values that have the rarer sign; fewer are noise about zero


class CurvesView(PlotPanel):
    """One plot of curves that count the same over the same."""

    def __init__(self) -> None:
        super().__init__("Curves", EMPTY)
        self._group: tuple[tuple[str, ...], ...] = ()
        self.log = self.add_action("Logarithmic axis", checkable=True)
        self.log.toggled.connect(self._set_log)

    def show_curves(self, group: tuple[Curve, ...], title: str) -> None:
        """Draw curves of one group; the plot is laid out anew only where they are other ones than the last."""
        made_of = tuple((c.name, c.kind, c.x_quantity, c.x_unit, c.y_quantity, c.y_unit) for c in group)
        if made_of != self._group:
            self._group = made_of
            self._lay_out_curves(group)
        if title != self.title:
            self.set_title(title)
        for curve, drawn in zip(group, self.plot.canvas.curves, strict=True):
            x, y, low, high = _sorted(curve)
            drawn.band = None if low is None or high is None else (low, high)
            self.plot.set_data(drawn, x, y)
        self._fit(group)
        self.show_content()

    def _lay_out_curves(self, group: tuple[Curve, ...]) -> None:
        plot, first = self.plot, group[0]
        for old in tuple(plot.canvas.curves):
            plot.remove_curve(old)
        for place, curve in enumerate(group):
            is_line = curve.kind == "line"
            dash = list(DASHES)[place % len(DASHES)] if is_line else "solid"
            drawn = plot.add_curve(place % COLOURS, dash, name=curve.name, points=not is_line, ordered=is_line)
            drawn.line = is_line
        names = {curve.name: drawn for curve, drawn in zip(group, plot.canvas.curves, strict=True)}
        plot.canvas.legend = names if len(group) > 1 else {}
        plot.canvas.legend_edge = None
        plot.forget_view()
        plot.set_axis("bottom", *axis_of(first.x_quantity, first.x_unit))
        plot.set_axis("left", *axis_of(first.y_quantity, first.y_unit))
        self.log.setChecked(wants_log(group))

    def _fit(self, group: tuple[Curve, ...]) -> None:
        x = np.concatenate([curve.x for curve in group])
        ends = [values for c in group for values in (c.y, c.low, c.high) if values is not None]
        y = np.concatenate(ends)
        x, y = x[np.isfinite(x)], y[np.isfinite(y)]
        x = x[x > 0] if self.plot.canvas.log_x else x
        if not len(x) or not len(y):
            return
        left, right = self.plot.canvas.place(float(x.min())), self.plot.canvas.place(float(x.max()))
        if any(curve.kind == "points" for curve in group):
            air = AIR * (right - left)  # a mark at the rim would be half a mark
            left, right = left - air, right + air
        left, right = self.plot.canvas.value(left), self.plot.canvas.value(right)
        self.plot.fix_view("bottom", left, right if right > left else left + 1.0)
        self.plot.keep_in_view("left", float(y.min()), float(y.max()))

    def _set_log(self, log: bool) -> None:
        self.plot.set_log(log)
        for drawn in self.plot.canvas.curves:
            if len(drawn.y):
                ends = np.concatenate([drawn.y, *(drawn.band or ())])
                self.plot.keep_in_view("left", float(np.nanmin(ends)), float(np.nanmax(ends)))


class CurveImage(ImagePanel):
    """An image over the positions of its columns; values of both signs are blue and red, others dark and bright."""

    def __init__(self) -> None:
        super().__init__("Image", EMPTY, Quantity("Value"), downwards=True)
        self._shape: tuple[int, ...] = ()

    def show_curves(self, group: tuple[Curve, ...], title: str) -> None:
        """Draw the one image of a group."""
        (curve,) = group
        values = np.asarray(curve.y, dtype=float)
        quantity, unit = axis_of(curve.y_quantity, curve.y_unit)
        self._quantity = Quantity(quantity, unit)
        self._diverging = bool(np.nanmin(values) < -FADED_SHARE * np.nanmax(values))
        self._colours = lookup_table(self._diverging)
        if values.shape != self._shape:
            self.plot.forget_view()
            self._shape = values.shape
        self.plot.set_axis("bottom", *axis_of(curve.x_quantity, curve.x_unit))
        self.plot.set_axis("left", "Row")
        low, high = (f"{end(values):.3g}" for end in (np.nanmin, np.nanmax))
        self.set_title(Phrase("{name} ({low} to {high})", name=Phrase(title), low=low, high=high))
        rows, columns = values.shape
        step = (float(curve.x[-1]) - float(curve.x[0])) / max(columns - 1, 1) or 1.0
        self.show_image(values, QRectF(float(curve.x[0]) - step / 2, 0.5, step * columns, rows))


def _sorted(curve: Curve) -> tuple[np.ndarray, np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Return x, y and the interval's ends without what is not finite, a line's along growing x."""
    keep = np.flatnonzero(np.isfinite(curve.x) & np.isfinite(curve.y))
    if curve.kind == "line":
        keep = keep[np.argsort(curve.x[keep], kind="stable")]
    low, high = (None if end is None else end[keep] for end in (curve.low, curve.high))
    return curve.x[keep], curve.y[keep], low, high
