"""The inside of a plot: grid, curves, image and levels, on a widget of its own.

A scene asks every axis, grid line and word to paint itself again with each frame. That takes 5 ms of the interpreter
for four plots, and the engine's thread stands still meanwhile. Here a frame is a picture of the grid and a polyline a
curve; the scene below keeps the axes, which change rarely, and the mouse.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.theme import blend
from app.widgets.pixels import View, polyline, to_pixels

POINT_PX = 5
BAND_FAINTNESS = 0.75  # of the surface's colour in the curve's


@dataclass
class Curve:
    """Points (n,) and how they are drawn; what is not finite is left out."""

    pen: QPen
    points: bool = False  # mark each point
    line: bool = True  # join them
    scale: tuple[float, float] | None = None  # bottom and top of an axis of its own
    band: tuple[np.ndarray, np.ndarray] | None = None  # lower and upper end (n,) of each point's interval
    visible: bool = True
    ordered: bool = True  # x grows or falls along the points
    name: str = ""
    x: np.ndarray = field(default_factory=lambda: np.empty(0))
    y: np.ndarray = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True)
class Level:
    """A named horizontal line."""

    value: float
    name: str
    pen: QPen


@dataclass(frozen=True)
class Band:
    """A named stretch of the plane along x, behind the curves."""

    left: float
    right: float
    name: str


class Canvas(QWidget):
    """An opaque sheet over a plot's inner rectangle; the mouse goes through it to the plot."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        super().__init__(plot.viewport())
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.curves: list[Curve] = []
        self.levels: list[Level] = []
        self.bands: list[Band] = []
        self.log_x = False
        self.cursors: list[float] = []
        self.cross: QPointF | None = None
        self.words: list[str] = []
        self.legend: dict[str, Curve] = {}
        self.legend_edge: Qt.Edge | None = Qt.Edge.BottomEdge  # of the right side; None: in the freest corner
        self.grid = True
        self.surface, self.line, self.text = QColor("white"), QColor("grey"), QColor("black")
        self.muted, self.shade = QColor("grey"), QColor("lightgrey")
        self._image: QImage | None = None
        self._image_rect = QRectF()
        item: Any = plot.getPlotItem()
        self._box, self._axes = item.vb, [item.getAxis(side) for side in ("bottom", "left")]
        self._background, self._view = QPixmap(), self._read_view()
        self._legend_key, self._legend = (), QPixmap()
        scene: Any = plot.scene()
        scene.changed.connect(self._scene_changed)

    def _read_view(self) -> View:
        """Return the ranges that the scene shows, and where in this widget."""
        (left, right), (bottom, top) = self._box.viewRange()
        if self._box.yInverted():
            bottom, top = top, bottom
        return View(left, right, bottom, top, self._box.sceneBoundingRect().translated(-QPointF(self.pos())))

    def show_image(self, colours: np.ndarray, where: QRectF) -> None:
        """Draw an image (row, column) of 32-bit colours in a rectangle of the plane."""
        rows, columns = colours.shape
        self._image = QImage(colours.tobytes(), columns, rows, 4 * columns, QImage.Format.Format_RGB32).copy()
        self._image_rect = where
        self.update()

    def show_bands(self, bands: list[Band]) -> None:
        """Shade these bands, which are kept with the grid."""
        self.bands = bands
        self.refresh()

    def refresh(self) -> None:
        """Draw all anew, the grid too."""
        self._background, self._view = QPixmap(), self._read_view()
        self._legend_key = ()
        self.update()

    def _scene_changed(self, _where: object) -> None:
        self.setGeometry(self._box.sceneBoundingRect().toRect())
        self.refresh()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the kept grid and what moves on it."""
        view = self._view
        if self._background.size() != self.size() * self.devicePixelRatio():
            self._background = self._picture(view)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._background)
        if self._image is not None:
            corners = np.array([self._image_rect.topLeft().toTuple(), self._image_rect.bottomRight().toTuple()])
            (left, right), (top, bottom) = view.x_px(corners[:, 0]), view.y_px(corners[:, 1])
            painter.drawImage(QRectF(left, top, right - left, bottom - top), self._image)
        shown = [curve for curve in self.curves if curve.visible and len(curve.x)]
        for curve in shown:
            if curve.band is not None:
                self._draw_band(painter, curve, *curve.band)
        lines = [self._line(curve, curve.y) for curve in shown]
        for curve, line in zip(shown, lines, strict=True):
            if curve.line:
                painter.setPen(curve.pen)
                painter.drawPolyline(line)
            if curve.points:
                painter.setPen(QPen(curve.pen.color(), POINT_PX, c=Qt.PenCapStyle.RoundCap))
                painter.drawPoints(line)
        if self.levels:
            self._draw_levels(painter)
        if self.legend:
            self._draw_legend(painter, lines)
        if self.cursors or self.cross is not None:
            self._draw_cursors(painter)

    def place(self, x: float) -> float:
        """Return where a value of x lies along the axis."""
        return float(np.log10(x)) if self.log_x else x

    def value(self, place: float) -> float:
        """Return the value of x at a place along the axis."""
        return 10.0**place if self.log_x else place

    def nearest(self, curve: Curve, at: QPointF) -> tuple[float, int]:
        """Return how many pixels a point of this widget is from a curve, and the curve's nearest point.

        On an ordered curve that is the nearest along x, and the distance the one along y.
        """
        view = self._view_of(curve)
        with np.errstate(divide="ignore", invalid="ignore"):
            across = np.abs(view.x_px(np.log10(curve.x) if self.log_x else curve.x) - at.x())
            down = np.abs(view.y_px(curve.y) - at.y())
        far = across if curve.ordered else np.hypot(across, down)
        far = np.where(np.isfinite(far) & np.isfinite(down), far, np.inf)
        place = int(np.argmin(far))
        return (float(down[place]) if np.isfinite(far[place]) else np.inf), place

    def _view_of(self, curve: Curve) -> View:
        if curve.scale is None:
            return self._view
        return replace(self._view, bottom=curve.scale[0], top=curve.scale[1])

    def _line(self, curve: Curve, y: np.ndarray) -> QPolygonF:
        x = curve.x
        if self.log_x:
            positive = x > 0
            x, y = np.log10(x[positive]), y[positive]
        view = self._view_of(curve)
        return polyline(x, y, view) if curve.ordered else to_pixels(x, y, view)

    def _draw_band(self, painter: QPainter, curve: Curve, low: np.ndarray, high: np.ndarray) -> None:
        """Fill what lies between the ends of a line's intervals; those of points are bars."""
        lower, upper = self._line(curve, low), self._line(curve, high)
        if curve.line:
            faint = QColor(blend(curve.pen.color().name(), self.surface.name(), BAND_FAINTNESS))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faint)
            painter.drawPolygon(QPolygonF([*lower.toList(), *reversed(upper.toList())]))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setPen(QPen(curve.pen.color()))
            for below, above in zip(lower.toList(), upper.toList(), strict=False):
                painter.drawLine(below, above)

    def _draw_bands(self, painter: QPainter) -> None:
        """Shade every other band, and write each one's name at the top where it fits."""
        painter.setPen(self.muted)
        height = self.fontMetrics().height()
        for place, band in enumerate(self.bands):
            left, right = (float(self._view.x_px(self.place(x))) for x in (band.left, band.right))
            frame = QRectF(left, 0, right - left, self.height())
            if place % 2:
                painter.fillRect(frame, self.shade)
            if self.fontMetrics().horizontalAdvance(band.name) <= frame.width():
                frame.setHeight(height)
                painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, band.name)

    def _draw_cursors(self, painter: QPainter) -> None:
        painter.setPen(QPen(self.muted, 1, Qt.PenStyle.DashLine))
        if self.cross is not None:
            painter.drawLine(QPointF(self.cross.x(), 0), QPointF(self.cross.x(), self.height()))
            painter.drawLine(QPointF(0, self.cross.y()), QPointF(self.width(), self.cross.y()))
        painter.setPen(self.text)
        for name, x in zip("AB", self.cursors, strict=False):
            at = float(self._view.x_px(self.place(x)))
            painter.drawLine(QPointF(at, 0), QPointF(at, self.height()))
            painter.drawText(QPointF(at + 4, self.height() - 6), name)
        if not self.words:
            return
        metrics = self.fontMetrics()
        frame = QRectF(8, 4, max(metrics.horizontalAdvance(line) for line in self.words) + 12, 0)
        frame.setHeight(metrics.lineSpacing() * len(self.words) + 4)
        painter.fillRect(frame, self.surface)
        painter.drawText(frame.adjusted(6, 2, 0, 0), Qt.AlignmentFlag.AlignLeft, "\n".join(self.words))

    def _picture(self, view: View) -> QPixmap:
        """Return the grid, a line at each labelled tick, and the bands."""
        picture = self._blank(self.size())
        painter = QPainter(picture)
        painter.setFont(self.font())
        painter.setPen(self.line)
        width, height = self.width(), self.height()
        for x in view.x_px(self._ticks(0, view.left, view.right, width)) if self.grid else ():
            painter.drawLine(QPointF(x, 0), QPointF(x, height))
        for y in view.y_px(self._ticks(1, view.bottom, view.top, height)) if self.grid else ():
            painter.drawLine(QPointF(0, y), QPointF(width, y))
        self._draw_bands(painter)  # on the grid, whose lines would cross out their names
        painter.end()
        return picture

    def _ticks(self, axis: int, low: float, high: float, pixels: int) -> list[float]:
        levels = self._axes[axis].tickValues(min(low, high), max(low, high), pixels)
        return [value for _, values in levels[:2] for value in values]

    def placed_levels(self) -> list[tuple[Level, QRectF]]:
        """Return the levels and where their names stand: on the line, beside other names, or else next to the line."""
        metrics, placed = self.fontMetrics(), list[tuple[Level, QRectF]]()
        height = metrics.height()
        for level in sorted(self.levels, key=lambda item: item.value):
            middle = float(self._view.y_px(level.value))
            name = QRectF(8, 0, metrics.horizontalAdvance(tr(level.name)) + 8, height)
            for rows in (0, 1, -1, 2, -2):
                name.moveTopLeft(QPointF(8, middle + (rows - 0.5) * height))
                while clash := next((other for _, other in placed if other.intersects(name)), None):
                    name.moveLeft(clash.right() + 8)
                if name.right() <= self.width() and name.top() >= 0:
                    break
            placed.append((level, name))
        return placed

    def _draw_levels(self, painter: QPainter) -> None:
        placed = self.placed_levels()
        for level, _ in placed:
            middle = float(self._view.y_px(level.value))
            painter.setPen(level.pen)
            painter.drawLine(QPointF(0, middle), QPointF(self.width(), middle))
        for level, name in placed:
            painter.fillRect(name, self.surface)
            painter.setPen(level.pen.color())
            painter.drawText(name, Qt.AlignmentFlag.AlignCenter, tr(level.name))

    def _draw_legend(self, painter: QPainter, lines: list[QPolygonF]) -> None:
        """Draw a sample of each curve and its name, as a picture that is kept until one of them changes."""
        key = tuple((tr(name), curve.pen, curve.line, curve.points) for name, curve in self.legend.items())
        if key != self._legend_key or self._legend.devicePixelRatio() != self.devicePixelRatio():
            self._legend_key, self._legend = key, self._legend_picture([row[0] for row in key])
        size = self._legend.deviceIndependentSize()
        painter.drawPixmap(self._legend_frame(size, lines).topLeft(), self._legend)

    def _legend_picture(self, names: list[str]) -> QPixmap:
        row, sample = self.fontMetrics().height(), 24
        width = sample + 20 + max(self.fontMetrics().horizontalAdvance(name) for name in names)
        picture = self._blank(QSize(width, row * len(names) + 8))
        painter = QPainter(picture)
        painter.setFont(self.font())
        for place, (name, curve) in enumerate(zip(names, self.legend.values(), strict=True)):
            line = QRectF(0, 4 + row * place, width, row)
            middle = line.center().y()
            painter.setPen(curve.pen)
            if curve.line:
                painter.drawLine(QPointF(4, middle), QPointF(4 + sample, middle))
            if curve.points:
                painter.setPen(QPen(curve.pen.color(), POINT_PX, c=Qt.PenCapStyle.RoundCap))
                painter.drawPoint(QPointF(4 + sample / 2, middle))
            painter.setPen(self.text)
            painter.drawText(line.adjusted(sample + 12, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, name)
        painter.end()
        return picture

    def _blank(self, size: QSize) -> QPixmap:
        """Return a picture in the surface's colour, as sharp as the screen."""
        ratio = self.devicePixelRatio()
        picture = QPixmap(size * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.surface)
        return picture

    def _legend_frame(self, size: QSizeF, lines: list[QPolygonF]) -> QRectF:
        """Return the place at the right that was chosen, without one the corner with the fewest points of the lines."""
        left, top = self.width() - 12 - size.width(), 4
        right_edge = {
            Qt.Edge.TopEdge: QRectF(QPointF(left, top), size),
            Qt.Edge.BottomEdge: QRectF(QPointF(left, self.height() - 12 - size.height()), size),
        }
        if self.legend_edge is not None:
            return right_edge[self.legend_edge]
        corners = [*right_edge.values(), *(frame.translated(12 - left, 0) for frame in right_edge.values())]
        points = [pg.functions.ndarray_from_qpolygonf(line) for line in lines if line.size()]

        def covered(frame: QRectF) -> int:
            first, last = frame.topLeft().toTuple(), frame.bottomRight().toTuple()
            return sum(int(((line > first) & (line < last)).all(1).sum()) for line in points)

        return min(corners, key=covered)
