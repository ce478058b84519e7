"""A step of the tour: a frame around a control, and beside it a card that never covers the control or takes a key."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.language import say, worded
from app.theme import LIGHT, Theme

WIDTH_PX, GAP_PX, MARGIN_PX, FRAME_PX = 320, 12, 8, 3
FOLLOW_MS = 100  # how often it looks where the control is


class TourCard(QFrame):
    """Stands beside a control of a window, wherever that goes; `moved` tells the step that is wanted."""

    moved = Signal(int)
    ended = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("card")
        self.setFixedWidth(WIDTH_PX)
        self._window, self._target, self._place = window, window, 0
        self._layout = QVBoxLayout(self)
        self.frame = _Frame(window)
        self.count, self.title, self.text = QLabel(), QLabel(), QLabel()
        self.count.setProperty("role", "muted")
        self.title.setProperty("role", "heading")
        self.title.setWordWrap(True)
        self.text.setWordWrap(True)
        self.back, self.next = worded(QPushButton(), "Back"), QPushButton()
        self.end = worded(QPushButton(), "End tour")
        self.next.setProperty("primary", True)
        for button in (self.back, self.next, self.end):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._follow = QTimer(self)
        self._follow.setInterval(FOLLOW_MS)
        self._follow.timeout.connect(self._stand)
        self._lay_out()
        self.back.clicked.connect(lambda: self.moved.emit(self._place - 1))
        self.next.clicked.connect(lambda: self.moved.emit(self._place + 1))
        self.end.clicked.connect(self.ended)
        self.hide()
        self.frame.hide()

    def show_step(self, title: str, text: str, target: QWidget, place: int, steps: int) -> None:
        """Show step `place` of `steps`, counted from 0, beside a control."""
        self._target, self._place = target, place
        say(self.title.setText, title)
        say(self.text.setText, text)
        say(self.count.setText, "{step} of {steps}", step=place + 1, steps=steps)
        say(self.next.setText, "Next" if place + 1 < steps else "Done")
        self.back.setEnabled(place > 0)
        say(self.back.setToolTip, "" if place else "This is the first step.")
        self.show()
        self._follow.start()
        self._stand()

    def close_card(self) -> None:
        """Take card and frame away."""
        self._follow.stop()
        self.hide()
        self.frame.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Draw the frame in the accent."""
        self.frame.colour = QColor(theme.accent)
        self.frame.update()

    def _stand(self) -> None:
        """Go where the control is now; while it cannot be seen, to a corner."""
        self.setFixedHeight(self._layout.totalHeightForWidth(WIDTH_PX))
        if self._target.isVisible():
            target = QRect(self._target.mapTo(self._window, QPoint(0, 0)), self._target.size())
            frame = target.adjusted(-FRAME_PX, -FRAME_PX, FRAME_PX, FRAME_PX) & self._window.rect()
            self.frame.setGeometry(frame)
            self.frame.show()
            self.frame.raise_()
            self.move(placed(self.size(), frame, self._window.rect()))
        else:
            self.frame.hide()
            corner = self._window.rect().bottomRight() - QPoint(WIDTH_PX + GAP_PX, self.height() + 40)
            self.move(corner)
        self.raise_()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.end)
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.next)
        layout = self._layout
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        for part in (self.count, self.title, self.text):
            layout.addWidget(part)
        layout.addLayout(row)


def placed(card: QSize, target: QRect, window: QRect) -> QPoint:
    """Return where a card goes: beside a tall target, below or above a wide one, else inside where there is no room."""
    room = window.adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX)
    middle = target.center() - QPoint(card.width() // 2, card.height() // 2)
    beside = [
        QPoint(target.right() + GAP_PX, target.top()),
        QPoint(target.left() - GAP_PX - card.width(), target.top()),
    ]
    below = [
        QPoint(middle.x(), target.bottom() + GAP_PX),
        QPoint(middle.x(), target.top() - GAP_PX - card.height()),
    ]
    inside = target.bottomRight() - QPoint(card.width() + GAP_PX, card.height() + GAP_PX)
    wanted = [*(below + beside if target.width() > target.height() else beside + below), inside]
    for corner in wanted:
        kept = QPoint(
            min(max(corner.x(), room.left()), room.right() - card.width()),
            min(max(corner.y(), room.top()), room.bottom() - card.height()),
        )
        if not QRect(kept, card).intersects(target) or corner is wanted[-1]:
            return kept
    raise AssertionError("the last one is always taken")


class _Frame(QWidget):
    """A border that the mouse goes through."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.colour = QColor(LIGHT.accent)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the border."""
        painter = QPainter(self)
        painter.setPen(QPen(self.colour, 2))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 6, 6)
