"""The page of runs: the list with its filters at the left, one run or several compared at the right."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QPoint, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QScrollArea,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.background import Background
from app.language import say
from app.plot_record import PlotRecord
from app.run_actions import RunActions
from app.run_list import RunList
from app.run_preview import MOST_COMPARED, RunPreview, RunsPreview, compare, read_preview
from app.systems import system_name
from app.theme import Theme
from app.widgets.comparison_card import ComparisonCard
from app.widgets.plain_label import plain_label
from app.widgets.recent_run import STATE_WORDS
from app.widgets.run_card import RunCard
from app.widgets.runs_table import RunsTable
from app.widgets.strip import Strip
from app.widgets.word_box import WordBox
from core.phrase import Phrase
from core.ports import OvertoneError
from core.run.notes import Notes, set_notes

if TYPE_CHECKING:
    from core.run.index import RunSummary

SETTLED_MS = 80  # after which a selection is taken for made
PREVIEW_PX = 540
SPLIT_KEY = "runs/split-1"
NO_RUNS = (
    "No runs yet. Quick start, on the page Start, trains a network in half a minute. Every run is kept as a folder "
    "with all that is needed to look at it, to compare it and to repeat it."
)
NONE_FIT = "No run has all of this. Take a word away, or show all states and systems."
NONE_CHOSEN = "Choose a run to see what it reached. Choose several, with Ctrl or Shift, to compare them."
NOT_SAVED = "Not saved. It is kept here while the window is open; Ctrl+S tries again."
Read = RunPreview | RunsPreview | str  # a string is the reason why there is nothing to show


class RunsPage(QWidget):
    """Reads in the background; the window starts what `repeat_requested` and `resume_requested` ask for, each a run."""

    repeat_requested = Signal(object)
    resume_requested = Signal(object)
    problem = Signal(str)
    save_requested = Signal(object, str)

    def __init__(self, runs: RunList, settings: QSettings) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._list, self._settings = runs, settings
        self._background = Background(self)
        self._background.failed.connect(self.problem)
        self._shown: list[RunSummary] = []  # of which a preview is shown or being read
        self._drafts: dict[Path, Notes] = {}  # written, and not in their files yet
        self._awaited = ""
        self.search, self.state, self.system = QLineEdit(), WordBox(), WordBox()
        self.table = RunsTable(settings)
        self.strip = Strip()
        self.actions_of_runs = RunActions(self.strip, self)
        self.run, self.comparison, self.hint = RunCard(), ComparisonCard(), plain_label(NONE_CHOSEN, "muted")
        self.empty = plain_label(role="muted")
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._lay_out()
        self._connect()
        self._show_only(self.hint)
        self._narrow()

    def show_run(self, name: str) -> None:
        """Select a run, now or when the list has it, whatever the filters say."""
        self.search.clear()
        self.state.setCurrentIndex(0)
        self.system.setCurrentIndex(0)
        self._awaited = name
        self._choose_awaited()
        self.table.setFocus()

    def set_busy(self, reason: str) -> None:
        """Let nothing be started and say why, "" where nothing is under way."""
        self.actions_of_runs.set_busy(reason)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        for part in (self.table, self.strip, self.run, self.comparison):
            part.apply_theme(theme)

    def showEvent(self, event: QShowEvent) -> None:
        """Look for runs that other programs have made."""
        super().showEvent(event)
        self._list.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        """Keep what was written and arranged."""
        super().hideEvent(event)
        self.run.notes.keep()
        self.table.keep_columns()
        self._settings.setValue(SPLIT_KEY, self.split.saveState())

    def _connect(self) -> None:
        actions = self.actions_of_runs
        self._list.changed.connect(self._show_runs)
        self._list.failed.connect(self._show_reason)
        self.table.selectionModel().selectionChanged.connect(self._chosen)
        self.table.filter.layoutChanged.connect(self._tell_if_empty)
        self.table.activated.connect(actions.report.trigger)
        self.table.customContextMenuRequested.connect(self._show_menu)
        self._settled.timeout.connect(self._read)
        self.search.textChanged.connect(self._narrow)
        for choice in (self.state, self.system):
            choice.currentIndexChanged.connect(self._narrow)
        actions.repeat_requested.connect(self.repeat_requested)
        actions.resume_requested.connect(self.resume_requested)
        actions.problem.connect(self.problem)
        actions.changed.connect(self._list.refresh)
        self.run.notes.written.connect(self._write_notes)
        for view in (self.run.curves, self.run.confusion, self.comparison.curves):
            view.save_requested.connect(self._save_plot)
        for keys, act in ((QKeySequence.StandardKey.Refresh, self._list.refresh), ("Ctrl+S", self.run.notes.keep)):
            QShortcut(
                QKeySequence(keys), self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut
            ).activated.connect(act)

    def _show_runs(self) -> None:
        chosen = self.table.chosen()
        gone = {run.name for run in chosen} - {run.name for run in self._list.runs}
        if chosen and len(gone) == len(chosen):
            self._awaited = self._awaited or self.table.neighbour(chosen)
        self._offer_systems()
        self.table.show_runs(self._list.runs)
        self._choose_awaited()
        self._tell_if_empty()
        self._chosen()

    def _offer_systems(self) -> None:
        kinds, shown = sorted({run.system for run in self._list.runs if run.system}), self.system.currentData()
        if kinds != [self.system.itemData(place) for place in range(1, self.system.count())]:
            self.system.blockSignals(True)
            self.system.clear()
            self.system.offer("All systems", "")
            for kind in kinds:
                self.system.offer(system_name(kind)[:40], kind)
            self.system.setCurrentIndex(max(self.system.findData(shown), 0))
            self.system.blockSignals(False)
            self._narrow()

    def _choose_awaited(self) -> None:
        if any(run.name == self._awaited for run in self._list.runs):
            self.table.choose({self._awaited})
            self._awaited = ""

    def _narrow(self) -> None:
        self.table.filter.narrow(self.search.text(), self.state.chosen, self.system.chosen)
        self._tell_if_empty()
        self._chosen()  # Qt does not tell what of a selection a filter takes away

    def _tell_if_empty(self) -> None:
        is_empty = self.table.filter.rowCount() == 0
        reading = "" if self._list.known else "Reading the list of runs"
        say(self.empty.setText, reading or (NONE_FIT if self._list.runs else NO_RUNS))
        self.empty.setVisible(is_empty)
        self.table.setVisible(not is_empty)

    def _show_reason(self, reason: str) -> None:
        if not self._list.known:
            say(self.empty.setText, reason)

    def _chosen(self) -> None:
        """Offer actions at once, and read what is chosen when no other choice follows."""
        runs = self.table.chosen()
        self.actions_of_runs.offer(runs)
        if runs == self._shown:
            return
        if [run.path for run in runs] != [run.path for run in self._shown]:
            self.run.notes.keep()
            if len(runs) == 1:
                self.run.begin()
            elif runs:
                self.comparison.begin(len(runs))
        if len(runs) == 1:
            self.run.show_summary(runs[0])
        self._shown = runs
        self._show_only((self.hint, self.run, self.comparison)[min(len(runs), 2)])
        self._settled.start()

    def _show_only(self, preview: QWidget) -> None:
        for widget in (self.hint, self.run, self.comparison):
            widget.setVisible(widget is preview)

    def _read(self) -> None:
        runs = self._shown
        if runs:
            self._background.run(lambda: self._preview_of(runs), partial(self._show_preview, runs))

    def _preview_of(self, runs: list[RunSummary]) -> Read | None:
        """Read, in the background; nothing where another choice was made meanwhile."""
        if runs is not self._shown:
            return None
        if len(runs) == 1:
            return read_preview(runs[0].path)
        if len(runs) > MOST_COMPARED:
            text = "Curves of {count} runs could not be told apart. Choose at most {most}."
            return Phrase(text, count=len(runs), most=MOST_COMPARED)
        try:
            return compare([run.path for run in reversed(runs)])
        except OvertoneError as error:
            return str(error)

    def _show_preview(self, runs: list[RunSummary], preview: Read | None) -> None:
        if runs is not self._shown:
            return
        if isinstance(preview, RunPreview):
            self.run.show_preview(preview)
            self._show_notes(preview)
        elif isinstance(preview, RunsPreview):
            self.comparison.show_preview(preview)
        elif preview is not None:
            self.comparison.refuse(preview)

    def _show_notes(self, preview: RunPreview) -> None:
        notes = self.run.notes
        if notes.isEnabled() and notes.is_changed:  # being written while the list was read again
            return
        draft = self._drafts.get(preview.path)
        notes.setEnabled(True)
        notes.show_notes(draft or preview.notes or Notes(), preview.notes_reason)
        if draft is not None:
            notes.refuse(NOT_SAVED)

    def _write_notes(self, notes: Notes) -> None:
        path = self._shown[0].path
        self._drafts[path] = notes
        self._background.run(lambda: _write(path, notes), partial(self._notes_written, path, notes))

    def _notes_written(self, path: Path, notes: Notes, reason: str) -> None:
        if reason:
            self.problem.emit(reason)
        elif self._drafts.get(path) == notes:
            del self._drafts[path]
            self._list.refresh()
        if len(self._shown) == 1 and self._shown[0].path == path and not self.run.notes.is_changed:
            if reason:
                self.run.notes.refuse(NOT_SAVED)
            else:
                self.run.notes.tell("Saved")

    def _save_plot(self, record: PlotRecord) -> None:
        self.save_requested.emit(record, ", ".join(run.name for run in self._shown))

    def _show_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        menu.addActions(self.actions_of_runs.all)
        menu.popup(self.table.viewport().mapToGlobal(where))

    def _lay_out(self) -> None:
        say(self.search.setPlaceholderText, "Find in all columns and notes")
        say(self.search.setAccessibleName, "Find runs")
        self.search.setClearButtonEnabled(True)
        self.state.offer("All states", "")
        for state, word in STATE_WORDS.items():
            self.state.offer(word.capitalize(), state)
        say(self.state.setAccessibleName, "State of the runs shown")
        self.system.offer("All systems", "")
        say(self.system.setAccessibleName, "System of the runs shown")
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.table.addAction(self.actions_of_runs.trash)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.split = QSplitter()
        self.split.setChildrenCollapsible(False)
        self.split.setHandleWidth(12)
        self.split.addWidget(self._left())
        self.split.addWidget(self._right())
        self.split.setStretchFactor(0, 4)
        self.split.setStretchFactor(1, 1)
        self.split.setSizes([PREVIEW_PX + 80, PREVIEW_PX])
        stored = self._settings.value(SPLIT_KEY)
        if isinstance(stored, QByteArray):
            self.split.restoreState(stored)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(self.split)

    def _left(self) -> QWidget:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.search, 1)
        row.addWidget(self.state)
        row.addWidget(self.system)
        left = QWidget()
        left.setMinimumWidth(360)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addWidget(self.empty, 1)
        return left

    def _right(self) -> QWidget:
        row = QHBoxLayout()
        row.setSpacing(8)
        for action in self.actions_of_runs.all:
            button = QToolButton()
            button.setDefaultAction(action)
            if action is self.actions_of_runs.export:
                button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            row.addWidget(button)
        row.addStretch(1)
        preview = QWidget()
        box = QVBoxLayout(preview)
        box.setContentsMargins(0, 0, 0, 0)
        for widget in (self.hint, self.run, self.comparison):
            box.addWidget(widget)
        scroll = QScrollArea()
        scroll.setWidget(preview)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.strip)
        column.addWidget(scroll, 1)
        return right


def _write(path: Path, notes: Notes) -> str:
    try:
        set_notes(path, notes.tags, notes.text)
    except OvertoneError as error:
        return str(error)
    return ""
