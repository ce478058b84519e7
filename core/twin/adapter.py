"""What of a twin goes on learning while its device drifts: few values, so that a few hundred shots determine them."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.ports import SystemInfo
from core.twin.physics import PhysicsTwin

RANK = 8


class AdaptedTwin(nn.Module):
    """A frozen twin f and a residual that learns: (1 + s) ∘ f(x) + U V [x, f(x)] + b, with s, U and b 0 at first.

    The Jacobian J becomes (1 + s) ∘ J + U (V_x + V_f J), V of rank `RANK`. `seed` fixes V at first.
    """

    def __init__(self, base: nn.Module, info: SystemInfo, *, seed: int) -> None:
        super().__init__()
        self.base = base
        inputs = info.drive_dim + info.response_dim
        generator = torch.Generator().manual_seed(seed)
        self.enter = nn.Parameter(torch.randn(inputs, RANK, generator=generator) / math.sqrt(inputs))
        self.leave = nn.Parameter(torch.zeros(RANK, info.response_dim))
        self.scale = nn.Parameter(torch.zeros(info.response_dim))
        self.offset = nn.Parameter(torch.zeros(info.response_dim))

    def forward(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> Float[Tensor, "batch response"]:
        """Compute the response (batch, response) to the drive and the shared parameters."""
        response = self.base(drive, *parameters)
        residual = torch.cat([drive, response], 1) @ self.enter @ self.leave
        return (1 + self.scale) * response + residual + self.offset


def adaptable(twin: nn.Module, info: SystemInfo, *, seed: int) -> nn.Module:
    """Return a twin that can learn on: equations alone as they are, anything else with a residual."""
    return twin if isinstance(twin, PhysicsTwin) else AdaptedTwin(twin, info, seed=seed)


def adjustable(twin: nn.Module) -> list[nn.Parameter]:
    """List what learns on: the residual, and the physical parameters of the equations inside a twin."""
    residual = [twin.enter, twin.leave, twin.scale, twin.offset] if isinstance(twin, AdaptedTwin) else []
    equations = (part for part in twin.modules() if isinstance(part, PhysicsTwin))
    return residual + [value for part in equations for value in part.parameters()]
