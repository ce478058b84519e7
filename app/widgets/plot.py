"""A themed plot: axis titles like "Frequency / kHz", curves on a canvas, values on hover, a sentence when empty."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.theme import LIGHT, Theme, blend
from app.widgets.canvas import Canvas, Curve

DASHES = {
    "solid": Qt.PenStyle.SolidLine,
    "dash": Qt.PenStyle.DashLine,
    "dot": Qt.PenStyle.DotLine,
}

LEFT_AXIS_PX = 60  # always: inner rectangles that jump with the figures at the axis would be laid out anew
AIR = 0.08  # of the values' span, left free at both ends
REMEMBERED_FRAMES = 40  # about two seconds
LEAST_FILLED = 0.4  # of an axis; values that shrink below it make the axis narrower


class QuantityAxis(pg.AxisItem):
    """An axis whose title reads "quantity / unit", with the SI prefix that suits its range."""

    def labelString(self) -> str:
        """Return the title as rich text."""
        unit = f" / {self.labelUnitPrefix}{self.labelUnits}" if self.labelUnits else ""
        style = ";".join(f"{key}: {value}" for key, value in self.labelStyle.items())
        return f"<span style='{style}'>{self.labelText}{unit}</span>"


class Plot(pg.PlotWidget):
    """Axes and a faint grid without box; what moves is drawn by the canvas on top."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={side: QuantityAxis(orientation=side) for side in ("left", "bottom")})
        self.theme = LIGHT
        self.canvas = Canvas(self)
        self.readout: QLabel | None = None
        self._styles: list[tuple[Curve, int | str, str]] = []
        self._extents: dict[str, deque[tuple[float, float]]] = {}
        self._wanted: dict[str, tuple[float, float]] = {}
        self._ranges: dict[str, tuple[float, float]] = {}
        self._zoomed: set[str] = set()
        item = self.plot_item
        item.vb.sigRangeChangedManually.connect(self._zoomed_by_hand)
        item.vb.disableAutoRange()
        item.getAxis("left").setWidth(LEFT_AXIS_PX)
        item.setMenuEnabled(False)
        item.hideButtons()
        item.layout.setContentsMargins(4, 4, 12, 4)
        self.setFrameShape(QFrame.Shape.NoFrame)
        scene: Any = self.scene()
        scene.sigMouseMoved.connect(self._hover)

    @property
    def plot_item(self) -> Any:
        """Return pyqtgraph's own item, which has no useful type."""
        return self.getPlotItem()

    def set_axis(self, side: str, quantity: str, unit: str = "") -> None:
        """Name an axis; a prefix is chosen for SI units only."""
        axis = self.plot_item.getAxis(side)
        axis.enableAutoSIPrefix(unit not in ("", "dB", "%"))
        axis.setLabel(quantity, unit or None)

    def add_curve(self, colour: int | str = 0, dash: str = "solid", *, points: bool = False) -> Curve:
        """Create a curve; its colour is a place in the theme's series or the name of a token."""
        curve = Curve(pg.mkPen(self.colour(colour), style=DASHES[dash]), points)
        self._styles.append((curve, colour, dash))
        self.canvas.curves.append(curve)
        return curve

    def set_data(self, curve: Curve, x: np.ndarray, y: np.ndarray) -> None:
        """Draw a curve through points (n,) whose x grows or falls."""
        curve.x, curve.y = x, y
        self.canvas.update()

    def restyle(self, curve: Curve, colour: int | str, dash: str) -> None:
        """Give a curve another colour and dash."""
        self._styles = [item for item in self._styles if item[0] is not curve] + [(curve, colour, dash)]
        curve.pen = pg.mkPen(self.colour(colour), style=DASHES[dash])

    def keep_in_view(self, side: str, low: float, high: float) -> None:
        """Widen an axis where values leave it, and narrow it where the last ones fill less than `LEAST_FILLED` of it.

        In between it stays, so that it need not be painted anew with every frame. What the user has zoomed stays.
        """
        if not (math.isfinite(low) and math.isfinite(high)):
            return
        extents = self._extents.setdefault(side, deque(maxlen=REMEMBERED_FRAMES))
        extents.append((low, high))
        low, high = min(extent[0] for extent in extents), max(extent[1] for extent in extents)
        span = max(high - low, 1e-12)
        self._wanted[side] = (low - AIR * span, high + AIR * span)
        shown = self._ranges.get(side)
        narrow = shown and len(extents) == REMEMBERED_FRAMES and span < LEAST_FILLED * (shown[1] - shown[0])
        if side not in self._zoomed and (shown is None or low < shown[0] or high > shown[1] or narrow):
            self._show(side, *self._wanted[side])

    def fix_view(self, side: str, low: float, high: float) -> None:
        """Let an axis show a range that does not depend on the values, until the user zooms."""
        self._wanted[side] = (low, high)
        if side not in self._zoomed and self._ranges.get(side) != (low, high):
            self._show(side, low, high)

    def _show(self, side: str, low: float, high: float) -> None:
        self._ranges[side] = (low, high)
        chosen = {"bottom": "xRange", "left": "yRange"}[side]
        self.plot_item.vb.setRange(**{chosen: (low, high)}, padding=0)

    def _zoomed_by_hand(self, _mouse: object) -> None:
        self._zoomed |= {"left", "bottom"}

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all again."""
        self._zoomed.clear()
        for side, wanted in self._wanted.items():
            self._show(side, *wanted)
        event.accept()

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
        for side in ("left", "bottom"):
            axis = self.plot_item.getAxis(side)
            axis.setPen(pg.mkPen(theme.line))
            axis.setTextPen(pg.mkPen(theme.muted))
            axis.labelStyle = {"color": theme.muted}
            axis.setLabel(axis.labelText, axis.labelUnits or None, **axis.labelStyle)
        for curve, colour, dash in tuple(self._styles):
            self.restyle(curve, colour, dash)
        canvas = self.canvas
        canvas.surface, canvas.text = QColor(theme.surface), QColor(theme.text)
        canvas.line = QColor(blend(theme.line, theme.surface, 0.5))
        canvas.refresh()

    def colour(self, key: int | str) -> str:
        """Look a colour up: a place in the series, a token's name, or "faint", muted further."""
        if key == "faint":
            return blend(self.theme.muted, self.theme.surface, 0.6)
        return self.theme.series[key] if isinstance(key, int) else str(getattr(self.theme, key))

    def _hover(self, where: QPointF) -> None:
        if self.readout is None:
            return
        view = self.plot_item.vb
        shown = next((curve for curve in self.canvas.curves if curve.visible and len(curve.x)), None)
        if shown is None or not view.sceneBoundingRect().contains(where):
            self.readout.clear()
            return
        place = int(np.argmin(np.abs(shown.x - view.mapSceneToView(where).x())))
        self.readout.setText(f"{self._value('bottom', shown.x[place])},  {self._value('left', shown.y[place])}")

    def _value(self, side: str, value: float) -> str:
        axis = self.plot_item.getAxis(side)
        scaled = float(value) * axis.autoSIPrefixScale
        return f"{scaled:.4g} {axis.labelUnitPrefix}{axis.labelUnits}".rstrip()


