"""The line at the foot of the window: what happens, what came out, and how the window looks."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QToolButton, QWidget

from app.theme import MODES, Mode, Theme, ThemeController, icon

MODE_NAMES: dict[Mode, str] = {"system": "As the system", "light": "Light", "dark": "Dark"}


class StatusLine(QWidget):
    """Left what happens now, right the last result and the choice of the theme."""

    def __init__(self, themes: ThemeController) -> None:
        super().__init__()
        self.setObjectName("statusLine")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._themes = themes
        self.status, self.result, self.kept, self.theme_button = QLabel(), QLabel(), QLabel(), QToolButton()
        for label in (self.status, self.kept):
            label.setProperty("role", "muted")
        for label in (self.status, self.result):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.theme_button.setProperty("flat", True)
        self.theme_button.setToolTip("Light, dark, or as the system")
        self.theme_button.setAccessibleName("Theme")
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
        group = QActionGroup(menu)
        for mode in MODES:
            action = menu.addAction(MODE_NAMES[mode])
            action.setCheckable(True)
            action.setChecked(mode == self._themes.mode)
            action.triggered.connect(partial(self._choose, mode))
            group.addAction(action)
        return menu

    def _choose(self, mode: Mode, _checked: bool = False) -> None:
        self._themes.set_mode(mode)
