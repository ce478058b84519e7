"""A child process: open the window, and tell when it can be used, or how it fares while it trains."""

from __future__ import annotations

import json
import statistics
import sys
import time
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.bridge import Bridge
from app.engine import Engine, new_run
from app.theme import ThemeController
from app.window import LIVE, MainWindow
from core.training.events import PhaseChanged

TICK_MS = 16


def main(task: str, folder: str) -> None:
    """Print a line once the event loop has painted, or train the quick preset and print a line of JSON."""
    app = QApplication([])
    themes = ThemeController(QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat))
    themes.apply()
    bridge = Bridge()
    engine = Engine(bridge)
    window = MainWindow(bridge, engine, themes, Path(folder))
    window.show()
    if task == "usable":
        QTimer.singleShot(0, lambda: print("usable", flush=True))
        app.exec()
    else:
        print(json.dumps(_train(app, window, bridge, Path(folder))), flush=True)


def _train(app: QApplication, window: MainWindow, bridge: Bridge, folder: Path) -> dict[str, float]:
    ticks_s: list[float] = []
    frames: list[float] = []
    began_s: dict[str, float] = {}
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)

    def tick() -> None:
        if "training" in began_s and "evaluating" not in began_s:
            ticks_s.append(time.perf_counter())

    def enter(event: PhaseChanged) -> None:
        began_s[event.phase] = time.perf_counter()

    timer.timeout.connect(tick)
    bridge.phase_changed.connect(enter)
    bridge.frame.connect(lambda _frame: frames.append(time.perf_counter()))  # pyright: ignore[reportUnknownLambdaType]
    bridge.closed.connect(lambda: app.exit())  # not before: a process must not end while its run is being written
    bridge.failed.connect(lambda _event: app.exit())  # pyright: ignore[reportUnknownLambdaType]
    timer.start()
    window.show_page(LIVE)
    window.controller.start(new_run("quick", ("training.epochs=12",), folder))
    app.exec()
    gaps_ms = [1e3 * (later - earlier) for earlier, later in pairwise(ticks_s)]
    training_s = began_s["evaluating"] - began_s["training"]
    while_training = [at for at in frames if began_s["training"] <= at <= began_s["evaluating"]]
    return {
        "p99_ms": statistics.quantiles(gaps_ms, n=100)[98],
        "longest_ms": max(gaps_ms),
        "frames_per_s": len(while_training) / training_s,
        "training_s": training_s,
    }


if __name__ == "__main__":
    main(*sys.argv[1:3])
