"""The compiled waves against their plain torch reference, in which autograd finds the derivatives."""

from __future__ import annotations

import pytest
import torch

from core.physics.kernels.pool import set_threads
from core.physics.shg import (
    CONTROLS,
    GRID,
    ShgModel,
    linear_phases,
    nominal_values,
    propagate,
    reference,
    shaped_pulse,
)

Problem = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
COMPLEX = {torch.float32: torch.complex64, torch.float64: torch.complex128}


def problem(batch: int, dtype: torch.dtype = torch.float64, gain: float = 1.3) -> Problem:
    """Pulses that lose a tenth to a half of their energy."""
    values = {name: value.double() for name, value in nominal_values(ShgModel()).items()}
    drive = torch.rand(batch, CONTROLS, generator=torch.Generator().manual_seed(batch), dtype=torch.float64)
    pulse = shaped_pulse(drive, values["axis_shift"], values["centre"], values["width"], values["chirp"])
    phases = linear_phases(torch.tensor(0.5), values["walk_off"], (39e-30, 102e-30), pulse.real)
    return pulse.to(COMPLEX[dtype]), torch.tensor(gain, dtype=dtype), phases.to(dtype)


def weights(batch: int, dtype: torch.dtype) -> torch.Tensor:
    generator = torch.Generator().manual_seed(batch + 1)
    return torch.randn(batch, 2, GRID, generator=generator, dtype=torch.complex128).to(COMPLEX[dtype])


def plain(pulse: torch.Tensor, nonlinearity: torch.Tensor, phases: torch.Tensor, steps: int) -> torch.Tensor:
    return reference(pulse, nonlinearity, phases, steps=steps)


def fields_and_gradients(solver, inputs: Problem, weight: torch.Tensor, steps: int) -> tuple[torch.Tensor, ...]:
    leaves = [value.clone().requires_grad_() for value in inputs]
    fields = solver(*leaves, steps)
    return fields.detach(), *torch.autograd.grad(fields, leaves, weight)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("batch", [1, 3, 31, 32, 33, 1000])
def test_the_compiled_kernel_is_the_plain_reference(batch: int, dtype: torch.dtype):
    inputs, weight = problem(batch, dtype), weights(batch, dtype)
    fast, slow = (fields_and_gradients(solver, inputs, weight, 2) for solver in (propagate, plain))
    rounding = 1e-5 if dtype == torch.float32 else 1e-13
    # The nonlinearity's gradient is a sum over all shots with either sign: rounding is relative to its terms.
    scales = [float(value.abs().max()) for value in slow]
    scales[2] = float((weight.abs() * slow[0].abs()).sum()) / batch**0.5
    for ours, exact, scale in zip(fast, slow, scales, strict=True):
        assert ours.dtype == exact.dtype
        torch.testing.assert_close(ours, exact, rtol=0, atol=rounding * scale)


@pytest.mark.parametrize("steps", [1, 3, 4])
def test_any_number_of_steps_is_that_of_the_reference(steps: int):
    inputs, weight = problem(5), weights(5, torch.float64)
    fast, slow = (fields_and_gradients(solver, inputs, weight, steps) for solver in (propagate, plain))
    for ours, exact in zip(fast, slow, strict=True):
        torch.testing.assert_close(ours, exact, rtol=0, atol=1e-12 * float(exact.abs().max()))


def test_gradients_agree_with_central_differences():
    pulse, nonlinearity, phases = (value.requires_grad_() for value in problem(2))
    probe = weights(2, torch.float64)

    def loss(*inputs: torch.Tensor) -> torch.Tensor:
        fields = propagate(*inputs, 2)  # pyright: ignore[reportCallIssue]
        return (fields.abs().square() * probe.real).sum() + (fields * probe).real.sum()

    assert torch.autograd.gradcheck(loss, (pulse, nonlinearity, phases), eps=1e-6, rtol=1e-5, fast_mode=True)


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_a_gradient_asked_for_alone_is_the_same(asked: int):
    inputs, weight = problem(3), weights(3, torch.float64)
    together = fields_and_gradients(propagate, inputs, weight, 2)[1:]
    leaves = [value.clone().requires_grad_(index == asked) for index, value in enumerate(inputs)]
    (alone,) = torch.autograd.grad(propagate(*leaves, 2), [leaves[asked]], weight)
    torch.testing.assert_close(alone, together[asked])


def test_at_no_nonlinearity_its_gradient_is_that_of_the_first_harmonic_light():
    pulse, nonlinearity, phases = problem(2, gain=0.0)
    weight = weights(2, torch.float64)
    fast, slow = (fields_and_gradients(s, (pulse, nonlinearity, phases), weight, 2) for s in (propagate, plain))
    assert float(slow[2].abs()) > 0
    torch.testing.assert_close(fast[2], slow[2])


def test_second_derivatives_are_those_of_the_reference():
    inputs, weight = problem(2), weights(2, torch.float64)

    def curvature(solver) -> tuple[torch.Tensor, ...]:
        leaves = [value.clone().requires_grad_() for value in inputs]
        loss = (solver(*leaves, 2).abs().square() * weight.real).sum()
        first = torch.autograd.grad(loss, leaves, create_graph=True)
        probed = (first[0] * weight[:, 0]).real.sum() + first[1] + first[2].sum()
        return torch.autograd.grad(probed, leaves)

    for ours, exact in zip(curvature(propagate), curvature(plain), strict=True):
        assert float(exact.abs().max()) > 0
        torch.testing.assert_close(ours, exact)


def test_lazily_conjugated_and_strided_values_are_understood():
    pulse, nonlinearity, phases = problem(6)
    weight = weights(6, torch.float64)
    for shots in (pulse.conj(), pulse.flip(1)[::2], pulse[:, :1].expand(6, GRID)):
        leaf = shots.detach().clone().requires_grad_()
        lazy = shots.detach().requires_grad_()
        for cotangent in (
            weight[: len(shots)].conj(),
            weight[: len(shots)].transpose(0, 1).contiguous().transpose(0, 1),
        ):
            (fast,) = torch.autograd.grad(propagate(lazy, nonlinearity, phases, 2), lazy, cotangent)
            (slow,) = torch.autograd.grad(plain(leaf, nonlinearity, phases, 2), leaf, cotangent)
            torch.testing.assert_close(fast, slow)


def test_a_shot_that_is_not_finite_stays_visible_and_alone():
    pulse, nonlinearity, phases = problem(20)
    pulse[7, 3] = float("nan")
    fields = propagate(pulse, nonlinearity, phases, 2)
    assert bool(fields[7].isnan().all())
    assert bool(fields[torch.arange(20) != 7].isfinite().all())


def test_the_number_of_threads_changes_no_bit():
    inputs, weight = problem(70), weights(70, torch.float64)
    one = fields_and_gradients(propagate, inputs, weight, 2)
    set_threads(2)
    try:
        two = fields_and_gradients(propagate, inputs, weight, 2)
    finally:
        set_threads(1)
    assert all(torch.equal(first, second) for first, second in zip(one, two, strict=True))
