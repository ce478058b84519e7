"""The runs in a folder as the window's pages share them, read in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.background import Background

if TYPE_CHECKING:
    from core.run.index import RunSummary


Earlier = tuple[str, dict[str, np.ndarray]]
"""A gradient estimator, and the columns of a run's epochs."""


class RunList(QObject):
    """The latest list of runs, the newest first; `changed` comes with each new one, `failed` with a reason."""

    changed = Signal()
    failed = Signal(str)

    def __init__(self, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.runs: list[RunSummary] = []
        self.known = False
        self._background = Background(self)
        self._background.failed.connect(self.failed)

    def refresh(self) -> None:
        """Read the folder again."""
        self._background.run(lambda: _read(self.folder), self._take)

    def read_curve(self, path: Path, done: Callable[[np.ndarray], None]) -> None:
        """Hand the accuracy of a run's epochs to `done`: the validation's where it has one, else the training's."""
        self._background.run(lambda: accuracy_curve(path), done)

    def read_earlier(self, name: str, estimator: str, done: Callable[[list[Earlier]], None]) -> None:
        """Hand the epochs of the latest finished runs of a preset with other estimators to `done`."""
        latest: dict[str, Path] = {}
        for run in self.runs:
            if run.state == "finished" and run.preset == name and run.estimator != estimator:
                latest.setdefault(run.estimator, run.path)
        if latest:
            self._background.run(lambda: [(key, epochs_of(path)) for key, path in latest.items()], done)

    def _take(self, runs: list[RunSummary]) -> None:
        self.runs, self.known = runs, True
        self.changed.emit()


def _read(folder: Path) -> list[RunSummary]:
    from core.run.index import list_runs

    return list_runs(folder)[::-1] if folder.is_dir() else []


def epochs_of(path: Path) -> dict[str, np.ndarray]:
    """Return the table of a run's epochs; empty where it has none or cannot be read."""
    from core.ports import RunFileError
    from core.run.record import RunRecord

    try:
        return RunRecord(path).arrays("epochs")
    except RunFileError:
        return {}


def accuracy_curve(path: Path) -> np.ndarray:
    """Return the accuracy (epochs,) of a run; empty where it has none or cannot be read."""
    epochs = epochs_of(path)
    validation = epochs.get("validation_accuracy", np.empty(0))
    return validation if len(validation) and np.isfinite(validation).all() else epochs.get("accuracy", np.empty(0))
