"""Coupled pendula against SciPy's integrator, normal modes, conserved quantities and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from core.physics.pendula import (
    COUPLING_RANGE,
    FORCE_RANGE,
    NOMINAL,
    PAIRS,
    PARAMETER_SHAPES,
    PENDULA,
    PHASE_RAD,
    PendulaModel,
    coupling_matrix,
    evolve,
)


def bench(count: int, seed: int = 0, coupling: float = 0.3) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw initial positions, a symmetric J, forces and stiffnesses."""
    rng = np.random.default_rng(seed)
    matrix = coupling * rng.uniform(-1, 1, (count, count))
    matrix = np.triu(matrix, 1) + np.triu(matrix, 1).T
    return rng.uniform(-1, 1, count), matrix, rng.uniform(-2, 2, count), rng.uniform(0.8, 1.2, count)


def oracle(start, coupling, force, stiffness, damping, phase=PHASE_RAD) -> tuple[np.ndarray, np.ndarray]:
    """Integrate the authors' equation term by term with SciPy."""
    count = len(start)

    def slope(_, state):
        q, p = state[:count], state[count:]
        pairs = (coupling * (np.sin(q)[None, :] - np.sin(q)[:, None])).sum(1)
        return np.concatenate([p, -stiffness * np.sin(q) + pairs + force - damping * p])

    state = np.concatenate([start, np.zeros(count)])
    end = solve_ivp(slope, (0, phase), state, method="DOP853", rtol=1e-11, atol=1e-12).y[:, -1]
    return end[:count], end[count:]


def tensors(*arrays: np.ndarray) -> list[Tensor]:
    return [torch.as_tensor(array) for array in arrays]


@pytest.mark.parametrize("damping", [0.0, 0.4])
def test_positions_and_velocities_are_those_of_scipy(damping):
    start, coupling, force, stiffness = bench(12)
    expected = oracle(start, coupling, force, stiffness, damping)
    q, c, f, k = tensors(start, coupling, force, stiffness)
    position, velocity = evolve(q[None], c, f, k, damping, steps=400)
    np.testing.assert_allclose(position[0], expected[0], atol=1e-10)
    np.testing.assert_allclose(velocity[0], expected[1], atol=1e-10)


def test_five_steps_are_enough_for_the_whole_bench():
    start, coupling, force, stiffness = bench(PENDULA, coupling=0.1)
    q, c, f, k = tensors(start, coupling, force, stiffness)
    expected, _ = oracle(start, coupling, force, stiffness, 0.02)
    np.testing.assert_allclose(evolve(q[None], c, f, k, 0.02)[0][0], expected, atol=2e-4)


def test_the_error_falls_with_the_fourth_power_of_the_step():
    start, coupling, force, stiffness = bench(12, coupling=1.0)
    expected, _ = oracle(start, coupling, force, stiffness, 0.3, phase=2.0)
    q, c, f, k = tensors(start, coupling, force, stiffness)
    steps = np.array([40, 80, 160])
    errors = [
        np.abs(evolve(q[None], c, f, k, 0.3, phase=2.0, steps=int(n))[0][0].numpy() - expected).max() for n in steps
    ]
    order = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert order == pytest.approx(4.0, abs=0.3)


def test_one_pendulum_keeps_its_energy():
    start, _, force, stiffness = bench(12)
    q, f, k = tensors(start, force, stiffness)
    position, velocity = evolve(q[None], torch.zeros(12, 12, dtype=torch.float64), f, k, phase=3.0, steps=600)

    def energy(q: Tensor, p: Tensor | float) -> Tensor:
        return p**2 / 2 - k * torch.cos(q) - f * q

    torch.testing.assert_close(energy(position[0], velocity[0]), energy(q, 0.0), atol=1e-9, rtol=0)


