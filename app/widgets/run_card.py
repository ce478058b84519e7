"""The preview of one run: what to know first, key figures, curves or confusion matrix, and the user's notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QTabBar, QVBoxLayout, QWidget

from app.language import follow, say, tr
from app.run_preview import RunPreview, short_name
from app.runs_model import shown_title
from app.systems import shown_system
from app.theme import Theme
from app.widgets.confusion_view import ConfusionView
from app.widgets.elastic import ElasticStack
from app.widgets.epochs_view import EpochsView
from app.widgets.notes_editor import NotesEditor
from app.widgets.plain_label import plain_label
from app.widgets.recent_run import DOTTED, STATE_TOKENS, STATE_WORDS, local_time
from app.widgets.training_view import ESTIMATOR_NAMES
from core.phrase import Phrase, joined

if TYPE_CHECKING:
    from core.report.content import KeyFigure
    from core.run.index import RunSummary

LEAST_VIEW_PX = 200
COLUMNS = 2  # of key figures
WIDE_LETTERS = 36  # from which on a figure takes a row of its own
VIEWS = ("Curves", "Confusion")
READING = "Reading the run"
NO_ANSWERS = "The test set has not been measured yet: what its samples were taken for is known when the run has ended."


class RunCard(QWidget):
    """Shows what the list knows at once, and the rest when it has been read."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.line = plain_label(role="title"), plain_label(role="muted")
        self.state = QLabel()
        self.warnings = QFrame()
        self.warnings.setObjectName("card")
        self.warning_text = plain_label(role="warning")
        self.figures = QWidget()
        self._grid, self._labels = QGridLayout(self.figures), list[QLabel]()
        self.tabs, self.stack = QTabBar(), ElasticStack(LEAST_VIEW_PX)
        self.curves, self.confusion = EpochsView(), ConfusionView()
        self.notes = NotesEditor()
        self._run: RunSummary | None = None
        self._theme: Theme | None = None
        self._lay_out()
        self.tabs.currentChanged.connect(self.stack.setCurrentIndex)

    def show_summary(self, run: RunSummary) -> None:
        """Show what the list says of a run."""
        self._run = run
        say(self.title.setText, "{run}", run=shown_title(run))
        estimator = Phrase(ESTIMATOR_NAMES.get(run.estimator, run.estimator))
        parts = (shown_system(run), estimator, local_time(run.started), short_name(run.name))
        say(self.line.setText, joined((part for part in parts if part), " · "))
        self._show_state()

    def begin(self) -> None:
        """Forget the last run, while another one is read."""
        self._warn(())
        self._show_figures(())
        self.curves.show_empty(READING)
        self.confusion.show_empty(READING)
        self.notes.setEnabled(False)

    def show_preview(self, preview: RunPreview) -> None:
        """Show what was read, or why nothing could be."""
        self._warn((preview.reason,) if preview.reason else preview.warnings)
        self._show_figures(preview.figures)
        readable = preview.track is not None
        for widget in (self.tabs, self.stack, self.figures):
            widget.setVisible(readable)
        if preview.track is not None:
            self.curves.show_tracks([preview.track], preview.levels)
            self.confusion.set_classes(preview.classes)
            if preview.counts is None:
                self.confusion.show_empty(NO_ANSWERS)
            else:
                self.confusion.show_counts("test set", preview.counts)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self._theme = theme
        self.curves.apply_theme(theme)
        self.confusion.apply_theme(theme)
        self._show_state()

    def _show_state(self) -> None:
        if self._run is not None and self._theme is not None:
            colour = getattr(self._theme, STATE_TOKENS[self._run.state])
            say(self.state.setText, DOTTED, colour=colour, word=Phrase(STATE_WORDS[self._run.state]))

    def _say_tabs(self) -> None:
        for place, name in enumerate(VIEWS):
            self.tabs.setTabText(place, tr(name))

    def _warn(self, warnings: tuple[str, ...]) -> None:
        say(self.warning_text.setText, joined(warnings, "\n"))
        self.warnings.setVisible(bool(warnings))

    def _show_figures(self, figures: tuple[KeyFigure, ...]) -> None:
        for old in self._labels:
            old.hide()
            old.deleteLater()
        self._labels, place = [], 0
        for figure in figures:
            is_wide = len(figure.value) > WIDE_LETTERS
            if is_wide:
                place += place % COLUMNS
            row, column = divmod(place, COLUMNS)
            label, value = plain_label(figure.label, "muted", wraps=False), plain_label(figure.value)
            name = Phrase("{label}: {value}", label=Phrase(figure.label), value=Phrase(figure.value))
            say(value.setAccessibleName, name)
            self._labels += label, value
            for part in (label, value):
                say(part.setToolTip, figure.note)
            self._grid.addWidget(label, row, 2 * column, Qt.AlignmentFlag.AlignTop)
            span = 2 * COLUMNS - 1 if is_wide else 1
            self._grid.addWidget(value, row, 2 * column + 1, 1, span, Qt.AlignmentFlag.AlignTop)
            place += COLUMNS if is_wide else 1

    def _lay_out(self) -> None:
        head = QGridLayout()
        head.setHorizontalSpacing(12)
        head.setVerticalSpacing(4)
        head.addWidget(self.title, 0, 0)
        head.addWidget(self.state, 0, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self.line, 1, 0, 1, 2)
        head.setColumnStretch(0, 1)
        box = QVBoxLayout(self.warnings)
        box.setContentsMargins(12, 8, 12, 8)
        box.addWidget(self.warning_text)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(4)
        for column, share in ((1, 5), (3, 2)):
            self._grid.setColumnStretch(column, share)
        for name, view in zip(VIEWS, (self.curves, self.confusion), strict=True):
            self.tabs.addTab(name)
            self.stack.addWidget(view)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        say(self.tabs.setAccessibleName, "Views of the run")
        follow(self._say_tabs)
        self.confusion.pause_action.setVisible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.warnings)
        layout.addWidget(self.figures)
        layout.addWidget(self.tabs)
        layout.addWidget(self.stack, 3)
        layout.addWidget(self.notes, 1)
        layout.addStretch(0)
