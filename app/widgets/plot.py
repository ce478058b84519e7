"""A themed plot: axis titles like "Frequency / kHz", curves on a canvas, values on hover, two cursors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from app.language import follow, say, tr
from app.theme import LIGHT, Theme, blend
from app.widgets.axis import QuantityAxis
from app.widgets.canvas import Canvas, Curve

DASHES = {
    "solid": Qt.PenStyle.SolidLine,
    "dash": Qt.PenStyle.DashLine,
    "dot": Qt.PenStyle.DotLine,
}

SIDES = ("left", "bottom", "right")
LEFT_AXIS_PX = 60  # always: inner rectangles that jump with the figures at the axis would be laid out anew
AIR = 0.08  # of the values' span, left free at both ends
REMEMBERED_FRAMES = 40  # about two seconds, and at least half as many
GRIP_PX = 8  # how near to a cursor it is taken hold of
MOST_READ = 3  # curves whose values stand beside the cursors
LEAST_FILLED = 0.4  # of an axis; values that shrink below it make the axis narrower


class Plot(pg.PlotWidget):
    """Axes and a faint grid without box; what moves is drawn by the canvas on top."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={side: QuantityAxis(orientation=side) for side in SIDES})
        self.theme = LIGHT
        self.canvas = Canvas(self)
        self.readout: QLabel | None = None
        self.value_at: Callable[[float, float], str] | None = None  # what an image tells of a place
        self.styles: list[tuple[Curve, int | str, str]] = []
        self._extents: dict[str, _Extent] = {}
        self._wanted: dict[str, tuple[float, float]] = {}
        self._ranges: dict[str, tuple[float, float]] = {}
        self._zoomed: set[str] = set()
        self._held: int | None = None
        item = self.plot_item
        item.vb.sigRangeChangedManually.connect(self._zoomed_by_hand)
        item.vb.disableAutoRange()
        item.getAxis("left").setWidth(LEFT_AXIS_PX)
        item.hideAxis("right")
        item.getAxis("right").unlinkFromView()
        item.setMenuEnabled(False)
        item.hideButtons()
        item.layout.setContentsMargins(4, 4, 12, 4)
        self.setFrameShape(QFrame.Shape.NoFrame)
        scene: Any = self.scene()
        scene.sigMouseMoved.connect(self._hover)
        follow(self._say_axes)

    @property
    def plot_item(self) -> Any:
        """Return pyqtgraph's own item, which has no useful type."""
        return self.getPlotItem()

    def quantity(self, side: str) -> tuple[str, str]:
        """Return what an axis counts, and its unit."""
        axis = self.plot_item.getAxis(side)
        return axis.labelText, axis.labelUnits or ""

    def set_axis(self, side: str, quantity: str, unit: str = "") -> None:
        """Name an axis."""
        axis = self.plot_item.getAxis(side)
        axis.setLabel(quantity, unit or None)
        axis.updateAutoSIPrefix()

    def _say_axes(self) -> None:
        for side in SIDES:
            axis = self.plot_item.getAxis(side)
            axis.setLabel(axis.labelText, axis.labelUnits or None)

    def set_second(self, curve: Curve, quantity: str, unit: str, limits: tuple[float, float] | None) -> None:
        """Give a curve an axis of its own at the right, between fixed limits; None takes the axis away."""
        self.plot_item.showAxis("right", limits is not None)
        self.set_axis("right", quantity, unit)
        curve.scale = limits
        if limits is not None:
            self.plot_item.getAxis("right").setRange(*limits)
        self._tint_second()

    def add_curve(
        self, colour: int | str = 0, dash: str = "solid", *, name: str = "", points: bool = False, ordered: bool = True
    ) -> Curve:
        """Create a curve; its colour is a place in the theme's series or the name of a token."""
        curve = Curve(pg.mkPen(self.colour(colour), style=DASHES[dash]), points, ordered=ordered, name=name)
        self.styles.append((curve, colour, dash))
        self.canvas.curves.append(curve)
        return curve

    def remove_curve(self, curve: Curve) -> None:
        """Forget a curve."""
        self.styles = [item for item in self.styles if item[0] is not curve]
        self.canvas.curves = [item for item in self.canvas.curves if item is not curve]
        self.canvas.update()

    def set_data(self, curve: Curve, x: np.ndarray, y: np.ndarray) -> None:
        """Draw a curve through points (n,), whose x grows or falls where the curve is `ordered`."""
        curve.x, curve.y = x, y
        if self.canvas.cursors:
            self._tell_cursors()
        self.canvas.update()

    def set_log(self, log: bool) -> None:
        """Make the axis of x logarithmic, or linear; the other axis follows the values anew."""
        self.canvas.log_x = log
        self.plot_item.getAxis("bottom").setLogMode(log)
        self.forget_view()
        shown = [curve.x for curve in self._shown()]
        x = np.concatenate(shown) if shown else np.empty(0)
        x = x[x > 0] if log else x
        if len(x):
            self.fix_view("bottom", float(x.min()), float(x.max()))
        else:
            self.plot_item.vb.setRange(xRange=(0, 1))

    def show_cursors(self, shown: bool) -> None:
        """Put two cursors into the view, to be moved by the mouse, or take them away."""
        (left, right), _ = self.plot_item.vb.viewRange()
        places = (left + (right - left) / 3, left + 2 * (right - left) / 3)
        self.canvas.cursors = [self.canvas.value(place) for place in places] if shown else []
        self._tell_cursors()

    def move_cursor(self, number: int, x: float) -> None:
        """Put a cursor at a value of x: at the nearest point of the first curve, where there is one."""
        curve = next((each for each in self._shown() if each.ordered), None)
        self.canvas.cursors[number] = float(curve.x[np.argmin(np.abs(curve.x - x))]) if curve is not None else x
        self._tell_cursors()

    def restyle(self, curve: Curve, colour: int | str, dash: str) -> None:
        """Give a curve another colour and dash."""
        self.styles = [item for item in self.styles if item[0] is not curve] + [(curve, colour, dash)]
        curve.pen = pg.mkPen(self.colour(colour), style=DASHES[dash])

    def keep_in_view(self, side: str, low: float, high: float) -> None:
        """Widen an axis where values leave it, and narrow it where the last ones fill less than `LEAST_FILLED` of it.

        In between it stays, so that it need not be painted anew with every frame. What the user has zoomed stays.
        """
        if not (math.isfinite(low) and math.isfinite(high)):
            return
        extent = self._extents.setdefault(side, _Extent())
        low, high = extent.widened(low, high)
        span = max(high - low, 1e-12)
        self._wanted[side] = (low - AIR * span, high + AIR * span)
        shown = self._ranges.get(side)
        narrow = shown and extent.full and span < LEAST_FILLED * (shown[1] - shown[0])
        if side not in self._zoomed and (shown is None or low < shown[0] or high > shown[1] or narrow):
            self._show(side, *self._wanted[side])

    def fix_view(self, side: str, low: float, high: float) -> None:
        """Let an axis show a range that does not depend on the values, until the user zooms."""
        self._wanted[side] = (low, high)
        if side not in self._zoomed and self._ranges.get(side) != (low, high):
            self._show(side, low, high)

    def _show(self, side: str, low: float, high: float) -> None:
        self._ranges[side] = (low, high)
        if side == "bottom":
            low, high = self.canvas.place(low), self.canvas.place(high)
        chosen = {"bottom": "xRange", "left": "yRange"}[side]
        self.plot_item.vb.setRange(**{chosen: (low, high)}, padding=0)

    def _zoomed_by_hand(self, _mouse: object) -> None:
        self._zoomed |= {"left", "bottom"}

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        self.show_all()
        event.accept()

    def show_all(self) -> None:
        """Let the axes show all there is, whatever has been zoomed."""
        self._zoomed.clear()
        for side, wanted in self._wanted.items():
            self._show(side, *wanted)

    def mousePressEvent(self, ev: QMouseEvent) -> None:
        """Take hold of a cursor that is near, else of the plot."""
        at = self.mapToScene(ev.position().toPoint()).x()
        distances = [abs(self._scene_x(x) - at) for x in self.canvas.cursors]
        near = min(range(len(distances)), key=distances.__getitem__, default=None)
        self._held = near if near is not None and distances[near] <= GRIP_PX else None
        if self._held is None:
            super().mousePressEvent(ev)

    def mouseMoveEvent(self, ev: QMouseEvent) -> None:
        """Move the cursor that is held, else what pyqtgraph moves."""
        if self._held is None:
            super().mouseMoveEvent(ev)
            return
        place = self.plot_item.vb.mapSceneToView(self.mapToScene(ev.position().toPoint())).x()
        self.move_cursor(self._held, self.canvas.value(place))

    def mouseReleaseEvent(self, ev: QMouseEvent) -> None:
        """Let the cursor go."""
        if self._held is None:
            super().mouseReleaseEvent(ev)
        self._held = None

    def leaveEvent(self, ev: QEvent) -> None:
        """Take the cross hair away."""
        super().leaveEvent(ev)
        self._clear_cross()

    def forget_view(self) -> None:
        """Let the axes follow the values again."""
        self._extents.clear()
        self._wanted.clear()
        self._ranges.clear()
        self._zoomed.clear()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self.theme = theme
        self.setBackground(theme.surface)
        for side in SIDES:
            axis = self.plot_item.getAxis(side)
            axis.setPen(pg.mkPen(theme.line))
            axis.setTextPen(pg.mkPen(theme.muted))
            axis.labelStyle = {"color": theme.muted}
            axis.setLabel(axis.labelText, axis.labelUnits or None, **axis.labelStyle)
        for curve, colour, dash in tuple(self.styles):
            self.restyle(curve, colour, dash)
        self._tint_second()
        canvas = self.canvas
        canvas.surface, canvas.text = QColor(theme.surface), QColor(theme.text)
        canvas.line = QColor(blend(theme.line, theme.surface, 0.5))
        canvas.muted, canvas.shade = QColor(theme.muted), QColor(theme.raised)
        canvas.refresh()

    def _tint_second(self) -> None:
        """Write the axis at the right in the colour of its curve."""
        curve = next((curve for curve in self.canvas.curves if curve.scale is not None), None)
        if curve is not None:
            axis = self.plot_item.getAxis("right")
            axis.setTextPen(curve.pen.color())
            axis.setLabel(axis.labelText, axis.labelUnits or None, color=curve.pen.color().name())

    def colour(self, key: int | str) -> str:
        """Look a colour up: a place in the series, a token's name, or "faint", muted further."""
        if key == "faint":
            return blend(self.theme.muted, self.theme.surface, 0.6)
        return self.theme.series[key] if isinstance(key, int) else str(getattr(self.theme, key))

    def _shown(self) -> list[Curve]:
        return [curve for curve in self.canvas.curves if curve.visible and len(curve.x)]

    def _scene_x(self, x: float) -> float:
        return self.plot_item.vb.mapViewToScene(QPointF(self.canvas.place(x), 0)).x()

    def _hover(self, where: QPointF) -> None:
        view = self.plot_item.vb
        if self.readout is None or not view.sceneBoundingRect().contains(where):
            self._clear_cross()
            return
        at = where - view.sceneBoundingRect().topLeft()
        pointed = view.mapSceneToView(where)
        told = self._told(at, self.canvas.value(pointed.x()), pointed.y())
        if not told:
            self._clear_cross()
            return
        say(self.readout.setText, told)
        self.canvas.cross = at
        self.canvas.update()

    def _told(self, at: QPointF, x: float, y: float) -> str:
        """Tell the nearest point of the nearest curve, or what an image shows there."""
        shown = self._shown()
        if not shown:
            value = self.value_at(x, y) if self.value_at else ""
            return value and f"{self._value('bottom', x)},  {self._value('left', y)}:  {value}"
        (_, place), curve = min(((self.canvas.nearest(curve, at), curve) for curve in shown), key=lambda item: item[0])
        name = f"{tr(curve.name)}:  " if len(shown) > 1 and curve.name else ""
        return f"{name}{self._value('bottom', curve.x[place])},  {self._y_value(curve, place)}"

    def _clear_cross(self) -> None:
        if self.canvas.cross is not None:
            self.canvas.cross = None
            self.canvas.update()
        if self.readout is not None:
            say(self.readout.setText, "")

    def _tell_cursors(self) -> None:
        """Write where the cursors are, what the curves are there, and the differences."""
        cursors, words = self.canvas.cursors, list[str]()
        if len(cursors) == 2:
            a, b = cursors
            words = [f"{name}  {self._value('bottom', x)}" for name, x in (("A", a), ("B", b), ("B - A", b - a))]
            if self.canvas.log_x:
                decades = f"{math.log10(b / a):.3f}"
                words.append(tr("B / A  {ratio},  {decades} decades", ratio=f"{b / a:.4g}", decades=decades))
            if self.plot_item.getAxis("bottom").labelUnits == "s" and a != b:
                words.append(f"1 / (B - A)  {pg.siFormat(1 / abs(b - a), precision=4, suffix='Hz')}")
            curves = [curve for curve in self._shown() if curve.ordered]
            for curve in curves[:MOST_READ]:
                rows = [int(np.argmin(np.abs(curve.x - x))) for x in cursors]
                name = f"{tr(curve.name)}:  " if len(curves) > 1 else ""
                for line, row in enumerate(rows):
                    words[line] += f",  {name}{self._y_value(curve, row)}"
                words[2] += f",  {name}{self._y_value(curve, *rows)}"
        self.canvas.words = words
        self.canvas.update()

    def _y_value(self, curve: Curve, place: int, then: int | None = None) -> str:
        """Write a curve's value, or how much it changes from one place to another."""
        value = float(curve.y[place]) if then is None else float(curve.y[then] - curve.y[place])
        return self._value("left" if curve.scale is None else "right", value)

    def _value(self, side: str, value: float) -> str:
        return self.plot_item.getAxis(side).written(float(value))


class _Extent:
    """The range of the values of the last frames, kept by the half: a frame costs no look at those before it."""

    def __init__(self) -> None:
        self._before, self._now, self._frames = (math.inf, -math.inf), (math.inf, -math.inf), 0

    @property
    def full(self) -> bool:
        """Whether there were as many frames as are remembered."""
        return self._frames >= REMEMBERED_FRAMES

    def widened(self, low: float, high: float) -> tuple[float, float]:
        """Add a frame's range, and return that of all that are remembered."""
        if self._frames and self._frames % (REMEMBERED_FRAMES // 2) == 0:
            self._before, self._now = self._now, (math.inf, -math.inf)
        self._frames += 1
        self._now = min(low, self._now[0]), max(high, self._now[1])
        return min(self._before[0], self._now[0]), max(self._before[1], self._now[1])
