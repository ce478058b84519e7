"""A titled group of a form that folds."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from app.language import say
from app.theme import Theme, icon


class Section(QWidget):
    """A header that is one button, a note at its right, and rows below while it is open."""

    toggled = Signal(bool)

    def __init__(self, title: str, help: str) -> None:
        super().__init__()
        self._theme: Theme | None = None
        self.header = QToolButton()
        say(self.header.setText, title)
        self.header.setCheckable(True)
        self.header.setProperty("flat", True)
        self.header.setIconSize(QSize(16, 16))
        self.header.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        say(self.header.setToolTip, help)
        self.note = QLabel()
        self.note.setProperty("role", "muted")
        self.body = QWidget()
        self.rows = QVBoxLayout(self.body)
        self.rows.setContentsMargins(12, 0, 0, 12)
        self.rows.setSpacing(8)
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, 8, 0)
        head.addWidget(self.header)
        head.addStretch(1)
        head.addWidget(self.note)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.body)
        self.body.hide()
        self.header.toggled.connect(self._fold)

    @property
    def open(self) -> bool:
        """Tell whether its rows are shown."""
        return self.header.isChecked()

    def set_open(self, open: bool) -> None:
        """Show its rows, or fold them away."""
        self.header.setChecked(open)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the arrow."""
        self._theme = theme
        self.header.setIcon(icon("fold" if self.open else "unfold", theme.muted))

    def _fold(self, open: bool) -> None:
        self.body.setVisible(open)
        if self._theme is not None:
            self.apply_theme(self._theme)
        self.toggled.emit(open)
