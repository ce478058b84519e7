"""The confusion matrix: what samples of each class were taken for."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.language import say, tr
from app.plot_record import PlotRecord, Quantity
from app.theme import LIGHT, Theme, blend
from app.widgets.plot_panel import SavablePanel
from core.phrase import Phrase

EMPTY = "What samples of each class were taken for appears after the first epoch with a validation, and at the end."
LABEL_PX = 56


class ConfusionView(SavablePanel):
    """Rows are the true classes, columns the chosen ones; each row's shade is its share."""

    def __init__(self) -> None:
        self.matrix = _Matrix()
        super().__init__("Confusion", EMPTY, self.matrix)

    def set_classes(self, classes: tuple[str, ...]) -> None:
        """Name the classes, and forget the counts."""
        self.matrix.classes = classes
        self.set_title("Confusion")
        self.show_empty()

    def show_counts(self, part: str, counts: np.ndarray) -> None:
        """Draw counts (true, chosen) of a part of the data."""
        right, total = int(np.trace(counts)), int(counts.sum())
        self.set_title(Phrase("Confusion, {part}", part=Phrase(part)))
        say(self.readout.setText, "{right:,} of {total:,} right", right=right, total=total)
        self.matrix.counts = counts
        self.matrix.update()
        self.show_content()

    def record(self) -> PlotRecord:
        """Return the counts, a row for each true class."""
        counts, names = self.matrix.counts, self.matrix.classes
        edges = (-0.5, len(counts) - 0.5)
        axes = Quantity("What it was taken for"), Quantity("What it is")
        return PlotRecord(
            self.title,
            *axes,
            (),
            image=counts.astype(float),
            extent=(*edges, *edges),
            z=Quantity("Samples"),
            downwards=True,
            names=names,
        )

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        super().apply_theme(theme)
        self.matrix.theme = theme
        self.matrix.update()


class _Matrix(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.counts = np.zeros((0, 0), int)
        self.classes: tuple[str, ...] = ()
        self.theme = LIGHT

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a cell for each pair of classes, with its number where there is room."""
        count = len(self.counts)
        if not count:
            return
        painter, theme = QPainter(self), self.theme
        metrics = painter.fontMetrics()
        wide = (self.width() - LABEL_PX - 12) / count
        high = (self.height() - 2 * metrics.height() - 8) / count
        top, is_high = metrics.height() + 2, metrics.capHeight() + 3 < high
        shares = self.counts / np.maximum(self.counts.sum(1, keepdims=True), 1)
        for row in range(count):
            for column in range(count):
                cell = QRectF(LABEL_PX + column * wide, top + row * high, wide - 1, high - 1)
                share = float(shares[row, column])
                # what is right in the accent, what is wrong in the colour of an error: shade alone tells neither
                shade = theme.accent if row == column else theme.bad
                fill = blend(theme.raised, shade, share**0.5)
                painter.fillRect(cell, QColor(fill))
                text = str(int(self.counts[row, column]))
                if self.counts[row, column] and metrics.horizontalAdvance(text) < wide and is_high:
                    painter.setPen(QColor(theme.surface if share > 0.4 else theme.text))
                    painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, text)
        painter.setPen(QColor(theme.muted))
        for number in range(count):
            name = self.classes[number] if number < len(self.classes) else str(number)
            row = QRectF(4, top + number * high, LABEL_PX - 10, high)
            aligned = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(row, aligned, metrics.elidedText(name, Qt.TextElideMode.ElideRight, LABEL_PX - 10))
            column = QRectF(LABEL_PX + number * wide, 0, wide, metrics.height())
            painter.drawText(
                column,
                Qt.AlignmentFlag.AlignCenter,
                metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(wide)),
            )
        foot = QRectF(0, self.height() - metrics.height() - 2, self.width(), metrics.height())
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, tr("rows: what it is, columns: what it was taken for"))
