"""The table of runs: what its columns show, how they are sorted, and which runs a filter lets through."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QLocale,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QIcon

from app.language import follow, tr
from app.systems import shown_system
from app.theme import Theme, dot
from app.widgets.recent_run import STATE_TOKENS, STATE_WORDS, local_time
from app.widgets.training_view import ESTIMATOR_NAMES
from core.phrase import Phrase

if TYPE_CHECKING:
    from core.run.index import RunSummary

Index = QModelIndex | QPersistentModelIndex
DisplayRole = Qt.ItemDataRole.DisplayRole
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
MOST_LETTERS = 200  # of a cell: a title from elsewhere may be a book


def shown_title(run: RunSummary) -> str:
    """Return what a run is called in a line."""
    return Phrase(" ".join((run.title or run.preset or run.name).split())[:MOST_LETTERS])


def size(count_bytes: int) -> str:
    """Write a number of bytes with the unit that suits it."""
    return QLocale.c().formattedDataSize(count_bytes, 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def _shown(text: str) -> str:
    """Translate what is a phrase; a title of the user's stays as it is."""
    return tr(text) if isinstance(text, Phrase) else text


def _fraction(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _percent(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{100 * value:.1f}\u00a0%"


def _epochs(run: RunSummary) -> str:
    return f"{run.epochs_done}" if run.epochs is None else f"{run.epochs_done}/{run.epochs}"


@dataclass(frozen=True)
class Column:
    """A column: its title, the text of a run, what it is sorted by (None comes last), and what it means."""

    title: str
    text: Callable[[RunSummary], str]
    key: Callable[[RunSummary], Any]
    tip: str = ""
    is_number: bool = False
    width_px: int = 96


def _words(title: str, text: Callable[[RunSummary], str], tip: str = "", width_px: int = 96) -> Column:
    return Column(title, text, lambda run: text(run).casefold() or None, tip, width_px=width_px)


COLUMNS = (
    _words("State", lambda run: Phrase(STATE_WORDS[run.state]), width_px=120),
    _words("Run", shown_title, "Title, or the name of the preset", 190),
    Column(
        "Accuracy",
        lambda run: _percent(run.test_accuracy),
        lambda run: _fraction(run.test_accuracy),
        "Test accuracy on the device",
        is_number=True,
        width_px=84,
    ),
    Column(
        "Baseline",
        lambda run: _percent(run.best_baseline),
        lambda run: _fraction(run.best_baseline),
        "Test accuracy of the best digital baseline",
        is_number=True,
        width_px=84,
    ),
    Column("Started", lambda run: local_time(run.started), lambda run: run.started or None, "Local time", width_px=148),
    _words("System", shown_system, "System and number of its unit", 160),
    _words(
        "Gradient",
        lambda run: Phrase(ESTIMATOR_NAMES.get(run.estimator, run.estimator)),
        "Estimator of the gradient",
        84,
    ),
    Column("Seed", lambda run: "" if run.seed is None else str(run.seed), lambda run: run.seed, "", True, 60),
    Column("Epochs", _epochs, lambda run: run.epochs_done, "Done, of those that were asked for", True, 76),
    Column("Size", lambda run: size(run.size_bytes), lambda run: run.size_bytes, "Of all files of the run", True, 84),
    _words("Tags", lambda run: ", ".join(run.tags), width_px=140),
)
STARTED = next(place for place, column in enumerate(COLUMNS) if column.title == "Started")


class RunsModel(QAbstractTableModel):
    """Runs as rows; the user role has the whole summary."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.runs: list[RunSummary] = []
        self._dots: dict[str, QIcon] = {}
        follow(self._say_words)

    def show_runs(self, runs: Sequence[RunSummary]) -> None:
        """Take the place of the runs that were there."""
        self.beginResetModel()
        self.runs = list(runs)
        self.endResetModel()

    def _say_words(self) -> None:
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(COLUMNS) - 1)
        if self.runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.runs) - 1, len(COLUMNS) - 1))

    def apply_theme(self, theme: Theme) -> None:
        """Colour the dots of the states."""
        self._dots = {state: dot(getattr(theme, token)) for state, token in STATE_TOKENS.items()}
        if self.runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.runs) - 1, 0))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008, Qt's signature
        """Count the runs."""
        return 0 if parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Count the columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def data(self, index: Index, role: int = DisplayRole) -> object:
        """Return what a cell shows."""
        run, column = self.runs[index.row()], COLUMNS[index.column()]
        if role == DisplayRole:
            return " ".join(_shown(column.text(run)).split())[:MOST_LETTERS]
        if role == Qt.ItemDataRole.UserRole:
            return run
        if role == Qt.ItemDataRole.TextAlignmentRole and column.is_number:
            return RIGHT
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return self._dots.get(run.state)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = DisplayRole) -> object:
        """Return a column's title, and what it means."""
        if orientation == Qt.Orientation.Vertical:
            return None
        column = COLUMNS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if column.is_number else Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return {DisplayRole: tr(column.title), Qt.ItemDataRole.ToolTipRole: tr(column.tip)}.get(Qt.ItemDataRole(role))


class RunsFilter(QSortFilterProxyModel):
    """Runs of a state and of a system that hold all words of a text in a column, their notes or their tags."""

    def __init__(self, model: RunsModel) -> None:
        super().__init__(model)
        self.setSourceModel(model)
        self._model = model
        self._words: list[str] = []
        self._state, self._system = "", ""

    def narrow(self, text: str, state: str, system: str) -> None:
        """Show runs with these words, of this state and this kind of system; "" lets all through."""
        self._words, self._state, self._system = text.casefold().split(), state, system
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        """Tell whether a run is shown."""
        run = self._model.runs[row]
        if (self._state and run.state != self._state) or (self._system and run.system != self._system):
            return False
        if not self._words:
            return True
        texts = [column.text(run) for column in COLUMNS]
        text = " ".join([*texts, *map(_shown, texts), run.name, run.task, run.notes]).casefold()
        return all(word in text for word in self._words)

    def lessThan(self, left: Index, right: Index) -> bool:
        """Compare by a column's key; runs without one come last in either order."""
        key = COLUMNS[left.column()].key
        a, b = (key(self._model.runs[index.row()]) for index in (left, right))
        if a is None or b is None:
            return a is not b and (b is None) == (self.sortOrder() == Qt.SortOrder.AscendingOrder)
        return a < b
