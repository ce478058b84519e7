"""A network trained on the demo bench, over each protocol, is as good as one trained on the bare simulator.

`OVERTONE_SESSIONS=12 python -m pytest -s tests/devices/test_training_on_the_bench.py` trains on as many units a bench,
and prints the table.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
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
from core.task.statistics import mean_with_interval
from core.training.control import ControlToken
from core.training.estimators import ESTIMATORS
from devices.audio.recorder import open_recorder as open_sound
from devices.audio.signal import layout
from devices.catalogue import BUNDLED, circuit_wiring, plate_wiring, shg_wiring
from devices.daq.recorder import open_recorder as open_card
from devices.emulator.bench import wired
from devices.emulator.card import DaqCard
from devices.emulator.daq import DaqServer
from devices.emulator.ocean import EmulatedOcean, OceanServer, shine_on
from devices.emulator.room import CLIENT, Room, SoundServer
from devices.emulator.table import Table
from devices.optics.recorder import open_recorder as open_light
from devices.simulated.shg import SATURATION
from devices.visa.recorder import open_recorder as open_visa
from devices.waveform import WaveformSystem

SESSIONS = int(os.environ.get("OVERTONE_SESSIONS", "1"))
NOISES = 4  # with which the bare simulator is trained on, for each session on a bench
FIRST_UNIT = 9401  # the networks were chosen on others
FASTER = 8  # than sound: the sound server's clock, with blocks as long in time
CHAIN = {"architecture": "chain", "initial_gain": 0.15, "initial_spread": 0.5, "logit_gain": 2.0}
SPECS: dict[str, dict[str, dict[str, Any]]] = {
    "circuit": {
        "network": CHAIN | {"layers": 1, "normalise": "rms", "readout": "energy"},
        "calibration": {"shots": 128, "steps": 60},
        "training": {"epochs": 12, "batch_size": 32, "learning_rate": 0.02},
    },
    "plate": {
        "network": CHAIN | {"layers": 1, "normalise": "none", "readout": "energy", "initial_spread": 1.0},
        "calibration": {"shots": 128, "steps": 60},
        "training": {"epochs": 6, "batch_size": 32, "learning_rate": 0.02},
    },
    "shg": {
        "network": CHAIN | {"layers": 2, "normalise": "none", "readout": "mean", "initial_level": 0.7},
        "calibration": {"shots": 400, "steps": 80},
        "training": {"epochs": 12, "batch_size": 32, "learning_rate": 0.05},
    },
}


@contextmanager
def over_visa(system: PhysicalSystem) -> Iterator[WaveformSystem]:
    wiring, table = circuit_wiring(), Table(wired(system, circuit_wiring()))
    generator, scope = table.listen("socket")
    spec = ConnectionSpec(recorder=scope)
    yield WaveformSystem(lambda: open_visa(generator, wiring.plan(spec), spec), wiring, spec)
    table.close()


@contextmanager
def over_grpc(system: PhysicalSystem) -> Iterator[WaveformSystem]:
    wiring, spec = circuit_wiring(), ConnectionSpec()
    server = DaqServer(DaqCard(wired(system, wiring)))
    yield WaveformSystem(lambda: open_card(server.address, wiring.plan(spec), spec), wiring, spec)
    server.close()


@contextmanager
def over_sound(system: PhysicalSystem) -> Iterator[WaveformSystem]:
    wiring = replace(plate_wiring(), rate_hz=FASTER * plate_wiring().rate_hz)
    spec = ConnectionSpec()
    with ExitStack() as stack:
        server = stack.enter_context(SoundServer(f"train{os.getpid()}", wiring.rate_hz, 512 * FASTER))
        place = layout(wiring.info.drive_dim, wiring.rest_samples, 1.0)
        stack.callback(Room(wired(system, wiring), place, server.name).close)
        address = f"JACK::{server.name}::{CLIENT}"
        yield WaveformSystem(lambda: open_sound(address, wiring.plan(spec), spec), wiring, spec)


@contextmanager
def over_light(system: PhysicalSystem) -> Iterator[WaveformSystem]:
    server = OceanServer(EmulatedOcean(shine_on(system, SATURATION)))
    wiring, spec = shg_wiring(), ConnectionSpec(recorder=server.address)
    yield WaveformSystem(lambda: open_light(server.mask_address, wiring.plan(spec), spec), wiring, spec)
    server.stop()


BENCHES: dict[str, tuple[str, Callable[[PhysicalSystem], AbstractContextManager[WaveformSystem]]]] = {
    "circuit over VISA": ("circuit", over_visa),
    "circuit over NI gRPC": ("circuit", over_grpc),
    "plate over sound": ("plate", over_sound),
    "SHG over light": ("shg", over_light),
}


def accuracy(system: PhysicalSystem, folder: Path, unit: int) -> float:
    """Train with the unit's number for a seed, and return the test accuracy."""
    kind = system.info.kind
    experiment = Experiment.model_validate(
        {
            "name": kind,
            "seed": unit,
            "system": {"kind": kind, "serial_number": unit},
            "task": {"name": "vowels1952"},
            "journal": {"keep": "none"},
            **SPECS[kind],
        }
    )
    task = load_task("vowels1952", data="bundled", seed=unit, validation=0.1)
    model = BUNDLED[kind].model
    assert model is not None
    setup = Setup.assemble(experiment, system, model(), task, ESTIMATORS[experiment.training.estimator])
    run = RunFolder.create(folder, experiment, task.table)
    run_experiment(setup, run, lambda _: None, ControlToken(), threads=1)
    result = RunRecord(run.path).result
    assert result is not None
    return result["test_accuracy"]