def test_the_couplings_cancel_in_the_sum_of_the_forces():
    """Action equals reaction: without gravity and forces, Σ p stays zero and Σ q its initial value."""
    start, coupling, _, _ = bench(12)
    q, c = tensors(start, coupling)
    zero = torch.zeros(12, dtype=torch.float64)
    position, velocity = evolve(q[None], c, zero, 0.0, phase=2.0, steps=20)
    assert float(position.sum()) == pytest.approx(start.sum(), abs=1e-12)
    assert float(velocity.sum()) == pytest.approx(0.0, abs=1e-12)


def test_small_swings_are_the_normal_modes_of_the_coupling_matrix():
    """q̈ = -K q with K = diag(k + ΣJ) - J: every eigenvector of K swings by itself, as cos(√λ t)."""
    start, coupling, force, stiffness = bench(12, coupling=0.2)
    eigenvalues, modes = np.linalg.eigh(np.diag(stiffness + coupling.sum(1)) - coupling)
    amplitude = 1e-6 * start
    expected = modes @ (np.cos(np.emath.sqrt(eigenvalues) * 4.0).real * (modes.T @ amplitude))
    q, c, f, k = tensors(amplitude, coupling, 0 * force, stiffness)
    position, _ = evolve(q[None], c, f, k, phase=4.0, steps=400)
    np.testing.assert_allclose(position[0], expected, atol=1e-13)


def test_the_couplings_fill_a_symmetric_matrix():
    matrix = coupling_matrix(torch.tensor([12.0, 13.0, 14.0, 23.0, 24.0, 34.0]))
    assert matrix.tolist() == [[0, 12, 13, 14], [12, 0, 23, 24], [13, 23, 0, 34], [14, 24, 34, 0]]
    assert PARAMETER_SHAPES == {"coupling": (PENDULA * (PENDULA - 1) // 2,), "force": (PENDULA,)}


def test_derivatives_of_both_orders_are_those_of_finite_differences():
    start, coupling, force, stiffness = bench(4)
    upper = coupling[np.triu_indices(4, 1)]
    inputs = [value.requires_grad_() for value in tensors(np.stack([start, -start]), upper, force, stiffness)]

    def positions(q: Tensor, c: Tensor, f: Tensor, k: Tensor) -> Tensor:
        return evolve(q, coupling_matrix(c), f, k, 0.1)[0]

    assert torch.autograd.gradcheck(positions, inputs)
    assert torch.autograd.gradgradcheck(positions, inputs)


def test_the_model_in_normalised_controls_is_the_equation():
    rng = np.random.default_rng(2)
    drive, coupling, force = rng.uniform(0, 1, PENDULA), rng.uniform(0.4, 0.6, PAIRS), rng.uniform(0, 1, PENDULA)
    model = PendulaModel()
    values = {item.name: torch.tensor(item.nominal, dtype=torch.float64) for item in model.fit_parameters}
    values["release_gain"], values["readout_gain"] = torch.tensor(0.9), torch.tensor(1.1)
    matrix = np.zeros((PENDULA, PENDULA))
    matrix[np.triu_indices(PENDULA, 1)] = COUPLING_RANGE * (2 * coupling - 1)
    expected, _ = oracle(
        0.9 * drive, matrix + matrix.T, FORCE_RANGE * (2 * force - 1), 1.0, NOMINAL.damping_rate_s / 1000
    )
    response = model.response(values, *tensors(drive[None], coupling, force))
    np.testing.assert_allclose(response[0], 1.1 * expected, atol=1e-3)
    rest = model.response(values, *tensors(np.zeros((1, PENDULA)), np.full(PAIRS, 0.5), np.full(PENDULA, 0.5)))
    assert torch.equal(rest, torch.zeros_like(rest))


def test_all_couplings_at_their_edge_stay_finite():
    model = PendulaModel()
    values = {item.name: torch.tensor(item.nominal) for item in model.fit_parameters}
    drive = torch.rand(8, PENDULA, generator=torch.Generator().manual_seed(0))
    for edge in (0.0, 1.0):
        response = model.response(values, drive, torch.full((PAIRS,), edge), torch.full((PENDULA,), edge))
        assert bool(response.isfinite().all())
