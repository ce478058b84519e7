"""Whole programs against their limits: start-up, training from the command line, the window while it trains."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from app.bench.harness import Limit
from core.ports import OvertoneError

REPEATS, GUI_REPEATS = 5, 3
DEADLINE_S, PATIENCE_S = 1800.0, 120.0
# so long that what a run takes once, as the first picture of each view, is little of it
SHORTENED = {
    "quick": "training.epochs=60",
    "shg-mnist-hybrid": "training.epochs=12",
    "plate-mnist": "training.epochs=8",
}
SOAK_MINUTES = 30.0
Report = Callable[[str], None]


def startup(_report: Report) -> list[Limit]:
    """Time the help, the way to the first shot of a second run, a large run's opening, and the window's."""
    with tempfile.TemporaryDirectory(prefix="overtone-bench-") as folder:
        help_ms = _repeat(lambda: _timed_ms(["-m", "app", "--help"]))
        shot_ms = _repeat(lambda: _until_line_ms(["-m", "app.bench.first_shot", folder], {}))
        large = _output(["-m", "app.bench.large_run", "make", folder], {}).strip()
        large_ms = _repeat(lambda: _timed_ms(["-m", "app.bench.large_run", "open", large]))
        window_ms = _repeat(lambda: _until_line_ms(["-m", "app.bench.window", "usable", folder], OFFSCREEN))
    return [
        Limit("startup", "overtone --help", *help_ms[:1], must=400, aim=300, spread=help_ms[1]),
        Limit("startup", "overtone run quick, to its first shot", *shot_ms[:1], must=3000, aim=2000, spread=shot_ms[1]),
        Limit("startup", "a run of 100 MB opened", *large_ms[:1], must=500, aim=400, spread=large_ms[1]),
        Limit("startup", "window usable", *window_ms[:1], must=2000, aim=1200, spread=window_ms[1]),
    ]


def train(report: Report) -> list[Limit]:
    """Run presets from the command line: wall time, peak memory, and its growth from one epoch to many."""
    with tempfile.TemporaryDirectory(prefix="overtone-bench-") as folder:
        report("train: four presets, and one of them once more")
        vowels = _run("shg-vowels", folder)
        digits = {name: _run(name, folder) for name in ("plate-mnist", "circuit-mnist", "pendula-mnist")}
        short = _run("plate-mnist", folder, "training.epochs=2")
    limits = [Limit("train", "shg-vowels, whole run", vowels["process_s"], must=30, aim=15, unit="s")]
    limits += [
        Limit("train", f"{name}, bundled, whole run", result["process_s"], must=180, aim=60, unit="s")
        for name, result in digits.items()
    ]
    peak_mb = max(result["peak_memory_mb"] for result in (vowels, *digits.values()))
    growth = digits["plate-mnist"]["peak_memory_mb"] / short["peak_memory_mb"]
    limits.append(Limit("train", "peak memory of a preset", peak_mb, must=1200, aim=800, unit="MB"))
    limits.append(Limit("train", "peak memory, 20 epochs / 2", growth, must=1.05, aim=1.02, unit="ratio"))
    return limits


def gui(report: Report) -> list[Limit]:
    """Train in a window and without one: how late the window's timer is, how often it paints, what it costs.

    Of the presets and their repetitions, in alternating order, the worst counts, for the cost the median.
    """
    shown: list[dict[str, float]] = []
    costs: list[float] = []
    with tempfile.TemporaryDirectory(prefix="overtone-bench-") as folder:
        for turn, (preset, setting) in product(range(GUI_REPEATS), SHORTENED.items()):
            ways = {"window": (["app.bench.window", "training"], OFFSCREEN), "alone": (["app.bench.first_shot"], {})}
            done = {
                way: _json(["-m", *program, folder, preset, setting], environment)
                for way, (program, environment) in (ways.items() if turn % 2 else reversed(ways.items()))
            }
            window, alone = done["window"], done["alone"]
            shown.append(window)
            costs.append(100 * (window["training_s"] / alone["training_s"] - 1))
            report(
                f"gui: {preset}, {turn + 1} of {GUI_REPEATS}: timer {window['p99_ms']:.0f} ms (99th percentile), "
                f"{window['longest_ms']:.0f} ms (longest), {window['frames_per_s']:.1f} frames/s, "
                f"{window['training_s']:.1f} s of training, {alone['training_s']:.1f} s without the window"
            )
        long = _json(["-m", "app.bench.long_traces", folder], OFFSCREEN)
    p99_ms, longest_ms = (max(run[key] for run in shown) for key in ("p99_ms", "longest_ms"))
    frame_ms = 1e3 / min(run["frames_per_s"] for run in shown)
    return [
        Limit("gui", "16 ms timer, 99th percentile", p99_ms, must=30, aim=25),
        Limit("gui", "16 ms timer, longest", longest_ms, must=80, aim=50),
        Limit("gui", "time between frames", frame_ms, must=1e3 / 15, aim=1e3 / 30),
        Limit("gui", "100,000 samples, time between frames", 1e3 / long["frames_per_s"], must=1e3 / 15, aim=1e3 / 20),
        Limit("gui", "100,000 samples, 16 ms timer, 99th percentile", long["p99_ms"], must=30, aim=25),
        Limit("gui", "training slowed by the window", statistics.median(costs), must=10, aim=5, unit="%"),
    ]


def soak(report: Report, minutes: float = SOAK_MINUTES) -> list[Limit]:
    """Let a window train one run after the other: how its resident memory grows once it has warmed up.

    Raises OvertoneError where there is no /proc, and when a run fails.
    """
    if not sys.platform.startswith("linux"):
        raise OvertoneError("The soak reads its memory from /proc: run it on Linux.")
    samples: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory(prefix="overtone-bench-") as folder:
        for line in _lines(["-m", "app.bench.window", "soak", folder, f"{minutes}"], 60 * minutes + PATIENCE_S):
            sample = json.loads(line)
            if not samples or sample["minutes"] // 1 > samples[-1]["minutes"] // 1:
                report(f"soak: {sample['minutes']:.0f} min, run {sample['runs']:.0f}, {sample['resident_mb']:.1f} MB")
            samples.append(sample)
    growth = memory_growth([(sample["minutes"], sample["resident_mb"]) for sample in samples])
    return [Limit("soak", f"resident memory, {minutes:g} min", growth, must=1.0, aim=0.2, unit="MB/min")]


def memory_growth(samples: Sequence[tuple[float, float]]) -> float:
    """Fit a line to memory in MB over minutes, without the first sixth of the time, when caches fill."""
    warm = [sample for sample in samples if sample[0] > samples[-1][0] / 6]
    return statistics.linear_regression(*zip(*warm, strict=True)).slope


def peak_memory_mb(module: str, batch: int, samples: int) -> float:
    """Measure in a process of its own what one pass of a module's workload takes."""
    return float(_output(["-m", "app.bench.peak_memory", module, str(batch), str(samples)], {}))


