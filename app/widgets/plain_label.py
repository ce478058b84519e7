"""Labels for text from files, which is shown as it stands: Qt would take some of it for HTML."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel

from app.language import say


class _WrappedLabel(QLabel):
    def minimumSizeHint(self) -> QSize:
        """Ask for one line: Qt asks for the height of a column one word wide, which a page then keeps free."""
        return QSize(1, self.fontMetrics().height())


def plain_label(text: str = "", role: str = "", *, wraps: bool = True) -> QLabel:
    """Make a label whose text can be selected."""
    label = _WrappedLabel() if wraps else QLabel()
    say(label.setText, text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setWordWrap(wraps)
    if role:
        label.setProperty("role", role)
    return label
