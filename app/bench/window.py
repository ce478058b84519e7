"""A child process: open the window, and tell when it can be used, how it fares while it trains, and what it keeps."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from functools import partial
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication

from app.bridge import Bridge
from app.engine import Engine, new_run
from app.memory import keep_memory_together
from app.program import end_process
from app.theme import ThemeController
from app.window import LIVE, MainWindow
from core.training.events import Failed, PhaseChanged

TICK_MS = 16
SAMPLE_MS = 5000
SOAKED = ("quick", ("training.epochs=100",))
NEXT_MS = 200  # between two runs, and between two looks whether the engine has let the first one go


def main(task: str, folder: str, *rest: str) -> None:
    """Do a task in a window whose settings and runs are in a folder; print its results, each as a line of JSON.

    `usable`: once the event loop has painted. `training PRESET SETTING…`: after one run. `soak MINUTES`: every few
    seconds while runs follow each other.
    """
    keep_memory_together()
    app = QApplication([])
    settings = QSettings(f"{folder}/settings.ini", QSettings.Format.IniFormat)
    themes = ThemeController(settings)
    themes.apply()
    bridge = Bridge()
    engine = Engine(bridge)
    window = MainWindow(bridge, engine, themes, Path(folder), Path(folder))
    window.show()
    window.show_page(LIVE if rest else 0)
    bridge.failed.connect(partial(_fail, app))
    match task:
        case "usable":
            QTimer.singleShot(0, partial(_tell, "usable"))
            code = app.exec()
        case "training":
            code = _train(app, window, bridge, Path(folder), rest[0], rest[1:])
        case _:
            code = _soak(app, window, engine, Path(folder), 60 * float(rest[0]))
    end_process(window, settings, code)


def _train(
    app: QApplication, window: MainWindow, bridge: Bridge, folder: Path, preset: str, settings: tuple[str, ...]
) -> int:
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
    timer.start()
    window.controller.start(new_run(preset, settings, folder))
    code = app.exec()
    if code == 0:
        gaps_ms = [1e3 * (later - earlier) for earlier, later in pairwise(ticks_s)]
        training_s = began_s["evaluating"] - began_s["training"]
        while_training = [at for at in frames if began_s["training"] <= at <= began_s["evaluating"]]
        _tell(
            {
                "p99_ms": statistics.quantiles(gaps_ms, n=100, method="inclusive")[98],
                "longest_ms": max(gaps_ms),
                "frames_per_s": len(while_training) / training_s,
                "training_s": training_s,
            }
        )
    return code


def _soak(app: QApplication, window: MainWindow, engine: Engine, folder: Path, lasting_s: float) -> int:
    began_s = time.monotonic()
    page_bytes = os.sysconf("SC_PAGE_SIZE")
    runs = 0

    def sample() -> None:
        resident = int(Path("/proc/self/statm").read_text().split()[1])
        minutes = (time.monotonic() - began_s) / 60
        _tell({"minutes": minutes, "resident_mb": resident * page_bytes / 1e6, "runs": runs})

    def look() -> None:
        nonlocal runs
        over = time.monotonic() - began_s > lasting_s
        if over and not engine.alive:
            app.exit()
        elif over:
            window.controller.stop()
        elif not engine.alive:
            runs += 1
            window.controller.start(new_run(*SOAKED, folder))

    timers = QTimer(interval=SAMPLE_MS), QTimer(interval=NEXT_MS)
    for timer, called in zip(timers, (sample, look), strict=True):
        timer.timeout.connect(called)
        timer.start()
    return app.exec()


def _fail(app: QApplication, event: Failed) -> None:
    print(event.text, file=sys.stderr)
    app.exit(1)


def _tell(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
