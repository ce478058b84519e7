"""The run bar: what runs on what, its state, its progress, and the three ways to intervene."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from app.language import say, worded
from app.states import ACTIVE, BADGES, STATES
from app.theme import Theme, icon
from app.widgets.alignment_gauge import AlignmentGauge
from app.widgets.recent_run import DOTTED
from core.phrase import Phrase, joined

if TYPE_CHECKING:
    from core.training.events import AlignmentChecked

GAUGE_PX = 36
# verdict on the gradient: token of its colour, and the word beside the figure
VERDICTS = {"good": ("ok", ""), "usable": ("warn", "usable"), "poor": ("bad", "poor"), "against": ("bad", "against")}
PAUSE_WORDS = {"paused": "Resume", "waiting": "Try now"}


def duration(seconds: float) -> str:
    """Write a duration as m:ss or h:mm:ss."""
    minutes, rest = divmod(max(round(seconds), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class RunBar(QWidget):
    """The same on every page; it shows what it is told and tells which button was pressed."""

    pause_toggled = Signal()
    stop_requested = Signal()
    safe_stop_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("runBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(56)
        self.system = worded(QLabel(), "No system yet")
        self.badge = worded(QLabel(), "SIMULATED")
        self.badge.setProperty("role", "badge")
        self.preset = QLabel()
        self.preset.setProperty("role", "muted")
        for label in (self.system, self.preset):  # an instrument may call itself anything
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.state_label = QLabel()
        self.state_label.setMinimumWidth(88)
        self.step = QLabel()
        self.step.setMinimumWidth(80)
        self.progress = QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.setTextVisible(False)
        self.progress.setMinimumWidth(40)
        self.eta = QLabel()
        self.eta.setProperty("role", "muted")
        self.eta.setMinimumWidth(64)
        self.alignment, self.gauge = QLabel(), AlignmentGauge(GAUGE_PX)
        self.alignment.hide()
        self.gauge.hide()
        self.pause = worded(QPushButton(), "Pause")
        self.stop = worded(QPushButton(), "Stop")
        self.safe = worded(QPushButton(), "Safe stop")
        say(self.safe.setToolTip, "Esc: end the run at once and put all outputs in their safe state.")
        self.state = "ready"
        self._alignment: AlignmentChecked | None = None
        self._theme: Theme | None = None
        self._lay_out()
        self.pause.clicked.connect(self.pause_toggled)
        self.stop.clicked.connect(self.stop_requested)
        self.safe.clicked.connect(self.safe_stop_requested)
        self.set_state("ready")

    def set_system(self, name: str, status: str) -> None:
        """Name the physical system, and tell how it is met, one of BADGES."""
        say(self.system.setText, name)
        say(self.badge.setText, BADGES[status])
        self.badge.setProperty("status", status)
        self.badge.style().unpolish(self.badge)
        self.badge.style().polish(self.badge)

    def set_state(self, state: str) -> None:
        """Show one of STATES and enable what can be done in it."""
        self.state = state
        running = state in ACTIVE
        say(self.pause.setText, PAUSE_WORDS.get(state, "Pause"))
        for button, possible in (
            (self.pause, running and state not in {"loading", "stopping"}),
            (self.stop, running and state != "stopping"),
            (self.safe, running),
        ):
            button.setEnabled(possible)
        nothing = "" if running else "Nothing is running."
        hint = "Space: hold after the current step, or go on."
        if state == "waiting":
            hint = "Space: ask the device, or the disk, again now."
        say(self.pause.setToolTip, nothing or hint)
        say(self.stop.setToolTip, nothing or "End the run after the current step and keep a checkpoint.")
        self._paint_state()

    def set_progress(self, fraction: float | None, step: str = "", remaining_s: float | None = None) -> None:
        """Show how far the present phase is; None clears it."""
        self.progress.setValue(0 if fraction is None else round(1000 * fraction))
        say(self.step.setText, step)
        say(self.eta.setText, "" if remaining_s is None else Phrase("ETA {time}", time=duration(remaining_s)))

    def set_alignment(self, event: AlignmentChecked | None) -> None:
        """Show how far the twin's gradient agrees with the device's; None takes it away."""
        self._alignment = event
        for widget in (self.alignment, self.gauge):
            widget.setVisible(event is not None)
        if event is not None:
            worst = min(event.layers, key=lambda layer: layer.low)
            self.gauge.show_alignment(worst.cosine, worst.low, worst.high, event.verdict)
            head = Phrase("Cosine between the twin's and the device's derivative")
            layer = "layer {number}: {cosine:.3f} (95 % interval {low:.3f} to {high:.3f})"
            lines = [
                Phrase(layer, number=item.layer + 1, cosine=item.cosine, low=item.low, high=item.high)
                for item in event.layers
            ]
            step = Phrase("at step {step}", step=event.step)
            say(self.alignment.setToolTip, joined([head, *lines, step], "\n"))
        self._paint_state()

    def apply_theme(self, theme: Theme) -> None:
        """Tint icons and state."""
        self._theme = theme
        self.stop.setIcon(icon("stop", theme.text))
        self.safe.setIcon(icon("safe", theme.text))
        self.gauge.apply_theme(theme)
        self._paint_state()

    def _paint_state(self) -> None:
        colour = getattr(self._theme, STATES[self.state]) if self._theme else "gray"
        say(self.state_label.setText, DOTTED, colour=colour, word=Phrase(self.state))
        if self._theme is not None:
            self.pause.setIcon(icon("play" if self.state in PAUSE_WORDS else "pause", self._theme.text))
        if self._alignment is not None:
            token, word = VERDICTS[self._alignment.verdict]
            colour = getattr(self._theme, token) if self._theme else "gray"
            cosine = f"{self._alignment.cosine:.3f}"
            figure = joined((cosine, Phrase(word))) if word else cosine
            say(self.alignment.setText, "alignment {figure}", figure=Phrase(DOTTED, colour=colour, word=figure))

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(10)
        for widget in (self.system, self.badge, self.preset, self.state_label, self.step):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.progress, 1)
        for widget in (self.eta, self.gauge, self.alignment, self.pause, self.stop, self.safe):
            layout.addWidget(widget)
