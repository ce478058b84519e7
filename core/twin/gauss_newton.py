"""The derivative of a twin's responses in its own parameters, by differences: one pass over the shots a parameter.

Where parameters cancel each other, as impedances do that show only in their ratios, rounding in single precision makes
a curvature as large as the prior's. In double precision a difference can be so small that it has neither rounding
nor, in a sharp resonance, bending.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from core.twin.shots import ShotBatch

DIFFERENCES = {torch.float32: 1e-2, torch.float64: 1e-6}  # of a tolerance


@torch.no_grad()
def response_jacobian(twin: nn.Module, batch: ShotBatch) -> Float[Tensor, "element shot response"]:
    """Return ∂response/∂parameter at the twin's parameters, in their precision."""
    weights = list(twin.parameters())
    point = parameters_to_vector(weights)
    difference = DIFFERENCES[point.dtype]
    base = twin(batch.drives, *batch.parameters)
    jacobian = base.new_empty(len(point), *base.shape)
    for row, direction in zip(jacobian, difference * torch.eye(len(point)).to(point), strict=True):
        vector_to_parameters(point + direction, weights)
        row[:] = (twin(batch.drives, *batch.parameters) - base) / difference
    vector_to_parameters(point, weights)
    return jacobian
