"""Whatever goes wrong with an NI card at whatever step: no hang, no wrong data, no shot lost or doubled, output safe.

`OVERTONE_FAULT_STRIDE=1` injects each kind at each message of a measurement, which takes a quarter of an hour.
"""

from __future__ import annotations

import os
import time

import numpy as np
import pytest
import torch

from core.ports import Axis, DeviceError, SystemInfo
from core.run.connection import ConnectionSpec
from devices.daq.recorder import open_recorder
from devices.emulator.bench import Bench
from devices.emulator.card import DaqCard
from devices.emulator.daq import DaqServer
from devices.emulator.faults import FAULTS, FaultKind, Faults
from devices.waveform import WaveformSystem, Wiring

pytestmark = pytest.mark.filterwarnings("ignore::nidaqmx.errors.DaqWarning")  # what garbage may be taken for
SAMPLES, RATE_HZ, GAIN, OFFSET_V, DRIVE_V = 20, 1e5, 0.5, 0.3, 1.0
MESSAGES = 120  # of one measurement of two transfers, from opening to the safe state
STRIDE = int(os.environ.get("OVERTONE_FAULT_STRIDE", "40"))
CONNECTION = ConnectionSpec(deadline_s=1.5, reconnect_s=3.0, batch=2)
HUNG_S = CONNECTION.reconnect_s + 10 * CONNECTION.deadline_s


def wiring() -> Wiring:
    axis = Axis("Time", "s", np.arange(SAMPLES) / RATE_HZ)
    info = SystemInfo("wire", "Wire", "connected", 0, SAMPLES, SAMPLES, True, axis, axis, "Out", "In", 1e-3)
    return Wiring(info, RATE_HZ, DRIVE_V, 2.0, rest_samples=5, offset_v=OFFSET_V)


class Trial:
    """A card that faults strike during a measurement each, and the system behind it."""

    def __init__(self, seed: int) -> None:
        self.faults = Faults()
        self.card = DaqCard(Bench(lambda frames_v: GAIN * frames_v, SAMPLES, RATE_HZ, 5))
        self.server = DaqServer(self.card, faults=self.faults, late_s=1.7, outage_s=0.2, seed=seed)
        self.connect()

    def connect(self) -> None:
        """Begin with no shots, and the range and the card that are found."""
        wires = wiring()
        plan = wires.plan(CONNECTION)
        self.system = WaveformSystem(lambda: open_recorder(self.server.address, plan, CONNECTION), wires, CONNECTION)

    def measure(self, drive: torch.Tensor) -> torch.Tensor | None:
        """Return the response, or None where an error was told; the output is made safe in either case."""
        begun_s = time.monotonic()
        try:
            response = self.system.run(drive)
        except DeviceError:
            response = None
        finally:
            self.system.safe_state()
        assert time.monotonic() - begun_s < HUNG_S
        return response


@pytest.fixture
def trial(request):
    trial = Trial(seed=len(request.node.name))
    yield trial
    trial.server.close()


def drives(seed: int) -> torch.Tensor:
    return torch.rand(4, SAMPLES, generator=torch.Generator().manual_seed(seed))


def expected(drive: torch.Tensor) -> torch.Tensor:
    return GAIN * (OFFSET_V + DRIVE_V * (2 * drive - 1)) / 2.0


@pytest.mark.parametrize("kind", FAULTS)
def test_every_fault_at_every_step_is_survived(trial: Trial, kind: FaultKind):
    first = FAULTS.index(kind) % STRIDE
    for step in range(first, MESSAGES, STRIDE):
        drive, serial_number = drives(step), trial.card.serial_number
        trial.faults.arm(kind, step)
        response = trial.measure(drive)
        trial.faults.disarm()
        note = f"{kind} at message {step}"
        if response is None:
            assert trial.card.serial_number != serial_number, note
            assert trial.system.snapshot()["shots"] == 0, note
        else:
            torch.testing.assert_close(response, expected(drive), atol=2e-3, rtol=0, msg=lambda text: f"{note}: {text}")  # noqa: B023
            assert trial.system.snapshot()["shots"] == len(drive), note
        assert trial.card.output_v == 0.0, note
        assert not trial.card.tasks, note
        trial.connect()
    peak_v = OFFSET_V + DRIVE_V
    assert -peak_v <= trial.card.bench.lowest_v
    assert trial.card.bench.highest_v <= peak_v * (1 + 1e-3)
    assert trial.faults.struck >= (MESSAGES - first) // STRIDE - 1
