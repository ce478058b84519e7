"""The verdict on a twin: a word, its reasons, the angle between its gradient and the device's, and what to do next."""

from __future__ import annotations

import math
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from app.language import say, worded
from app.step_words import OUTCOMES, VERDICTS
from app.theme import LIGHT, Theme, icon
from app.widgets.alignment_gauge import AlignmentGauge
from app.widgets.plain_label import plain_label
from core.calibration.events import CalibrationEnded, LayerAlignment
from core.phrase import Phrase, joined

GAUGE_PX, MARK_PX = 168, 24


class QualityCard(QFrame):
    """Shows the end of a calibration; `use` is the button that takes its twin for the next run."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self._theme, self._verdict = LIGHT, ""
        self._mark, self.heading = QLabel(), QLabel()
        self.heading.setProperty("role", "heading")
        self.reasons = plain_label()
        self.of, self.cosine, self.interval = plain_label(role="muted"), QLabel(), QLabel()
        self.interval.setProperty("role", "muted")
        self.gauge = AlignmentGauge(GAUGE_PX)
        self.use = worded(QPushButton(), "Use this twin")
        dial = QVBoxLayout()
        dial.setSpacing(2)
        dial.addWidget(self.gauge)
        for label in (self.cosine, self.interval):
            dial.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)
        dial.addStretch(1)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._mark)
        head.addWidget(self.heading, 1)
        head.addWidget(self.use)
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addLayout(head)
        words.addWidget(self.of)
        words.addWidget(self.reasons, 1, Qt.AlignmentFlag.AlignTop)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 12, 12, 12)
        layout.setSpacing(16)
        layout.addLayout(dial)
        layout.addLayout(words, 1)
        self.hide()

    def show_end(self, ended: CalibrationEnded, of: str) -> None:
        """Write the verdict on a twin; `of` says which one it is."""
        self._verdict = ended.verdict
        say(self.heading.setText, VERDICTS[ended.verdict][0])
        say(self.of.setText, of)
        say(self.reasons.setText, joined((Phrase("· {reason}", reason=Phrase(text)) for text in ended.reasons), "\n"))
        self._show_alignment(ended.result)
        self._tint()
        self.show()

    def apply_theme(self, theme: Theme) -> None:
        """Tint mark and gauge."""
        self._theme = theme
        self.gauge.apply_theme(theme)
        self._tint()

    def _show_alignment(self, result: dict[str, Any]) -> None:
        from core.calibration.alignment import verdict

        cosine, (low, high) = result["alignment_cosine"], result["alignment_interval95"]
        self.gauge.show_alignment(cosine, low, high, verdict([LayerAlignment(0, cosine, low, high, math.nan)]))
        say(self.cosine.setText, "alignment {figure}", figure=f"{cosine:.3f}")
        say(self.interval.setText, "{low:.3f} to {high:.3f}", low=low, high=high)

    def _tint(self) -> None:
        if self._verdict:
            state = VERDICTS[self._verdict][1]
            colour = str(getattr(self._theme, OUTCOMES[state][1]))
            self._mark.setPixmap(icon(f"step-{state}", colour, MARK_PX).pixmap(QSize(MARK_PX, MARK_PX)))
