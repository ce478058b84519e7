"""A themed plot: axis titles like "Frequency / kHz", one item per curve, values on hover, a sentence when empty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QFrame, QGraphicsItem, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from app.theme import LIGHT, Theme

pg.setConfigOptions(antialias=False, useOpenGL=False)

DASHES = {
    "solid": Qt.PenStyle.SolidLine,
    "dash": Qt.PenStyle.DashLine,
    "dot": Qt.PenStyle.DotLine,
}

LEAST_FILLED = 0.4  # of an axis; values that shrink below it make the axis narrower


class QuantityAxis(pg.AxisItem):
    """An axis whose title reads "quantity / unit", with the SI prefix that suits its range."""

    def labelString(self) -> str:
        """Return the title as rich text."""
        unit = f" / {self.labelUnitPrefix}{self.labelUnits}" if self.labelUnits else ""
        style = ";".join(f"{key}: {value}" for key, value in self.labelStyle.items())
        return f"<span style='{style}'>{self.labelText}{unit}</span>"


class Plot(pg.PlotWidget):
    """One plot without box, with a faint grid; curves are created once and fed with `setData`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        axes = {side: QuantityAxis(orientation=side) for side in ("left", "bottom")}
        for axis in axes.values():
            # Painting grid, ticks and words costs more than all curves: only when the range has changed.
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        super().__init__(parent, axisItems=axes)
        self.theme = LIGHT
        self._curves: list[tuple[pg.PlotDataItem, int | str, str, bool]] = []
        self.readout: QLabel | None = None
        self._ranges: dict[str, tuple[float, float]] = {}
        self._zoomed: set[str] = set()
        item = self.plot_item
        item.vb.sigRangeChangedManually.connect(self._zoomed_by_hand)
        item.showGrid(x=True, y=True, alpha=0.12)
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

    def add_curve(
        self, colour: int | str = 0, dash: str = "solid", *, symbols: bool = False, long: bool = False
    ) -> Any:
        """Create a curve; its colour is a place in the theme's series or the name of a token.

        `long` ones are thinned to what the screen can show. That breaks pyqtgraph's automatic range where the values
        are far below 1 (a fault of pyqtgraph 0.14), as wavelengths in metres are.
        """
        curve = self.plot_item.plot([], [])
        if long:
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
        self._curves.append((curve, colour, dash, symbols))
        self._style(curve, colour, dash, symbols)
        return curve

    def restyle(self, curve: Any, colour: int | str, dash: str) -> None:
        """Give a curve another colour and dash."""
        for place, (known, _, _, symbols) in enumerate(self._curves):
            if known is curve:
                self._curves[place] = (curve, colour, dash, symbols)
                self._style(curve, colour, dash, symbols)

    def keep_in_view(self, side: str, low: float, high: float, *, room: float = 0.0) -> None:
        """Widen an axis where values leave it, and narrow it where they fill less than `LEAST_FILLED` of it.

        In between it stays, so that it need not be painted anew with every frame. `room` is the part of the range that
        is added above, where the values go on growing. What the user has zoomed stays.
        """
        if side in self._zoomed or not (math.isfinite(low) and math.isfinite(high)):
            return
        shown = self._ranges.get(side)
        span = max(high - low, 1e-12)
        if shown is None or low < shown[0] or high > shown[1] or span < LEAST_FILLED * (shown[1] - shown[0]):
            self._ranges[side] = (low - 0.05 * span, high + (0.05 + room) * span)
            chosen = {"bottom": "xRange", "left": "yRange"}[side]
            self.plot_item.vb.setRange(**{chosen: self._ranges[side]}, padding=0, disableAutoRange=True)

    def _zoomed_by_hand(self, _mouse: object) -> None:
        self._zoomed |= {"left", "bottom"}

    def forget_view(self) -> None:
        """Let the axes follow the values again."""
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
        for curve in self._curves:
            self._style(*curve)

    def colour(self, key: int | str) -> str:
        """Look a colour up: a place in the series, or a token's name."""
        return self.theme.series[key] if isinstance(key, int) else str(getattr(self.theme, key))

    def _style(self, curve: Any, colour: int | str, dash: str, symbols: bool) -> None:
        value = self.colour(colour)
        curve.setPen(pg.mkPen(value, width=1, style=DASHES[dash]))
        if symbols:
            curve.setSymbol("o")
            curve.setSymbolSize(5)
            curve.setSymbolPen(pg.mkPen(value))
            curve.setSymbolBrush(pg.mkBrush(value))

    def _hover(self, where: QPointF) -> None:
        if self.readout is None:
            return
        view = self.plot_item.vb
        shown: Any = next((c for c, *_ in self._curves if c.isVisible() and c.xData is not None and len(c.xData)), None)
        if shown is None or not view.sceneBoundingRect().contains(where):
            self.readout.clear()
            return
        x = view.mapSceneToView(where).x()
        place = int(np.argmin(np.abs(np.asarray(shown.xData) - x)))
        self.readout.setText(f"{self._value('bottom', shown.xData[place])},  {self._value('left', shown.yData[place])}")

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
