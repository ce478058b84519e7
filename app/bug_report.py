"""What a bug report needs, and the hooks that bring every thread's exceptions to the log."""

from __future__ import annotations

import faulthandler
import platform
import sys
import threading
import traceback
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType

from platformdirs import user_log_dir
from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from app.log_model import Level, Line

PACKAGES = ("overtone", "PySide6-Essentials", "pyqtgraph", "torch", "numpy", "numba", "h5py")
Report = Callable[[Level, str, str], None]


def bug_report(lines: Iterable[Line]) -> str:
    """Write lines of the log with the versions they happened under."""
    parts = [f"{name} {_version(name)}" for name in PACKAGES]
    head = f"Overtone on {platform.platform()}, Python {platform.python_version()}: {', '.join(parts)}"
    body = [f"{line.time} {line.level}: {line.text}" + (f"\n{line.details}" if line.details else "") for line in lines]
    return "\n".join([head, "", *body])


def catch_all(report: Report) -> Path | None:
    """Send what no one caught, in any thread, to `report`, and a crash's stacks to a file; return the file.

    `report(level, text, details)` is called in the thread where it happened.
    """

    def tell(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None, where: str) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(details)
        report("error", f"Internal error{where}, {kind.__name__}: {error}. Please report it with the details.", details)

    def in_thread(what: threading.ExceptHookArgs) -> None:
        tell(what.exc_type, what.exc_value, what.exc_traceback, f" in {what.thread.name}" if what.thread else "")

    def in_window(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        tell(kind, error, trace, "")

    def of_qt(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        sys.stderr.write(f"{text}\n")
        if kind in (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
            report("warning", f"Qt: {text}", "")

    sys.excepthook = in_window
    threading.excepthook = in_thread
    qInstallMessageHandler(of_qt)
    return _keep_crashes()


def _keep_crashes() -> Path | None:
    """Let a crash write its stacks into a file; without a folder to write to, to standard error."""
    path = Path(user_log_dir("overtone", appauthor=False)) / "crash.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        faulthandler.enable(path.open("a"))
    except OSError:
        faulthandler.enable()
        return None
    return path


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
