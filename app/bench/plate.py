"""The plate against torch loops over the samples and scipy's filters: 64 modes, 4,096 samples, float32.

`plate` is the linear plate, `plate-cubic` the hardening one. A torch loop steps all modes of all shots at once, with
fused products, and autograd differentiates it. The sum over the modes is one product of matrices after the loop while
the states fit the cache, and else is taken step by step, whichever is faster.
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
LARGE = 128
CUBIC_GOALS = {BATCH: (80, 150), LARGE: (25, 40)}  # by batch
FINER = 8  # how much finer the steps of the hardening plate's solution are that all are compared with
SCALING = {"plate-cubic": ("batch", "samples")}


def contests() -> list[Contest]:
    """Return forward and all gradients of both plates at their sizes, and the linear one's forward against scipy."""
    torch.set_num_threads(1)
    force, columns, _ = _problem(BATCH, SAMPLES)
    linear, exact = _contest("plate", BATCH, 3, (_ours, _loop, _exact), (150, 300))
    heard, filtered = partial(_forward, _ours, force, columns[:3]), partial(_forward, _filters, force, columns[:3])
    errors = (_error([answer()], exact[:1]) for answer in (heard, filtered))
    scipy = Contest("plate", f"scipy.signal.lfilter, f, {BATCH}", heard, filtered, 5, 20, *errors)
    solvers = (_ours_cubic, _loop_cubic, _exact_cubic)
    cubic = [_contest("plate-cubic", batch, 4, solvers, goals)[0] for batch, goals in CUBIC_GOALS.items()]
    return [linear, scipy, *cubic]


def workload(batch: int, samples: int) -> Work:
    """Return one forward and backward of the hardening plate."""
    force, columns, cotangent = _problem(batch, samples)
    return partial(_differentiate, _ours_cubic, force, columns, cotangent)


def _contest(
    name: str, batch: int, properties: int, solvers: tuple[Solver, Solver, Solver], goals: tuple[float, float]
) -> tuple[Contest, list[Tensor]]:
    """Pit ours against theirs; return the exact answers, too."""
    force, columns, cotangent = _problem(batch, SAMPLES)
    ours, theirs = (partial(_differentiate, solver, force, columns[:properties], cotangent) for solver in solvers[:2])
    doubled = [column.double() for column in columns[:properties]]
    exact = _differentiate(solvers[2], force.double(), doubled, cotangent.double())
    errors = _error(ours(), exact), _error(theirs(), exact)
    return Contest(name, f"torch loop, f+b, {batch}", ours, theirs, *goals, *errors), exact


def _problem(batch: int, samples: int) -> tuple[Tensor, list[Tensor], Tensor]:
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


def _differentiate(solver: Solver, force: Tensor, columns: list[Tensor], cotangent: Tensor) -> list[Tensor]:
    """Return what is heard, and the gradients of the force and of every column."""
    leaves = [value.detach().requires_grad_() for value in (force, *columns)]
    heard = solver(*leaves)
    return [heard.detach(), *torch.autograd.grad(heard, leaves, cotangent)]


def _error(found: list[Tensor], exact: list[Tensor]) -> float:
    return max(float((ours - true).abs().max() / true.abs().max()) for ours, true in zip(found, exact, strict=True))


def _ours(force: Tensor, *columns: Tensor) -> Tensor:
    return plate.simulate(force, plate.coefficients(*columns))


def _ours_cubic(force: Tensor, *columns: Tensor) -> Tensor:
    return plate_cubic.simulate(force, plate_cubic.coefficients(*columns))


def _exact(force: Tensor, *columns: Tensor) -> Tensor:
    return plate.reference(force, plate.coefficients(*columns))


def _exact_cubic(force: Tensor, frequency_hz: Tensor, *columns: Tensor) -> Tensor:
    """Solve with finer steps: the modes are slower by as much as the samples last longer."""
    finer = force.repeat_interleave(FINER, 1)
    return _ours_cubic(finer, frequency_hz / FINER, *columns)[:, FINER - 1 :: FINER]


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


def _loop_cubic(force: Tensor, *columns: Tensor) -> Tensor:
    """Step as `_loop`, then kick."""
    d, a, e, k, wx, wy, w3 = plate_cubic.coefficients(*columns).to(force.dtype).unbind()
    back, kick = -a, -k
    x = y = force.new_zeros(len(force), len(d))
    parts: list[tuple[Tensor, Tensor, Tensor]] = []
    sums: list[Tensor] = []
    for f in force.T[:, :, None].unbind():
        s = x - f
        x = torch.addcmul(torch.addcmul(x, d, s), a, y)
        y = torch.addcmul(torch.addcmul(y, e, y), back, s)
        cube = x * x * x
        if len(force) < LARGE:
            parts.append((x, y, cube))
        else:
            sums.append(torch.addcmul(torch.addcmul(wx * x, wy, y), w3, cube).sum(1))
        y = torch.addcmul(y, kick, cube)
    if sums:
        return torch.stack(sums, 1) - force * wx.sum()
    stacks = [torch.stack(series, 1) for series in zip(*parts, strict=True)]
    return stacks[0] @ wx + stacks[1] @ wy + stacks[2] @ w3 - force * wx.sum()


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
