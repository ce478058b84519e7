"""What is connected to this computer, bus by bus: instruments to take, or the reason why there are none."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.discovery import BUSES, BusReport, Found
from app.language import say, worded
from app.widgets.plain_label import plain_label
from core.phrase import Phrase, joined

NOT_YET = "Not looked at yet."
LOOKING = "Looking …"
ROLES = {
    "generator": "waveform generator",
    "oscilloscope": "oscilloscope",
    "card": "card",
    "sound card": "sound card",
    "spectrometer": "spectrometer",
}


class BusView(QScrollArea):
    """`taken` tells an instrument that is wanted."""

    taken = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        say(self.setAccessibleName, "Instruments by the bus that they are on")
        self.told = {name: plain_label(NOT_YET, "muted") for name in BUSES}
        self.take: list[QPushButton] = []
        self._rows: list[QWidget] = []
        self._found = {name: QVBoxLayout() for name in BUSES}
        content = QWidget()
        content.setObjectName("form")
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 8, 0)
        layout.setSpacing(2)
        for name, bus in BUSES.items():
            layout.addWidget(worded(QLabel(), bus.title))
            layout.addWidget(self.told[name])
            layout.addLayout(self._found[name])
            layout.addSpacing(6)
        layout.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(content)

    def begin(self) -> None:
        """Say that all buses are being looked at."""
        for row in self._rows:
            row.hide()
            row.deleteLater()
        self._rows.clear()
        self.take.clear()
        for name in BUSES:
            self._tell(name, LOOKING)

    def show_report(self, report: BusReport) -> None:
        """Show what is on a bus."""
        self._tell(report.bus, report.problem)
        for found in report.found:
            self._found[report.bus].addWidget(self._row(found))

    def _tell(self, name: str, text: str) -> None:
        say(self.told[name].setText, text)
        self.told[name].setVisible(bool(text))

    def _row(self, found: Found) -> QWidget:
        row = QWidget()
        self._rows.append(row)
        parts = (found.identity, Phrase(ROLES.get(found.role, found.role)), found.address)
        button = worded(QPushButton(), "Take")
        say(button.setAccessibleName, "Take {address} into the form", address=found.address)
        button.clicked.connect(partial(self.taken.emit, found))
        self.take.append(button)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(12, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(plain_label(joined((part for part in parts if part), " · ")), 1)
        layout.addWidget(button)
        return row
