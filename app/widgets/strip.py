"""A strip on a page: what is being done, what came of it, or a question that stops nothing else."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QToolButton

from app.language import say
from app.theme import Theme, icon
from app.widgets.plain_label import plain_label


class Strip(QFrame):
    """One sentence at a time, with a button that does something about it and one that puts it away."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self.text = plain_label()
        self.progress = QProgressBar()
        self.progress.setRange(0, 0)
        self.progress.setFixedWidth(96)
        say(self.progress.setAccessibleName, "In progress")
        self.act, self.leave, self.dismiss = QPushButton(), QPushButton(), QToolButton()
        self.dismiss.setProperty("flat", True)
        say(self.dismiss.setToolTip, "Dismiss")
        say(self.dismiss.setAccessibleName, "Dismiss")
        self.asks = False
        self._do: Callable[[], None] = self.hide
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self.text, 1)
        for widget in (self.progress, self.act, self.leave, self.dismiss):
            row.addWidget(widget)
        self.act.clicked.connect(self._acted)
        self.leave.clicked.connect(self.hide)
        self.dismiss.clicked.connect(self.hide)
        self.hide()

    def show_progress(self, text: str) -> None:
        """Say what is being done."""
        self._show(text, is_busy=True)

    def tell(self, text: str, verb: str = "", act: Callable[[], None] | None = None) -> None:
        """Say what was done, and offer one thing to do with it."""
        self._show(text, verb, act)

    def ask(self, text: str, verb: str, act: Callable[[], None], leave: str) -> None:
        """Ask before doing something; the keyboard is on the button that does not."""
        self._show(text, verb, act, leave)
        self.leave.setFocus()

    def withdraw(self) -> None:
        """Take a question back; anything else stays."""
        if self.asks:
            self.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icon."""
        self.dismiss.setIcon(icon("close", theme.text))

    def _show(
        self,
        text: str,
        verb: str = "",
        act: Callable[[], None] | None = None,
        leave: str = "",
        *,
        is_busy: bool = False,
    ) -> None:
        say(self.text.setText, text)
        self.progress.setVisible(is_busy)
        self._do, self.asks = act or self.hide, bool(leave)
        say(self.act.setText, verb)
        self.act.setVisible(bool(verb))
        say(self.leave.setText, leave)
        self.leave.setVisible(self.asks)
        self.dismiss.setVisible(not self.asks and not is_busy)
        self.show()

    def _acted(self) -> None:
        if self.asks:
            self.hide()
        self._do()
