"""The checklist of a calibration: a row for each step, with a mark for how it went and its first figure."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.language import say
from app.step_words import OUTCOMES, TITLES
from app.theme import LIGHT, Theme, icon
from core.calibration.events import STEPS, StepEnded, StepName
from core.phrase import Phrase


class StepList(QWidget):
    """`chosen` tells the step that is to be looked at."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.buttons: dict[StepName, QPushButton] = {}
        self.states: dict[StepName, str] = {}
        self._figures: dict[StepName, QLabel] = {}
        self._theme = LIGHT
        group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for step in STEPS:
            button, figure = QPushButton(), QLabel()
            say(button.setText, TITLES[step])
            button.setProperty("step", True)
            button.setCheckable(True)
            button.setIconSize(QSize(16, 16))
            button.clicked.connect(partial(self._choose, step))
            figure.setProperty("role", "muted")
            figure.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            row = QHBoxLayout(button)
            row.setContentsMargins(0, 0, 8, 0)
            row.addWidget(figure, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            group.addButton(button)
            layout.addWidget(button)
            self.buttons[step], self._figures[step] = button, figure
        self.reset()

    def reset(self) -> None:
        """Show all steps as still to come."""
        for step in STEPS:
            self._mark(step, "pending")

    def show_begun(self, step: StepName) -> None:
        """Mark the step under way."""
        self._mark(step, "current")

    def show_share(self, step: StepName, share: float) -> None:
        """Write how much of the step under way is done."""
        say(self._figures[step].setText, "{share:.0%}", share=share)

    def show_ended(self, event: StepEnded) -> None:
        """Mark a step with its outcome, and write how it went."""
        self._mark(event.step, event.outcome)
        say(self._figures[event.step].setText, OUTCOMES[event.outcome][0])

    def show_cut_short(self) -> None:
        """Take the mark of a step that will not end."""
        for step, state in self.states.items():
            if state == "current":
                self._mark(step, "pending")

    def show_chosen(self, step: StepName) -> None:
        """Mark the step that is looked at; a keyboard that is here goes with it."""
        if any(button.hasFocus() for button in self.buttons.values()):
            self.buttons[step].setFocus()
        self.buttons[step].setChecked(True)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the marks."""
        self._theme = theme
        for step in STEPS:
            self._tint(step)

    def _mark(self, step: StepName, state: str) -> None:
        self.states[step] = state
        word = OUTCOMES[state][0]
        say(self._figures[step].setText, "")
        name = Phrase("{step}: {outcome}", step=Phrase(TITLES[step]), outcome=Phrase(word))
        say(self.buttons[step].setAccessibleName, name)
        self._tint(step)

    def _tint(self, step: StepName) -> None:
        state = self.states[step]
        self.buttons[step].setIcon(icon(f"step-{state}", str(getattr(self._theme, OUTCOMES[state][1])), 16))

    def _choose(self, step: StepName, _checked: bool = False) -> None:
        self.chosen.emit(step)
