"""One key of the specification in a row: changed or not, its name, its editor, its unit, back to the preset's value."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from app.language import say, worded
from app.spec_fields import SpecField, Value, text_of
from app.widgets.field_editors import editor_of
from core.phrase import Phrase, joined

LABEL_PX, UNIT_PX = 128, 28
LEAST_EDITOR_PX, MOST_EDITOR_PX = 148, 240
OTHERS_PX = 280  # what a row takes besides its editor and its help


class FieldRow(QWidget):
    """`edited` tells a value that is allowed, `problem` what is wrong with one that is not (kept below the editor)."""

    edited = Signal(object)
    reset_asked = Signal()
    problem_changed = Signal()
    looked_at = Signal()

    def __init__(self, field: SpecField) -> None:
        super().__init__()
        self.field = field
        self.problem = ""
        self._value: Value | None = None
        self._idle = Phrase("")
        self._changed = False
        self.editor = editor_of(field)
        say(self.editor.setAccessibleName, field.label)
        say(self.editor.setAccessibleDescription, field.help)
        self.dot = QLabel("●")
        self.dot.setProperty("role", "dot")
        self.reset = QToolButton()
        self.reset.setProperty("flat", True)
        self.reset.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes from editor to editor
        say(self.reset.setAccessibleName, "Reset {field}", field=Phrase(field.label))
        self._label = worded(QLabel(), field.label)
        self.help = worded(QLabel(), field.help)
        self.reason = QLabel()
        self._lay_out()
        self.editor.edited.connect(self._edited)
        self.editor.refused.connect(self._refused)
        self.reset.clicked.connect(self._reset)
        self.editor.installEventFilter(self)
        proxy = self.editor.focusProxy()
        if proxy is not None:
            proxy.installEventFilter(self)

    def show_value(self, value: Value, preset: Value | None, *, changed: bool) -> None:
        """Show the value in force, and beside it whether it is the preset's."""
        keeps = bool(self.problem) and value == self._value
        self._value, self._changed = value, changed
        self.editor.show_value(value)
        if not keeps:
            self._tell_problem("")
        self.dot.setVisible(changed)
        say(self.dot.setAccessibleName, "changed" if changed else "")
        before = Phrase("nothing" if preset is None else text_of(preset) or "empty")
        say(self.dot.setToolTip, "Changed from {before}", before=before)
        say(self.reset.setToolTip, "Back to {before}", before=before)
        self.reset.setVisible(changed or bool(self.problem))
        self._tell()

    def allow(self, idle: Phrase) -> None:
        """Let the value be edited, or say why it does not count."""
        if idle != self._idle:
            self._idle = idle
            self.editor.setEnabled(not idle)
            self._label.setEnabled(not idle)
            if idle:
                self.forget_problem()
            self._tell()

    def fit(self, width_px: int, *, wide: bool) -> None:
        """Use a width, with the help beside the editor where it is `wide`."""
        self.help.setVisible(wide)
        self.editor.setFixedWidth(min(max(width_px - OTHERS_PX, LEAST_EDITOR_PX), MOST_EDITOR_PX))

    @property
    def summary(self) -> Phrase:
        """Return what it does, its limits and its default, in one line."""
        field, unit = self.field, f" {self.field.unit}" if self.field.unit else ""
        parts = [Phrase(field.help)]
        if field.limits:
            parts.append(Phrase("Allowed: {limits}.", limits=field.limits))
        if field.default is not None and field.default != "":
            default = Phrase(text_of(field.default))
            parts.append(Phrase("Default: {default}{unit}.", default=default, unit=unit))
        return joined(parts)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notice when the editor is looked at."""
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.Enter}:
            self.looked_at.emit()
        return super().eventFilter(watched, event)

    def _tell(self) -> None:
        tip = joined((part for part in (self._idle, self.summary, self.field.key) if part), "\n")
        say(self._label.setToolTip, tip)
        say(self.editor.setToolTip, tip)

    def _edited(self, value: Value) -> None:
        self._tell_problem("")
        self.reset.setVisible(self._changed)
        self.edited.emit(value)

    def _refused(self, reason: str) -> None:
        self._tell_problem(reason)
        self.reset.show()

    def forget_problem(self) -> None:
        """Show the value in force in place of a wrong one."""
        if self.problem and self._value is not None:
            self.editor.restore(self._value)
            self._tell_problem("")
            self.reset.setVisible(self._changed)

    def _reset(self) -> None:
        self.forget_problem()
        self.reset_asked.emit()

    def _tell_problem(self, problem: str) -> None:
        changed = problem != self.problem
        self.problem = problem
        say(self.reason.setText, problem)
        self.reason.setVisible(bool(problem))
        if changed:
            self.problem_changed.emit()

    def _lay_out(self) -> None:
        label = self._label
        label.setBuddy(self.editor)
        unit = QLabel(self.field.unit)
        unit.setProperty("role", "muted")
        self.help.setProperty("role", "muted")
        self.help.setWordWrap(True)
        self.reason.setProperty("role", "problem")
        self.reason.setWordWrap(True)
        self.reason.hide()
        for kept in (self.dot, self.reset):
            policy = kept.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            kept.setSizePolicy(policy)
            kept.hide()
        self.dot.setFixedWidth(12)
        label.setFixedWidth(LABEL_PX)
        unit.setFixedWidth(UNIT_PX)
        self.reset.setFixedSize(28, 26)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(2)
        for column, widget in enumerate((self.dot, label, self.editor, unit, self.reset)):
            grid.addWidget(widget, 0, column, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.help, 0, 5)
        grid.addWidget(self.reason, 1, 2, 1, 4)
        grid.setColumnStretch(5, 1)
