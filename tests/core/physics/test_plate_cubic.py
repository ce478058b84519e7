"""Hardening modes against solve_ivp in SI units, the Duffing oscillator's backbone and their linear limit."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from core.physics import plate
from core.physics.plate_cubic import coefficients, reference, simulate
from core.ports import SimulationDiverged

FREQUENCY_HZ = (100.0, 620.0, 900.0, 1400.0, 3200.0)
QUALITY = (30.0, 30.0, 40.0, 40.0, 120.0)
WEIGHT = (0.15, 0.5, -0.6, 0.7, 1.0)
HARDENING = (0.02, 0.01, 0.03, 0.01, 0.0005)


def column(numbers: object) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)


def factors(hardening: object = HARDENING) -> torch.Tensor:
    return coefficients(column(FREQUENCY_HZ), column(QUALITY), column(WEIGHT), column(hardening))


def forces(batch: int, samples: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(batch * samples)
    return (2 * torch.rand(batch, samples, generator=generator, dtype=torch.float64) - 1).to(dtype)


def integrated(force: np.ndarray, rate_hz: float) -> np.ndarray:
    """Sum c q̈ over the modes of q̈ + (ω/Q) q̇ + ω² q + α q³ = Γ F, in seconds, one held sample after another."""
    total = np.zeros(len(force))
    for frequency, quality, weight, hardening in zip(FREQUENCY_HZ, QUALITY, WEIGHT, HARDENING, strict=True):
        omega, gamma = 2 * math.pi * frequency, 3.7  # any coupling: only c Γ = w and α Γ² = β ω⁶ count
        c, alpha = weight / gamma, hardening * omega**6 / gamma**2

        def acceleration(q: float, v: float, f: float, omega=omega, quality=quality, alpha=alpha, gamma=gamma) -> float:
            return gamma * f - omega / quality * v - omega**2 * q - alpha * q**3

        state = np.zeros(2)
        for index, f in enumerate(force):
            state = solve_ivp(
                lambda _t, s, f=f, acceleration=acceleration: [s[1], acceleration(*s, f)],
                (0, 1 / rate_hz),
                state,
                method="DOP853",
                rtol=1e-10,
                atol=1e-16,
            ).y[:, -1]
            total[index] += c * acceleration(*state, f)
    return total


@pytest.fixture(scope="module")
def record() -> tuple[np.ndarray, np.ndarray]:
    force = forces(1, 150)[0].numpy()
    return force, integrated(force, plate.RATE_HZ)


@pytest.mark.parametrize("solver", [simulate, reference])
def test_it_agrees_with_solve_ivp_and_has_second_order(record, solver, monkeypatch: pytest.MonkeyPatch):
    force, expected = record
    linear = solver(torch.tensor(force)[None], factors([0.0] * 5))[0].numpy()
    assert np.abs(linear - expected).max() > 0.01 * np.abs(expected).max(), "the force has to reach the cubic term"
    rate_hz, errors = plate.RATE_HZ, []
    for parts in (1, 2, 4):
        monkeypatch.setattr(plate, "RATE_HZ", parts * rate_hz)
        finer = torch.tensor(force).repeat_interleave(parts)[None]
        answer = solver(finer, factors())[0, parts - 1 :: parts].numpy()
        errors.append(np.abs(answer - expected).max() / np.abs(expected).max())
    assert errors[0] < 2e-3
    assert 3.5 < errors[0] / errors[1] < 4.5
    assert 3.5 < errors[1] / errors[2] < 4.5


def test_without_hardening_it_is_the_linear_plate():
    force = forces(3, 2000)
    linear = plate.coefficients(column(FREQUENCY_HZ), column(QUALITY), column(WEIGHT))
    expected = plate.simulate(force, linear)
    torch.testing.assert_close(simulate(force, factors([0.0] * 5)), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("strength", [0.02, 0.05, -0.05])
def test_a_free_vibration_follows_duffings_backbone(strength: float):
    """ω(X) = ω0 (1 + 3/8 β X² - 15/256 (β X²)²), Lindstedt-Poincaré to second order; negative: softening."""
    frequency, samples, release = 1000.0, 9600, 24
    force = torch.zeros(1, samples, dtype=torch.float64)
    force[0, :release] = 1.0  # half a period of pull lets go of about twice the static deflection
    heard = simulate(force, coefficients(*(column([x]) for x in (frequency, 1e7, 1.0, strength / 4))))[0, release:]
    signal = heard.numpy()
    crossings = np.flatnonzero((signal[:-1] < 0) & (signal[1:] >= 0))
    times = crossings + signal[crossings] / (signal[crossings] - signal[crossings + 1])
    measured = (len(times) - 1) / (times[-1] - times[0]) * plate.RATE_HZ
    # At the turning points the acceleration is -(X + β X³).
    roots = np.roots([strength / 4, 0.0, 1.0, -np.abs(signal).max()])
    deflection = min(root.real for root in roots if abs(root.imag) < 1e-9 and root.real > 0)
    bend = strength / 4 * deflection**2
    assert deflection == pytest.approx(2.0, rel=0.1)
    assert measured / frequency - 1 == pytest.approx(3 / 8 * bend - 15 / 256 * bend**2, rel=0.01)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch", [1, 3, 31, 32, 33, 1000])
def test_the_compiled_kernel_is_the_plain_reference(batch: int, dtype: torch.dtype):
    samples = 70  # no multiple of the samples between two kept states
    weights = torch.randn(batch, samples, dtype=dtype, generator=torch.Generator().manual_seed(batch))
    results = []
    for solver in (simulate, reference):
        f, modes = forces(batch, samples, dtype).requires_grad_(), factors().requires_grad_()
        heard = solver(f, modes)
        assert heard.dtype == dtype
        gradients = torch.autograd.grad((heard * weights).sum(), (f, modes))
        results.append((heard.detach(), gradients[0], *gradients[1]))
    tolerance = 1e-11 if dtype == torch.float64 else 2e-4
    for fast, plain in zip(*results, strict=True):
        torch.testing.assert_close(fast, plain, rtol=tolerance, atol=tolerance * float(plain.abs().max()))


@pytest.mark.parametrize("samples", [1, 31, 32, 33, 64, 65])
@pytest.mark.parametrize("modes", [1, 4, 5])
def test_tiles_and_groups_of_modes_leave_no_seam(samples: int, modes: int):
    f = forces(2, samples)
    chosen = factors()[:, :modes]
    torch.testing.assert_close(simulate(f, chosen), reference(f, chosen), rtol=1e-12, atol=1e-12)
    gradients = [
        torch.autograd.grad(solver(g := f.clone().requires_grad_(), c := chosen.clone().requires_grad_()).sum(), (g, c))
        for solver in (simulate, reference)
    ]
    for fast, plain in zip(*gradients, strict=True):
        torch.testing.assert_close(fast, plain, rtol=1e-11, atol=1e-11)


def test_single_precision_keeps_the_phase_of_a_slow_mode():
    """At 20 Hz the step differs from the identity by 3e-6 in the cosine: float32 would keep five bits of it."""
    f = forces(1, 9600)
    slow = coefficients(*(column([x]) for x in (20.0, 100.0, 1.0, 0.01)))
    exact = simulate(f, slow)
    assert float((simulate(f.float(), slow) - exact).abs().max() / exact.abs().max()) < 2e-5


def test_second_derivatives_are_those_of_the_reference():
    probe = forces(2, 6)

    def curvature(solver) -> tuple[torch.Tensor, ...]:
        f, modes = forces(2, 6).requires_grad_(), factors().requires_grad_()
        first = torch.autograd.grad((solver(f, modes) ** 2).sum(), (f, modes), create_graph=True)
        return torch.autograd.grad((first[0] * probe).sum() + first[1].sum(), (f, modes))

    for ours, plain in zip(curvature(simulate), curvature(reference), strict=True):
        assert float(plain.abs().max()) > 0
        torch.testing.assert_close(ours, plain)


def test_gradients_agree_with_central_differences():
    f = forces(2, 40).requires_grad_()
    ones = [torch.ones(5, dtype=torch.float64, requires_grad=True) for _ in range(4)]  # relative: SI values differ much

    def response(f: torch.Tensor, *scales: torch.Tensor) -> torch.Tensor:
        nominal = (FREQUENCY_HZ, QUALITY, WEIGHT, HARDENING)
        return simulate(f, coefficients(*(s * column(x) for s, x in zip(scales, nominal, strict=True))))

    assert torch.autograd.gradcheck(response, (f, *ones), eps=1e-6, atol=1e-7, rtol=1e-5)


def test_a_diverging_simulation_says_so():
    with pytest.raises(SimulationDiverged, match=r"at step \d+ of 400; .*Lower the drive or the hardening"):
        simulate(10 * forces(1, 400), factors([10.0] * 5))
