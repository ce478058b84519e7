"""Work in another thread: answers come back in order, in this one, and nothing of it stays behind."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QObject, QRunnable

from app.background import Background
from core.ports import DataError

ROOT = Path(__file__).resolve().parents[2]


class Thing:
    """Something that a piece of work holds."""


def test_answers_come_back_in_order_in_this_thread(qtbot):
    owner, found = QObject(), []
    background = Background(owner)
    for number in range(50):
        background.run(
            lambda number=number: (number, threading.current_thread() is threading.main_thread()),
            lambda answer: found.append((*answer, threading.current_thread() is threading.main_thread())),
        )
    qtbot.waitUntil(lambda: len(found) == 50, timeout=30_000)
    assert found == [(number, False, True) for number in range(50)]


def test_a_reason_is_told_and_the_next_work_is_done(qtbot):
    owner, told, found = QObject(), [], []
    background = Background(owner)
    background.failed.connect(told.append)

    def fail() -> None:
        raise DataError("there is nothing there")

    background.run(fail, found.append)
    background.run(lambda: 1 // 0, found.append)
    background.run(lambda: 3, found.append)
    qtbot.waitUntil(lambda: found == [3], timeout=30_000)
    assert told[0] == "there is nothing there"
    assert told[1].startswith("ZeroDivisionError")


def test_nothing_stays_behind_where_another_object_will_be(qtbot):
    """A wrapper that outlives Qt's object is found again at its address, and deletes what lives there by then."""
    owner, found, held = QObject(), [], []
    background = Background(owner)
    for _ in range(200):
        thing = Thing()
        held.append(weakref.ref(thing))
        background.run(lambda thing=thing: type(thing).__name__, found.append)
        del thing
    qtbot.waitUntil(lambda: len(found) == 200, timeout=30_000)
    gc.collect()
    assert sum(reference() is not None for reference in held) <= 1  # the last one may still be on its way
    assert not [item for item in gc.get_objects() if issubclass(type(item), QRunnable)]


def test_a_process_ends_with_its_code_after_what_it_is_saving(tmp_path):
    code = f"""
import threading, time
from pathlib import Path
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication, QWidget
from app.background import Background
from app.program import end_process

def save():
    time.sleep(0.3)
    Path({str(tmp_path / "saved")!r}).write_text("all of it")

app, window = QApplication([]), QWidget()
settings = QSettings({str(tmp_path / "settings.ini")!r}, QSettings.Format.IniFormat)
settings.setValue("theme", "dark")
threading.Thread(target=time.sleep, args=(60,)).start()  # as one that hangs
Background(QWidget(window)).run(save, print)
end_process(window, settings, 3)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, cwd=ROOT)
    assert (done.returncode, done.stderr) == (3, "")
    assert (tmp_path / "saved").read_text() == "all of it"
    assert "theme=dark" in (tmp_path / "settings.ini").read_text()
