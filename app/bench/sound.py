"""Shots through an emulated sound card: what a transfer takes beyond the length of its signal."""

from __future__ import annotations

import os
import shutil
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec

import numpy as np

from app.bench.harness import Limit
from app.bench.shots import DEADLINE_S, serve, served
from core.ports import OvertoneError
from core.run.connection import ConnectionSpec
from devices.audio.recorder import AudioRecorder, open_recorder
from devices.audio.signal import layout
from devices.catalogue import plate_wiring
from devices.emulator.bench import Bench
from devices.emulator.room import BLOCK, CLIENT, Room, SoundServer

TRANSFERS = {1: 24, 64: 12}  # how often so many shots are timed
ERROR_V = 1e-6  # of float32


def limits() -> Iterator[Limit]:
    """Time transfers of the plate's shots; none where there is no sound server. Raises OvertoneError."""
    if shutil.which("jackd") is None or find_spec("jack") is None:
        return
    wiring, spec = plate_wiring(), ConnectionSpec(deadline_s=DEADLINE_S)
    place, block_ms = layout(wiring.info.drive_dim, wiring.rest_samples, 1.0), 1e3 * BLOCK / wiring.rate_hz
    with served(__name__) as addresses:
        (address,) = addresses["room"]
        recorder = open_recorder(address, wiring.plan(spec), spec)
        try:
            for shots, transfers in TRANSFERS.items():
                signal_ms = 1e3 * (shots * place.slot + place.shot_at) / wiring.rate_hz
                overheads_ms = [taken_ms - signal_ms for taken_ms in _taken_ms(recorder, shots, transfers)]
                low, middle, high = statistics.quantiles(overheads_ms, n=4)
                what = f"{shots} shots in {1e-3 * signal_ms:.2f} s of sound, beyond"
                yield Limit("sound", what, middle, block_ms, block_ms / 2, (high - low) / block_ms)
        finally:
            recorder.safe(DEADLINE_S)
            recorder.close()


def _taken_ms(recorder: AudioRecorder, shots: int, transfers: int) -> list[float]:
    """Time transfers that begin at moments spread over a block, each checked to be what the bench answers.

    One that had to be repeated, because the machine was too busy for its sound, is not counted.
    """
    wiring, taken_ms = plate_wiring(), list[float]()
    waveforms_v = np.random.default_rng(shots).uniform(-0.5, 0.5, (shots, wiring.info.drive_dim))
    deadline_s = DEADLINE_S + wiring.plan(ConnectionSpec()).play_s(shots)
    for _ in range(2 * transfers):
        repeated = recorder.settings()["repeated"]
        time.sleep(len(taken_ms) / transfers * BLOCK / wiring.rate_hz)
        begun_s = time.perf_counter()
        records_v = recorder.play_and_record(waveforms_v, deadline_s)
        passed_ms = 1e3 * (time.perf_counter() - begun_s)
        if not np.abs(records_v - waveforms_v / 2).max() < ERROR_V:
            raise OvertoneError("A record is not what the room answers.")
        if recorder.settings()["repeated"] == repeated:
            taken_ms.append(passed_ms)
        if len(taken_ms) == transfers:
            return taken_ms
    raise OvertoneError("The machine is too busy for its sound: half of all transfers had to be repeated.")


def _serve() -> None:
    wiring = plate_wiring()
    random_v = np.random.default_rng(0)
    place = layout(wiring.info.drive_dim, wiring.rest_samples, 1.0)
    bench = Bench(
        lambda frames_v: frames_v / 2 + 1e-7 * random_v.standard_normal(frames_v.shape), place.samples, wiring.rate_hz
    )
    with ExitStack() as stack:
        server = stack.enter_context(SoundServer(f"bench{os.getpid()}", wiring.rate_hz))
        stack.callback(Room(bench, place, server.name).close)
        serve({"room": [f"JACK::{server.name}::{CLIENT}"]})


if __name__ == "__main__":
    _serve()
