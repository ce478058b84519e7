"""One step of the calibration: what it is for, how it goes or went, its figures and its plots."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.figures import parameter_figures
from app.language import say, worded
from app.step_words import OUTCOMES, PURPOSES, TITLES
from app.theme import LIGHT, Theme
from app.widgets.figures_table import FiguresTable
from app.widgets.plain_label import plain_label
from app.widgets.plot_grid import PlotGrid
from app.widgets.quality_card import QualityCard
from app.widgets.recent_run import DOTTED
from app.widgets.run_bar import duration
from core.calibration.events import STEPS, CalibrationEnded, Quantity, StepEnded, StepName, StepProgress
from core.phrase import Phrase

INTRODUCTION = (
    "Training follows the derivative of the digital twin. Here the system is measured, its twin fitted, and the twin's "
    "derivative compared with the measured one: then you know whether the twin can be trusted. Press Calibrate."
)


@dataclass
class StepRecord:
    """All that is known of a step; `text` is what it said as it began, "" before."""

    text: str = ""
    progress: StepProgress | None = None
    ended: StepEnded | None = None

    @property
    def state(self) -> str:
        """Return one of the states of `app.step_words.OUTCOMES`."""
        return self.ended.outcome if self.ended is not None else "current" if self.text else "pending"


class StepView(QWidget):
    """Fills the page with a step; `save_requested` has a PlotRecord."""

    save_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._theme, self._state = LIGHT, "pending"
        self.title, self.outcome, self.counted, self.eta = QLabel(), QLabel(), QLabel(), QLabel()
        self.title.setProperty("role", "title")
        for label in (self.counted, self.eta):
            label.setProperty("role", "muted")
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(140)
        self.purpose, self.text = plain_label(role="muted"), plain_label()
        self.card, self.figures = QualityCard(), FiguresTable()
        self.plots = PlotGrid()
        self.plots.save_requested.connect(self.save_requested)
        self._lay_out()

    def show_purposes(self) -> None:
        """Say what a calibration finds out, before there is one."""
        self._state = "pending"
        say(self.title.setText, "What a calibration finds out")
        say(self.purpose.setText, INTRODUCTION)
        self.outcome.hide()
        self.text.hide()
        self._show_share(None, under_way=False)
        self._body.setCurrentWidget(self.purposes)

    def show_step(self, step: StepName, record: StepRecord, end: tuple[CalibrationEnded, str] | None) -> None:
        """Show a step with all that is known of it; `end`, the verdict with the twin's name, stands on the last one."""
        ended = record.ended
        self._state = record.state
        self._body.setCurrentIndex(0)
        self.outcome.show()
        say(self.title.setText, TITLES[step])
        say(self.purpose.setText, PURPOSES[step])
        say(self.text.setText, ended.text if ended is not None else record.text)
        self.text.setVisible(bool(self.text.text()))
        self._paint_outcome()
        self.card.hide()
        if step == "verdict" and end is not None:
            self.card.show_end(*end)
        self.text.setVisible(bool(record.text) and not (step == "verdict" and end is not None))
        self.figures.show_figures(_figures(step, ended, end))
        seen = () if record.progress is None else record.progress.curves
        self.plots.show_curves(seen if ended is None else ended.curves)
        self.plots.setVisible(bool(self.plots.shown))
        self._show_share(record.progress, under_way=record.state == "current")

    def show_progress(self, progress: StepProgress) -> None:
        """Show how far the step under way is."""
        self._show_share(progress, under_way=True)
        if progress.curves:
            self.plots.show_curves(progress.curves)
            self.plots.show()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self._theme = theme
        self.card.apply_theme(theme)
        self.plots.apply_theme(theme)
        self._paint_outcome()

    def _paint_outcome(self) -> None:
        word, token = OUTCOMES[self._state]
        say(self.outcome.setText, DOTTED, colour=str(getattr(self._theme, token)), word=Phrase(word))

    def _show_share(self, at: StepProgress | None, *, under_way: bool) -> None:
        self.progress.setVisible(under_way)
        self.progress.setRange(0, 1000 if at is not None else 0)  # nobody knows how long: the bar only moves
        for widget in (self.counted, self.eta):
            widget.setVisible(under_way and at is not None)
        if at is not None:
            self.progress.setValue(round(1000 * at.done / max(at.total, 1)))
            say(self.counted.setText, "{done:,} of {total:,}", done=at.done, total=at.total)
            say(self.eta.setText, "" if at.left_s is None else Phrase("ETA {time}", time=duration(at.left_s)))

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        for widget in (self.title, self.outcome):
            head.addWidget(widget)
        head.addStretch(1)
        for widget in (self.counted, self.progress, self.eta):
            head.addWidget(widget)
        self.purposes = _purposes()
        self._body, found = QStackedWidget(), QWidget()
        body = QHBoxLayout(found)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(12)
        body.addWidget(self.plots, 1)
        body.addWidget(self.figures, 0, Qt.AlignmentFlag.AlignLeft)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        for widget in (self.purpose, self.text, self.card):
            layout.addWidget(widget)
        self._body.addWidget(found)
        self._body.addWidget(self.purposes)
        layout.addWidget(self._body, 1)


def _figures(
    step: StepName, ended: StepEnded | None, end: tuple[CalibrationEnded, str] | None
) -> Mapping[str, Quantity]:
    """Return a step's figures, on the last step with the twin's parameters."""
    if ended is None:
        return {}
    result: dict[str, Any] = end[0].result if end is not None and step == "verdict" else {}
    return {**ended.figures, **parameter_figures(result.get("parameters", {}))}


def _purposes() -> QFrame:
    """Return a table of the steps and what each is for."""
    sheet = QFrame()
    sheet.setObjectName("panel")
    grid = QGridLayout(sheet)
    grid.setContentsMargins(20, 16, 20, 16)
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(16)
    grid.setColumnStretch(1, 1)
    for row, step in enumerate(STEPS):
        grid.addWidget(worded(QLabel(), TITLES[step]), row, 0)
        grid.addWidget(plain_label(PURPOSES[step], "muted"), row, 1)
    grid.setRowStretch(len(STEPS), 1)
    return sheet
