"""What the noise of shots is made of, from shots that were measured once: from their deviations from a fitted model."""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from core.twin.noise import regress

ROUNDS = 20
FLOOR = 1e-6  # of the mean variance
SILENCE = 1e-30  # the variance of a device without noise or signal


class NoiseParts(NamedTuple):
    """Variances: a² of each output, b of what is counted, and s² of each common shape (`core.twin.noise`)."""

    independent: Float64[Tensor, " response"]
    counting: Float64[Tensor, ""]
    common: Float64[Tensor, " shape"]


def noise_parts(
    deviations: Float64[Tensor, "shot response"],
    centre: Float64[Tensor, "shot response"],
    shapes: Float64[Tensor, "shot response shape"],
) -> NoiseParts:
    """Return the likeliest parts, by expectation maximisation (Rubin and Thayer, Psychometrika 47, 69 (1982)).

    Small independent noise shows where common noise, however large, has been taken out of each shot by itself.
    """
    power = deviations.square().mean() + SILENCE
    own, counting = power.expand(deviations.shape[1]), power.new_zeros(())
    common = power / shapes.square().mean((0, 1)).clamp_min(SILENCE)
    level = centre.abs()
    for _ in range(ROUNDS):
        variance = own + counting * level
        weighed = shapes / variance[..., None]
        spread = torch.linalg.inv(weighed.mT @ shapes + torch.diag(1 / common.clamp_min(SILENCE)))
        amplitude = torch.einsum("suv,skv,sk->su", spread, weighed, deviations)
        common = (amplitude.square() + spread.diagonal(dim1=1, dim2=2)).mean(0)
        squares = (deviations - torch.einsum("sku,su->sk", shapes, amplitude)).square()
        squares = squares + torch.einsum("sku,suv,skv->sk", shapes, spread, shapes)
        own, (counting,) = regress(squares, level[..., None], variance)
        own = own.clamp_min(FLOOR * power)
    return NoiseParts(own, counting, common)
