"""A curve as small as a word: how the accuracy of a run went."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import Theme


class Sparkline(QWidget):
    """Values of 0 to 1 against their number; fewer than two are no line."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.values = np.empty(0)
        self._colour = QColor("gray")

    def sizeHint(self) -> QSize:
        """Return the size of a word."""
        return QSize(72, 20)

    def show_values(self, values: np.ndarray) -> None:
        """Draw the values (points,)."""
        self.values = values[np.isfinite(values)]
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Draw in the colour of a result."""
        self._colour = QColor(theme.series[0])
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line from edge to edge."""
        if len(self.values) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._colour, 1.5))
        x = np.linspace(2, self.width() - 2, len(self.values))
        y = 2 + (self.height() - 4) * (1 - np.clip(self.values, 0, 1))
        painter.drawPolyline([QPointF(*point) for point in zip(x, y, strict=True)])
