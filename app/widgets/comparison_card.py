"""Several runs side by side: what can be concluded, their curves, and tables of figures and of what differs."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.language import say
from app.run_preview import RunsPreview
from app.theme import Theme
from app.widgets.elastic import ElasticStack
from app.widgets.epochs_view import EpochsView
from app.widgets.plain_label import plain_label
from app.widgets.text_table import TextTable
from core.phrase import Phrase, joined


class ComparisonCard(QWidget):
    """Shows the comparison that was read, or why there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.title = plain_label(role="title")
        self.words = plain_label()
        self.curves = EpochsView()
        self._view = ElasticStack(240)
        self._view.addWidget(self.curves)
        self.tables: dict[str, TextTable] = {}
        self._box, self._parts = QVBoxLayout(), list[QWidget]()
        self._box.setSpacing(4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.title)
        layout.addWidget(self.words)
        layout.addWidget(self._view, 1)
        layout.addLayout(self._box)

    def begin(self, count: int) -> None:
        """Say how many runs are being compared."""
        say(self.title.setText, "Comparison of {count} runs", count=count)
        say(self.words.setText, "Reading the runs")
        self._clear()

    def show_preview(self, preview: RunsPreview) -> None:
        """Show curves, sentences and tables."""
        self._clear()
        say(self.words.setText, joined((Phrase("• {it}", it=sentence) for sentence in preview.words), "\n"))
        self.curves.show_tracks(preview.tracks)
        self._view.show()
        for title, rows in preview.tables.items():
            self.tables[title] = TextTable(title, rows)
            self._parts += plain_label(title, "muted", wraps=False), self.tables[title]
        for part in self._parts:
            self._box.addWidget(part)

    def refuse(self, reason: str) -> None:
        """Say why the runs cannot be compared."""
        say(self.words.setText, reason)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self.curves.apply_theme(theme)

    def _clear(self) -> None:
        self._view.hide()
        self.tables = {}
        for old in self._parts:
            old.hide()
            old.deleteLater()
        self._parts = []
