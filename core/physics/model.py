"""The interface that a system's equations offer to the twin that fits their parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class FitParameter:
    """One physical parameter (or a vector of them) that calibration determines.

    `nominal` is the data-sheet value in SI units; `spread` its tolerance: a relative one where `scale` is "log"
    (value = nominal exp(spread z)), else absolute in SI units (value = nominal + spread z), z of order one. A matrix
    (element, cause) is the tolerance of elements that share causes, as modes share a plate's size. `walk` is how far
    all elements together may walk at random in an hour, rms, relative or absolute alike.
    """

    name: str
    unit: str
    nominal: float | tuple[float, ...]
    spread: float | tuple[float, ...] | tuple[tuple[float, ...], ...]
    scale: Literal["log", "linear"]
    walk: float = 0.0

    @property
    def mixing(self) -> Float[Tensor, "element deviation"]:
        """Return what each z does to each element, in double precision."""
        spread = torch.as_tensor(self.spread, dtype=torch.float64)
        return spread if spread.ndim == 2 else spread.expand(torch.as_tensor(self.nominal).numel()).diag()


class PhysicsModel(Protocol):
    """A system's equations with their unknowns named."""

    @property
    def fit_parameters(self) -> tuple[FitParameter, ...]:
        """Name the parameters that calibration determines."""
        ...

    def response(
        self, values: Mapping[str, Tensor], drive: Float[Tensor, "batch drive"], *parameters: Tensor
    ) -> Float[Tensor, "batch response"]:
        """Compute the noise-free response, differentiable in `values`, `drive` and `parameters`."""
        ...


@runtime_checkable
class Widened(PhysicsModel, Protocol):
    """A model that neglects something which its apparatus may well show, and knows how to take it in."""

    def wider(self) -> PhysicsModel:
        """Return the equations with what they neglect, as further parameters after the same ones."""
        ...
