"""One notice at a time: what happened and what to do, never a dialog over a running experiment."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QToolButton, QVBoxLayout

from app.language import say, worded
from app.theme import Theme, icon


class Notice(QFrame):
    """A bar with a sentence, its details on demand, and a way to copy both."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("notice")
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setWordWrap(True)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(160)
        self.show_details = worded(QPushButton(), "Details")
        self.show_details.setCheckable(True)
        self.copy = worded(QPushButton(), "Copy")
        self.dismiss = QToolButton()
        self.dismiss.setProperty("flat", True)
        say(self.dismiss.setToolTip, "Dismiss")
        row = QHBoxLayout()
        row.addWidget(self.text, 1)
        for button in (self.show_details, self.copy, self.dismiss):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.addLayout(row)
        layout.addWidget(self.details)
        self.show_details.toggled.connect(self.details.setVisible)
        self.copy.clicked.connect(self._copy)
        self.dismiss.clicked.connect(self.hide)
        self.hide()

    def show_error(self, text: str, details: str = "", *, level: str = "error") -> None:
        """Show an error in place of the last one, or a warning where that is its level."""
        self.setProperty("level", level)
        self.style().unpolish(self)
        self.style().polish(self)
        say(self.text.setText, text)
        self.details.setPlainText(details)
        self.show_details.setChecked(False)
        self.show_details.setVisible(bool(details))
        self.details.hide()
        self.show()

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icon."""
        self.dismiss.setIcon(icon("close", theme.text))

    def _copy(self) -> None:
        text = "\n\n".join(part for part in (self.text.text(), self.details.toPlainText()) if part)
        QGuiApplication.clipboard().setText(text)
