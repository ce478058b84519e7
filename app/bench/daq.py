"""A full shot on an emulated NI card behind a gRPC device server in another process: write, start, read, stop."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib.util import find_spec

import numpy as np

from app.bench.harness import Limit
from core.ports import OvertoneError
from devices.daq.recorder import DaqRecorder
from devices.recorder import Plan

SHOTS = 40
BATCH = 64
RATE_HZ = 1e6
DEADLINE_S = 10.0
ERROR_V = 1e-3  # a step of 16 bits over ±10 V, and a half one of the input
LIMITS_MS = {1_000: 5.0, 100_000: 40.0}
AIMS_MS = {1_000: 2.5, 100_000: 20.0}
BATCHING = 0.2  # of the time of a shot alone


def limits() -> Iterator[Limit]:
    """Time shots against their limits, each checked to be what the card answers. Raises OvertoneError."""
    if find_spec("nidaqmx") is None or find_spec("grpc") is None:
        return
    with _server() as addresses:
        for samples, must_ms in LIMITS_MS.items():
            low, middle, high = statistics.quantiles(_shots_ms(addresses[str(samples)], samples, 1), n=4)
            what = f"{samples:,} samples, NI gRPC"
            yield Limit("daq", what, middle, must_ms, AIMS_MS[samples], (high - low) / middle)
        alone_ms, together_ms = (statistics.median(_shots_ms(addresses["1000"], 1_000, shots)) for shots in (1, BATCH))
        part = together_ms / BATCH / alone_ms
        yield Limit("daq", f"a shot of {BATCH} together, of one alone", part, BATCHING, BATCHING / 2, unit="")


def _shots_ms(address: str, samples: int, shots: int) -> list[float]:
    plan = Plan(samples, RATE_HZ, 0.0, 0, 1 / RATE_HZ, peak_v=3.0, range_v=2.0, shots=shots)
    recorder = DaqRecorder(address, address, plan, DEADLINE_S)
    try:
        recorder.set_range(2.0, DEADLINE_S)
        waveforms_v = np.random.default_rng(0).uniform(-3, 3, (shots, samples))
        taken_ms = list[float]()
        for _ in range(SHOTS + 3):
            begun_s = time.perf_counter()
            records_v = recorder.play_and_record(waveforms_v, DEADLINE_S)
            taken_ms.append(1e3 * (time.perf_counter() - begun_s))
            if not np.abs(records_v - waveforms_v / 2).max() < ERROR_V:
                raise OvertoneError(f"A record of {samples:,} samples is not what the card answers.")
        return taken_ms[3:]
    finally:
        recorder.safe(DEADLINE_S)
        recorder.close()


@contextmanager
def _server() -> Generator[dict[str, str]]:
    command = [sys.executable, "-m", "app.bench.daq"]
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
    from devices.emulator.card import DaqCard
    from devices.emulator.daq import DaqServer

    servers = {
        samples: DaqServer(DaqCard(Bench(lambda frames_v: frames_v / 2, samples, RATE_HZ))) for samples in LIMITS_MS
    }
    print(json.dumps({samples: server.address for samples, server in servers.items()}), flush=True)
    sys.stdin.read()
    for server in servers.values():
        server.close()


if __name__ == "__main__":
    _serve()
