"""Second-harmonic generation against the methods of the textbooks in torch, at no larger error.

The pulses are those of a shaper between half and full amplitude. `shg-depleted` turns 29 % of their energy into the
second harmonic, with walk-off and dispersion on; `shg` works at κL = 1e-3, where the closed form of the undepleted
harmonic holds, without dispersion of the fundamental. The loss weighs the power at each frequency at random, as a
spectrometer's read-out does.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from app.bench.harness import Contest, Work
from core.physics.shg import (
    CONTROLS,
    GRID,
    ShgModel,
    linear_phases,
    nominal_values,
    propagate,
    shaped_pulse,
    undepleted_harmonic,
)

Solver = Callable[[Tensor, Tensor, Tensor], Tensor]
Problem = tuple[Tensor, Tensor, Tensor, Tensor]
"""Pulses (batch, grid), nonlinearity, phases (2, grid) and the cotangent of both outputs (batch, 2, grid)."""

SCALING = {"shg-depleted": ("batch",)}
STEPS, SPLITTING_STEPS, RUNGE_KUTTA_STEPS, FINE_STEPS = 3, 50, 8, 24
DEPLETING, WEAK = 1.1, 1e-3
DISPERSION_S2 = (39e-30, 102e-30)  # of half a millimetre of BBO at 780 nm


def contests() -> list[Contest]:
    """Pit the kernel and the closed form against torch, forward and all gradients."""
    torch.set_num_threads(1)
    found: list[Contest] = []
    strang, runge_kutta = partial(_strang, steps=SPLITTING_STEPS), partial(_runge_kutta, steps=RUNGE_KUTTA_STEPS)
    ours, fine = partial(propagate, steps=STEPS), partial(propagate, steps=FINE_STEPS)
    rivals = (("torch Strang, 50 steps", strang, 10, 20), ("torch RK4IP, 8 steps", runge_kutta, 4, 5))
    for batch in (64, 1024):
        deep = _problem(batch, DEPLETING)
        for name, theirs, *goals in rivals:
            found.append(_contest("shg-depleted", f"{name}, batch {batch}", ours, theirs, fine, deep, *goals))
        weak = _problem(batch, WEAK, (0.0, DISPERSION_S2[1]))
        weak[3][:, 0] = 0  # the closed form leaves the fundamental as it is
        found.append(_contest("shg", f"torch Strang, 50 steps, batch {batch}", _undepleted, strang, fine, weak, 10, 20))
    return found


def workload(batch: int, samples: int) -> Work:
    """Return one forward and backward pass of the kernel; its grid is always the same."""
    return partial(_differentiate, partial(propagate, steps=STEPS), _problem(batch, DEPLETING))


def _contest(
    name: str, rival: str, ours: Solver, theirs: Solver, fine: Solver, problem: Problem, goal: float, aim: float
) -> Contest:
    pulse, nonlinearity, phases, cotangent = problem
    double = pulse.to(torch.complex128), nonlinearity.double(), phases.double(), cotangent.to(torch.complex128)
    exact = _differentiate(fine, double)
    mine, other = partial(_differentiate, ours, problem), partial(_differentiate, theirs, problem)
    return Contest(name, rival, mine, other, goal, aim, _error(mine(), exact), _error(other(), exact))


def _problem(batch: int, nonlinearity: float, dispersion_s2: tuple[float, float] = DISPERSION_S2) -> Problem:
    generator = torch.Generator().manual_seed(batch)
    values = {name: value.double() for name, value in nominal_values(ShgModel()).items()}
    drive = 0.5 + 0.5 * torch.rand(batch, CONTROLS, generator=generator, dtype=torch.float64)
    pulse = shaped_pulse(drive, values["axis_shift"], values["centre"], values["width"], values["chirp"])
    phases = linear_phases(values["mismatch"], values["walk_off"], dispersion_s2, pulse.real)
    output = propagate(pulse, torch.tensor(nonlinearity).double(), phases, STEPS)
    cotangent = output * torch.rand(batch, 2, GRID, generator=generator, dtype=torch.float64)
    return pulse.to(torch.complex64), torch.tensor(nonlinearity), phases.float(), cotangent.to(torch.complex64)


def _differentiate(solver: Solver, problem: Problem) -> tuple[Tensor, ...]:
    """Return both outputs, and the gradients of pulses, nonlinearity and phases."""
    *inputs, cotangent = problem
    leaves = [value.detach().requires_grad_() for value in inputs]
    spectra = solver(leaves[0], leaves[1], leaves[2])
    return spectra.detach(), *torch.autograd.grad(spectra, leaves, cotangent)


def _error(found: tuple[Tensor, ...], exact: tuple[Tensor, ...]) -> float:
    """Return the largest relative error of the second harmonic and of the pulses' gradient."""
    pairs = ((found[0][:, 1], exact[0][:, 1]), (found[1], exact[1]))
    return max(float((ours - true).abs().max() / true.abs().max()) for ours, true in pairs)


def _undepleted(pulse: Tensor, nonlinearity: Tensor, phases: Tensor) -> Tensor:
    return torch.stack([pulse, undepleted_harmonic(pulse, nonlinearity, phases[1])], 1)


def _strang(pulse: Tensor, nonlinearity: Tensor, phases: Tensor, *, steps: int) -> Tensor:
    """Split into linear steps in frequency and nonlinear ones in time, the latter by the midpoint rule."""
    t = 1j / steps * nonlinearity
    turn, half_turn = torch.exp(1j / steps * phases), torch.exp(0.5j / steps * phases)
    spectra = half_turn * torch.stack([pulse, torch.zeros_like(pulse)], 1)
    for step in range(steps):
        first, second = torch.fft.ifft(spectra).unbind(1)
        middle = first + t / 2 * second * first.conj(), second + t / 2 * first * first
        after = first + t * middle[1] * middle[0].conj(), second + t * middle[0] * middle[0]
        spectra = (turn if step < steps - 1 else half_turn) * torch.fft.fft(torch.stack(after, 1))
    return spectra


def _runge_kutta(pulse: Tensor, nonlinearity: Tensor, phases: Tensor, *, steps: int) -> Tensor:
    """Runge-Kutta of 4th order in the interaction picture; Hult, J. Lightwave Technol. 25, 3770 (2007)."""
    half = torch.exp(0.5j / steps * phases)
    t = 1j / steps * nonlinearity

    def slope(spectra: Tensor) -> Tensor:
        first, second = torch.fft.ifft(spectra).unbind(1)
        return torch.fft.fft(t * torch.stack([second * first.conj(), first * first], 1))

    fields = torch.stack([pulse, torch.zeros_like(pulse)], 1)
    for _ in range(steps):
        moved = half * fields
        k1 = half * slope(fields)
        k2 = slope(moved + k1 / 2)
        k3 = slope(moved + k2 / 2)
        k4 = slope(half * (moved + k3))
        fields = half * (moved + (k1 + 2 * k2 + 2 * k3) / 6) + k4 / 6
    return fields