@dataclass(frozen=True)
class Comparison:
    """Accuracies on the bench (session,), and on the simulator with other noises (session, noise)."""

    bench: np.ndarray
    simulator: np.ndarray
    wall_s: float

    @property
    def difference(self) -> float:
        return float((self.bench - self.simulator.mean(1)).mean())

    @property
    def reach(self) -> float:
        """How far off the difference may be by the noise of so many sessions, in 99 of 100 cases."""
        sessions, noises = self.simulator.shape
        spread = np.sqrt(self.simulator.var(1, ddof=1).mean())
        return float(t.ppf(0.995, sessions * (noises - 1)) * spread * np.sqrt((1 + 1 / noises) / sessions))

    def row(self) -> str:
        pairs = (self.bench, self.simulator.mean(1), self.bench - self.simulator.mean(1))
        cells = [
            f"{100 * mean:.1f} ± {100 * (half or float('nan')):.1f}" for mean, half in map(mean_with_interval, pairs)
        ]
        return f"{len(self.bench)} | {' | '.join(cells)} | {self.wall_s:.0f} s"


@pytest.fixture(scope="module")
def table() -> Iterator[dict[str, Comparison]]:
    rows: dict[str, Comparison] = {}
    yield rows
    print("\n| | units | on the bench / % | on the simulator / % | difference / points | wall |")
    print("|---|---|---|---|---|---|")
    for name, comparison in rows.items():
        print(f"| {name} | {comparison.row()} |")


@pytest.mark.slow
@pytest.mark.timeout(900 * SESSIONS)
@pytest.mark.parametrize("name", BENCHES)
def test_the_bench_learns_as_the_bare_simulator_does(tmp_path: Path, table: dict[str, Comparison], name: str):
    """The difference is one that sessions on the simulator have among themselves, whose noise alone differs."""
    if name == "plate over sound" and shutil.which("jackd") is None:
        pytest.skip("needs the JACK sound server")
    kind, bench = BENCHES[name]
    begun_s, on_bench, bare = time.monotonic(), list[float](), list[list[float]]()
    for unit in range(FIRST_UNIT, FIRST_UNIT + SESSIONS):
        build = BUNDLED[kind].build
        bare.append([accuracy(build(unit, noise, {}), tmp_path, unit) for noise in range(NOISES)])
        with bench(build(unit, NOISES, {})) as system:
            on_bench.append(accuracy(system, tmp_path, unit))
            system.safe_state()
    found = table[name] = Comparison(np.array(on_bench), np.array(bare), time.monotonic() - begun_s)
    assert abs(found.difference) <= found.reach, found
    assert min(on_bench) > 0.5  # of ten vowels
