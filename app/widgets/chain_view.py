"""The network as a row of boxes: digital ones hatched, physical ones filled, sizes above the arrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.theme import LIGHT, Theme

if TYPE_CHECKING:
    from core.network.stages import Stage

HEIGHT_PX, BOX_PX, ARROW_PX = 148, 84, 36
SHADOW_PX, RADIUS_PX = 4, 6
MOST_SHADOWS = 3


class ChainView(QWidget):
    """Draws stages from left to right, as wide as there is room."""

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.stages: Sequence[Stage] = ()
        self._theme = LIGHT

    def sizeHint(self) -> QSize:
        """Return the size at which the boxes are comfortable."""
        return QSize(len(self.stages) * (BOX_PX + ARROW_PX), HEIGHT_PX)

    def show_stages(self, stages: Sequence[Stage]) -> None:
        """Draw these stages."""
        self.stages = stages
        self.setAccessibleName("Network: " + ", ".join(" ".join(stage.lines) for stage in stages))
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self._theme = theme
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the boxes, their arrows and the key below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        count = len(self.stages)
        if not count:
            return
        room = (self.width() - 2 * SHADOW_PX * MOST_SHADOWS - ARROW_PX * (count - 1)) / count
        box = QSize(int(min(room, 1.5 * BOX_PX)), 76)
        for place, stage in enumerate(self.stages):
            frame = QRectF(1 + place * (box.width() + ARROW_PX), 28, box.width(), box.height())
            self._draw_box(painter, frame, stage)
            if place < count - 1:
                self._draw_arrow(painter, frame, stage)
        self._draw_key(painter)

    def _draw_box(self, painter: QPainter, frame: QRectF, stage: Stage) -> None:
        theme = self._theme
        fill, line, ink = {
            "physical": (theme.series[0], theme.series[0], theme.surface),
            "digital": (theme.surface, theme.muted, theme.text),
            "data": (theme.raised, theme.line, theme.text),
            "more": (theme.surface, theme.muted, theme.muted),
        }[stage.kind]
        dash = Qt.PenStyle.DashLine if stage.kind == "more" else Qt.PenStyle.SolidLine
        for shadow in reversed(range(min(stage.parallel, MOST_SHADOWS))):
            shifted = frame.translated(SHADOW_PX * shadow, -SHADOW_PX * shadow)
            edge = theme.surface if shadow and stage.kind == "physical" else line
            painter.setPen(QPen(QColor(edge), 1, dash))
            painter.setBrush(QColor(fill))
            painter.drawRoundedRect(shifted, RADIUS_PX, RADIUS_PX)
        if stage.kind == "digital":
            painter.setPen(QPen(QColor(line), 1))
            painter.setBrush(QBrush(QColor(theme.line), Qt.BrushStyle.BDiagPattern))
            painter.drawRoundedRect(frame, RADIUS_PX, RADIUS_PX)
        text = "\n".join(stage.lines)
        if stage.kind == "digital":
            metrics = painter.fontMetrics()
            words = QRectF(0, 0, max(metrics.horizontalAdvance(word) for word in stage.lines) + 8, 0)
            words.setHeight(metrics.lineSpacing() * len(stage.lines) + 2)
            words.moveCenter(frame.center())
            painter.fillRect(words.intersected(frame.adjusted(2, 2, -2, -2)), QColor(theme.surface))
        painter.setPen(QColor(ink))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, text)
        if stage.parallel > 1:
            painter.setPen(QColor(theme.muted))
            below = QRectF(frame.left(), frame.bottom() + 2, frame.width(), 18)
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"× {stage.parallel}")

    def _draw_arrow(self, painter: QPainter, frame: QRectF, stage: Stage) -> None:
        theme = self._theme
        start = frame.right() + SHADOW_PX * (min(stage.parallel, MOST_SHADOWS) - 1) + 3
        end, middle = frame.right() + ARROW_PX - 3, frame.center().y()
        painter.setPen(QPen(QColor(theme.muted), 1.5))
        painter.drawLine(QPointF(start, middle), QPointF(end, middle))
        for side in (-4, 4):
            painter.drawLine(QPointF(end, middle), QPointF(end - 5, middle + side))
        if stage.width is not None:
            above = QRectF(frame.right() - 20, 0, ARROW_PX + 40, 20)
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, f"{stage.width:,}")

    def _draw_key(self, painter: QPainter) -> None:
        theme, left, top = self._theme, 1.0, HEIGHT_PX - 18.0
        for fill, pattern, word in (
            (theme.series[0], Qt.BrushStyle.SolidPattern, "physical"),
            (theme.muted, Qt.BrushStyle.BDiagPattern, "digital"),
        ):
            painter.setPen(QPen(QColor(theme.muted), 1))
            painter.setBrush(QBrush(QColor(fill), pattern))
            painter.drawRect(QRectF(left, top + 4, 20, 10))
            painter.drawText(QPointF(left + 28, top + 13), word)
            left += 28 + painter.fontMetrics().horizontalAdvance(word) + 20
        painter.drawText(QPointF(left, top + 13), "number of values above the arrows")
