"""Measured numbers by name, each with its unit and its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from app.figures import interval_written, written
from app.language import follow, headline, say, tr
from app.widgets.plain_label import plain_label
from core.phrase import Phrase

if TYPE_CHECKING:
    from core.calibration.events import Quantity

WIDTH_PX = 272


class FiguresTable(QFrame):
    """A column of figures that scrolls where they are many; hidden where there are none."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.setFixedWidth(WIDTH_PX)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 8, 1, 8)
        layout.addWidget(self._scroll)
        self.texts: dict[str, tuple[QLabel, QLabel]] = {}
        self._names: dict[str, QLabel] = {}
        follow(self.say_names)
        self.hide()

    def show_figures(self, figures: Mapping[str, Quantity]) -> None:
        """Write figures by their names."""
        self.texts, self._names = {}, {}
        sheet = QWidget()
        sheet.setObjectName("form")
        grid = QGridLayout(sheet)
        grid.setContentsMargins(12, 4, 12, 4)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        for place, (name, quantity) in enumerate(figures.items()):
            label, value = plain_label(role="muted"), plain_label(written(quantity), wraps=False)
            interval = plain_label(interval_written(quantity), "muted")
            interval.setAlignment(right)
            self._names[name] = label
            grid.addWidget(label, 3 * place, 0)
            grid.addWidget(value, 3 * place, 1, right)
            grid.addWidget(interval, 3 * place + 1, 0, 1, 2)
            interval.setVisible(bool(interval.text()))
            grid.setRowMinimumHeight(3 * place + 2, 6)
            self.texts[name] = (value, interval)
        grid.setRowStretch(3 * len(figures), 1)
        self.say_names()
        self._scroll.setWidget(sheet)
        say(self.setAccessibleName, "Figures of this step")
        self.setVisible(bool(figures))

    def say_names(self) -> None:
        """Write the names, which begin with a capital letter in every language that has them."""
        for name, label in self._names.items():
            label.setText(headline(tr(Phrase(name))))
