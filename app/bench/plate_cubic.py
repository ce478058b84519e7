"""The hardening plate against a torch loop over the samples: 64 modes, 4,096 samples, float32.

The loop steps all modes of all shots at once, with fused products, and autograd differentiates it. The sum over the
modes is one product of matrices after the loop while the states fit the cache, and else is taken step by step,
whichever is faster.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from app.bench.harness import Contest, Work
from app.bench.plate import contest, differentiate, problem
from core.physics import plate_cubic

LARGE = 128
GOALS = {16: (80, 150), LARGE: (25, 40)}  # by batch
FINER = 8  # how much finer the steps of the solution are that all are compared with
SCALING = {"plate-cubic": ("batch", "samples")}


def contests() -> list[Contest]:
    """Return forward and all gradients at both sizes."""
    torch.set_num_threads(1)
    return [contest("plate-cubic", batch, 4, (_ours, _loop, _exact), goals)[0] for batch, goals in GOALS.items()]


def workload(batch: int, samples: int) -> Work:
    """Return one forward and backward pass of the kernel."""
    force, columns, cotangent = problem(batch, samples)
    return partial(differentiate, _ours, force, columns, cotangent)


def _ours(force: Tensor, *columns: Tensor) -> Tensor:
    return plate_cubic.simulate(force, plate_cubic.coefficients(*columns))


def _exact(force: Tensor, frequency_hz: Tensor, *columns: Tensor) -> Tensor:
    """Solve with finer steps: the modes are slower by as much as the samples last longer."""
    finer = force.repeat_interleave(FINER, 1)
    return _ours(finer, frequency_hz / FINER, *columns)[:, FINER - 1 :: FINER]


def _loop(force: Tensor, *columns: Tensor) -> Tensor:
    """Step deflection and velocity of the modes with their exact linear propagator, then kick."""
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
