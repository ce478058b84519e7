"""Gradients without a twin: simultaneous perturbation (Spall, IEEE Trans. Autom. Control 37, 332, 1992), measured.

Every shot is measured at its controls x and on both sides, x ± cΔ with random signs Δ, kept inside [0, 1]. With v half
the distance between the sides and s half the difference of the responses, the cotangent g of a response comes back as
g_x = <g, s> / v, element by element: its mean over Δ is Jᵀg, up to curvature. It is noisy, one direction standing for
all, but what it follows is the device. A shot costs three device passes.
"""

from __future__ import annotations

import torch
from torch import Tensor

from core.network.base import Shoot
from core.ports import PhysicalSystem
from core.training.estimators.base import Route

STEP = 0.05  # c, of the controls' range


def spsa(measure: Shoot, twin: Shoot, system: PhysicalSystem) -> Route:
    """Measure every shot and its surroundings; the twin is not asked."""
    generator = torch.Generator()

    def sides(value: Tensor) -> tuple[Tensor, Tensor]:
        change = STEP * (2.0 * torch.randint(2, value.shape, generator=generator) - 1)
        return (value + change).clamp(0, 1), (value - change).clamp(0, 1)

    def shot(drive: Tensor, *shared: Tensor) -> Tensor:
        if not torch.is_grad_enabled():
            return measure(drive, *shared)
        with torch.no_grad():
            above, below = zip(*map(sides, (drive, *shared)), strict=True)
            if shared:
                response, up, down = measure(drive, *shared), measure(*above), measure(*below)
            else:
                response, up, down = measure(torch.cat([drive, above[0], below[0]])).chunk(3)
            half = (up - down) / 2
            steps = [(a - b) / 2 for a, b in zip(above, below, strict=True)]
        # Linear about the operating point, where all of this is 0: what matters is its derivative.
        along = ((drive - drive.detach()) / steps[0]).sum(1, keepdim=True)
        for value, step in zip(shared, steps[1:], strict=True):
            along = along + ((value - value.detach()) / step).sum()
        return response + half * along

    return Route(train=shot, validate=measure, generator=generator)
