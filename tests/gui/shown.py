"""All that a window says: the texts of its widgets, actions, headers, lists, docks and axes, by where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyqtgraph as pg
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QDockWidget,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListView,
    QMainWindow,
    QMenu,
    QPlainTextEdit,
    QTabBar,
    QTextBrowser,
    QWidget,
)

from app.widgets.plot import Plot

READERS = {
    QLabel: ("text",),
    QAbstractButton: ("text",),
    QAction: ("text", "toolTip"),
    QMenu: ("title",),
    QDockWidget: ("windowTitle",),
    QLineEdit: ("placeholderText",),
    QPlainTextEdit: ("placeholderText",),
    QTextBrowser: ("toPlainText",),
    QWidget: ("toolTip", "accessibleName", "accessibleDescription"),
}


def texts_of(window: QWidget) -> dict[tuple[QObject, str], str]:
    """Return every text of a window's objects, hidden ones too, without tags; keys say where."""
    things = [window, *(thing for thing in window.findChildren(QObject) if not _is_foreign(thing))]
    return {(thing, place): re.sub(r"<[^<>]*>", "", text) for thing in things for place, text in _of(thing)}


def _is_foreign(thing: QObject) -> bool:
    """Tell what is not seen: Qt's parts of a dock's own title, arrows and left-overs of tab bars, pyqtgraph's menu."""
    left_over = isinstance(thing, QTabBar) and isinstance(thing.parent(), QMainWindow) and thing.count() < 2
    named = thing.objectName().startswith(("qt_dockwidget", "Scroll"))
    return left_over or named or isinstance(thing.parent(), pg.GraphicsScene)


def _of(thing: QObject) -> Iterator[tuple[str, str]]:
    for kind, readers in READERS.items():
        if isinstance(thing, kind):
            yield from ((name, getattr(thing, name)()) for name in readers)
    if isinstance(thing, QComboBox):
        for place in range(thing.count()):
            yield f"item {place}", thing.itemText(place)
            yield f"tip {place}", thing.itemData(place, Qt.ItemDataRole.ToolTipRole) or ""
    if isinstance(thing, QTabBar):
        yield from ((f"tab {place}", thing.tabText(place)) for place in range(thing.count()))
    if isinstance(thing, Plot):
        axes = [thing.plot_item.getAxis(side) for side in ("left", "bottom")]
        yield from ((axis.orientation, axis.label.toPlainText()) for axis in axes if isinstance(axis, pg.AxisItem))
    if isinstance(thing, QAbstractItemView) and not isinstance(thing, QHeaderView) and thing.model() is not None:
        yield from _of_model(thing)


def _of_model(view: QAbstractItemView) -> Iterator[tuple[str, str]]:
    model, across = view.model(), Qt.Orientation.Horizontal
    columns = 1 if isinstance(view, QListView) else model.columnCount()
    for column in range(columns):
        for role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            yield f"head {column} {role.name}", str(model.headerData(column, across, role) or "")
        for row in range(model.rowCount()):
            yield f"cell {row} {column}", str(model.index(row, column).data() or "")
