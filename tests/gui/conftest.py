"""Shared by the window's tests: a folder for presets of one's own, and no window left for the next test."""

from __future__ import annotations

import gc
import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QCoreApplication, QEvent


@pytest.fixture(autouse=True)
def config_folder(tmp_path, monkeypatch):
    folder = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder / "overtone"


@pytest.fixture(autouse=True)
def no_window_is_left():
    """Delete what was closed, here: Python's collector would do it in whichever thread it runs, and Qt abort."""
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
