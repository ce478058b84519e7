"""The linear plate against a torch loop over the samples and scipy's filters: 64 modes, 4,096 samples, float32.

The loop steps all modes of all shots at once, with fused products, and autograd differentiates it. The sum over the
modes is one product of matrices after the loop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from scipy.signal import lfilter
from torch import Tensor

from app.bench.harness import Contest, Work
from core.physics import plate, plate_cubic

Solver = Callable[..., Tensor]
"""A function of the force (batch, sample) and the columns of the modes to what is heard (batch, sample)."""

MODES, SAMPLES, BATCH = 64, 4096, 16
SCALING = {"plate": ("batch", "samples")}


def contests() -> list[Contest]:
    """Return forward and all gradients, and the forward pass alone against scipy."""
    torch.set_num_threads(1)
    force, columns, _ = problem(BATCH, SAMPLES)
    linear, exact = contest("plate", BATCH, 3, (_ours, _loop, _exact), (150, 300))
    heard, filtered = partial(_forward, _ours, force, columns[:3]), partial(_forward, _filters, force, columns[:3])
    errors = (_error([answer()], exact[:1]) for answer in (heard, filtered))
    return [linear, Contest("plate", f"scipy.signal.lfilter, f, {BATCH}", heard, filtered, 5, 20, *errors)]


def workload(batch: int, samples: int) -> Work:
    """Return one forward and backward pass of the kernel."""
    force, columns, cotangent = problem(batch, samples)
    return partial(differentiate, _ours, force, columns[:3], cotangent)


def contest(
    name: str, batch: int, properties: int, solvers: tuple[Solver, Solver, Solver], goals: tuple[float, float]
) -> tuple[Contest, list[Tensor]]:
    """Pit ours against theirs; return the exact answers, too."""
    force, columns, cotangent = problem(batch, SAMPLES)
    ours, theirs = (partial(differentiate, solver, force, columns[:properties], cotangent) for solver in solvers[:2])
    doubled = [column.double() for column in columns[:properties]]
    exact = differentiate(solvers[2], force.double(), doubled, cotangent.double())
    errors = _error(ours(), exact), _error(theirs(), exact)
    return Contest(name, f"torch loop, f+b, {batch}", ours, theirs, *goals, *errors), exact


def problem(batch: int, samples: int) -> tuple[Tensor, list[Tensor], Tensor]:
    """Draw force and cotangent (batch, sample), and frequency, quality, weight and hardening of the modes."""
    generator = torch.Generator().manual_seed(batch)
    force = 2 * torch.rand(batch, samples, generator=generator) - 1
    frequency_hz = torch.logspace(2, math.log10(15e3), MODES)
    quality = 30 * 10 ** torch.rand(MODES, generator=generator)
    weight = torch.randn(MODES, generator=generator)
    # In resonance with full force a mode would ring 1 % faster by its linear amplitude Q.
    hardening = 0.01 * 8 / 3 / quality**2
    cotangent = torch.randn(batch, samples, generator=generator)
    return force, [frequency_hz, quality, weight, hardening], cotangent


def _forward(solver: Solver, force: Tensor, columns: list[Tensor]) -> Tensor:
    with torch.no_grad():
        return solver(force, *columns)


def differentiate(solver: Solver, force: Tensor, columns: list[Tensor], cotangent: Tensor) -> list[Tensor]:
    """Return what is heard, and the gradients of the force and of every column."""
    leaves = [value.detach().requires_grad_() for value in (force, *columns)]
    heard = solver(*leaves)
    return [heard.detach(), *torch.autograd.grad(heard, leaves, cotangent)]


def _error(found: list[Tensor], exact: list[Tensor]) -> float:
    return max(float((ours - true).abs().max() / true.abs().max()) for ours, true in zip(found, exact, strict=True))


def _ours(force: Tensor, *columns: Tensor) -> Tensor:
    return plate.simulate(force, plate.coefficients(*columns))


def _exact(force: Tensor, *columns: Tensor) -> Tensor:
    return plate.reference(force, plate.coefficients(*columns))


def _loop(force: Tensor, frequency_hz: Tensor, quality: Tensor, weight: Tensor) -> Tensor:
    """Step deflection and velocity of the modes with their exact propagator."""
    factors = plate_cubic.coefficients(frequency_hz, quality, weight, torch.zeros_like(weight))
    d, a, e, _, wx, wy, _ = factors.to(force.dtype).unbind()
    back = -a
    x = y = force.new_zeros(len(force), len(d))
    deflections: list[Tensor] = []
    velocities: list[Tensor] = []
    for f in force.T[:, :, None].unbind():
        s = x - f
        x = torch.addcmul(torch.addcmul(x, d, s), a, y)
        y = torch.addcmul(torch.addcmul(y, e, y), back, s)
        deflections.append(x)
        velocities.append(y)
    return torch.stack(deflections, 1) @ wx + torch.stack(velocities, 1) @ wy - force * wx.sum()


def _filters(force: Tensor, frequency_hz: Tensor, quality: Tensor, weight: Tensor) -> Tensor:
    """Sum one filter of second order a mode, its coefficients and so its arithmetic in double precision."""
    loss, turn, cosine, sine = plate.coefficients(frequency_hz, quality, weight).numpy()
    factor = np.exp(-loss + 1j * turn)
    residue = cosine - 1j * sine
    heard, drive = np.zeros(force.shape), force.double().numpy()
    for pole, u in zip(factor, residue, strict=True):
        # A step of force is heard as Re(u λ^t), and a force is a sum of steps.
        step = [(u * pole).real, -u.real * abs(pole) ** 2]
        heard += lfilter(np.convolve(step, [1.0, -1.0]), [1.0, -2 * pole.real, abs(pole) ** 2], drive, axis=1)
    return torch.from_numpy(heard)
