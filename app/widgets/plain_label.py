"""Labels for text from files, which is shown as it stands: Qt would take some of it for HTML."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy


def plain_label(text: str = "", role: str = "", *, wraps: bool = True) -> QLabel:
    """Make a label whose text can be selected; one that wraps breaks long words too, and asks for no width."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(wraps)
    if role:
        label.setProperty("role", role)
    if wraps:
        label.setMinimumWidth(1)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        label.setSizePolicy(policy)
    return label
