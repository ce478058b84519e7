"""The noise twin on devices whose noise is jitter, a laser's power and pointing, counted electrons and read-outs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.signal import correlate

from core.calibration.characterise import noise_step
from core.calibration.excitation import mixed
from core.calibration.shots import collect_shots
from core.twin.noise import NoiseTwin
from core.twin.shots import ShotBatch, Shots
from devices.simulated.base import SimulatedSystem
from devices.simulated.circuit import SimulatedCircuit
from devices.simulated.pendula import SimulatedPendula
from devices.simulated.plate import SimulatedPlate
from devices.simulated.shg import SimulatedShg

KINDS = [SimulatedCircuit, SimulatedShg, SimulatedPlate, SimulatedPendula]


def in_time(repeats: np.ndarray) -> np.ndarray:
    """Return the shots of one drive that correlate best with their median where they are."""
    typical = np.median(repeats, 0)
    lags = [int(correlate(shot, typical, method="fft").argmax()) - len(typical) + 1 for shot in repeats]
    return repeats[np.array(lags) == 0]


def ratios(system: SimulatedSystem, twin: NoiseTwin) -> list[float]:
    """Return predicted over measured standard deviation, rms over the outputs, at drives that the twin has not seen."""
    middle = tuple(torch.full(shape, 0.5) for shape in system.info.parameter_shapes.values())
    found: list[float] = []
    for drive in mixed(6, system.info.drive_dim, system.info.signed_drive, torch.Generator().manual_seed(9)):
        repeats = system.run(drive.expand(400, -1), *middle).numpy()
        if system.info.kind == "plate":
            repeats = in_time(repeats)
        predicted = twin(drive[None], *middle).stddev[0].detach().numpy()
        found.append(float(np.sqrt(np.mean(predicted**2) / np.mean(repeats.var(0, ddof=1)))))
    return found


@pytest.mark.parametrize("make", KINDS)
def test_the_predicted_standard_deviation_is_within_a_tenth_of_the_measured_one(make):
    system = make(4001, 0)
    first = collect_shots(system.run, system.info, 256, seed=0).batches
    again = [ShotBatch(batch.drives, system.run(batch.drives, *batch.parameters), batch.parameters) for batch in first]
    twin = NoiseTwin(system.ideal_response, system.info)
    twin.fit(Shots((*first, *again)))
    assert ratios(system, twin) == pytest.approx([1.0] * 6, abs=0.1)


@pytest.mark.parametrize("make", KINDS)
def test_the_repeats_of_the_noise_step_are_enough_for_it(make):
    system, measured = make(4002, 0), list[ShotBatch]()

    def measure(drive: torch.Tensor, *parameters: torch.Tensor) -> torch.Tensor:
        measured.append(ShotBatch(drive, system.run(drive, *parameters), parameters))
        return measured[-1].responses

    noise_step(measure, system.info, seed=0)
    twin = NoiseTwin(system.ideal_response, system.info)
    twin.fit(Shots(tuple(measured)))
    assert ratios(system, twin) == pytest.approx([1.0] * 6, abs=0.1)


def test_a_plate_s_scatter_is_its_microphone_s_and_late_shots_have_a_rate():
    """One shot in a hundred is a sample early or late; the microphone's noise is a hundredth of full scale."""
    system = SimulatedPlate(4003, 0)
    first = collect_shots(system.run, system.info, 512, seed=0).batches
    again = [ShotBatch(batch.drives, system.run(batch.drives)) for batch in first]
    twin = NoiseTwin(system.ideal_response, system.info)
    twin.fit(Shots((*first, *again)))
    drives = torch.cat([batch.drives for batch in first])
    assert twin(drives).variance.mean().sqrt() == pytest.approx(system.imperfections.noise, rel=0.05)
    assert float(twin.outlying) == pytest.approx(system.imperfections.misaligned, abs=0.006)