class Panel(QFrame):
    """A titled surface that shows its content, or a sentence while there is none."""

    def __init__(self, title: str, empty: str, content: QWidget, extras: Sequence[QWidget] = ()) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._title = QLabel(title)
        self.readout = QLabel()
        self.readout.setProperty("role", "muted")
        self._empty = QLabel(empty)
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(24, 8, 24, 8)
        header = QHBoxLayout()
        header.setContentsMargins(12, 4, 8, 0)
        header.setSpacing(8)
        header.addWidget(self._title)
        header.addStretch(1)
        header.addWidget(self.readout)
        for extra in extras:
            header.addWidget(extra)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 4, 1, 4)
        layout.setSpacing(0)
        layout.addLayout(header)
        layout.addLayout(self._stack, 1)
        self._title.setMinimumHeight(28)
        self.setMinimumSize(240, 150)

    @property
    def title(self) -> str:
        """Return the title as shown."""
        return self._title.text()

    @property
    def hint(self) -> str:
        """Return the sentence that stands in place of missing content."""
        return self._empty.text()

    @property
    def empty(self) -> bool:
        """Tell whether the sentence stands in place of the content."""
        return self._stack.currentIndex() == 0

    def set_title(self, title: str) -> None:
        """Name the panel."""
        self._title.setText(title)

    def show_content(self) -> None:
        """Show the content."""
        self._stack.setCurrentIndex(1)

    def show_empty(self, text: str | None = None) -> None:
        """Show a sentence in place of the content."""
        if text is not None:
            self._empty.setText(text)
        self.readout.clear()
        self._stack.setCurrentIndex(0)
