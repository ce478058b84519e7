"""Sheets of help: what a page is for, and all shortcuts."""

from __future__ import annotations

from importlib import resources
from itertools import groupby

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from app.commands import Commands
from app.language import follow, tr, worded
from app.widgets.overlay import Overlay

WIDTH_PX, HEIGHT_PX = 640, 480


class HelpSheet(Overlay):
    """Shows a text in Markdown."""

    tour_requested = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, WIDTH_PX)
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(True)
        self.done = worded(QPushButton(), "Close")
        self.done.clicked.connect(self.close_sheet)
        self.tour = worded(QPushButton(), "Take the five-minute tour")
        self.tour.clicked.connect(self.close_sheet)
        self.tour.clicked.connect(self.tour_requested)
        self.frame.setFixedWidth(WIDTH_PX)
        self.text.setMinimumHeight(HEIGHT_PX)
        row = QHBoxLayout()
        row.addWidget(self.tour)
        row.addStretch(1)
        row.addWidget(self.done)
        layout = QVBoxLayout(self.frame)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.text)
        layout.addLayout(row)
        self._shown: str | Commands = ""
        follow(self.say_words)

    def show_page(self, page: str) -> None:
        """Show the help of a page, from resources/help."""
        self._show(page)

    def show_shortcuts(self, commands: Commands) -> None:
        """List all commands that have keys, by their groups."""
        self._show(commands)

    def say_words(self) -> None:
        """Write what is shown."""
        if isinstance(self._shown, Commands):
            self.text.setMarkdown(_shortcuts(self._shown))
        elif self._shown:
            file = resources.files("resources") / "help" / tr("{page}.md", page=self._shown)
            self.text.setMarkdown(file.read_text("utf-8"))

    def _show(self, shown: str | Commands) -> None:
        self._shown = shown
        self.say_words()
        self.open()


def _shortcuts(commands: Commands) -> str:
    parts: list[str] = [f"# {tr('Shortcuts')}"]
    with_keys = [command for command in commands if command.shortcut]
    for group, members in groupby(with_keys, key=lambda command: command.group):
        rows = [f"| {command.shortcut} | {command.text} |" for command in members]
        head = f"| {tr('keys')} | {tr('what they do')} |"
        parts += [f"## {tr(group)}", "\n".join([head, "|---|---|", *rows])]
    parts.append(tr("Space pauses and resumes a run wherever one does not type."))
    return "\n\n".join(parts)
