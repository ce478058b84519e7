"""A titled surface: its content, or a sentence while there is none, and a menu of what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.language import headline, say, worded
from app.theme import Theme, icon
from core.phrase import Phrase


class Panel(QFrame):
    """`header` may be taken elsewhere, into a dock's title; while `paused` nothing new is to be shown.

    `title` is in English, as it stands in files.
    """

    pause_toggled = Signal(bool)

    def __init__(self, title: str, empty: str, content: QWidget, extras: Sequence[QWidget] = ()) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.title, self._title = title, QLabel()
        say(self.write_title, title)
        self._title.setMinimumHeight(28)
        self.readout = QLabel()
        self.readout.setProperty("role", "muted")
        self.readout.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)  # it is never pushed apart
        self._note = QLabel()
        self._note.setProperty("role", "warning")
        self._empty = worded(QLabel(), empty)
        self._empty.setProperty("role", "muted")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setContentsMargins(24, 8, 24, 8)
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        self._menu_button = QToolButton()
        self._menu_button.setProperty("flat", True)
        say(self._menu_button.setToolTip, "What can be done with this view")
        say(self._menu_button.setAccessibleName, "Menu of {view}", view=Phrase(title))
        self._menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu_button.setMenu(self.menu)
        self.pause_action = self.add_action("Pause this view", checkable=True)
        self.pause_action.toggled.connect(self._pause)
        self.header = QWidget()
        self.header.setObjectName("panelHeader")
        self.header.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(self.header)
        row.setContentsMargins(12, 4, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._title)
        row.addWidget(self._note)
        row.addWidget(self.readout, 1)
        for extra in (*extras, self._menu_button):
            row.addWidget(extra)
        self._stack = QStackedLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 4, 1, 4)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addLayout(self._stack, 1)
        self._stack.addWidget(self._empty)  # a stack that is in no window yet would open one, which takes the focus
        self._stack.addWidget(content)
        self.setMinimumSize(240, 150)

    @property
    def hint(self) -> str:
        """Return the sentence that stands in place of missing content."""
        return self._empty.text()

    @property
    def empty(self) -> bool:
        """Tell whether the sentence stands in place of the content."""
        return self._stack.currentIndex() == 0

    @property
    def paused(self) -> bool:
        """Tell whether the view is to stay as it is."""
        return self.pause_action.isChecked()

    def add_action(self, text: str, *, checkable: bool = False) -> QAction:
        """Add an entry to the menu."""
        action = worded(self.menu.addAction(""), text)
        action.setCheckable(checkable)
        return action

    def set_title(self, title: str) -> None:
        """Name the panel."""
        self.title = title
        say(self.write_title, title)

    def write_title(self, text: str) -> None:
        """Show a title, which begins with a capital letter in every language that has them."""
        self._title.setText(headline(text))

    def show_content(self) -> None:
        """Show the content."""
        self._stack.setCurrentIndex(1)

    def show_empty(self, text: str | None = None) -> None:
        """Show a sentence in place of the content."""
        if text is not None:
            say(self._empty.setText, text)
        say(self.readout.setText, "")
        self._stack.setCurrentIndex(0)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the menu's icon."""
        self._menu_button.setIcon(icon("more", theme.muted))

    def _pause(self, paused: bool) -> None:
        say(self._note.setText, "paused" if paused else "")
        self.pause_toggled.emit(paused)
