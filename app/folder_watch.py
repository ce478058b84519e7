"""How large the run on the disk is, and since when it is safe there."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from app.background import Background
from core.phrase import Phrase

INTERVAL_MS = 2000


class FolderWatch(QObject):
    """Look at a run's folder now and then, in the background: `told` says "saved 2 s ago · run.h5 14 MB"."""

    told = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._folder: Path | None = None
        self._background = Background(self)
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._look)

    def follow(self, folder: Path) -> None:
        """Look at this folder from now on."""
        self._folder = folder
        self._timer.start()

    def stop(self) -> None:
        """Look no more."""
        self._timer.stop()
        self.told.emit("")

    def _look(self) -> None:
        folder = self._folder
        if folder is not None:
            self._background.run(lambda: _state_of(folder), self.told.emit)


def _state_of(folder: Path) -> str:
    try:
        size = (folder / "run.h5").stat().st_size
        saved = max((path.stat().st_mtime for path in (folder / "checkpoints").glob("*.safetensors")), default=None)
    except OSError:  # the run tells what is wrong with its folder
        return ""
    file = f"run.h5 {size / 1e6:.1f} MB"
    if saved is None:
        return file
    return Phrase("checkpoint {ago_s:.0f} s ago · {file}", ago_s=max(time.time() - saved, 0), file=file)
