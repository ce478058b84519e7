"""The simulated pendula: the same unit for ever, honest noise, a gap to the model that calibration narrows."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
import torch
from torch import Tensor

from core.calibration.shots import collect_shots
from core.physics.pendula import PAIRS, PENDULA, PendulaModel
from core.ports import DifferentiableSystem, OutOfRange
from core.twin.fit import fit_twin
from core.twin.physics import PhysicsTwin
from core.twin.shots import Shots, response_error
from devices.simulated.pendula import PendulaImperfections, SimulatedPendula

PERFECT = PendulaImperfections(**{field.name: 0 for field in fields(PendulaImperfections)})


def controls(batch: int = 16, seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    coupling = 0.5 + 0.05 * torch.randn(PAIRS, generator=generator)
    return torch.rand(batch, PENDULA, generator=generator), coupling, torch.rand(PENDULA, generator=generator)


def test_a_serial_number_is_a_unit_and_a_seed_its_noise():
    first, same, session, other = (SimulatedPendula(*ids) for ids in ((3, 1), (3, 1), (3, 2), (4, 1)))
    shot = controls()
    for _ in range(2):
        assert torch.equal(first.run(*shot), same.run(*shot))
    assert not torch.equal(first.run(*shot), session.run(*shot))
    assert torch.equal(first.ideal_response(*shot), session.ideal_response(*shot))
    assert not torch.allclose(first.ideal_response(*shot), other.ideal_response(*shot), atol=1e-3)


def test_without_imperfections_it_is_the_model():
    device, twin = SimulatedPendula(5, 0, PERFECT), PhysicsTwin(PendulaModel())
    shot = controls()
    torch.testing.assert_close(device.run(*shot), twin(*shot).detach(), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(device.ideal_response(*shot), twin(*shot).detach(), atol=1e-6, rtol=1e-5)


def test_readout_noise_is_as_large_as_it_says():
    device = SimulatedPendula(1, 0, replace(PERFECT, readout_noise=0.005))
    shot = controls(batch=64)
    residual = device.run(*shot) - device.ideal_response(*shot)
    assert residual.std().item() == pytest.approx(0.005, rel=0.03)
    assert residual.mean().item() == pytest.approx(0.0, abs=5 * 0.005 / (64 * PENDULA) ** 0.5)


def test_twelve_bits_leave_the_rounding_error_of_twelve_bits():
    device = SimulatedPendula(1, 0, replace(PERFECT, readout_bits=12))
    shot = controls(batch=64)
    step = 16 / (2**12 - 1)  # full scale -8 … 8
    residual = device.run(*shot) - device.ideal_response(*shot)
    assert residual.abs().max().item() <= step / 2 + 1e-5
    assert residual.std().item() == pytest.approx(step / 12**0.5, rel=0.05)


def test_drift_is_that_of_the_frequencies_and_grows_with_the_clock():
    device = SimulatedPendula(1, 0, replace(PERFECT, drift_per_hour=0.05))
    shot = controls()

    def change() -> float:
        return float((device.run(*shot) - device.ideal_response(*shot)).abs().max())

    early = change()
    device.info = replace(device.info, shot_s=3600 / 16)  # each run now lasts an hour
    late = sum(change() for _ in range(40)) / 40
    assert early < 1e-4
    assert late > 100 * early


def test_its_own_derivative_is_that_of_its_response():
    device = SimulatedPendula(2, 0, replace(PERFECT, unit_spread=1.0, coupling_error=0.03))
    inputs = [value.double().requires_grad_() for value in controls(batch=2)]
    direction = [torch.randn(value.shape, dtype=torch.float64) for value in inputs]
    response = device.ideal_response(*inputs)
    weights = torch.randn(response.shape, dtype=torch.float64)
    gradients = torch.autograd.grad((weights * response).sum(), inputs)
    expected = sum(float((g * v).sum()) for g, v in zip(gradients, direction, strict=True))
    step = 1e-6
    above, below = (
        device.ideal_response(*(x + sign * step * v for x, v in zip(inputs, direction, strict=True)))
        for sign in (1, -1)
    )
    assert (weights * (above - below)).sum().item() / (2 * step) == pytest.approx(expected, rel=1e-6)
    assert isinstance(device, DifferentiableSystem)


@pytest.mark.parametrize("value", [float("nan"), 1.2, -0.1])
@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_control_out_of_range_is_refused_before_it_is_sent(which, value):
    device, shot = SimulatedPendula(), [control.clamp(0, 1) for control in controls()]
    shot[which].view(-1)[3] = value
    with pytest.raises(OutOfRange, match="nothing was sent"):
        device.run(*shot)
    assert not device.output_enabled
    assert device.shots == 0


def test_a_response_can_be_the_next_drive():
    device, shot = SimulatedPendula(), controls()
    response = device.run(*shot)
    assert 0.1 < response.std() < 1
    device.run(response.clamp(0, 1), *shot[1:])


def test_hidden_parameters_stay_hidden():
    text = str(SimulatedPendula(7).snapshot())
    assert "natural_frequency" not in text
    assert "'serial_number': 7" in text


def test_calibration_finds_the_unit_but_for_the_errors_that_the_model_does_not_know():
    device, twin = SimulatedPendula(3), PhysicsTwin(PendulaModel())
    shots = collect_shots(device.run, device.info, 256, seed=0)
    clean = Shots(tuple(replace(b, responses=device.ideal_response(b.drives, *b.parameters)) for b in shots.batches))
    data_sheet = response_error(twin, clean)
    report = fit_twin(twin, shots, seed=0, steps=120)
    fitted = response_error(twin, clean)
    assert fitted < 0.7 * data_sheet
    assert fitted > 0.2 * data_sheet  # what the single couplings' errors leave
    assert report.held_out_error > fitted  # it has the noise in it
