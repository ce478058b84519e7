"""Windows of one test are gone before the next one."""

from __future__ import annotations

import gc
import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QCoreApplication, QEvent


@pytest.fixture(autouse=True)
def no_window_is_left():
    """Delete what was closed, here: Python's collector would do it in whichever thread it runs, and Qt abort."""
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
