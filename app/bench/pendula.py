"""Coupled pendula against the way of the example in the authors' repository, five Runge-Kutta steps, float32.

The rival's structure is theirs (github.com/mcmahon-lab/Physics-Aware-Training): the couplings are a square matrix that
every evaluation of the forces makes symmetric and gives its diagonal in place, positions and velocities are one tensor,
last index, that classical Runge-Kutta steps as a whole, its slope filled half by half; the gradients are autograd's.
"""

from __future__ import annotations

import torch
from torch import Tensor

from app.bench.harness import Contest, Work
from core.physics.pendula import PAIRS, PENDULA, PHASE_RAD, STEPS, coupling_matrix, evolve, release

GOALS = {32: (3.5, 5.0), 128: (2.3, 3.5), 512: (2.0, 3.0)}  # by batch
FINE_STEPS = 80

SCALING = {"pendula": ("batch",)}


def contests() -> list[Contest]:
    """Return forward and backward, with gradients to positions, couplings and forces, at three sizes."""
    torch.set_num_threads(1)
    return [_contest(batch, goal, aim) for batch, (goal, aim) in GOALS.items()]


def workload(batch: int, samples: int) -> Work:
    """Return one forward and backward of our solver; `samples` is not its to choose: a shot has one response."""
    leaves, weights = _problem(batch, torch.float32)
    return lambda: _gradients(_ours(*leaves), leaves, weights)


def _contest(batch: int, goal: float, aim: float) -> Contest:
    leaves, weights = _problem(batch, torch.float32)
    matrix = coupling_matrix(leaves[1].detach()).requires_grad_()
    rivals = (leaves[0], matrix, leaves[2])

    def ours() -> list[Tensor]:
        return _gradients(_ours(*leaves), leaves, weights)

    def theirs() -> list[Tensor]:
        return _gradients(_theirs(*rivals), rivals, weights)

    exact_leaves, exact_weights = _problem(batch, torch.float64)
    exact = _gradients(_fine(*exact_leaves), exact_leaves, exact_weights)
    answer, start, square, force = theirs()
    pairs = (square + square.T)[torch.ones_like(square, dtype=torch.bool).triu(1)]  # of J_ij, which is in both halves
    return Contest(
        name="pendula",
        rival=f"the authors' way, batch {batch}",
        ours=ours,
        theirs=theirs,
        goal=goal,
        aim=aim,
        error=_error(ours(), exact),
        rival_error=_error([answer, start, pairs, force], exact),
    )


def _problem(batch: int, dtype: torch.dtype) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor]:
    """Return positions, couplings, forces and the weights of the loss, drawn alike for every type."""
    generator = torch.Generator().manual_seed(0)
    start = torch.rand(batch, PENDULA, generator=generator)
    coupling = 0.1 * torch.randn(PAIRS, generator=generator)
    force = torch.randn(PENDULA, generator=generator)
    weights = torch.randn(batch, PENDULA, generator=generator)
    start, coupling, force = (value.to(dtype).requires_grad_() for value in (start, coupling, force))
    return (start, coupling, force), weights.to(dtype)


def _gradients(response: Tensor, leaves: tuple[Tensor, ...], weights: Tensor) -> list[Tensor]:
    return [response.detach(), *torch.autograd.grad(response, leaves, weights)]


def _error(found: list[Tensor], exact: list[Tensor]) -> float:
    """Return the largest error of the response and of all gradients."""
    pairs = zip(found, exact, strict=True)
    return max(float((ours.double() - right).abs().max() / right.abs().max()) for ours, right in pairs)


def _ours(start: Tensor, coupling: Tensor, force: Tensor) -> Tensor:
    return release(start, coupling, force, torch.ones(PENDULA), torch.zeros(()))


def _fine(start: Tensor, coupling: Tensor, force: Tensor) -> Tensor:
    return evolve(start, coupling_matrix(coupling), force, steps=FINE_STEPS)[0]


def _theirs(start: Tensor, matrix: Tensor, force: Tensor) -> Tensor:
    h = PHASE_RAD / STEPS
    state = torch.stack([start, torch.zeros_like(start)], 2)
    diagonal = list(range(PENDULA))

    def springs() -> Tensor:
        symmetric = (matrix + matrix.T) / 2
        symmetric[diagonal, diagonal] = -symmetric.sum(0)
        return symmetric

    def slope(now: Tensor) -> Tensor:
        rate, sines = torch.empty_like(now), now[..., 0].sin()
        rate[..., 0] = now[..., 1]
        rate[..., 1] = force - sines + sines @ springs()
        return rate

    for _ in range(STEPS):
        k1 = slope(state)
        k2 = slope(state + h / 2 * k1)
        k3 = slope(state + h / 2 * k2)
        k4 = slope(state + h * k3)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return state[..., 0]
