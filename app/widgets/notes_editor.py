"""What the user writes about a run: tags in a line, and a text."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from app.language import said, say
from app.widgets.plain_label import plain_label
from core.run.notes import Notes


class NotesEditor(QWidget):
    """`written` has new `Notes` when the focus leaves them, or when they are to be kept at once."""

    written = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.text = QLineEdit(), QPlainTextEdit()
        say(self.tags.setPlaceholderText, "Tags, with commas between them")
        say(self.tags.setAccessibleName, "Tags of the run, with commas between them")
        say(self.text.setPlaceholderText, "Notes: what was tried, what was seen")
        say(self.text.setAccessibleName, "Notes on the run")
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(44)
        self.text.setMaximumHeight(160)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.state = plain_label(role="muted")
        self._stored: Notes | None = Notes()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        for widget in (self.tags, self.text, self.state):
            layout.addWidget(widget)
        for field in (self.tags, self.text):
            field.installEventFilter(self)
            field.textChanged.connect(self._typed)
        self.state.hide()

    @property
    def notes(self) -> Notes:
        """Return what is written now."""
        tags = (" ".join(tag.split()) for tag in self.tags.text().split(","))
        return Notes(tuple(dict.fromkeys(tag for tag in tags if tag)), self.text.toPlainText())

    @property
    def is_changed(self) -> bool:
        """Tell whether something is written that was not handed on yet."""
        return self.notes != self._stored

    def show_notes(self, notes: Notes, reason: str = "") -> None:
        """Show notes as they are stored; a reason says why they cannot be changed."""
        if notes != self.notes:  # else the cursor stays where it is
            self.tags.setText(", ".join(notes.tags))
            self.text.setPlainText(notes.text)
        self._stored = self.notes  # what a field makes of it is no change of the user's
        for field in (self.tags, self.text):
            field.setReadOnly(bool(reason))
        say(self.state.setText, reason)
        self.state.setVisible(bool(reason))

    def keep(self) -> None:
        """Hand on what has been written since the last time."""
        if self.is_changed:
            notes = self._stored = self.notes
            self.tell("Saving")
            self.written.emit(notes)

    def refuse(self, reason: str) -> None:
        """Say that what was written is not stored, so that the next occasion to keep it is one."""
        self._stored = None
        self.tell(reason)

    def tell(self, text: str) -> None:
        """Say what became of what was written."""
        say(self.state.setText, text)
        self.state.setVisible(bool(text))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep what was written when the focus leaves a field."""
        if event.type() == QEvent.Type.FocusOut:
            self.keep()
        return False

    def _typed(self) -> None:
        if self.is_changed:
            self.tell("Not saved yet: Ctrl+S, or leave the field")
        elif said(self.state.setText).startswith("Not saved"):
            self.tell("")
