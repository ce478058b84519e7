"""The process of the window: how it begins, and how it ends."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget

from app.background import Background
from app.bridge import Bridge
from app.bug_report import catch_all
from app.closing import PATIENCE_S
from app.engine import Engine
from app.mask_window import Screens
from app.memory import keep_memory_together
from app.theme import ThemeController
from app.window import MainWindow
from devices.optics.mask import offer_screens


def open_window(arguments: list[str]) -> NoReturn:
    """Open the window and end the process when it closes."""
    keep_memory_together()
    app = QApplication(arguments)
    app.setApplicationName("Overtone")
    app.setOrganizationName("Overtone")
    app.setDesktopFileName("io.github.overtone")
    themes = ThemeController(QSettings())
    themes.apply()
    bridge = Bridge()
    engine = Engine(bridge)
    window = MainWindow(bridge, engine, themes, Path("runs"))
    offer_screens(Screens(window).open)
    catch_all(bridge.report)
    for interruption in (signal.SIGINT, signal.SIGTERM):  # served at the bridge's next tick
        signal.signal(interruption, window.interrupt)
    window.show()
    engine.warm_up()
    end_process(window, themes.settings, app.exec())


def end_process(window: QWidget, settings: QSettings, code: int) -> NoReturn:
    """End at once, when what is being saved is saved.

    Python's own way to end crashes where another thread is inside HDF5, or loads the engine.
    """
    window.hide()
    for background in window.findChildren(Background):
        background.finish(PATIENCE_S)
    settings.sync()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
