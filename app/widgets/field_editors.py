"""One editor for each kind of value: a box to tick, a list, a line for numbers and text, a line with a file button."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QWheelEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QSpinBox, QWidget

from app.language import follow, say, tr
from app.spec_choices import open_choices
from app.spec_fields import SpecField, Value, text_of
from core.phrase import Phrase

FILES = TABLE_FILE, TWIN_FILE = "task.path", "calibration.file"
UNDOING = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)


class FlagEdit(QCheckBox):
    """A box to tick."""

    edited = Signal(object)
    refused = Signal(object)

    def __init__(self, field: SpecField) -> None:
        super().__init__()
        say(self.setToolTip, field.help)
        self.clicked.connect(self._tell)

    def show_value(self, value: Value) -> None:
        """Show the value in force."""
        self.setChecked(bool(value))

    restore = show_value

    def _tell(self, checked: bool) -> None:
        self.edited.emit(checked)


class ChoiceEdit(QComboBox):
    """A list of values by name; turning the wheel scrolls the form instead."""

    edited = Signal(object)
    refused = Signal(object)

    def __init__(self, names: Mapping[str, tuple[str, str]]) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._words = dict(names)
        for value in self._words:
            self.addItem("", value)
        follow(self.say_words)
        self.activated.connect(self._tell)

    def say_words(self) -> None:
        """Write the names of the values, and what they mean."""
        for place, (name, explanation) in enumerate(self._words.values()):
            self.setItemText(place, tr(name))
            self.setItemData(place, tr(explanation), Qt.ItemDataRole.ToolTipRole)

    def show_value(self, value: Value) -> None:
        """Show the value in force, even where no list has it."""
        if self.findData(value) < 0:
            self._words[str(value)] = (str(value), "")
            self.addItem(str(value), str(value))
        self.setCurrentIndex(self.findData(value))

    restore = show_value

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Leave the wheel to what scrolls."""
        event.ignore()

    def _tell(self) -> None:
        self.edited.emit(self.currentData())


class LineEdit(QLineEdit):
    """A number or a text; a wrong one stays as it was typed, and `refused` says why."""

    edited = Signal(object)
    refused = Signal(object)

    def __init__(self, field: SpecField) -> None:
        super().__init__()
        self._field = field
        self._value: Value | None = None
        self._before: Value | None = None  # what was in force when typing began, and is while the text is wrong
        self.wrong = False
        self.textEdited.connect(self._read)
        self.editingFinished.connect(self._tidy)

    def show_value(self, value: Value) -> None:
        """Show the value in force; what is being typed stays where it means that value, or is still to be mended."""
        if value != self._value or not (self.wrong or self._means(value)):
            self.restore(value)

    def restore(self, value: Value) -> None:
        """Show the value in force in place of whatever was typed."""
        self._value = self._before = value
        self._mark(False)
        if text_of(value) != self.text():
            self.setText(text_of(value))
            self.setCursorPosition(len(self.text()) if self._field.key in FILES else 0)  # a file's name is at the end

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to the form, whose history knows all fields; a wrong text is undone here."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _undoes(event):
            event.setAccepted(self.wrong)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step numbers by the arrows, by ten steps with the page keys."""
        steps = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
        if _undoes(event):
            if self.wrong and self._value is not None:
                self.restore(self._value)
                self.edited.emit(self._value)
        elif event.key() in steps and self._field.kind in {"int", "float"}:
            self._step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _step(self, steps: int) -> None:
        value = self._value
        if not isinstance(value, int | float):
            return
        for _ in range(abs(steps)):
            value = self._field.stepped(value, up=steps > 0)
        self.restore(value)
        self.edited.emit(value)

    def _read(self, text: str) -> None:
        try:
            value = self._field.parse(text)
        except ValueError as error:
            self._mark(True)
            if self._before is not None and self._value != self._before:
                self._value = self._before
                self.edited.emit(self._before)
            self.refused.emit(error.args[0])
            return
        self._mark(False)
        self._value = value
        self.edited.emit(value)

    def _means(self, value: Value) -> bool:
        try:
            return self._field.parse(self.text()) == value
        except ValueError:
            return False

    def _tidy(self) -> None:
        if not self.wrong and self._value is not None:
            self.restore(self._value)

    def _mark(self, wrong: bool) -> None:
        if wrong != self.wrong:
            self.wrong = wrong
            self.setProperty("wrong", wrong)
            self.style().unpolish(self)
            self.style().polish(self)


class PathEdit(QWidget):
    """A line with a button that looks for the file: a twin, or a table."""

    edited = Signal(object)
    refused = Signal(object)

    def __init__(self, field: SpecField) -> None:
        super().__init__()
        self.line = LineEdit(field)
        self._twin = field.key == TWIN_FILE
        self.button = QPushButton("…")
        say(self.button.setToolTip, "Choose a file")
        say(self.button.setAccessibleName, "Choose the file of {field}", field=Phrase(field.label))
        self.button.setFixedWidth(40)
        self.setFocusProxy(self.line)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        self.line.edited.connect(self.edited)
        self.line.refused.connect(self.refused)
        self.button.clicked.connect(self._look)

    def show_value(self, value: Value) -> None:
        """Show the value in force."""
        self.line.show_value(value)

    def restore(self, value: Value) -> None:
        """Show the value in force in place of whatever was typed."""
        self.line.restore(value)

    def _look(self) -> None:
        kinds = tr("Twins (*.safetensors);;All files (*)" if self._twin else "Tables (*.csv);;All files (*)")
        title = tr("Choose a twin" if self._twin else "Choose a table")
        name, _ = QFileDialog.getOpenFileName(self, title, self.line.text(), kinds)
        if name:
            self.edited.emit(name)


class SpinEdit(QSpinBox):
    """A whole number whose undo is the form's."""

    def event(self, event: QEvent) -> bool:
        """Leave undo and redo to the form."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _undoes(event):
            event.ignore()
            return True
        return super().event(event)


Editor = FlagEdit | ChoiceEdit | LineEdit | PathEdit


def editor_of(field: SpecField) -> Editor:
    """Make the editor that suits a key."""
    names = open_choices(field.key)
    if field.kind == "choice":
        names = {name: (name, "") for name in field.choices}
    if names is not None:
        return ChoiceEdit(names)
    if field.kind == "bool":
        return FlagEdit(field)
    return PathEdit(field) if field.key in FILES else LineEdit(field)


def _undoes(event: QKeyEvent) -> bool:
    return any(event.matches(key) for key in UNDOING)
