"""A gauge for the angle between two gradients: the device's lies along the right, the needle is the twin's."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.language import say
from app.theme import LIGHT, Theme, blend
from core.phrase import Phrase

VERDICTS = {"good": "ok", "usable": "warn", "poor": "bad", "against": "bad"}  # colour tokens
ZONES = ((0, 45, "ok"), (45, 90, "warn"), (90, 180, "bad"))  # where the twin's gradient is good, usable, against
SIXTEENTHS = 16  # Qt counts angles in sixteenths of a degree, against the clock from three o'clock on
LABELLED_PX = 90  # as wide, there is room for the degrees
MARKS_DEG = (0, 45, 90, 180)


class AlignmentGauge(QWidget):
    """Half a dial, as high as half its width; the wedge about the needle is the 95 % interval."""

    def __init__(self, width_px: int) -> None:
        super().__init__()
        self._labelled = width_px >= LABELLED_PX
        self._theme, self._degrees, self._verdict = LIGHT, (0.0, 0.0, 0.0), ""
        side, top = self._margins = (40, 26) if self._labelled else (2, 2)
        self.setFixedSize(QSize(width_px, (width_px - 2 * side) // 2 + top + (10 if self._labelled else 4)))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        say(self.setAccessibleName, "Angle between the twin's and the device's gradient")

    def show_alignment(self, cosine: float, low: float, high: float, verdict: str) -> None:
        """Point at a cosine in its interval [low, high]; `verdict` is one of VERDICTS."""
        middle, widest, narrowest = (math.degrees(math.acos(min(max(x, -1.0), 1.0))) for x in (cosine, low, high))
        self._degrees, self._verdict = (middle, narrowest, widest), verdict
        told = "The twin's gradient lies at {angle:.1f}° to the device's (95 % interval {narrow:.1f}° to {wide:.1f}°)"
        phrase = Phrase(told, angle=middle, narrow=narrowest, wide=widest)
        say(self.setToolTip, phrase)
        say(self.setAccessibleDescription, phrase)
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self._theme = theme
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw zones, wedge and needle."""
        theme, painter = self._theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side, top = self._margins
        radius = self.width() / 2 - side
        centre = QPointF(self.width() / 2, top + radius)
        dial = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
        middle, narrow, wide = self._degrees
        if self._verdict:
            colour = str(getattr(theme, VERDICTS[self._verdict]))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(blend(colour, theme.surface, 0.7)))
            painter.drawPie(dial, round(narrow * SIXTEENTHS), max(round((wide - narrow) * SIXTEENTHS), SIXTEENTHS))
        thickness = 4.0 if self._labelled else 2.0
        for first, last, token in ZONES:
            pen = QPen(QColor(str(getattr(theme, token))), thickness, c=Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawArc(dial, first * SIXTEENTHS + SIXTEENTHS, (last - first - 2) * SIXTEENTHS)
        painter.setPen(QPen(QColor(theme.muted), 1))
        painter.drawLine(centre, centre + QPointF(radius - thickness, 0))
        if self._labelled:
            for degrees in MARKS_DEG:
                self._write(painter, f"{degrees}°", _on(centre, radius + 17, degrees))
        if self._verdict:
            painter.setPen(QPen(QColor(theme.text), 2, c=Qt.PenCapStyle.RoundCap))
            painter.drawLine(centre, _on(centre, radius - thickness / 2, middle))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.text if self._verdict else theme.muted))
        painter.drawEllipse(centre, thickness * 0.75, thickness * 0.75)

    def _write(self, painter: QPainter, text: str, where: QPointF) -> None:
        painter.drawText(QRectF(where.x() - 20, where.y() - 8, 40, 16), Qt.AlignmentFlag.AlignCenter, text)


def _on(centre: QPointF, radius: float, degrees: float) -> QPointF:
    angle = math.radians(degrees)
    return centre + QPointF(radius * math.cos(angle), -radius * math.sin(angle))
