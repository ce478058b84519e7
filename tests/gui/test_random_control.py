"""Pause, go on, stop and safe stop at random moments: what is shown is the engine's state, and nothing is left over.

OVERTONE_CLICKS sets the number of interventions.
"""

from __future__ import annotations

import os
import threading

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.states import ACTIVE
from core.run.record import RunRecord
from tests.gui.test_window import start, window  # noqa: F401, the fixture  # pyright: ignore[reportUnusedImport]

CLICKS = int(os.environ.get("OVERTONE_CLICKS", "12"))


def test_interventions_at_random_moments(window, qtbot, tmp_path):  # noqa: F811
    generator = np.random.default_rng(20)
    stopped = 0
    for _ in range(CLICKS):
        if window.run_bar.state not in ACTIVE:
            start(window, qtbot)
        QTest.qWait(int(generator.integers(400)))
        match generator.choice(["space", "button", "stop", "escape"], p=[0.35, 0.35, 0.15, 0.15]):
            case "space":
                QTest.keyClick(window, Qt.Key.Key_Space)
            case "button":
                QTest.mouseClick(window.run_bar.pause, Qt.MouseButton.LeftButton)
            case "stop":
                QTest.mouseClick(window.run_bar.stop, Qt.MouseButton.LeftButton)
            case _:
                QTest.keyClick(window, Qt.Key.Key_Escape)
        if window.run_bar.state == "stopping":
            qtbot.waitUntil(lambda: window.run_bar.state in {"stopped", "finished"}, timeout=30_000)
            qtbot.waitUntil(lambda: not window.engine.alive, timeout=30_000)
            stopped += window.run_bar.state == "stopped"
        assert (window.run_bar.state == "paused") == (window.engine.paused and window.controller.active)
        assert window.run_bar.pause.text() == ("Resume" if window.run_bar.state == "paused" else "Pause")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.run_bar.state not in ACTIVE and not window.engine.alive, timeout=30_000)
    states = [RunRecord(path.parent).state for path in sorted((tmp_path / "runs").glob("*/experiment.toml"))]
    assert set(states) <= {"interrupted", "finished"}
    assert stopped <= states.count("interrupted")
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("overtone-engine")] == []
    assert not window.notice.isVisible()
