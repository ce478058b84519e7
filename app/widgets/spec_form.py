"""The specification as a form, made from its types: sections that fold, a row for each key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QIcon, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.draft import Draft
from app.language import said, say, worded
from app.spec_choices import name_of
from app.spec_fields import SpecField, section_help, spec_fields
from app.theme import Theme, icon
from app.widgets.field_row import FieldRow
from app.widgets.section import Section
from core.phrase import Phrase, joined

WIDE_PX = 760  # from which there is room for the help beside each field
EXPERIMENT = "experiment"  # the section of the keys at the top


class SpecForm(QFrame):
    """Edits a draft; `problem` says which value is still wrong, and `save_asked` that the values shall be kept."""

    problem_changed = Signal()
    save_asked = Signal()

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._draft = draft
        self._reset_icon = QIcon()
        self.rows: dict[str, FieldRow] = {}
        self.sections: dict[str, Section] = {EXPERIMENT: Section("Experiment", "What it is called, and its seed.")}
        for name, help in section_help().items():
            self.sections[name] = Section(name.capitalize(), help)
        for name, section in self.sections.items():
            section.toggled.connect(partial(self._fill, name))
        self._imperfections: Sequence[SpecField] = ()
        self.imperfections_note = worded(QLabel(), "Imperfections: reading them …")
        self.imperfections_note.setProperty("role", "muted")
        self.undo = self._action("Undo", draft.history.undo, "Ctrl+Z")
        self.redo = self._action("Redo", draft.history.redo, "Ctrl+Shift+Z")
        self.summary, self.help = QLabel(), QLabel()
        say(self.help.setText, "Point at a field to see what it does, its limits and its default.")
        self.reset_all, self.save = worded(QPushButton(), "Reset all"), worded(QPushButton(), "Save as preset…")
        self._buttons = [QToolButton(), QToolButton()]
        self._scroll = QScrollArea()
        self._lay_out()
        draft.changed.connect(self._show)
        draft.history.undoTextChanged.connect(partial(self._name, self.undo))
        draft.history.redoTextChanged.connect(partial(self._name, self.redo))
        self.reset_all.clicked.connect(self._reset_all)
        self.save.clicked.connect(self.save_asked)
        self._show()
        self._name(self.undo, "")
        self._name(self.redo, "")
        self.sections["training"].set_open(True)

    @property
    def problem(self) -> str:
        """Say which value is wrong, and why; "" where none is."""
        wrong = next((row for row in self.rows.values() if row.problem), None)
        if wrong is None:
            return ""
        return Phrase("{field}: {problem}", field=Phrase(wrong.field.label), problem=wrong.problem)

    def open(self, name: str) -> None:
        """Show one section, fold the others."""
        for other, section in self.sections.items():
            section.set_open(other == name)
        QTimer.singleShot(0, self, partial(self._scroll_to, self.sections[name]))

    def show_imperfections(self, fields: Sequence[SpecField]) -> None:
        """Offer the imperfections of the chosen system."""
        for field in self._imperfections:
            row = self.rows.pop(field.key, None)
            if row is not None:
                row.deleteLater()
        self._imperfections = fields
        say(self.imperfections_note.setText, "Imperfections" if fields else "This system tells of no imperfections.")
        if self.sections["system"].open:
            self._fill("system", True)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        self._reset_icon = icon("reset", theme.muted)
        self._tint()
        for section in self.sections.values():
            section.apply_theme(theme)
        self.undo.setIcon(icon("undo", theme.text))
        self.redo.setIcon(icon("redo", theme.text))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the help beside the fields where there is room, else below them all."""
        super().resizeEvent(event)
        self._fit()

    def _tint(self) -> None:
        for row in self.rows.values():
            row.reset.setIcon(self._reset_icon)

    def _scroll_to(self, section: Section) -> None:
        self._scroll.verticalScrollBar().setValue(section.y())

    def _fit(self) -> None:
        wide = self.width() >= WIDE_PX
        self.help.setVisible(not wide)
        for row in self.rows.values():
            row.fit(self.width() - 40, wide=wide)

    def _fill(self, name: str, open: bool) -> None:
        """Make the rows of a section when it is opened at first: all of them at once would delay the window."""
        if not open:
            return
        section = self.sections[name]
        self._add_rows([field for field in spec_fields() if _section_of(field.key) == name], section)
        if name == "system":
            if self.imperfections_note.parent() is None:
                section.rows.addWidget(self.imperfections_note)
            self._add_rows(self._imperfections, section)

    def _add_rows(self, fields: Sequence[SpecField], section: Section) -> None:
        missing = [field for field in fields if field.key not in self.rows]
        for field in missing:
            self._add_row(field, section)
        if missing:
            self._tint()
            self._fit()
            self._show()

    def _add_row(self, field: SpecField, section: Section) -> None:
        row = FieldRow(field)
        section.rows.addWidget(row)
        self.rows[field.key] = row
        row.edited.connect(partial(self._draft.set, field))
        row.reset_asked.connect(partial(self._draft.reset, field))
        row.problem_changed.connect(self._tell)
        row.looked_at.connect(lambda: say(self.help.setText, row.summary))

    def _show(self) -> None:
        choice = self._draft.choice
        values, base = choice.values, choice.base
        for key, row in self.rows.items():
            value = values.get(key, row.field.default)
            if value is not None:
                before = choice.preset.values if key == "task.data" else base
                row.show_value(value, before.get(key, row.field.default), changed=key in choice.changes)
                row.allow(row.field.idle(values, name_of))
        count = len(choice.changes)
        title = Phrase(choice.preset.title)
        shown = Phrase("{title} · {count} changed", title=title, count=count) if count else title
        say(self.summary.setText, shown)
        self.reset_all.setEnabled(count > 0)
        say(self.reset_all.setToolTip, "Take the preset as it is" if count else "Nothing differs from the preset.")
        self._tell()

    def _reset_all(self) -> None:
        for row in self.rows.values():
            row.forget_problem()
        self._draft.reset_all()

    def _tell(self) -> None:
        problem = self.problem
        changed = Counter(map(_section_of, self._draft.choice.changes))
        wrong = Counter(_section_of(key) for key, row in self.rows.items() if row.problem)
        for name, section in self.sections.items():
            counts = (wrong[name], "{count} wrong"), (changed[name], "{count} changed")
            say(section.note.setText, joined((Phrase(what, count=count) for count, what in counts if count), " · "))
        self.save.setEnabled(not problem)
        say(self.save.setToolTip, problem or "Keep these values under a name of their own")
        self.problem_changed.emit()

    def _name(self, action: QAction, what: str) -> None:
        name, keys = said(action.setText), action.shortcut().toString()
        action.setEnabled(bool(what))
        if what:
            values = {"do": Phrase(name), "what": self._draft.phrase(what), "keys": keys}
            say(action.setToolTip, "{do} {what} ({keys})", **values)
        else:
            say(action.setToolTip, f"Nothing to {name.lower()}.")

    def _action(self, text: str, do: Callable[[], None], keys: str) -> QAction:
        action = worded(QAction(self), text)
        action.setShortcut(QKeySequence(keys))
        action.triggered.connect(do)
        return action

    def _lay_out(self) -> None:
        self.help.setProperty("role", "muted")
        self.help.setWordWrap(True)
        self.help.setMinimumHeight(2 * self.help.fontMetrics().lineSpacing() + 4)
        self.help.setAlignment(Qt.AlignmentFlag.AlignTop)
        head = QHBoxLayout()
        head.setSpacing(4)
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        head.addWidget(self.summary, 1)
        for button, action in zip(self._buttons, (self.undo, self.redo), strict=True):
            button.setDefaultAction(action)
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setIconSize(QSize(20, 20))
            button.setProperty("flat", True)
            head.addWidget(button)
        head.addSpacing(4)
        head.addWidget(self.reset_all)
        head.addWidget(self.save)
        content = QWidget()
        content.setObjectName("form")
        stack = QVBoxLayout(content)
        stack.setContentsMargins(0, 0, 8, 0)
        stack.setSpacing(4)
        for section in self.sections.values():
            stack.addWidget(section)
        stack.addStretch(1)
        self._scroll.setWidget(content)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self.help)


def _section_of(key: str) -> str:
    return key.split(".")[0] if "." in key else EXPERIMENT
