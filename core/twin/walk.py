"""How far a device has moved, at the end of its shots, from what it was in their mean.

A device walks while it is measured: its room warms, its gain wanders. Each batch of shots then has estimates of its
own, and those of the last batches tell more of the present than those of the first (the local level model: Harvey,
Forecasting, Structural Time Series Models and the Kalman Filter, 1989). How strong the walk is, is not known; what
follows from each strength about that of the data sheet is weighed by how likely the estimates are with it.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

STRENGTHS = (0.3, 1.0, 3.0, 10.0)  # of the data sheet's


def present_shift(
    apart: Float[Tensor, " batch"], variance: Float[Tensor, " batch"], ends: Float[Tensor, " batch"]
) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance of how far the last batch is from the mean over all.

    `apart` are the batches' independent estimates, less the mean of all, with their variances, in units of the walk
    that the data sheet lets expect from 0 to 1; `ends` says when each batch ended, the last one at 1.
    """
    share = (1 / variance) / (1 / variance).sum()
    centred = torch.eye(len(ends)).to(apart) - share
    moved = torch.tensor(STRENGTHS).to(apart)[:, None, None] ** 2 * torch.minimum(ends[:, None], ends)
    moved = centred @ moved @ centred.T
    seen = moved + variance.diag()
    towards = torch.linalg.solve(seen, moved[..., -1])
    misfit = (torch.linalg.solve(seen, apart.expand(len(seen), -1)) * apart).sum(1)
    weight = (-0.5 * (seen.logdet() + misfit)).softmax(0)
    shift, left = towards @ apart, moved[:, -1, -1] - (towards * moved[..., -1]).sum(1)
    mean = weight @ shift
    return mean, weight @ (left + (shift - mean).square())
