"""A sheet over the window: it takes the keyboard until it is closed, by Esc or by a press beside it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

MARGIN_PX = 48


class Overlay(QWidget):
    """Dims the window and shows a framed content in the middle; a running experiment goes on beneath."""

    def __init__(self, window: QWidget, width_px: int) -> None:
        super().__init__(window)
        self._window = window
        self.frame = QFrame()
        self.frame.setObjectName("card")
        self.frame.setMaximumWidth(width_px)
        self.frame.setMinimumWidth(min(width_px, 360))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(MARGIN_PX, MARGIN_PX, MARGIN_PX, MARGIN_PX)
        outer.addWidget(self.frame, 0, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        window.installEventFilter(self)
        self.hide()

    def open(self) -> None:
        """Show it above everything and take the keyboard."""
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.setFocus()

    def close_sheet(self) -> None:
        """Hide it and give the keyboard back."""
        self.hide()
        self._window.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the window."""
        if self.isVisible() and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
        return False

    def event(self, event: QEvent) -> bool:
        """Keep Esc from being the safe stop while the sheet is open."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close on Esc; let nothing through."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_sheet()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close on a press beside the frame."""
        if not self.frame.geometry().contains(event.position().toPoint()):
            self.close_sheet()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Dim what is beneath."""
        QPainter(self).fillRect(self.rect(), QColor(0, 0, 0, 96))
