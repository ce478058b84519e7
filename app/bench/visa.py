"""A full shot on emulated instruments in another process: load, arm, fire and read, on loopback."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from app.bench.harness import Limit
from core.ports import OvertoneError
from devices.recorder import Plan
from devices.visa.recorder import VisaRecorder

SHOTS = 40
BATCH = 64
RATE_HZ = 1e6
DEADLINE_S = 10.0
ERROR_V = 2e-3  # a step of twelve bits over the range, and half a one of the generator
LIMITS_MS = {("socket", 1_000): 1.0, ("socket", 100_000): 8.0, ("hislip", 1_000): 1.5, ("hislip", 100_000): 9.0}
AIMS_MS = {("socket", 1_000): 0.5, ("socket", 100_000): 5.0, ("hislip", 1_000): 0.8, ("hislip", 100_000): 6.0}
BATCHING = 0.2  # of the time of a shot alone


def limits() -> Iterator[Limit]:
    """Time shots against their limits, each checked to be what the bench answers. Raises OvertoneError."""
    with _bench() as addresses:
        for (protocol, samples), must_ms in LIMITS_MS.items():
            taken_ms = _shots_ms(addresses[f"{protocol} {samples}"], samples, 1)
            what = f"{samples:,} samples, {protocol}"
            yield Limit("visa", what, *_middle(taken_ms, must_ms, AIMS_MS[protocol, samples]))
        addresses_1k = addresses["socket 1000"]
        alone_ms, together_ms = (statistics.median(_shots_ms(addresses_1k, 1_000, shots)) for shots in (1, BATCH))
        part = together_ms / BATCH / alone_ms
        yield Limit("visa", f"a shot of {BATCH} together, of one alone", part, BATCHING, BATCHING / 2, unit="")


def _middle(taken_ms: list[float], must_ms: float, aim_ms: float) -> tuple[float, float, float, float]:
    low, middle, high = statistics.quantiles(taken_ms, n=4)
    return middle, must_ms, aim_ms, (high - low) / middle


def _shots_ms(addresses: list[str], samples: int, shots: int) -> list[float]:
    plan = Plan(samples, RATE_HZ, 0.0, 0, 1 / RATE_HZ, peak_v=3.0, range_v=2.0, shots=shots)
    recorder = VisaRecorder(addresses[0], addresses[1], plan, "auto", DEADLINE_S)
    try:
        recorder.set_range(2.0, DEADLINE_S)
        waveforms_v = np.random.default_rng(0).uniform(-3, 3, (shots, samples))
        taken_ms = list[float]()
        for _ in range(SHOTS + 3):
            begun_s = time.perf_counter()
            records_v = recorder.play_and_record(waveforms_v, DEADLINE_S)
            taken_ms.append(1e3 * (time.perf_counter() - begun_s))
            if not np.abs(records_v - waveforms_v / 2).max() < ERROR_V:
                raise OvertoneError(f"A record of {samples:,} samples is not what the bench answers.")
        return taken_ms[3:]
    finally:
        recorder.safe(DEADLINE_S)
        recorder.close()


@contextmanager
def _bench() -> Generator[dict[str, Any]]:
    command = [sys.executable, "-m", "app.bench.visa"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def _serve() -> None:
    """Be the other process, until the first one hangs up."""
    from devices.emulator.bench import Bench
    from devices.emulator.table import Table

    found = dict[str, tuple[str, str]]()
    for samples in (1_000, 100_000):
        table = Table(Bench(lambda frames_v: frames_v / 2, samples, RATE_HZ))
        found |= {f"socket {samples}": table.listen("socket"), f"hislip {samples}": table.listen("hislip")}
    print(json.dumps(found), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
