"""The matrix that a system is near a point: what the loss gradient of physics-aware training goes through."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor


def jacobian_at(
    twin: Callable[..., Tensor], drive: Float[Tensor, " drive"], shared: Sequence[Tensor] = ()
) -> Float[Tensor, "response drive"]:
    """Return ∂response/∂drive of a twin at a drive: one vector-Jacobian product a response, all in one batch.

    Of a linear system that does not change in time it is the convolution matrix, its first column the kernel.
    """
    with torch.no_grad():
        responses = twin(drive[None], *shared).shape[1]
    point = drive.detach().expand(responses, -1).clone().requires_grad_(True)
    with torch.enable_grad():
        answers = twin(point, *shared)
        (gradient,) = torch.autograd.grad(answers.diagonal().sum(), point)
    return gradient