OFFSCREEN = {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}


def _repeat(measure: Callable[[], float]) -> tuple[float, float]:
    """Warm up once; return the median and the relative interquartile range."""
    measure()
    taken = [measure() for _ in range(REPEATS)]
    low, middle, high = statistics.quantiles(taken, n=4)
    return middle, (high - low) / middle


def _timed_ms(arguments: Sequence[str]) -> float:
    start = time.perf_counter()
    _output(arguments, {})
    return 1e3 * (time.perf_counter() - start)


def _until_line_ms(arguments: Sequence[str], environment: dict[str, str]) -> float:
    """Time a program until it prints its first line."""
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environment},
    ) as program:
        assert program.stdout is not None
        line = program.stdout.readline()
        taken_ms = 1e3 * (time.perf_counter() - start)
        program.kill()
    if not line:
        raise OvertoneError(f"{' '.join(arguments)} ended without a word.")
    return taken_ms


def _run(preset: str, folder: str, *settings: str) -> dict[str, Any]:
    options = [part for setting in settings for part in ("--set", setting)]
    start = time.perf_counter()
    output = _output(["-m", "app", "run", preset, *options, "--out", folder, "--json"], {})
    return json.loads(output.splitlines()[-1]) | {"process_s": time.perf_counter() - start}


def _json(arguments: Sequence[str], environment: dict[str, str]) -> dict[str, float]:
    """Return the first line of JSON that a program prints; libraries may print others."""
    printed = _output(arguments, environment).splitlines()
    return json.loads(next(line for line in printed if line.startswith("{")))


def _lines(arguments: Sequence[str], deadline_s: float) -> Iterator[str]:
    """Yield the lines of JSON that a window prints, as they come. Raises OvertoneError when it fails or hangs."""
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, **OFFSCREEN},
        ) as program,
    ):
        watch = threading.Timer(deadline_s, program.kill)
        watch.start()
        try:
            assert program.stdout is not None
            yield from (line for line in program.stdout if line.startswith("{"))
            if program.wait():
                errors.seek(0)
                raise OvertoneError(f"{' '.join(arguments)} failed: {errors.read().strip()[-500:] or 'it hung'}")
        finally:
            watch.cancel()
            program.kill()


def _output(arguments: Sequence[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
            env={**os.environ, **environment},
            cwd=Path.cwd(),
        )
    except subprocess.TimeoutExpired:
        raise OvertoneError(f"{' '.join(arguments)} has not ended within {DEADLINE_S:.0f} s.") from None
    if done.returncode:
        raise OvertoneError(f"{' '.join(arguments)} failed: {done.stderr.strip()[-500:]}")
    return done.stdout
