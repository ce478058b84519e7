"""The command palette: type a few letters of what is to be done."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from app.commands import Command, Commands
from app.language import follow, say, tr, worded
from app.widgets.overlay import Overlay
from core.phrase import Phrase

WIDTH_PX, ROWS = 560, 12


class Palette(Overlay):
    """Enter does the chosen command; one that cannot be done now says why."""

    def __init__(self, window: QWidget, commands: Commands) -> None:
        super().__init__(window, WIDTH_PX)
        self._commands = commands
        self._found: list[Command] = []
        self.search = QLineEdit()
        say(self.search.setPlaceholderText, "What is to be done?")
        say(self.search.setAccessibleName, "Search in the commands")
        self.list = QListWidget()
        self.list.setObjectName("presets")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.nothing = worded(QLabel(), "No command has these words.")
        self.nothing.setProperty("role", "muted")
        layout = QVBoxLayout(self.frame)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(8)
        layout.addWidget(self.search)
        layout.addWidget(self.list)
        layout.addWidget(self.nothing)
        self.frame.setFixedWidth(WIDTH_PX)
        self.search.textChanged.connect(self._search)
        self.search.installEventFilter(self)
        self.list.itemClicked.connect(self._do)
        follow(self.search_again)

    def open(self) -> None:
        """Show all commands and take what is typed."""
        super().open()
        self.search.clear()
        self._search("")
        self.search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let the arrows move in the list, Enter do, and Esc close, while one types."""
        if watched is self.search and isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()
            elif event.type() == QEvent.Type.KeyPress and self._key(Qt.Key(event.key())):
                return True
        return super().eventFilter(watched, event)

    def _key(self, key: Qt.Key) -> bool:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: ROWS, Qt.Key.Key_PageUp: -ROWS}.get(key)
        if step is not None and self._found:
            self.list.setCurrentRow(min(max(self.list.currentRow() + step, 0), len(self._found) - 1))
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do()
        elif key == Qt.Key.Key_Escape:
            self.close_sheet()
        else:
            return False
        return True

    def search_again(self) -> None:
        """Show again what has the words that stand there."""
        if self.isVisible():
            self._search(self.search.text())

    def _search(self, words: str) -> None:
        self._found = self._commands.matching(words)
        self.list.clear()
        for command in self._found:
            after = tr(command.reason()) or command.shortcut
            text = tr("{group}: {command}", group=Phrase(command.group), command=command.text) + (
                f"   {after}" if after else ""
            )
            self.list.addItem(QListWidgetItem(text))
        self.list.setFixedHeight(min(max(len(self._found), 1), ROWS) * 34 + 8)
        self.list.setCurrentRow(0)
        self.nothing.setVisible(not self._found)

    def _do(self, _item: object = None) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._found) and not self._found[row].reason():
            self.close_sheet()
            self._found[row].run()
