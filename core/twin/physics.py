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
        self.deviations = nn.ParameterDict(
            {item.name: torch.zeros_like(_nominal(item)) for item in model.fit_parameters}
        )

    def forward(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> Float[Tensor, "batch response"]:
        """Compute the response (batch, response) to the drive and the shared parameters."""
        return self.model.response(self.values(), drive, *parameters)

    def values(self) -> dict[str, Tensor]:
        """Return the parameters in SI units, differentiable in the deviations."""
        return {item.name: _value(item, self.deviations[item.name]) for item in self.model.fit_parameters}

    def log_prior(self) -> Tensor:
        """Return the logarithm of the Gaussian prior, -Σ z²/2, that the data sheet's tolerances are."""
        return -0.5 * torch.stack([z.square().sum() for z in self.deviations.values()]).sum()


def _nominal(item: FitParameter) -> Tensor:
    return torch.as_tensor(item.nominal, dtype=torch.float32)


def _value(item: FitParameter, deviation: Tensor) -> Tensor:
    # In double, so that a resonance of kilohertz keeps the millihertz that a long ring-down can tell.
    nominal = torch.as_tensor(item.nominal, dtype=torch.float64, device=deviation.device)
    change = torch.as_tensor(item.spread, dtype=torch.float64, device=deviation.device) * deviation.double()
    value = nominal * change.exp() if item.scale == "log" else nominal + change
    return value.to(deviation.dtype)
