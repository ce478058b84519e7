"""The twin that knows the equations and only has to find their parameters."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.physics.model import FitParameter, PhysicsModel


class PhysicsTwin(nn.Module):
    """A physics model whose unknowns are learnable, each as its deviation z from the data sheet in units of the spread.

    The state is one tensor z per parameter: 0 is the data sheet, ±1 the edge of the tolerance.
    """

    def __init__(self, model: PhysicsModel) -> None:
        super().__init__()
        self.model = model
        self.deviations = nn.ParameterDict({item.name: _undeviated(item) for item in model.fit_parameters})

    def forward(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> Float[Tensor, "batch response"]:
        """Compute the response (batch, response) to the drive and the shared parameters."""
        return self.model.response(self.values(), drive, *parameters)

    def values(self) -> dict[str, Tensor]:
        """Return the parameters in SI units, differentiable in the deviations."""
        return {item.name: _value(item, self.deviations[item.name]) for item in self.model.fit_parameters}

    def log_prior(self) -> Tensor:
        """Return the logarithm of the Gaussian prior, -Σ z²/2, that the data sheet's tolerances are."""
        return -0.5 * torch.stack([z.square().sum() for z in self.deviations.values()]).sum()


def _undeviated(item: FitParameter) -> Tensor:
    nominal, spread = (torch.as_tensor(value, dtype=torch.float32) for value in (item.nominal, item.spread))
    return torch.zeros(spread.shape[1]) if spread.ndim == 2 else torch.zeros_like(nominal)


def _value(item: FitParameter, deviation: Tensor) -> Tensor:
    # In double, so that a resonance of kilohertz keeps the millihertz that a long ring-down can tell.
    nominal = torch.as_tensor(item.nominal, dtype=torch.float64, device=deviation.device)
    spread = torch.as_tensor(item.spread, dtype=torch.float64, device=deviation.device)
    change = spread @ deviation.double() if spread.ndim == 2 else spread * deviation.double()
    value = nominal * change.exp() if item.scale == "log" else nominal + change
    return value.to(deviation.dtype)
