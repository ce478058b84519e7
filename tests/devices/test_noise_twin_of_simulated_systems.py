"""The noise twin on devices whose noise is jitter, a laser's power and pointing, counted electrons and read-outs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.calibration.excitation import mixed
from core.calibration.shots import collect_shots
from core.twin.noise import NoiseTwin
from core.twin.shots import ShotBatch, Shots
from devices.simulated.circuit import SimulatedCircuit
from devices.simulated.shg import SimulatedShg


@pytest.mark.parametrize("make", [SimulatedCircuit, SimulatedShg])
def test_the_predicted_standard_deviation_is_within_a_tenth_of_the_measured_one(make):
    system = make(4001, 0)
    first = collect_shots(system.run, system.info, 256, seed=0)
    again = Shots(tuple(ShotBatch(batch.drives, system.run(batch.drives)) for batch in first.batches))
    twin = NoiseTwin(system.ideal_response, system.info)
    twin.fit((first, again))
    for drive in mixed(6, system.info.drive_dim, system.info.signed_drive, torch.Generator().manual_seed(9)):
        repeats = system.run(drive.expand(200, -1)).numpy()
        predicted = twin(drive[None]).stddev[0].detach().numpy()
        ratio = np.sqrt(np.mean(predicted**2) / np.mean(repeats.var(0, ddof=1)))
        assert ratio == pytest.approx(1.0, abs=0.1)
