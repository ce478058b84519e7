"""Questions that stand in the page in place of the form, so that nothing is ever covered: never a dialog."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.choice import Choice, differences
from app.language import say, worded
from app.spec_fields import SpecField, Value, text_of
from app.widgets.field_editors import LineEdit


class InlineQuestion(QFrame):
    """A sentence, its details, and two answers; `closed` comes after either."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.details = QScrollArea()
        self.details.setWidgetResizable(True)
        self.apply, self.keep = QPushButton(), QPushButton()
        self.apply.setProperty("primary", True)
        self._do: Callable[[], object] | None = None
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self.keep)
        buttons.addWidget(self.apply)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(self.text)
        layout.addWidget(self.details, 1)
        layout.addLayout(buttons)
        self.apply.clicked.connect(self._answer)
        self.keep.clicked.connect(self.closed)

    def ask(self, text: str, details: QWidget, answers: tuple[str, str], do: Callable[[], object]) -> None:
        """Show a question; the first answer calls `do`, the second leaves everything as it is."""
        say(self.text.setText, text)
        self.details.setWidget(details)
        say(self.apply.setText, answers[0])
        say(self.keep.setText, answers[1])
        self.apply.setEnabled(True)
        self.apply.setToolTip("")
        self._do = do

    def _answer(self) -> None:
        if self._do is not None:
            self._do()
        self.closed.emit()


def table_of_changes(old: Choice, new: Choice) -> QWidget:
    """List what differs between two choices: key, old value, arrow, new value."""
    table = QWidget()
    table.setObjectName("form")
    grid = QGridLayout(table)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(12)
    grid.setVerticalSpacing(4)
    for row, (key, (before, after)) in enumerate(differences(old, new).items()):
        name = QLabel(key)
        name.setProperty("role", "muted")
        values = (worded(QLabel(), _shown(value)) for value in (before, after))
        for column, label in enumerate((name, next(values), QLabel("→"), next(values))):
            label.setTextFormat(Qt.TextFormat.PlainText)
            grid.addWidget(label, row, column)
    grid.setColumnStretch(3, 1)
    grid.setRowStretch(grid.rowCount(), 1)
    return table


class NameForm(QWidget):
    """Name and title of a preset to be saved; `problem` says why they cannot be used."""

    changed = Signal()

    def __init__(self, fields: Mapping[str, SpecField], values: Mapping[str, str]) -> None:
        super().__init__()
        self.setObjectName("form")
        self.values = dict(values)
        self.problems = dict.fromkeys(values, "")
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.edits: dict[str, LineEdit] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for row, (key, value) in enumerate(values.items()):
            edit = self.edits[key] = LineEdit(fields[key])
            say(edit.setAccessibleName, fields[key].label)
            edit.show_value(value)
            edit.edited.connect(partial(self._set, key))
            edit.refused.connect(partial(self._refuse, key))
            label = worded(QLabel(), fields[key].label)
            label.setBuddy(edit)
            grid.addWidget(label, row, 0)
            grid.addWidget(edit, row, 1)
        grid.addWidget(self.note, len(values), 1)
        grid.setRowStretch(len(values) + 1, 1)

    @property
    def problem(self) -> str:
        """Say why these values cannot be used."""
        return next((problem for problem in self.problems.values() if problem), "")

    def _set(self, key: str, value: str) -> None:
        self.values[key], self.problems[key] = value, ""
        self.changed.emit()

    def _refuse(self, key: str, reason: str) -> None:
        self.problems[key] = reason
        self.changed.emit()


def _shown(value: Value | None) -> str:
    return "as usual" if value is None else '""' if value == "" else text_of(value)
