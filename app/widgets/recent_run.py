"""One line of the start page's recent runs."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel

from app.language import say, worded
from app.systems import shown_system, system_icon
from app.theme import Theme, icon
from app.widgets.card import Card
from app.widgets.sparkline import Sparkline
from core.phrase import Phrase

if TYPE_CHECKING:
    from core.run.index import RunSummary

STATE_WORDS = {"running": "running", "finished": "finished", "interrupted": "interrupted", "unreadable": "unreadable"}
DOTTED = "<span style='color:{colour}'>●</span> {word}"
STATE_TOKENS = {"running": "accent", "finished": "ok", "interrupted": "warn", "unreadable": "bad"}


def local_time(started: str) -> str:
    """Write a time in ISO 8601, UTC, as day and minute here; what is none stays as it is."""
    try:
        return f"{datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return started


class RecentRun(Card):
    """System, preset, unit, gradient, how its accuracy went, what it reached, and when it began."""

    def __init__(self, run: RunSummary) -> None:
        super().__init__()
        self.run = run
        self._icon, self._state = QLabel(), QLabel()
        self.spark = Sparkline()
        reached = "" if run.test_accuracy is None else f"{run.test_accuracy:.1%}"
        title = Phrase(run.title or run.preset or run.name)
        name = worded(QLabel(), title)
        where = QLabel()
        values = {"system": shown_system(run), "estimator": Phrase(run.estimator), "seed": run.seed}
        say(where.setText, "{system} · {estimator} · seed {seed}", **values)
        accuracy, when = QLabel(reached), QLabel(local_time(run.started))
        for label in (name, where, when):  # from a file of anyone's
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (where, when):
            label.setProperty("role", "muted")
        accuracy.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(12)
        layout.addWidget(self._icon)
        for label, width in ((name, 200), (where, 260)):
            label.setMinimumWidth(width)
            layout.addWidget(label)
        layout.addStretch(1)
        layout.addWidget(self.spark)
        for label, width in ((accuracy, 64), (self._state, 96), (when, 120)):
            label.setFixedWidth(width)
            layout.addWidget(label)
        say(
            self.setAccessibleName,
            "{name}, {state} {reached}",
            name=title,
            state=Phrase(run.state),
            reached=reached,
        )
        self.setToolTip(escape(run.reason or str(run.path)))

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icon and the state."""
        self._icon.setPixmap(icon(system_icon(self.run.system), theme.muted).pixmap(QSize(20, 20)))
        colour = getattr(theme, STATE_TOKENS[self.run.state])
        say(self._state.setText, DOTTED, colour=colour, word=Phrase(STATE_WORDS[self.run.state]))
        self.spark.apply_theme(theme)
