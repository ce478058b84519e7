"""The start page: one button that trains, the systems, the recent runs, and a run that was cut short."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.language import say, worded
from app.run_list import RunList
from app.systems import CARDS
from app.theme import Theme, icon
from app.widgets.card import SystemCardView
from app.widgets.plain_label import plain_label
from app.widgets.recent_run import RecentRun, local_time
from core.phrase import Phrase

if TYPE_CHECKING:
    from core.run.index import RunSummary

MOST_RECENT = 6
MOST_WIDE_PX = 1200
CUT_SHORT = (
    "{run} of {time} ended {epochs}. It can go on where it was, with the very result of a run that was not interrupted."
)


class StartPage(QWidget):
    """Tells what was asked for; the window does it."""

    quick_start = Signal()
    system_chosen = Signal(str)
    run_chosen = Signal(object)
    resume_requested = Signal(object)
    tour_requested = Signal()
    tour_declined = Signal()

    def __init__(self, runs: RunList) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._list = runs
        self._theme: Theme | None = None
        self.quick = worded(QPushButton(), "Quick start")
        self.quick.setProperty("primary", True)
        self.quick.setIconSize(QSize(20, 20))
        self.recover = QFrame()
        self.recover_text = plain_label()
        self.go_on = worded(QPushButton(), "Go on with it")
        self.leave = worded(QPushButton(), "Leave it")
        self.tour = QFrame()
        self.take, self.decline = worded(QPushButton(), "Take the tour"), worded(QPushButton(), "Not now")
        self.cards = {kind: SystemCardView(kind, card) for kind, card in CARDS.items()}
        self.recent: list[RecentRun] = []
        self._recent_box = QVBoxLayout()
        self.empty = QLabel()
        self._interrupted: RunSummary | None = None
        self._left: set[str] = set()
        self._lay_out()
        self.quick.clicked.connect(self.quick_start)
        self.go_on.clicked.connect(self._go_on)
        self.leave.clicked.connect(self._leave)
        self.take.clicked.connect(self.tour_requested)
        self.decline.clicked.connect(self.tour_declined)
        for kind, card in self.cards.items():
            card.pressed.connect(partial(self.system_chosen.emit, kind))
        runs.changed.connect(self._show_runs)
        runs.failed.connect(self._show_reason)

    def set_busy(self, reason: str) -> None:
        """Let nothing be started and say why, "" where nothing is under way."""
        for button in (self.quick, self.go_on, self.take):
            button.setEnabled(not reason)
            say(button.setToolTip, reason)

    def offer_tour(self, offered: bool) -> None:
        """Offer the tour on a card, or no more."""
        self.tour.setVisible(offered)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the pictures."""
        self._theme = theme
        self.quick.setIcon(icon("play", theme.surface))
        self.go_on.setIcon(icon("resume", theme.text))
        for card in (*self.cards.values(), *self.recent):
            card.apply_theme(theme)

    def _show_runs(self) -> None:
        for old in self.recent:
            self._recent_box.removeWidget(old)
            old.deleteLater()
        newest = self._list.runs[0] if self._list.runs else None
        cut_short = newest is not None and newest.state == "interrupted" and newest.name not in self._left
        self._interrupted = newest if cut_short else None
        offered = (not self.tour.isHidden()) + cut_short  # cards that take the room of runs
        self.recent = [RecentRun(run) for run in self._list.runs[: MOST_RECENT - offered]]
        for row in self.recent:
            row.pressed.connect(partial(self.run_chosen.emit, row.run))
            self._recent_box.addWidget(row)
            self._list.read_curve(row.run.path, partial(self._draw, row))
            if self._theme:
                row.apply_theme(self._theme)
        say(self.empty.setText, "No runs yet. Quick start trains a network in half a minute, on a simulated bench.")
        self.empty.setVisible(not self.recent)
        self.recover.setVisible(self._interrupted is not None)
        if self._interrupted is not None:
            run = self._interrupted
            epochs = Phrase("before its first epoch")
            if run.epochs:
                epochs = Phrase("after {done} of {epochs} epochs", done=run.epochs_done, epochs=run.epochs)
            values = {"run": Phrase(run.title or run.preset), "time": local_time(run.started), "epochs": epochs}
            say(self.recover_text.setText, CUT_SHORT, **values)

    def _draw(self, row: RecentRun, curve: np.ndarray) -> None:
        if row in self.recent:
            row.spark.show_values(curve)

    def _show_reason(self, reason: str) -> None:
        say(self.empty.setText, reason)
        self.empty.show()

    def _go_on(self) -> None:
        if self._interrupted is not None:
            self.resume_requested.emit(self._interrupted)

    def _leave(self) -> None:
        if self._interrupted is not None:
            self._left.add(self._interrupted.name)
        self.recover.hide()

    def _lay_out(self) -> None:
        title = worded(QLabel(), "Train a physical system")
        title.setProperty("role", "title")
        line = QLabel()
        say(line.setText, "Quick start trains ten vowels on a simulated SHG bench. Or choose a system.")
        line.setProperty("role", "muted")
        words = QVBoxLayout()
        words.setSpacing(4)
        words.addWidget(title)
        words.addWidget(line)
        head = QHBoxLayout()
        head.addLayout(words)
        head.addStretch(1)
        head.addWidget(self.quick)
        offer = worded(plain_label(), "New here? The tour leads through a whole experiment in five minutes.")
        for card, parts in (
            (self.recover, (self.recover_text, self.go_on, self.leave)),
            (self.tour, (offer, self.take, self.decline)),
        ):
            card.setObjectName("card")
            row = QHBoxLayout(card)
            row.setContentsMargins(16, 12, 16, 12)
            row.setSpacing(12)
            for part in parts:
                row.addWidget(part, part is parts[0])
            card.hide()
        cards = QHBoxLayout()
        cards.setSpacing(12)
        for card in self.cards.values():
            cards.addWidget(card, 1)
        recent = worded(QLabel(), "Recent runs")
        recent.setProperty("role", "title")
        self._recent_box.setSpacing(4)
        self.empty.setProperty("role", "muted")
        self.empty.setWordWrap(True)
        content = QWidget()
        content.setObjectName("page")
        content.setMaximumWidth(MOST_WIDE_PX)
        layout = QVBoxLayout(content)
        layout.setContentsMargins(24, 24, 24, 12)
        layout.setSpacing(16)
        layout.addLayout(head)
        layout.addWidget(self.tour)
        layout.addWidget(self.recover)
        layout.addLayout(cards)
        layout.addWidget(recent)
        layout.addWidget(self.empty)
        layout.addLayout(self._recent_box)
        layout.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        scroll.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(scroll)
