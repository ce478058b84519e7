"""The demo bench of the window: a process of emulated instruments, started and ended with a button."""

from __future__ import annotations

import json
import sys
from typing import Any

from PySide6.QtCore import QObject, QProcess, Signal

from app.device_book import Device
from app.presets import nested
from core.phrase import Phrase

MOST_BYTES = 1_000_000


class DemoBench(QObject):
    """`ready` tells the instruments that it has, `ended` that it is off, and why where nobody had asked for that."""

    ready = Signal(object)
    ended = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._process: QProcess | None = None
        self._output = b""

    @property
    def active(self) -> bool:
        """Tell whether it is on, or being started."""
        return self._process is not None

    def start(self) -> None:
        """Start it, unless it is on."""
        if self._process is not None:
            return
        self._output = b""
        process = self._process = QProcess(self)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        process.errorOccurred.connect(self._failed)
        process.start(sys.executable, ["-m", "app", "demo-bench", "--attached", "--json"])

    def stop(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._ended)
            process.errorOccurred.disconnect(self._failed)
            process.finished.connect(process.deleteLater)
            process.kill()
            self.ended.emit("")

    def _read(self) -> None:
        if self._process is None:
            return
        self._output += bytes(self._process.readAllStandardOutput().data())
        if self._output.endswith(b"\n"):
            items: list[dict[str, Any]] = json.loads(self._output)
            self.ready.emit([_device(item) for item in items])

    def _failed(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._ended()

    def _ended(self, *_how: object) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
            told = bytes(process.readAllStandardError().data()).decode("utf-8", "replace").strip().splitlines()
            last = told[-1] if told else Phrase("It gave no reason.")
            self.ended.emit(Phrase("The demo bench has ended: {reason} Start it again.", reason=last))


def _device(item: dict[str, Any]) -> Device:
    settings = {key: value for key, value in item.items() if key.startswith("system.")}
    return Device(alias=item["title"], status="demo", model=item["title"], **nested(settings))
