"""Shared by the window's tests: a folder for presets of one's own, and no window left for the next test."""

from __future__ import annotations

import gc
import os
import threading

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication


@pytest.fixture(autouse=True)
def config_folder(tmp_path, monkeypatch):
    folder = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder / "overtone"


@pytest.fixture(autouse=True)
def nothing_is_left():
    """Delete what was closed, here: Python's collector would do it in whichever thread it runs, and Qt abort.

    Then neither a window nor a thread of the engine may be left, nor a timer of a window that is gone.
    """
    yield
    application = QApplication.instance()
    if application is None:
        return
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    windows = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert windows == [], windows
    threads = [thread.name for thread in threading.enumerate() if thread.name in {"overtone-engine", "overtone-loader"}]
    assert threads == []
    timers = [timer for timer in application.findChildren(QTimer) if timer.isActive()]
    assert timers == []
