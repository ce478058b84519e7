"""A question over the window, which stays alive beneath: what is asked, and two buttons."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.language import say
from app.widgets.overlay import Overlay

WIDTH_PX = 440


class Question(Overlay):
    """Esc and a press beside it mean no."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, WIDTH_PX)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.yes, self.no = QPushButton(), QPushButton()
        self.yes.setProperty("primary", True)
        self._agreed: Callable[[], None] = lambda: None
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.no)
        row.addWidget(self.yes)
        layout = QVBoxLayout(self.frame)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(16)
        layout.addWidget(self.text)
        layout.addLayout(row)
        self.frame.setFixedWidth(WIDTH_PX)
        self.yes.clicked.connect(self._agree)
        self.no.clicked.connect(self.close_sheet)

    def ask(self, text: str, yes: str, no: str, agreed: Callable[[], None]) -> None:
        """Ask; call `agreed` after yes."""
        say(self.text.setText, text)
        say(self.yes.setText, yes)
        say(self.no.setText, no)
        self._agreed = agreed
        self.open()
        self.yes.setFocus()

    def _agree(self) -> None:
        self.close_sheet()
        self._agreed()
