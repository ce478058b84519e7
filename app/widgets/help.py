"""Sheets of help: what a page is for, and all shortcuts."""

from __future__ import annotations

from importlib import resources
from itertools import groupby

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from app.commands import Commands
from app.widgets.overlay import Overlay

WIDTH_PX, HEIGHT_PX = 640, 480


class HelpSheet(Overlay):
    """Shows a text in Markdown."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window, WIDTH_PX)
        self.text = QTextBrowser()
        self.text.setOpenExternalLinks(True)
        self.done = QPushButton("Close")
        self.done.clicked.connect(self.close_sheet)
        self.frame.setFixedWidth(WIDTH_PX)
        self.text.setMinimumHeight(HEIGHT_PX)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.done)
        layout = QVBoxLayout(self.frame)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(self.text)
        layout.addLayout(row)

    def show_page(self, page: str) -> None:
        """Show the help of a page, from resources/help."""
        file = resources.files("resources") / "help" / f"{page}.md"
        self.text.setMarkdown(file.read_text("utf-8"))
        self.open()

    def show_shortcuts(self, commands: Commands) -> None:
        """List all commands that have keys, by their groups."""
        parts: list[str] = ["# Shortcuts"]
        with_keys = [command for command in commands if command.shortcut]
        for group, members in groupby(with_keys, key=lambda command: command.group):
            rows = [f"| {command.shortcut} | {command.text} |" for command in members]
            parts += [f"## {group}", "| keys | what they do |\n|---|---|\n" + "\n".join(rows)]
        parts.append("Space pauses and resumes a run wherever one does not type.")
        self.text.setMarkdown("\n\n".join(parts))
        self.open()
