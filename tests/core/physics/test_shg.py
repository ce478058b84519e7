"""Second-harmonic generation against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.constants import c
from scipy.integrate import solve_ivp

from core.physics import bbo
from core.physics.shg import (
    CONTROLS,
    GRID,
    NOMINAL,
    OFFSET_HZ,
    ShgModel,
    linear_phases,
    nominal_values,
    phase_mismatch,
    propagate,
    shaped_pulse,
    undepleted_harmonic,
)

ZERO = torch.zeros((), dtype=torch.float64)


def number(value: float) -> torch.Tensor:
    return torch.tensor(value, dtype=torch.float64)


def continuous_wave(amplitude: float = 1.0) -> torch.Tensor:
    wave = torch.zeros(1, GRID, dtype=torch.complex128)
    wave[0, 0] = amplitude * GRID
    return wave


def energy(spectrum: torch.Tensor) -> torch.Tensor:
    return spectrum.abs().square().sum(-1)


def pulse(width_hz: float, amplitude: float = 1.0) -> torch.Tensor:
    spectrum = torch.exp(-0.5 * (torch.as_tensor(OFFSET_HZ) / width_hz) ** 2).to(torch.complex128)[None]
    return amplitude * GRID * spectrum / spectrum.real.sum()


def phases(
    mismatch: float = 0.0, walk_off_s: float = 0.0, dispersion: tuple[float, float] = (0.0, 0.0)
) -> torch.Tensor:
    return linear_phases(number(mismatch), number(walk_off_s), dispersion, ZERO)


@pytest.mark.parametrize("gain", [0.1, 0.7, 1.5, 3.0])
def test_a_phase_matched_continuous_wave_converts_as_tanh_squared(gain):
    wave = continuous_wave()
    out = propagate(wave, number(gain), phases(), 40)
    assert float(energy(out[:, 1]) / energy(wave)) == pytest.approx(math.tanh(gain) ** 2, rel=1e-7)


@pytest.mark.parametrize("mismatch", [0.5, 2.0, 5.0, 2 * math.pi])
def test_low_depletion_follows_sinc_squared(mismatch):
    gain = 1e-3
    out = propagate(continuous_wave(), number(gain), phases(mismatch), 20)
    efficiency = float(energy(out[:, 1]) / GRID**2)
    assert efficiency == pytest.approx(gain**2 * np.sinc(mismatch / (2 * math.pi)) ** 2, rel=1e-4, abs=1e-13)


def test_manley_rowe_energy_is_conserved_with_everything_on():
    source = pulse(4e12, 1.0) * torch.exp(1j * torch.rand(GRID, dtype=torch.float64))
    out = propagate(source, number(1.5), phases(1.0, 100e-15, (39e-30, 102e-30)), 40)
    assert float(energy(out).sum() / energy(source)) == pytest.approx(1, abs=1e-7)
    assert float(energy(out[:, 1]) / energy(source)) > 0.05


def test_a_transform_limited_gaussian_doubles_to_root_two_of_its_bandwidth():
    width_hz = 3e12
    out = propagate(pulse(width_hz), number(1e-3), phases(), 20)[0, 1].abs().square()
    offset = torch.as_tensor(OFFSET_HZ)
    measured = float((out * offset**2).sum() / out.sum()) ** 0.5
    assert measured == pytest.approx(math.sqrt(2) * width_hz / math.sqrt(2), rel=1e-6)  # power's width is field's / √2


def test_the_undepleted_closed_form_is_the_low_power_limit_with_walk_off():
    source = pulse(4e12) * torch.exp(0.5j * 3e-27 * (2 * math.pi * torch.as_tensor(OFFSET_HZ)) ** 2)
    phase = phases(0.8, 100e-15)
    solved = propagate(source, number(1e-3), phase, 20)[:, 1]
    closed = undepleted_harmonic(source, number(1e-3), phase[1])
    torch.testing.assert_close(solved, closed, rtol=1e-5, atol=1e-5 * float(closed.abs().max()))


def test_half_a_millimetre_accepts_4_3_nm_at_390_nm():
    """FWHM of sinc²(δ Ω L/2): Δν = 0.886/(δ L)."""
    mismatch_s = 0.5e-3 * bbo.group_velocity_mismatch(780e-9)
    frequency = np.linspace(-6e12, 6e12, 100_001)
    power = np.sinc(frequency * mismatch_s) ** 2
    width_hz = np.ptp(frequency[power > 0.5])
    assert width_hz * (390e-9) ** 2 / c == pytest.approx(4.3e-9, abs=0.1e-9)


def test_the_mismatch_vanishes_at_the_phase_matching_angle():
    assert phase_mismatch(bbo.phase_matching_angle(800e-9), 800e-9) == pytest.approx(0, abs=1e-3)


def depleted() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A chirped pulse that loses about a third of its energy, with mismatch, walk-off and dispersion."""
    chirp = torch.exp(0.5j * 2e-27 * (2 * math.pi * torch.as_tensor(OFFSET_HZ)) ** 2)
    return pulse(4e12) * chirp, number(1.5), phases(0.8, 100e-15, (39e-30, 102e-30))


