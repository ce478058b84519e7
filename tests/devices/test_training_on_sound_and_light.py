"""A short training on the demo bench ends as well as on the bare simulator: the plate over sound, SHG over light."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import t

from core.ports import PhysicalSystem
from core.run.connection import ConnectionSpec
from core.run.folder import RunFolder
from core.run.record import RunRecord
from core.run.session import run_experiment
from core.run.setup import Setup
from core.run.spec import Experiment
from core.task.load import load_task
from core.training.control import ControlToken
from core.training.estimators import ESTIMATORS
from devices.audio.recorder import open_recorder as open_sound
from devices.audio.signal import layout
from devices.catalogue import BUNDLED, plate_wiring, shg_wiring
from devices.emulator.bench import wired
from devices.emulator.ocean import EmulatedOcean, OceanServer, shine_on
from devices.emulator.room import CLIENT, Room, SoundServer
from devices.optics.recorder import open_recorder as open_light
from devices.simulated.shg import SATURATION
from devices.waveform import WaveformSystem

UNIT, SEED, NOISES = 31, 5, (5, 6, 7, 8)
FASTER = 8  # than sound: the sound server's clock, with blocks as long in time
SPECS = {
    "plate": {
        "network": {"architecture": "chain", "layers": 1, "initial_gain": 0.5, "logit_gain": 4.0},
        "calibration": {"shots": 100, "steps": 40},
        "training": {"epochs": 2, "batch_size": 16, "learning_rate": 0.05},
    },
    "shg": {
        "network": {
            "architecture": "chain", "layers": 2, "normalise": "none", "initial_level": 0.6, "readout": "mean",
            "initial_gain": 0.25, "initial_spread": 0.5, "logit_gain": 2.0,
        },
        "calibration": {"shots": 400, "steps": 80},
        "training": {"epochs": 5, "batch_size": 16, "learning_rate": 0.1},
    },
}  # fmt: skip


@contextmanager
def on_sound(system: PhysicalSystem) -> Iterator[WaveformSystem]:
    wiring = replace(plate_wiring(), rate_hz=FASTER * plate_wiring().rate_hz)
    spec = ConnectionSpec(batch=64)
    with ExitStack() as stack:
        server = stack.enter_context(SoundServer(f"train{os.getpid()}", wiring.rate_hz, 512 * FASTER))
        place = layout(wiring.info.drive_dim, wiring.rest_samples, 1.0)
        stack.callback(Room(wired(system, wiring), place, server.name).close)
        address = f"JACK::{server.name}::{CLIENT}"
        yield WaveformSystem(lambda: open_sound(address, wiring.plan(spec), spec), wiring, spec, UNIT)


@contextmanager
def on_light(system: PhysicalSystem) -> Iterator[WaveformSystem]:
    server = OceanServer(EmulatedOcean(shine_on(system, SATURATION)))
    wiring, spec = shg_wiring(), ConnectionSpec(recorder=server.address)
    try:
        yield WaveformSystem(lambda: open_light(server.mask_address, wiring.plan(spec), spec), wiring, spec, UNIT)
    finally:
        server.stop()


def trained(system: PhysicalSystem, folder: Path, seed: int = SEED) -> dict[str, Any]:
    kind = system.info.kind
    experiment = Experiment.model_validate(
        {
            "name": kind,
            "seed": seed,
            "system": {"kind": kind, "serial_number": UNIT},
            "task": {"name": "vowels1952"},
            **SPECS[kind],
        }
    )
    task = load_task("vowels1952", data="bundled", seed=seed, validation=0.1)
    model = BUNDLED[kind].model
    assert model is not None
    setup = Setup.assemble(experiment, system, model(), task, ESTIMATORS[experiment.training.estimator])
    run = RunFolder.create(folder, experiment, task.table)
    run_experiment(setup, run, lambda _: None, ControlToken(), threads=1)
    result = RunRecord(run.path).result
    assert result is not None
    return result


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "bench"), [("plate", on_sound), ("shg", on_light)])
def test_the_bench_learns_as_the_bare_simulator_does(tmp_path: Path, kind: str, bench: Any):
    """Its accuracy is where one more session of the simulator's would be, by those that differ in their noise alone.

    So short a training ends up to 20 points apart with another noise, which the interval of one test set does not tell.
    """
    sessions = [trained(BUNDLED[kind].build(UNIT, noise, {}), tmp_path)["test_accuracy"] for noise in NOISES]
    with bench(BUNDLED[kind].build(UNIT, SEED, {})) as system:
        connected = trained(system, tmp_path)
        system.safe_state()
    reach = t.ppf(0.975, len(sessions) - 1) * np.std(sessions, ddof=1) * np.sqrt(1 + 1 / len(sessions))
    low, high = connected["test_interval95"]
    assert np.mean(sessions) - reach <= high, (sessions, connected["test_accuracy"])
    assert np.mean(sessions) + reach >= low, (sessions, connected["test_accuracy"])
    assert low > 0.3  # of ten vowels
