"""A child process: the program itself, and beside it a guide that tells where on the screen a thing stands.

Each line of the input is a kind of thing and its word; the answer is a line of JSON: the middle and the size of what
can be seen of it, in pixels, or null. What a hand does with the mouse there goes through X server and window manager.
"""

from __future__ import annotations

import json
import runpy
import sys
import threading
from collections.abc import Iterator

from PySide6.QtCore import QObject, QRect, Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QListView, QMenu, QWidget

from app.widgets.panel import Panel


def visible(kind: type[QWidget]) -> list[QWidget]:
    return [w for w in QApplication.allWidgets() if isinstance(w, kind) and not w.visibleRegion().isEmpty()]


def whole(widgets: Iterator[QWidget]) -> Iterator[tuple[QWidget, QRect]]:
    return ((widget, widget.visibleRegion().boundingRect()) for widget in widgets)


def buttons(word: str) -> Iterator[tuple[QWidget, QRect]]:
    enabled = (button for button in visible(QAbstractButton) if button.isEnabled())
    return whole(button for button in enabled if word in {button.text().replace("&", ""), button.accessibleName()})


def labels(word: str) -> Iterator[tuple[QWidget, QRect]]:
    return whole(label for label in visible(QLabel) if word in label.text())


def boxes(word: str) -> Iterator[tuple[QWidget, QRect]]:
    return whole(box for box in visible(QComboBox) if word in box.currentText())


def views(word: str) -> Iterator[tuple[QWidget, QRect]]:
    return whole(panel for panel in visible(Panel) if panel.title.startswith(word))


def windows(word: str) -> Iterator[tuple[QWidget, QRect]]:
    return whole(w for w in visible(QWidget) if w.isWindow() and w.windowTitle() == word)


def entries(word: str) -> Iterator[tuple[QWidget, QRect]]:
    for menu in visible(QMenu):
        yield from ((menu, menu.actionGeometry(action)) for action in menu.actions() if action.text() == word)
    for popup in visible(QListView):
        model = popup.model()
        indices = (model.index(row, 0) for row in range(model.rowCount()))
        yield from ((popup.viewport(), popup.visualRect(index)) for index in indices if index.data().startswith(word))


KINDS = {"button": buttons, "label": labels, "box": boxes, "view": views, "entry": entries, "window": windows}


def find(kind: str, word: str) -> tuple[int, int, int, int] | None:
    for widget, rectangle in KINDS[kind](word):
        middle = widget.mapToGlobal(rectangle.center())
        return middle.x(), middle.y(), rectangle.width(), rectangle.height()
    return None


class Guide(QObject):
    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.asked.connect(self.answer, Qt.ConnectionType.QueuedConnection)

    def answer(self, line: str) -> None:
        print(json.dumps(find(*line.split(" ", 1))), flush=True)


def listen(guide: Guide) -> None:
    for line in sys.stdin:
        guide.asked.emit(line.strip())


if __name__ == "__main__":
    guide = Guide()
    threading.Thread(target=listen, args=(guide,), daemon=True).start()
    sys.argv = sys.argv[:1]
    runpy.run_module("app", run_name="__main__")
