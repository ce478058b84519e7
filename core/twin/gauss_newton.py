"""The derivative of a twin's responses in its own parameters, by differences: one pass over the shots a parameter.

Rounding in single precision makes a wrong curvature of differences that are too small, as large as the prior's where
parameters cancel each other, as impedances do that show only in their ratios. Too large ones leave the linear regime of
a sharp resonance.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from core.twin.shots import ShotBatch

DIFFERENCE = 0.01  # of a tolerance
CHANGE = 0.015  # of the response, that a central difference aims at
LARGEST_DIFFERENCE = 0.5


@torch.no_grad()
def response_jacobian(twin: nn.Module, batch: ShotBatch) -> Float[Tensor, "element shot response"]:
    """Return ∂response/∂parameter at the twin's parameters, by one-sided differences."""
    base = twin(batch.drives, *batch.parameters)
    steps = torch.full((_size(twin),), DIFFERENCE)
    return torch.stack([(moved - base) / DIFFERENCE for moved in _moved(twin, batch, steps)])


@torch.no_grad()
def central_jacobian(
    twin: nn.Module, batch: ShotBatch, steps: Float[Tensor, " element"]
) -> Float[Tensor, "element shot response"]:
    """Return the same by central differences of the given steps."""
    above, below = (torch.stack(_moved(twin, batch, sign * steps)) for sign in (1, -1))
    return (above - below) / (2 * steps[:, None, None])


@torch.no_grad()
def central_steps(twin: nn.Module, batch: ShotBatch) -> Float[Tensor, " element"]:
    """Return the steps that change the responses of a batch by `CHANGE`."""
    size = response_jacobian(twin, batch).square().mean((1, 2)).sqrt()
    return (CHANGE * batch.responses.square().mean().sqrt() / size).clamp(DIFFERENCE, LARGEST_DIFFERENCE)


def _size(twin: nn.Module) -> int:
    return sum(value.numel() for value in twin.parameters())


def _moved(twin: nn.Module, batch: ShotBatch, steps: Float[Tensor, " element"]) -> list[Tensor]:
    weights = list(twin.parameters())
    point = parameters_to_vector(weights)
    moved: list[Tensor] = []
    for direction in torch.diag(steps.to(point)):
        vector_to_parameters(point + direction, weights)
        moved.append(twin(batch.drives, *batch.parameters))
    vector_to_parameters(point, weights)
    return moved
