"""As many plots as the curves of a step need, side by side; each is made once and drawn again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.curve_groups import grouped, titles_of
from app.theme import LIGHT, Theme
from app.widgets.curves_view import CurveImage, CurvesView

if TYPE_CHECKING:
    from core.calibration.events import Curve

WIDE_PX = 1000  # as wide, two plots stand side by side and more of them in threes
View = CurvesView | CurveImage


class PlotGrid(QWidget):
    """`save_requested` has a PlotRecord."""

    save_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._theme = LIGHT
        self._made: list[View] = []
        self.shown: list[View] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Draw curves, those that belong together in one plot; a plot that is paused stays as it is."""
        free, shown = list(self._made), list[View]()
        groups = grouped(curves)
        for group, title in zip(groups, titles_of(groups), strict=True):
            kind: type[View] = CurveImage if group[0].kind == "image" else CurvesView
            view = next((view for view in free if type(view) is kind), None) or self._make(kind())
            free = [other for other in free if other is not view]
            if not view.paused:
                view.show_curves(group, title)
            shown.append(view)
        if shown != self.shown:
            self._arrange(shown)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self._theme = theme
        for view in self._made:
            view.apply_theme(theme)

    def _make(self, view: View) -> View:
        view.apply_theme(self._theme)
        view.save_requested.connect(self.save_requested)
        self._made.append(view)
        return view

    def _arrange(self, shown: list[View]) -> None:
        for view in self.shown:
            self._grid.removeWidget(view)
            view.pause_action.setChecked(False)
            view.hide()
        count = len(shown)
        columns = _columns(count, self.width() >= WIDE_PX)
        rows = math.ceil(count / columns)
        for place, view in enumerate(shown):
            row, column = divmod(place, columns)
            across = columns - column if place == count - 1 else 1
            self._grid.addWidget(view, row, column, 1, across)
            view.show()
        for row in range(self._grid.rowCount()):
            self._grid.setRowStretch(row, int(row < rows))
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column < columns))
        self.shown = shown


def _columns(count: int, wide: bool) -> int:
    if count <= (1 if wide else 2):
        return 1
    return 3 if wide and count > 4 else 2