def test_it_agrees_with_an_adaptive_solver_of_the_coupled_waves():
    source, gain, phase = depleted()
    turning = 1j * phase.numpy()

    def slope(z: float, flat: np.ndarray) -> np.ndarray:
        turn = np.exp(turning * z)
        first, second = np.fft.ifft(turn * flat.reshape(2, GRID))
        mixed = 1j * float(gain) * np.fft.fft(np.stack([second * first.conj(), first * first]))
        return (mixed / turn).ravel()

    start = np.concatenate([source[0].numpy(), np.zeros(GRID)])
    end = solve_ivp(slope, (0, 1), start, method="DOP853", rtol=1e-10, atol=1e-10).y[:, -1]
    expected = torch.from_numpy(np.exp(turning) * end.reshape(2, GRID))
    assert 0.2 < float(energy(expected[1]) / energy(source[0])) < 0.5
    solved = propagate(source, gain, phase, 24)[0]
    torch.testing.assert_close(solved, expected, rtol=0, atol=1e-8 * float(expected.abs().max()))


def test_the_error_falls_with_the_product_of_the_squared_numbers_of_steps():
    """Extrapolation from n, n + 1, n + 2 in powers of h² leaves an error as 1 / (n (n + 1) (n + 2))²."""
    problem = depleted()
    exact = propagate(*problem, 40)
    coarse, fine = (float((propagate(*problem, steps) - exact).abs().max()) for steps in (6, 12))
    assert coarse / fine == pytest.approx((12 * 13 * 14 / (6 * 7 * 8)) ** 2, rel=0.2)


@pytest.mark.parametrize(("steps", "largest"), [(2, 1e-4), (3, 1e-5)])
def test_the_step_counts_of_twin_and_bench_are_accurate(steps: int, largest: float):
    full = torch.cat([torch.ones(1, CONTROLS), torch.rand(8, CONTROLS)])
    drive = torch.cat([full, (torch.rand(8, CONTROLS) < 0.5).float()]).double()
    values = {name: value.double() for name, value in nominal_values(ShgModel()).items()}
    exact = ShgModel(steps=30).response(values, drive)
    assert float((ShgModel(steps=steps).response(values, drive) - exact).abs().max() / exact.abs().max()) < largest


def test_the_twin_takes_two_steps_and_their_gradients_are_accurate():
    drive = torch.cat([torch.ones(1, CONTROLS), torch.rand(8, CONTROLS)]).double().requires_grad_()
    values = {name: value.double() for name, value in nominal_values(ShgModel()).items()}
    weights = torch.rand(9, 50, dtype=torch.float64)

    def gradient(model: ShgModel) -> torch.Tensor:
        return torch.autograd.grad((weights * model.response(values, drive)).sum(), drive)[0]

    exact = gradient(ShgModel(steps=30))
    assert torch.equal(gradient(ShgModel()), gradient(ShgModel(steps=2)))
    assert float((gradient(ShgModel()) - exact).abs().max() / exact.abs().max()) < 1e-3


def test_the_unshaped_pulse_has_unit_peak_field():
    one = {name: value.double() for name, value in nominal_values(ShgModel()).items()}
    ones = torch.ones(1, CONTROLS, dtype=torch.float64)
    field = shaped_pulse(ones, one["axis_shift"], one["centre"], one["width"], one["chirp"])
    assert float(torch.fft.ifft(field).abs().max()) == pytest.approx(1, abs=0.1)  # the shaper's band cuts the wings
    assert NOMINAL.length_m == 0.5e-3


def test_gradients_agree_with_central_differences():
    model = ShgModel()
    names = list(nominal_values(model))
    drive = (0.2 + 0.6 * torch.rand(2, CONTROLS, dtype=torch.float64)).requires_grad_()
    scale = {item.name: abs(float(np.asarray(item.spread))) or 1.0 for item in model.fit_parameters}
    nominal = {name: value.double() for name, value in nominal_values(model).items()}

    def response(drive: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        unit = {n: scale[n] * (nominal[n] if nominal[n] != 0 and scale[n] < 1 and n != "centre" else 1) for n in names}
        values = {name: nominal[name] + unit[name] * z[k] for k, name in enumerate(names)}
        return model.response(values, drive)

    z = torch.zeros(len(names), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(response, (drive, z), eps=1e-5, atol=1e-7, rtol=1e-4, fast_mode=True)
