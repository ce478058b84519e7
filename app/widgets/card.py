"""Cards of the start page: a surface that is one large button, with an icon and a few words."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout

from app.language import say, worded
from app.systems import SystemCard
from app.theme import Theme, icon
from core.phrase import Phrase

ICON_PX = 40


class Card(QFrame):
    """A surface that can be pressed by mouse, Enter and Space."""

    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setProperty("pressable", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Count as pressed when the button is let go on it."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Count as pressed by Enter and Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pressed.emit()
        else:
            super().keyPressEvent(event)


class SystemCardView(Card):
    """A physical system: its picture, what it is, and whether it is simulated."""

    def __init__(self, kind: str, card: SystemCard) -> None:
        super().__init__()
        self._kind = kind
        say(self.setAccessibleName, "{name}: {line}", name=Phrase(card.name), line=Phrase(card.line))
        say(self.setToolTip, "Choose an experiment on this system")
        self._icon = QLabel()
        self._icon.setFixedSize(ICON_PX, ICON_PX)
        badge = worded(QLabel(), "SIMULATED")
        badge.setProperty("role", "badge")
        name = worded(QLabel(), card.name)
        name.setProperty("role", "heading")
        line = worded(QLabel(), card.line)
        line.setProperty("role", "muted")
        line.setWordWrap(True)
        head = QHBoxLayout()
        head.addWidget(self._icon)
        head.addStretch(1)
        head.addWidget(badge, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(name)
        layout.addWidget(line, 1, Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumHeight(150)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the picture."""
        self._icon.setPixmap(icon(self._kind, theme.accent, ICON_PX).pixmap(QSize(ICON_PX, ICON_PX)))
