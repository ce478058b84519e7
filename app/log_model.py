"""What happened, in order: a bounded list of lines, and how many errors nobody has seen."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.language import follow, tr

Level = Literal["info", "warning", "error"]
LEVELS: tuple[Level, ...] = ("info", "warning", "error")
MOST_LINES = 5000
COLUMNS = ("Time", "Level", "What happened")
Index = QModelIndex | QPersistentModelIndex
DisplayRole = Qt.ItemDataRole.DisplayRole


@dataclass(frozen=True)
class Line:
    """One thing that happened; `details` is for a bug report."""

    time: str
    level: Level
    text: str
    details: str = ""


class LogModel(QAbstractTableModel):
    """The latest lines, the oldest first."""

    unread_changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[Line] = deque()
        follow(self._say_words)
        self.unread = 0

    def add(self, level: Level, text: str, details: str = "") -> None:
        """Append a line; beyond `MOST_LINES` the oldest goes."""
        if len(self._lines) >= MOST_LINES:
            self.beginRemoveRows(QModelIndex(), 0, 0)
            self._lines.popleft()
            self.endRemoveRows()
        self.beginInsertRows(QModelIndex(), len(self._lines), len(self._lines))
        self._lines.append(Line(f"{datetime.now():%H:%M:%S}", level, text, details))
        self.endInsertRows()
        if level == "error":
            self._count(self.unread + 1)

    def mark_read(self) -> None:
        """Say that all errors have been seen."""
        self._count(0)

    def line(self, row: int) -> Line:
        """Return a line."""
        return self._lines[row]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, Qt's signature
        """Count the lines."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count time, level and text."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = DisplayRole) -> object:
        """Return the text of a cell; the user role has the whole line."""
        line = self._lines[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return line
        if role == DisplayRole:
            return (line.time, tr(line.level), line.text)[index.column()]
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DisplayRole) -> object:
        """Return a column's title."""
        if role == DisplayRole and orientation == Qt.Orientation.Horizontal:
            return tr(COLUMNS[section])
        return None

    def _say_words(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)
        if self._lines:
            self.dataChanged.emit(self.index(0, 1), self.index(len(self._lines) - 1, 1))

    def _count(self, unread: int) -> None:
        self.unread = unread
        self.unread_changed.emit(unread)
