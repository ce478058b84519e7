"""Asks where a view is to be saved, and saves it without letting the window wait."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.background import Background
from app.language import tr
from app.plot_record import DATA, PICTURES, PlotRecord, save_plot


class PlotSaver(QObject):
    """`saved` tells the file, `failed` the reason; `run` names the run whose views these are."""

    saved = Signal(str)
    failed = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._background = Background(self)
        self._background.failed.connect(self.failed)
        self.run = ""

    def ask(self, record: PlotRecord, run: str = "") -> None:
        """Ask for a file and save the plot there, as one of `run` if it is named; the ending of its name says how."""
        run = run or self.run
        kinds = ";;".join(f"{kind[1:].upper()} (*{kind})" for kind in (*PICTURES, *DATA))
        suggestion = f"{run or 'overtone'}-{_slug(record.title)}.png"
        name, chosen = QFileDialog.getSaveFileName(self._window, tr("Save the view"), suggestion, kinds)
        if name:
            path = Path(name)
            known = path.suffix.lower() in (*PICTURES, *DATA)
            self.save(record, path if known else path.with_name(f"{path.name}.{chosen.split()[0].lower()}"), run)

    def save(self, record: PlotRecord, path: Path, run: str = "") -> None:
        """Save the plot into this file."""
        run = run or self.run
        facts = {"run": run} if run else {}
        self._background.run(lambda: save_plot(record, path, facts), lambda _: self.saved.emit(str(path)))


def _slug(title: str) -> str:
    words = "".join(character if character.isalnum() else " " for character in title.lower()).split()
    return "-".join(words)
