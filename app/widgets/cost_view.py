"""What a run will cost: samples, device passes, time, digital operations."""

from __future__ import annotations

from dataclasses import asdict

from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout

from app.forecast import Forecast
from app.language import say, worded
from app.widgets.run_bar import duration


class CostView(QFrame):
    """What a run will cost, or why it cannot be started."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        self.figures: dict[str, QLabel] = {}
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        rows = ("Samples", "Device passes", "On a real apparatus", "Digital", "Physical")
        for row, name in enumerate(rows):
            title, value = worded(QLabel(), name), QLabel("…")
            title.setProperty("role", "muted")
            value.setWordWrap(True)
            grid.addWidget(title, 3 * row, 0)
            grid.addWidget(value, 3 * row + 1, 0)
            grid.setRowMinimumHeight(3 * row + 2, 4)
            self.figures[name] = value
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(worded(QLabel(), "What this run will cost"))
        layout.addWidget(self.reason)
        layout.addLayout(grid)
        layout.addStretch(1)
        self.reason.hide()

    def show_counting(self) -> None:
        """Say that it is being counted."""
        self.reason.hide()
        for value in self.figures.values():
            say(value.setText, "…")

    def show_forecast(self, cost: Forecast) -> None:
        """Show the figures."""
        self.reason.hide()
        texts = {
            "Samples": "{train:,} to train, {validation:,} to validate, {test:,} to test",
            "Device passes": "{device_passes:,}, {shots_per_inference} for each inference",
            "On a real apparatus": "{time} of measuring",
            "Digital": "{digital_parameters:,} parameters, {digital_macs:,} operations an inference",
            "Physical": "{physical_parameters:,} parameters that the system itself holds",
        }
        values = asdict(cost) | {"time": duration(cost.apparatus_s)}
        for name, text in texts.items():
            say(self.figures[name].setText, text, **values)

    def refuse(self, reason: str) -> None:
        """Say why this run cannot be started."""
        say(self.reason.setText, reason)
        self.reason.show()
        for value in self.figures.values():
            say(value.setText, "–")
