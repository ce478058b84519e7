"""A child process: how often the window paints long traces and their spectrum, and how late its timer is meanwhile."""

from __future__ import annotations

import json
import statistics
import sys
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.bridge import Bridge, RunReady
from app.engine import Engine
from app.theme import ThemeController
from app.window import LIVE, MainWindow
from core.ports import Axis, SystemInfo
from core.training.events import ShotMeasured

SAMPLES, RATE_HZ, SHOTS_HZ = 100_000, 192e3, 30
SETTLED_S, MEASURED_S = 6.0, 8.0  # first the engine is loaded in the background
TICK_MS = 16


class _Paints(QObject):
    """When a widget was painted."""

    def __init__(self, watched: QObject) -> None:
        super().__init__(watched)
        self.at_s: list[float] = []
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note the time of each painting."""
        if event.type() == QEvent.Type.Paint:
            self.at_s.append(time.perf_counter())
        return super().eventFilter(watched, event)


def main(folder: str) -> None:
    """Show a synthetic instrument's shots of 100,000 samples, 30 a second, and print a line of JSON."""
    app = QApplication([])
    themes = ThemeController(QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat))
    themes.apply()
    bridge = Bridge()
    window = MainWindow(bridge, Engine(bridge), themes, Path(folder), Path(folder))
    window.show()
    window.show_page(LIVE)
    bridge.post(RunReady(_info(), ("a", "b"), None, 0.01))
    paints = [_Paints(view.plot.canvas) for view in (window.live.traces, window.live.spectrum)]
    ticks_s: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)
    timer.timeout.connect(lambda: ticks_s.append(time.perf_counter()))
    over = threading.Event()
    instrument = threading.Thread(target=_shoot, args=(bridge, over))
    instrument.start()
    QTimer.singleShot(round(1e3 * SETTLED_S), timer, timer.start)
    QTimer.singleShot(round(1e3 * (SETTLED_S + MEASURED_S)), app, lambda: app.exit())
    app.exec()
    over.set()
    instrument.join()
    gaps_ms = [1e3 * (later - earlier) for earlier, later in pairwise(ticks_s)]
    shown = [sum(ticks_s[0] <= at <= ticks_s[-1] for at in paint.at_s) for paint in paints]
    print(
        json.dumps(
            {
                "frames_per_s": min(shown) / (ticks_s[-1] - ticks_s[0]),
                "p99_ms": statistics.quantiles(gaps_ms, n=100)[98],
                "longest_ms": max(gaps_ms),
            }
        ),
        flush=True,
    )


def _shoot(bridge: Bridge, over: threading.Event) -> None:
    """Post shots as an engine does, from its own thread: a drive in [0, 1] and a noisy response, new ones each time."""
    generator = np.random.default_rng(0)
    time_s = np.arange(SAMPLES) / RATE_HZ
    drive = 0.5 + 0.4 * np.sin(2 * np.pi * 440 * time_s)
    responses = [
        np.sin(2 * np.pi * (440 + 10 * k) * time_s) + 0.1 * generator.standard_normal(SAMPLES) for k in range(8)
    ]
    due_s, number = time.perf_counter(), 0
    while not over.wait(max(due_s - time.perf_counter(), 0)):
        bridge.post(ShotMeasured(0, drive, responses[number % len(responses)].copy()))
        number += 1
        due_s += 1 / SHOTS_HZ


def _info() -> SystemInfo:
    axis = Axis("Time", "s", np.arange(SAMPLES) / RATE_HZ)
    return SystemInfo(
        "plate", "Synthetic plate", "simulated", 1, SAMPLES, SAMPLES, True, axis, axis, "Drive", "Microphone", 0.5
    )


if __name__ == "__main__":
    main(sys.argv[1])
