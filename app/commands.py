"""All that the window can be told to do, once: the source of shortcuts, palette, menus and the shortcut sheet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.language import said, tr, worded


@dataclass(frozen=True)
class Command:
    """Something to do. `reason` says why it cannot be done now, "" when it can."""

    group: str
    action: QAction
    reason: Callable[[], str]

    @property
    def text(self) -> str:
        """Return what it does, in words."""
        return self.action.text()

    @property
    def words(self) -> str:
        """Return all by which it is found: its group and what it does, in English too."""
        return f"{self.group} {said(self.action.setText)} {tr(self.group)} {self.text}".casefold()

    @property
    def shortcut(self) -> str:
        """Return its keys as the platform writes them, "" without any."""
        return self.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def run(self) -> None:
        """Do it, unless there is a reason not to."""
        if not self.reason():
            self.action.trigger()


def always() -> str:
    """Give no reason: it can be done at any time."""
    return ""


class Commands:
    """The commands of a window, in the order in which they were added."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._commands: list[Command] = []

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands)

    def add(
        self, group: str, text: str, run: Callable[[], object], keys: str = "", reason: Callable[[], str] = always
    ) -> Command:
        """Add a command; its keys work in the whole window, but where one types."""

        def do() -> None:
            if not reason():
                run()

        action = worded(QAction(self._window), text)
        if keys:
            action.setShortcut(QKeySequence(keys))
        action.triggered.connect(do)
        self._window.addAction(action)
        command = Command(group, action, reason)
        self._commands.append(command)
        return command

    def take(self, group: str, action: QAction, reason: Callable[[], str]) -> None:
        """List an action that has its keys and its place elsewhere."""
        self._commands.append(Command(group, action, reason))

    def matching(self, words: str) -> list[Command]:
        """Find commands in whose text or group every word occurs, those that begin with the first word first."""
        wanted = words.casefold().split()
        found = [each for each in self if all(word in each.words for word in wanted)]
        return sorted(found, key=lambda item: not wanted or not item.text.casefold().startswith(wanted[0]))
