"""The log page: everything that happened since the window opened, to filter and to copy."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.bug_report import bug_report
from app.language import say, worded
from app.log_model import LEVELS, Level, Line, LogModel
from app.theme import Theme
from app.widgets.word_box import WordBox

NOTHING_YET = "Nothing has happened yet. Messages of the engine and errors of any thread appear here."
COPIES = "Copy the chosen line with its details, versions and platform; without one, all lines."


class LogFilter(QSortFilterProxyModel):
    """Lines of a level or a graver one that hold a text."""

    def __init__(self, model: LogModel) -> None:
        super().__init__()
        self.setSourceModel(model)
        self._model, self._least, self._text = model, 0, ""

    def narrow(self, least: Level, text: str) -> None:
        """Show lines from this level on that hold this text, in any case of letters."""
        self._least, self._text = LEVELS.index(least), text.casefold()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        """Tell whether a line is shown."""
        line = self._model.line(row)
        return LEVELS.index(line.level) >= self._least and self._text in line.text.casefold()


class LogPage(QWidget):
    """A filter above, the lines, and the details of the chosen one below."""

    def __init__(self, model: LogModel) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._filter = LogFilter(model)
        self.least = WordBox(("Everything", "Warnings and errors", "Errors"))
        self.search = QLineEdit()
        say(self.search.setPlaceholderText, "Find in the log")
        self.search.setClearButtonEnabled(True)
        self.copy = worded(QPushButton(), "Copy for bug report")
        say(self.copy.setToolTip, COPIES)
        self.table = QTableView()
        self.details = QPlainTextEdit()
        self.empty = worded(QLabel(), NOTHING_YET)
        self._lay_out()
        self.table.setModel(self._filter)
        self.table.selectionModel().currentRowChanged.connect(self._show_details)
        self.least.currentIndexChanged.connect(self._narrow)
        self.search.textChanged.connect(self._narrow)
        self.copy.clicked.connect(self._copy)
        self._filter.rowsInserted.connect(self._follow)
        self._filter.rowsRemoved.connect(self._follow)
        self._filter.modelReset.connect(self._follow)
        self._follow()

    def apply_theme(self, theme: Theme) -> None:
        """Do nothing: the style sheet and the palette colour all of it."""

    def _narrow(self) -> None:
        self._filter.narrow(LEVELS[self.least.currentIndex()], self.search.text())
        self._follow()

    def _follow(self) -> None:
        self.empty.setVisible(self._filter.rowCount() == 0)
        self.table.setVisible(self._filter.rowCount() > 0)
        if not self.table.selectionModel().hasSelection():
            self.table.scrollToBottom()

    def _lines(self) -> list[Line]:
        rows = [index.row() for index in self.table.selectionModel().selectedRows()]
        chosen = rows or range(self._filter.rowCount())
        return [self._filter.index(row, 0).data(Qt.ItemDataRole.UserRole) for row in chosen]

    def _show_details(self) -> None:
        line: Line | None = self.table.currentIndex().data(Qt.ItemDataRole.UserRole)
        text = "" if line is None else "\n\n".join(part for part in (line.text, line.details) if part)
        self.details.setPlainText(text)
        self.details.setVisible(bool(text))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(bug_report(self._lines()))

    def _lay_out(self) -> None:
        title = worded(QLabel(), "Log")
        title.setProperty("role", "title")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(title)
        row.addStretch(1)
        for widget in (self.search, self.least, self.copy):
            row.addWidget(widget)
        self.search.setMinimumWidth(220)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.setWordWrap(True)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.details.setReadOnly(True)
        self.details.setMaximumHeight(180)
        self.details.hide()
        self.empty.setProperty("role", "muted")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(12)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.details)
