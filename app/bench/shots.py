"""A full shot on an emulated instrument in another process, on loopback: what the drivers' benchmarks share."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from app.bench.harness import Limit
from core.ports import OvertoneError
from devices.emulator.bench import Bench
from devices.recorder import Plan, Recorder

SHOTS, WARMING = 40, 3
BATCH = 64
RATE_HZ = 1e6
DEADLINE_S = 10.0
BATCHING = 0.2  # of the time of a shot alone


@dataclass(frozen=True)
class Case:
    """Shots of a length, on one of the addresses that the other process tells."""

    what: str
    samples: int
    must_ms: float
    aim_ms: float


def halving_bench(samples: int) -> Bench:
    """Return a bench that answers half of what is played."""
    return Bench(lambda frames_v: frames_v / 2, samples, RATE_HZ)


def time_shots(
    group: str, module: str, cases: Sequence[Case], open_recorder: Callable[[list[str], Plan], Recorder], error_v: float
) -> Iterator[Limit]:
    """Time shots against their limits, each checked to be what the bench answers to within `error_v`.

    `python -m MODULE` is the other process; of the first case many shots together are timed too. Raises OvertoneError.
    """

    def taken_ms(address: list[str], samples: int, shots: int) -> list[float]:
        plan = Plan(samples, RATE_HZ, 0.0, 0, 1 / RATE_HZ, peak_v=3.0, range_v=2.0, shots=shots)
        recorder = open_recorder(address, plan)
        try:
            recorder.set_range(2.0, DEADLINE_S)
            waveforms_v = np.random.default_rng(0).uniform(-3, 3, (shots, samples))
            taken = list[float]()
            for _ in range(WARMING + SHOTS):
                begun_s = time.perf_counter()
                records_v = recorder.play_and_record(waveforms_v, DEADLINE_S)
                taken.append(1e3 * (time.perf_counter() - begun_s))
                if not np.abs(records_v - waveforms_v / 2).max() < error_v:
                    raise OvertoneError(f"A record of {samples:,} samples is not what the bench answers.")
            return taken[WARMING:]
        finally:
            recorder.safe(DEADLINE_S)
            recorder.close()

    with served(module) as addresses:
        for case in cases:
            low, middle, high = statistics.quantiles(taken_ms(addresses[case.what], case.samples, 1), n=4)
            yield Limit(group, case.what, middle, case.must_ms, case.aim_ms, (high - low) / middle)
        first = cases[0]
        times_ms = (taken_ms(addresses[first.what], first.samples, shots) for shots in (1, BATCH))
        alone_ms, together_ms = map(statistics.median, times_ms)
        part = together_ms / BATCH / alone_ms
        yield Limit(group, f"a shot of {BATCH} together, of one alone", part, BATCHING, BATCHING / 2, unit="")


@contextmanager
def served(module: str) -> Generator[dict[str, list[str]]]:
    command = [sys.executable, "-m", module]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()


def serve(addresses: Mapping[str, Sequence[str]]) -> None:
    """Be the other process: tell what answers where, until the first one hangs up."""
    print(json.dumps(addresses), flush=True)
    sys.stdin.read()
