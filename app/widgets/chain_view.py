"""The network as a row of boxes: digital ones hatched, physical ones filled, sizes above the arrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.language import say, tr
from app.theme import LIGHT, Theme
from core.phrase import Phrase, joined

if TYPE_CHECKING:
    from core.network.stages import Stage

HEIGHT_PX, BOX_PX, ARROW_PX = 148, 84, 36
SHADOW_PX, RADIUS_PX = 4, 6
MOST_SHADOWS = 3
GAP_PX = 4  # between a chosen box and the line around it


class ChainView(QWidget):
    """Draws stages from left to right, as wide as there is room; `pressed` tells the place of one that was chosen."""

    pressed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumHeight(HEIGHT_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        say(self.setToolTip, "Press a box to see its settings; ← and → go from box to box.")
        self._chosen = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.stages: Sequence[Stage] = ()
        self._theme = LIGHT

    def sizeHint(self) -> QSize:
        """Return the size at which the boxes are comfortable."""
        return QSize(len(self.stages) * (BOX_PX + ARROW_PX), HEIGHT_PX)

    def show_stages(self, stages: Sequence[Stage]) -> None:
        """Draw these stages."""
        self.stages = stages
        self._chosen = min(self._chosen, len(stages) - 1)
        boxes = joined((joined(map(Phrase, stage.lines)) for stage in stages), ", ")
        say(self.setAccessibleName, "Network: {boxes}", boxes=boxes)
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self._theme = theme
        self.update()

    def frame_of(self, place: int) -> QRectF:
        """Return where a box is drawn."""
        count = len(self.stages)
        room = (self.width() - 2 * GAP_PX - 2 * SHADOW_PX * MOST_SHADOWS - ARROW_PX * (count - 1)) / count
        width = int(min(room, 1.5 * BOX_PX))
        return QRectF(1 + GAP_PX + place * (width + ARROW_PX), 28, width, 76)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show a hand over what can be pressed."""
        over = self._place_at(event) >= 0
        self.setCursor(Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the box under the mouse."""
        place = self._place_at(event)
        if place >= 0:
            self._choose(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose the next box by the arrows."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() in steps and self.stages:
            self._choose(min(max(self._chosen + steps[Qt.Key(event.key())], 0), len(self.stages) - 1))
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the boxes, their arrows and the key below."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        count = len(self.stages)
        if not count:
            return
        for place, stage in enumerate(self.stages):
            frame = self.frame_of(place)
            self._draw_box(painter, frame, stage)
            if place == self._chosen:
                painter.setPen(QPen(QColor(self._theme.accent), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(frame.adjusted(-GAP_PX, -GAP_PX, GAP_PX, GAP_PX), RADIUS_PX, RADIUS_PX)
            if place < count - 1:
                self._draw_arrow(painter, frame, stage)
        self._draw_key(painter)

    def _choose(self, place: int) -> None:
        self._chosen = place
        self.update()
        self.pressed.emit(place)

    def _place_at(self, event: QMouseEvent) -> int:
        places = range(len(self.stages))
        return next((place for place in places if self.frame_of(place).contains(event.position())), -1)

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
        lines = [tr(line) for line in stage.lines]
        if stage.kind == "digital":
            metrics = painter.fontMetrics()
            words = QRectF(0, 0, max(metrics.horizontalAdvance(word) for word in lines) + 8, 0)
            words.setHeight(metrics.lineSpacing() * len(lines) + 2)
            words.moveCenter(frame.center())
            painter.fillRect(words.intersected(frame.adjusted(2, 2, -2, -2)), QColor(theme.surface))
        painter.setPen(QColor(ink))
        painter.drawText(frame, Qt.AlignmentFlag.AlignCenter, "\n".join(lines))
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
        theme, left, top = self._theme, 1.0 + GAP_PX, HEIGHT_PX - 18.0
        for fill, pattern, word in (
            (theme.series[0], Qt.BrushStyle.SolidPattern, tr("physical")),
            (theme.muted, Qt.BrushStyle.BDiagPattern, tr("digital")),
        ):
            painter.setPen(QPen(QColor(theme.muted), 1))
            painter.setBrush(QBrush(QColor(fill), pattern))
            painter.drawRect(QRectF(left, top + 4, 20, 10))
            painter.drawText(QPointF(left + 28, top + 13), word)
            left += 28 + painter.fontMetrics().horizontalAdvance(word) + 20
        painter.drawText(QPointF(left, top + 13), tr("number of values above the arrows"))
