"""The twin of a device's noise: how strong it is at a drive, and what of it all outputs have in common.

The noise of a shot with the noise-free response y is Gaussian with the covariance diag(a² + b |y|) + Σ_k s_k² u_k u_kᵀ.
Its independent part is a read-out's, a_i for each output, and the shot noise of what is counted. Its common parts u_k
are those of real apparatus: the gain (y), the time at which the shot starts (dy/dt), and a tilt and a bow of the gain
along the response (a laser's pointing).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from scipy.optimize import nnls
from torch import Tensor, nn
from torch.distributions import LowRankMultivariateNormal

from core.ports import Axis, SystemInfo
from core.twin.shots import Shots

ROUNDS = 6
FLOOR = 1e-6  # of the mean variance


class NoiseTwin(nn.Module):
    """The distribution of a device's responses about those of its twin."""

    def __init__(self, twin: Callable[..., Tensor], info: SystemInfo) -> None:
        super().__init__()
        self._twin = twin  # if a module, a part of this one
        self._ordered = is_ordered(info.response_axis)
        self.independent: Tensor
        self.counting: Tensor
        self.common: Tensor
        self.register_buffer("independent", torch.ones(info.response_dim))
        self.register_buffer("counting", torch.zeros(()))
        self.register_buffer("common", torch.zeros(4 if self._ordered else 1))

    def forward(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> LowRankMultivariateNormal:
        """Return the distribution of the responses (batch, response)."""
        return self._about(self._twin(drive, *parameters))

    def fit(self, repeats: Sequence[Shots]) -> None:
        """Fit to the same shots measured twice or more: the twin's misfit is in all of them and drops out.

        The squares of the deviations are regressed on |y| and the shapes' squares, with coefficients that are not
        negative; each round weighs a square by the variance that the last one predicts.
        """
        count = len(repeats)
        responses = torch.stack([shots.responses for shots in repeats])
        squares = ((responses - responses.mean(0)).square() * count / (count - 1)).flatten(0, 1).double()
        with torch.no_grad():
            centre = torch.cat([self._twin(batch.drives, *batch.parameters) for batch in repeats[0].batches])
            shapes = common_shapes(centre, self._ordered).square()
            features = torch.cat([centre.abs()[..., None], shapes], 2).repeat(count, 1, 1).double()
            features = features / (scale := features.mean((0, 1)))
            own, parts = squares.mean(0), torch.zeros(features.shape[2], dtype=torch.float64)
            floor = FLOOR * float(own.mean())
            for _ in range(ROUNDS):
                variance = own.clamp_min(floor) + features @ parts
                weight = 1 / variance.square()  # a Gaussian's square scatters by twice its variance squared
                share = weight / weight.sum(0)
                mean_feature = torch.einsum("sk,skf->kf", share, features)
                along = (features - mean_feature) * weight[..., None]
                gram = torch.einsum("skf,skg->fg", along, features)
                factor = torch.linalg.cholesky(gram + 1e-9 * gram.diag().diag())
                right = torch.linalg.solve(factor, torch.einsum("skf,sk->f", along, squares))
                parts = torch.from_numpy(nnls(factor.T.numpy(), right.numpy())[0])
                own = ((share * squares).sum(0) - mean_feature @ parts).clamp_min(floor)
            self.independent.copy_(own.sqrt())
            self.counting.copy_((parts / scale)[0])
            self.common.copy_((parts / scale)[1:].sqrt())

    def _about(self, centre: Float[Tensor, "batch response"]) -> LowRankMultivariateNormal:
        common = common_shapes(centre, self._ordered) * self.common
        independent = self.independent.square() + self.counting * centre.abs()
        return LowRankMultivariateNormal(centre, common, independent, validate_args=False)


def is_ordered(axis: Axis) -> bool:
    """Tell whether neighbours along an axis are neighbours in time or frequency: pendula are only numbered."""
    return bool(axis.unit)


def common_shapes(response: Float[Tensor, "shot response"], ordered: bool) -> Float[Tensor, "shot response shape"]:
    """Return what a shot's own gain does to its response, and its own delay, tilt and bow along an ordered axis."""
    if not ordered:
        return response[..., None]
    position = torch.linspace(-1, 1, response.shape[1])
    (slope,) = torch.gradient(response, dim=1)
    return torch.stack([response, slope, response * position, response * (1.5 * position**2 - 0.5)], -1)


def common_amplitudes(
    deviations: Float[Tensor, "shot response"],
    shapes: Float[Tensor, "shot response shape"],
    variance: Float[Tensor, "shot response"],
) -> Float[Tensor, " shape"]:
    """Return the rms amplitudes of the common shapes beside independent noise of the given variance.

    In each shot the amplitudes that fit best scatter by those sought and by what independent noise makes of them.
    """
    weighed = shapes / variance[..., None]
    gram = weighed.mT @ shapes
    scale = gram.diagonal(dim1=1, dim2=2).mean(0)
    inverse = torch.linalg.inv(gram + 1e-6 * torch.diag(scale))  # a silent shot has no shapes
    fitted = torch.einsum("suv,skv,sk->su", inverse, weighed, deviations)
    noise = inverse.diagonal(dim1=1, dim2=2)
    weight = 1 / noise.square()
    return ((weight * (fitted.square() - noise)).sum(0) / weight.sum(0)).clamp_min(0).sqrt()
