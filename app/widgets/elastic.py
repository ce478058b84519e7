"""Pages that take the height there is: what plots and wrapped text would like is not asked."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QSizePolicy, QStackedWidget


class ElasticStack(QStackedWidget):
    """At least as high as told, and higher where there is room."""

    def __init__(self, least_px: int) -> None:
        super().__init__()
        self.setMinimumHeight(least_px)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def hasHeightForWidth(self) -> bool:
        """Tell that the width does not matter."""
        return False

    def sizeHint(self) -> QSize:
        """Ask for no more than the least."""
        return self.minimumSize()
