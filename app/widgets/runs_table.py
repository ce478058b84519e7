"""The list of runs: sorted by a click on a header; order, width and sorting of its columns are kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QItemSelection, QItemSelectionModel, QPoint, QSettings, Qt
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTableView

from app.language import say, tr
from app.runs_model import COLUMNS, STARTED, RunsFilter, RunsModel
from app.theme import Theme

if TYPE_CHECKING:
    from core.run.index import RunSummary

KEY = "runs/columns-1"  # the number goes up when the columns change
WHOLE_ROWS = QItemSelectionModel.SelectionFlag.Rows


class RunsTable(QTableView):
    """A row a run; several can be selected. The selection is by name, and outlives a new list."""

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self._settings = settings
        self._runs = RunsModel(self)
        self.filter = RunsFilter(self._runs)
        self.setModel(self.filter)
        say(self.setAccessibleName, "Runs")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(30)
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setStretchLastSection(True)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_header_menu)
        self.reset_columns()
        stored = settings.value(KEY)
        if isinstance(stored, QByteArray) and not header.restoreState(stored):
            self.reset_columns()

    def show_runs(self, runs: list[RunSummary]) -> None:
        """Take the place of the runs that were there; those that were selected still are."""
        chosen, place = {run.name for run in self.chosen()}, self.verticalScrollBar().value()
        self._runs.show_runs(runs)
        self.choose(chosen)
        self.verticalScrollBar().setValue(place)

    def chosen(self) -> list[RunSummary]:
        """Return the selected runs, in the order of the rows."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self._run(row) for row in rows]

    def choose(self, names: Collection[str]) -> None:
        """Select the runs with these names, as far as they are shown."""
        rows = [row for row in range(self.filter.rowCount()) if self._run(row).name in names]
        selection = QItemSelection()
        for row in rows:
            selection.select(self.filter.index(row, 0), self.filter.index(row, 0))
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | WHOLE_ROWS
        if rows:
            self.selectionModel().setCurrentIndex(
                self.filter.index(rows[0], 0), QItemSelectionModel.SelectionFlag.NoUpdate
            )
            self.scrollTo(self.filter.index(rows[0], 0))
        self.selectionModel().select(selection, flags)

    def neighbour(self, runs: Iterable[RunSummary]) -> str:
        """Return the name of the run that is nearest below these, or else above them; "" without any."""
        gone = {run.name for run in runs}
        names = [self._run(row).name for row in range(self.filter.rowCount())]
        last = max((place for place, name in enumerate(names) if name in gone), default=-1)
        rest = [name for name in (*names[last + 1 :], *reversed(names[: last + 1])) if name not in gone]
        return rest[0] if rest else ""

    def keep_columns(self) -> None:
        """Keep the columns for next time."""
        self._settings.setValue(KEY, self.horizontalHeader().saveState())

    def reset_columns(self) -> None:
        """Put the columns where they were at first, the latest run above."""
        header = self.horizontalHeader()
        for place, column in enumerate(COLUMNS):
            header.setSectionHidden(place, False)
            header.moveSection(header.visualIndex(place), place)
            header.resizeSection(place, column.width_px)
        self.sortByColumn(STARTED, Qt.SortOrder.DescendingOrder)

    def apply_theme(self, theme: Theme) -> None:
        """Colour the states."""
        self._runs.apply_theme(theme)

    def _run(self, row: int) -> RunSummary:
        return self.filter.index(row, 0).data(Qt.ItemDataRole.UserRole)

    def _show_header_menu(self, where: QPoint) -> None:
        header, menu = self.horizontalHeader(), QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place, column in enumerate(COLUMNS[1:], 1):  # the state stays
            action = menu.addAction(tr(column.title))
            action.setCheckable(True)
            action.setChecked(not header.isSectionHidden(place))
            action.toggled.connect(self._shower(place))
        menu.addSeparator()
        menu.addAction(tr("Reset the columns")).triggered.connect(self.reset_columns)
        menu.popup(header.mapToGlobal(where))

    def _shower(self, place: int) -> Callable[[bool], None]:
        return lambda shown: self.horizontalHeader().setSectionHidden(place, not shown)
