"""The buses looked at from the window: a process for each, ended at its deadline, and none of them waited for."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from app.discovery import BUSES, DEADLINE_S, command, read_report


class Scanner(QObject):
    """`reported` tells a `BusReport` as soon as its bus is done, `finished` that all are."""

    reported = Signal(object)
    finished = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._processes: dict[str, QProcess] = {}
        self._deadline = QTimer(self)
        self._deadline.setSingleShot(True)
        self._deadline.setInterval(round(1e3 * DEADLINE_S))
        self._deadline.timeout.connect(self.stop)

    @property
    def active(self) -> bool:
        """Tell whether a bus is still being looked at."""
        return bool(self._processes)

    def start(self) -> None:
        """Look at all buses, unless that is under way."""
        if self._processes:
            return
        for name in BUSES:
            process = self._processes[name] = QProcess(self)
            process.finished.connect(partial(self._ended, name))
            process.errorOccurred.connect(partial(self._failed, name))
            program, *arguments = command(name)
            process.start(program, arguments)
        self._deadline.start()

    def stop(self) -> None:
        """End what has not ended by itself."""
        for process in list(self._processes.values()):
            process.kill()

    def _failed(self, name: str, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # else it ends, which is told as well
            self._ended(name)

    def _ended(self, name: str, *_how: object) -> None:
        process = self._processes.pop(name)
        output = bytes(process.readAllStandardOutput().data()).decode("utf-8", "replace")
        process.deleteLater()
        if not self._processes:
            self._deadline.stop()
        self.reported.emit(read_report(name, output))
        if not self._processes:
            self.finished.emit()
