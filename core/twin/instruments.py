"""A system's equations between instruments that are not ideal: what any drive and any read-out may do to a shot.

The equations of a model leave out what its apparatus does besides. To first order a drive or read-out chain without
memory distorts by a weak polynomial, and one with a short memory blurs and delays. Fitted beside the physical
parameters, these terms keep the chain's faults from being taken for physics.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from core.physics.model import FitParameter, PhysicsModel
from core.ports import SystemInfo
from core.twin.noise import is_ordered

DISTORTION = 0.05  # of full scale: what a data sheet of an amplifier or a modulator allows at most
OFFSET = 0.005  # of full scale: a converter whose zero lies between two of its steps
MEMORY = 0.1  # of the distance between neighbouring samples


class InstrumentedModel:
    """A physics model with the faults of its drive and read-out chains as further parameters.

    Blur and delay exist along an axis with a unit only: the numbers of pendula have no neighbours in time or frequency.
    """

    def __init__(self, model: PhysicsModel, info: SystemInfo) -> None:
        self.model = model
        self._signed = info.signed_drive
        terms = {"square": DISTORTION, "cube": DISTORTION}
        drive = {"offset": OFFSET} | terms | ({"blur": MEMORY} if is_ordered(info.drive_axis) else {})
        response = terms | ({"delay": MEMORY, "blur": MEMORY} if is_ordered(info.response_axis) else {})
        self._drive, self._response = tuple(drive), tuple(response)
        self._chain = tuple(
            FitParameter(f"{side}_{name}", "1", 0.0, spread, "linear")
            for side, terms in (("drive", drive), ("response", response))
            for name, spread in terms.items()
        )

    @property
    def fit_parameters(self) -> tuple[FitParameter, ...]:
        """Name the model's parameters, then the chain's."""
        return self.model.fit_parameters + self._chain

    def response(
        self, values: Mapping[str, Tensor], drive: Float[Tensor, "batch drive"], *parameters: Tensor
    ) -> Float[Tensor, "batch response"]:
        """Compute the response to the distorted drive, distorted."""
        rest = 0.5 if self._signed else 0.0
        swing = (drive - rest) / (1 - rest)
        bent = swing + sum(values[f"drive_{name}"] * _TERMS[name](swing) for name in self._drive)
        heard = self.model.response(values, rest + (1 - rest) * bent, *parameters)
        return heard + sum(values[f"response_{name}"] * _TERMS[name](heard) for name in self._response)


def _cube(signal: Tensor) -> Tensor:
    return signal**3


def _delay(signal: Tensor) -> Tensor:
    before, after = torch.nn.functional.pad(signal, (1, 1), mode="replicate").unfold(1, 3, 1)[..., (0, 2)].unbind(-1)
    return (before - after) / 2


def _blur(signal: Tensor) -> Tensor:
    before, middle, after = torch.nn.functional.pad(signal, (1, 1)).unfold(1, 3, 1).unbind(-1)
    return before - 2 * middle + after


_TERMS = {"offset": torch.ones_like, "square": torch.square, "cube": _cube, "delay": _delay, "blur": _blur}
