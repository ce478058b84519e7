"""A small table of text to read: as high as its rows, its first column as wide as it needs to be."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from app.language import follow, say, tr
from core.phrase import Phrase

MOST_HIGH_PX = 260
WIDEST_PX = 260


class TextTable(QTableWidget):
    """Rows of text, of which the first is the head."""

    def __init__(self, title: str, rows: Sequence[Sequence[str]]) -> None:
        head, *body = rows
        super().__init__(len(body), len(head))
        say(self.setAccessibleName, title)
        self._head, self._cells = head, list[tuple[QTableWidgetItem, str]]()
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        for row, cells in enumerate(body):
            for column, cell in enumerate(cells):
                item = QTableWidgetItem(cell)
                self._cells.append((item, cell))
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
                self.setItem(row, column, item)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setMaximumSectionSize(WIDEST_PX)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        follow(self._write)
        self.resizeRowsToContents()
        rows_px = sum(self.rowHeight(row) for row in range(len(body)))
        self.setFixedHeight(min(header.sizeHint().height() + rows_px + 14, MOST_HIGH_PX))

    def _write(self) -> None:
        self.setHorizontalHeaderLabels([tr(cell) for cell in self._head])
        for item, cell in self._cells:
            item.setText(tr(cell) if isinstance(cell, Phrase) else cell)
