"""The compiled pendula against SciPy, the plain reference and finite differences; their memory and their threads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from torch import Tensor

from core.physics.kernels import blas, pool
from core.physics.pendula import PENDULA, PHASE_RAD, coupling_matrix, evolve, reference, release

NAMES = ("start", "coupling", "force", "stiffness", "damping")


@pytest.fixture
def threads() -> Iterator[None]:
    yield
    pool.set_threads(1)


def bench(batch: int, count: int = PENDULA, dtype: torch.dtype = torch.float64) -> tuple[Tensor, ...]:
    """Draw start, couplings of pairs, forces, stiffnesses and a damping, each with a gradient."""
    rng = np.random.default_rng(batch)
    drawn = (
        rng.uniform(-1, 1, (batch, count)),
        rng.uniform(-0.3, 0.3, count * (count - 1) // 2),
        rng.uniform(-2, 2, count),
        rng.uniform(0.8, 1.2, count),
        np.array(0.3),
    )
    return tuple(torch.as_tensor(value).to(dtype).requires_grad_() for value in drawn)


def weights(batch: int, count: int = PENDULA, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.as_tensor(np.random.default_rng(99).uniform(-1, 1, (batch, count))).to(dtype)


def gradients(solver, inputs: tuple[Tensor, ...], wanted: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    response = solver(*inputs)
    return torch.autograd.grad((response * weights(*response.shape, response.dtype)).sum(), wanted)


def test_it_agrees_with_solve_ivp():
    start, coupling, force, stiffness, damping = (value.detach().numpy() for value in bench(2, 40))
    matrix = coupling_matrix(torch.as_tensor(coupling)).numpy()

    def slope(_t: float, state: np.ndarray) -> np.ndarray:
        q, p = np.split(state, 2)
        pairs = (matrix * (np.sin(q)[None, :] - np.sin(q)[:, None])).sum(1)
        return np.concatenate([p, -stiffness * np.sin(q) + pairs + force - damping * p])

    ours = release(*bench(2, 40)).detach()
    for shot, answer in zip(start, ours, strict=True):
        end = solve_ivp(slope, (0, PHASE_RAD), np.append(shot, 0 * shot), rtol=1e-10, atol=1e-12).y[:, -1]
        np.testing.assert_allclose(answer, end[:40], atol=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch", [1, 3, 31, 32, 33, 64, 65, 1000])
def test_the_compiled_kernel_is_the_plain_reference(batch: int, dtype: torch.dtype):
    inputs = bench(batch, dtype=dtype)
    results = [(solver(*inputs).detach(), *gradients(solver, inputs, inputs)) for solver in (release, reference)]
    tolerance = 1e-12 if dtype == torch.float64 else 2e-5
    for name, fast, plain in zip(("response", *NAMES), *results, strict=True):
        # The damping's gradient is a sum of both signs over the batch: rounding is relative to what is summed.
        scale = batch**0.5 * PENDULA if name == "damping" else float(plain.abs().max())
        torch.testing.assert_close(fast, plain, rtol=tolerance, atol=tolerance * scale)
        assert fast.dtype == dtype


@pytest.mark.parametrize("count", [2, 3, 17, 130])
def test_any_number_of_pendula_will_do(count: int):
    inputs = bench(5, count)
    torch.testing.assert_close(release(*inputs), reference(*inputs), atol=1e-13, rtol=1e-12)
    for fast, plain in zip(*(gradients(f, inputs, inputs) for f in (release, reference)), strict=True):
        torch.testing.assert_close(fast, plain, atol=1e-12, rtol=1e-11)


def test_what_does_not_fit_together_is_refused():
    start, coupling, force, stiffness, damping = bench(2, 6)
    with pytest.raises(ValueError, match=r"6 pendula have 15 couplings, 6 forces and 6 stiffnesses, not 14, 6 and 6"):
        release(start, coupling[1:], force, stiffness, damping)
    with pytest.raises(ValueError, match="not 15, 5 and 6"):
        release(start, coupling, force[1:], stiffness, damping)


def test_single_precision_gradients_are_those_of_double():
    """The float64 reference with sixteen times the steps is the truth; what five steps leave out is the error."""
    single, double = bench(16, dtype=torch.float32), bench(16)

    def fine(start: Tensor, coupling: Tensor, *others: Tensor) -> Tensor:
        return evolve(start, coupling_matrix(coupling), *others, steps=80)[0]

    for ours, exact in zip(gradients(release, single, single[:4]), gradients(fine, double, double[:4]), strict=True):
        assert float((ours.double() - exact).abs().max() / exact.abs().max()) < 3e-4


def test_derivatives_of_both_orders_are_those_of_finite_differences():
    inputs = bench(2, 4)
    assert torch.autograd.gradcheck(release, inputs)
    assert torch.autograd.gradgradcheck(release, inputs)


@pytest.mark.parametrize("which", range(5))
def test_a_gradient_alone_is_the_same_as_with_the_others(which: int):
    together = bench(33)
    alone = tuple(value.detach().requires_grad_(index == which) for index, value in enumerate(together))
    expected = gradients(release, together, together)[which]
    torch.testing.assert_close(gradients(release, alone, (alone[which],))[0], expected, atol=1e-12, rtol=1e-12)


def test_without_gradients_the_response_is_the_same():
    inputs = bench(70, dtype=torch.float32)
    with torch.no_grad():
        response = release(*inputs)
    assert torch.equal(response, release(*inputs))
    assert not response.requires_grad


def test_shots_do_not_know_of_each_other():
    """Nothing leaks between the blocks of a batch: a shot alone moves as it does among others."""
    start, *others = bench(150)
    alone = torch.cat([release(start[i : i + 1], *others) for i in (0, 63, 64, 149)])
    torch.testing.assert_close(alone, release(start, *others)[[0, 63, 64, 149]], atol=1e-13, rtol=1e-12)


def test_any_number_of_threads_gives_the_same_numbers(threads):
    inputs = bench(200, dtype=torch.float32)
    results: list[list[Tensor]] = []
    for count in (1, 2, 3):
        pool.set_threads(count)
        results.append([release(*inputs).detach(), *gradients(release, inputs, inputs)])
    for other in results[1:]:
        assert all(torch.equal(one, two) for one, two in zip(results[0], other, strict=True))


def test_products_use_one_thread_of_blas():
    release(*bench(64))
    if blas.threads() is None:
        pytest.skip("this BLAS does not tell its threads")
    assert blas.threads() == 1


def test_backward_twice_gives_the_same_and_leaves_what_was_kept_alone():
    inputs = bench(40, dtype=torch.float32)
    response = release(*inputs)
    first = torch.autograd.grad(response.sum(), inputs, retain_graph=True)
    release(*bench(40, dtype=torch.float32))  # takes memory: not that of the shots before, which are not done
    second = torch.autograd.grad(response.sum(), inputs)
    assert all(torch.equal(one, two) for one, two in zip(first, second, strict=True))
