"""The text-book meta-gradient, computed through TorchOpt with and without a physical layer.

L_in = a0 x², a1 = a0 - η x², L_out = a1 x², hence ∂L_out/∂x = -4 η x³ + 2 a0 x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torchopt
from torch import Tensor, nn

from core.pat import physics_aware


@dataclass(frozen=True)
class MetaGradient:
    """One way to compute the meta-gradient, its value and the closed form beside it."""

    optimiser: str
    layer: str
    computed: float
    analytic: float


class _Scaled(nn.Module):
    def __init__(self, square: Callable[[Tensor], Tensor], a0: float) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(a0, dtype=torch.float64))
        self._square = square

    def forward(self, x: Tensor) -> Tensor:
        return self.a * self._square(x)


def _measured_square(value: Tensor) -> Tensor:
    """Square outside of torch's sight, as a device does."""
    return torch.as_tensor(np.square(value.numpy()))


def check_meta_gradients(a0: float = 1.0, x0: float = 2.0, learning_rate: float = 1.0) -> list[MetaGradient]:
    """Differentiate through one inner step, for two TorchOpt optimisers, plain and through a measured layer."""
    analytic = -4 * learning_rate * x0**3 + 2 * a0 * x0
    squares: dict[str, Callable[[Tensor], Tensor]] = {
        "plain": torch.square,
        "physical": physics_aware(_measured_square, torch.square),
    }
    optimisers: dict[str, Callable[[nn.Module], torchopt.MetaOptimizer]] = {
        "MetaSGD": lambda net: torchopt.MetaSGD(net, lr=learning_rate),
        "MetaOptimizer(sgd)": lambda net: torchopt.MetaOptimizer(net, torchopt.sgd(lr=learning_rate)),
    }
    results: list[MetaGradient] = []
    for optimiser_name, make_optimiser in optimisers.items():
        for layer, square in squares.items():
            net = _Scaled(square, a0)
            x = torch.tensor(x0, dtype=torch.float64, requires_grad=True)
            make_optimiser(net).step(net(x))
            (gradient,) = torch.autograd.grad(net(x), x)
            results.append(MetaGradient(optimiser_name, layer, float(gradient), analytic))
    return results
