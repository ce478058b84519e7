"""One sample on its way: what goes in, every layer's drive and response, and the scores of the classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.language import say
from app.plot_record import Line, PlotRecord, Quantity
from app.theme import LIGHT, Theme
from app.widgets.pixels import View, polyline
from app.widgets.plot_panel import SavablePanel
from core.phrase import Phrase

if TYPE_CHECKING:
    from core.training.events import SampleShown, ShotMeasured

EMPTY = "The way of a sample through the layers, and what it is taken for, appear while the network trains."
GAP_PX, BARS_PX, MOST_ROWS = 12, 168, 8


def softmax(scores: np.ndarray) -> np.ndarray:
    """Return the shares of scores (classes,)."""
    shares = np.exp(np.asarray(scores, dtype=float) - np.max(scores))
    return shares / shares.sum()


class ClassMapView(SavablePanel):
    """Left the sample, in the middle the shots, right the scores as shares (softmax)."""

    def __init__(self) -> None:
        self.map = _Map()
        super().__init__("Class map", EMPTY, self.map)

    def set_run(self, classes: tuple[str, ...], image_shape: tuple[int, int] | None) -> None:
        """Name the classes and tell the shape of images."""
        self.map.classes, self.map.image_shape = classes, image_shape
        self.show_empty()

    def show_sample(self, sample: SampleShown, shots: dict[int, ShotMeasured]) -> None:
        """Draw a sample with the shots of its layers."""
        self.map.sample, self.map.shots = sample, [shots[layer] for layer in sorted(shots)]
        chosen = int(np.argmax(sample.scores))
        names = self.map.classes
        right = "right" if chosen == sample.label else Phrase("it is {name}", name=names[sample.label])
        say(self.readout.setText, "taken for {name}: {verdict}", name=names[chosen], verdict=Phrase(right))
        self.map.update()
        self.show_content()

    def record(self) -> PlotRecord:
        """Return the shares of the classes, with the true one in the title."""
        assert self.map.sample is not None
        shares, names = softmax(self.map.sample.scores), self.map.classes
        line = Line("share", np.arange(len(shares), dtype=float), 100 * shares, dash="none", points=True)
        title = f"{self.title}: a sample of {names[self.map.sample.label]}"
        return PlotRecord(title, Quantity("Class"), Quantity("Share", "%"), (line,), names=names)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        super().apply_theme(theme)
        self.map.theme = theme
        self.map.update()


class _Map(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.classes: tuple[str, ...] = ()
        self.image_shape: tuple[int, int] | None = None
        self.sample: SampleShown | None = None
        self.shots: list[ShotMeasured] = []
        self.theme = LIGHT

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw sample, layers and bars from left to right."""
        if self.sample is None:
            return
        painter = QPainter(self)
        height = self.height() - 2 * GAP_PX
        side = min(height, (self.width() - BARS_PX) // 3)
        self._draw_sample(painter, QRectF(GAP_PX, GAP_PX, side, height))
        left = 2 * GAP_PX + side
        middle = QRectF(left, GAP_PX, self.width() - BARS_PX - left - GAP_PX, height)
        self._draw_layers(painter, middle)
        bars = QRectF(self.width() - BARS_PX, GAP_PX, BARS_PX - GAP_PX, height)
        self._draw_bars(painter, bars)

    def _draw_sample(self, painter: QPainter, frame: QRectF) -> None:
        assert self.sample is not None
        features = np.asarray(self.sample.features, dtype=float)
        side = min(frame.width(), frame.height())
        box = QRectF(frame.left(), frame.center().y() - side / 2, side, side)
        if self.image_shape is not None and features.size == np.prod(self.image_shape):
            grey = np.ascontiguousarray(255 * np.clip(features.reshape(self.image_shape), 0, 1), np.uint8)
            rows, columns = grey.shape
            painter.drawImage(box, QImage(grey.tobytes(), columns, rows, columns, QImage.Format.Format_Grayscale8))
            return
        width = box.width() / max(len(features), 1)
        painter.setPen(QPen(QColor(self.theme.line)))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        for number, value in enumerate(np.clip(features, 0, 1)):
            bar = QRectF(box.left() + number * width, box.bottom(), max(width - 2, 1), -value * box.height())
            painter.fillRect(bar.normalized(), QColor(self.theme.series[4]))

    def _draw_layers(self, painter: QPainter, frame: QRectF) -> None:
        """Draw a row for each shot: its drive, then its response."""
        if not self.shots:
            return
        rows = min(len(self.shots), MOST_ROWS)
        high, words = frame.height() / rows, painter.fontMetrics().horizontalAdvance("00 ")
        width = (frame.width() - words - GAP_PX) / 2
        for row, shot in enumerate(self.shots[:rows]):
            top = frame.top() + row * high
            painter.setPen(QColor(self.theme.muted))
            abridged = row == rows - 1 and len(self.shots) > rows
            name = QRectF(frame.left(), top, words, high)
            painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, "…" if abridged else str(shot.layer + 1))
            for place, values in enumerate((shot.drive, shot.response)):
                box = QRectF(frame.left() + words + place * (width + GAP_PX), top + 2, width, high - 4)
                self._draw_curve(painter, box, values, self.theme.series[place])

    def _draw_curve(self, painter: QPainter, box: QRectF, values: np.ndarray, colour: str) -> None:
        painter.fillRect(box, QColor(self.theme.raised))
        x, y = np.arange(len(values), dtype=float), np.asarray(values, dtype=float)
        low, high = float(y.min()), float(y.max())
        room = 0.05 * max(high - low, 1e-12)
        line = polyline(x, y, View(0, max(len(x) - 1, 1), low - room, high + room, box))
        painter.setPen(QColor(colour))
        painter.drawPolyline(line)

    def _draw_bars(self, painter: QPainter, frame: QRectF) -> None:
        assert self.sample is not None
        shares = softmax(self.sample.scores)
        metrics, high = painter.fontMetrics(), frame.height() / len(shares)
        words = max(metrics.horizontalAdvance(name) for name in self.classes) + 8
        words = min(words, int(frame.width() / 2))
        for number, share in enumerate(shares):
            top = frame.top() + number * high
            is_true = number == self.sample.label
            painter.setPen(QColor(self.theme.text if is_true else self.theme.muted))
            name = metrics.elidedText(self.classes[number], Qt.TextElideMode.ElideRight, words - 8)
            painter.drawText(
                QRectF(frame.left(), top, words - 8, high),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                name,
            )
            room = frame.width() - words
            bar = QRectF(frame.left() + words, top + 0.2 * high, max(share * room, 1), 0.6 * high)
            painter.fillRect(bar, QColor(self.theme.ok if is_true else self.theme.series[0]))
            if is_true:  # marked by a shape too
                painter.setBrush(QColor(self.theme.ok))
                painter.setPen(Qt.PenStyle.NoPen)
                painter.drawEllipse(QPointF(frame.left() + words - 4, top + high / 2), 2, 2)
