"""The line at the foot of the window: what happens, what came out, and how the window looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from app.language import LANGUAGES, LanguageController, say
from app.theme import Mode, Theme, ThemeController, icon
from core.phrase import Phrase

MODE_NAMES: dict[Mode, str] = {"system": "as the system", "light": "light", "dark": "dark"}


class StatusLine(QWidget):
    """Left what happens now, right the last result and the choices of theme and language."""

    def __init__(self, themes: ThemeController, languages: LanguageController) -> None:
        super().__init__()
        self.setObjectName("statusLine")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._themes, self._languages = themes, languages
        self.status, self.result, self.kept, self.theme_button = QLabel(), QLabel(), QLabel(), QToolButton()
        for label in (self.status, self.kept):
            label.setProperty("role", "muted")
        for label in (self.status, self.result):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.theme_button.setProperty("flat", True)
        say(self.theme_button.setToolTip, "Light, dark, or as the system; the language")
        say(self.theme_button.setAccessibleName, "Theme and language")
        self.theme_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.theme_button.setMenu(self._theme_menu())
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 4, 8, 4)
        row.addWidget(self.status)
        row.addStretch(1)
        row.addWidget(self.result)
        row.addWidget(self.kept)
        row.addWidget(self.theme_button)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icon."""
        self.theme_button.setIcon(icon("theme", theme.muted))

    def _theme_menu(self) -> QMenu:
        menu = QMenu(self)
        _offer(menu, "Theme: {choice}", MODE_NAMES, lambda: self._themes.mode, self._themes.set_mode)
        menu.addSeparator()
        _offer(menu, "Language: {choice}", LANGUAGES, lambda: self._languages.language, self._languages.set_language)
        return menu


def _offer(
    menu: QMenu, text: str, names: Mapping[Any, str], chosen: Callable[[], str], choose: Callable[[Any], None]
) -> None:
    """Add an entry for each choice; the one in force has a mark."""
    group = QActionGroup(menu)
    for choice, name in names.items():
        action = menu.addAction("")
        say(action.setText, text, choice=Phrase(name))
        action.setCheckable(True)
        action.triggered.connect(partial(_choose, choose, choice))
        menu.aboutToShow.connect(partial(_mark, action, choice, chosen))
        group.addAction(action)


def _mark(action: QAction, choice: str, chosen: Callable[[], str]) -> None:
    action.setChecked(choice == chosen())


def _choose(choose: Callable[[Any], None], choice: str, *_checked: bool) -> None:
    choose(choice)
