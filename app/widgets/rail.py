"""The navigation rail: a page each, an icon with its word, Ctrl+1 and so on."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QToolButton, QVBoxLayout, QWidget

from app.language import say
from app.theme import Theme, icon
from core.phrase import Phrase

WIDTH_PX = 96


class Rail(QWidget):
    """Tells which page was chosen; a count beside a word says how much there is that nobody has seen."""

    chosen = Signal(int)

    def __init__(self, pages: dict[str, str]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(WIDTH_PX)
        self.words, self._icons = list(pages), list(pages.values())
        self.buttons: list[QToolButton] = []
        group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 8, 4, 8)
        layout.setSpacing(4)
        for place, word in enumerate(self.words):
            button = QToolButton()
            say(button.setText, word)
            button.setCheckable(True)
            button.setProperty("rail", True)
            button.setIconSize(QSize(20, 20))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setFixedWidth(WIDTH_PX - 8)
            say(button.setToolTip, "{page} (Ctrl+{number})", page=Phrase(word), number=place + 1)
            say(button.setAccessibleName, word)
            button.clicked.connect(partial(self._choose, place))
            group.addButton(button)
            layout.addWidget(button)
            self.buttons.append(button)
        layout.addStretch(1)

    def show_page(self, place: int) -> None:
        """Mark the page that is shown."""
        self.buttons[place].setChecked(True)

    def count(self, place: int, number: int) -> None:
        """Write a number beside a page's word; 0 takes it away."""
        word, button = Phrase(self.words[place]), self.buttons[place]
        say(button.setText, Phrase("{page} {number}", page=word, number=number) if number else word)
        say(button.setAccessibleName, Phrase("{page}, {number} unread", page=word, number=number) if number else word)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        for button, name in zip(self.buttons, self._icons, strict=True):
            button.setIcon(icon(name, theme.text))

    def _choose(self, place: int, _checked: bool = False) -> None:
        self.show_page(place)
        self.chosen.emit(place)
