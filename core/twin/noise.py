"""The twin of a device's noise: how strong it is at a drive, and what of it all outputs have in common.

The noise of a shot with the noise-free response y is Gaussian with the covariance diag(a² + b |y|) + Σ_k s_k² u_k u_kᵀ.
Its independent part is a read-out's, a_i for each output, and the shot noise of what is counted. Its common parts u_k
are those of real apparatus: the gain (y), the time at which the shot starts (dy/dt), and a tilt and a bow of the gain
along the response (a laser's pointing). Now and then a shot is none of these, as one that a sound card starts a sample
late: such shots have a rate of their own and no part in the covariance, which a few of them would rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float, Float64
from scipy.optimize import nnls
from scipy.special import stdtrit
from torch import Tensor, nn
from torch.distributions import LowRankMultivariateNormal

from core.ports import Axis, SystemInfo
from core.twin.repeats import Repeats
from core.twin.shots import Shots

ROUNDS = 8
FLOOR, EXACT = 1e-6, 1e-14  # of the mean variance and, where a device has no noise, of the signal's power
SILENCE = 1e-30  # the variance of a device without noise or signal
OUTLYING_PART = 5.0  # standard deviations of a common part, beyond which a shot is not an ordinary one
OUTLYING_POWER = 3.0  # the typical shot's squares over the variances predicted for them, times this: likewise
QUIET = 0.1  # of the mean variance: an output whose noise seems less must not judge a shot alone
TYPICAL = 0.6745  # standard deviations that half of the shots are within
TINY = torch.finfo(torch.float64).tiny


@dataclass(frozen=True)
class NoiseCheck:
    """The rms noise predicted and measured, and their ratio in the 95 % interval [low, high]; NaN without noise.

    `outlying` is the part of the `shots` that are not ordinary ones, which all else is about.
    """

    predicted: float
    measured: float
    ratio: float
    low: float
    high: float
    outlying: float
    shots: int


class NoiseTwin(nn.Module):
    """The distribution of a device's ordinary responses about those of its twin; `outlying` of all shots are others."""

    def __init__(self, twin: Callable[..., Tensor], info: SystemInfo) -> None:
        super().__init__()
        self._twin = twin  # if a module, a part of this one
        self._ordered = is_ordered(info.response_axis)
        self.independent: Tensor
        self.counting: Tensor
        self.common: Tensor
        self.outlying: Tensor
        self.register_buffer("independent", torch.ones(info.response_dim))
        self.register_buffer("counting", torch.zeros(()))
        self.register_buffer("common", torch.zeros(4 if self._ordered else 1))
        self.register_buffer("outlying", torch.zeros(()))

    def forward(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> LowRankMultivariateNormal:
        """Return the distribution of the responses (batch, response)."""
        centre = self._twin(drive, *parameters)
        common = common_shapes(centre, self._ordered) * self.common
        return LowRankMultivariateNormal(centre, common, self._own_variance(centre), validate_args=False)

    def strength(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> float:
        """Return the rms norm of the noise of a response, over these drives."""
        with torch.no_grad():
            return math.sqrt(self(drive, *parameters).variance.sum(1).mean())

    @torch.no_grad()
    def fit(self, shots: Shots) -> None:
        """Fit to those shots that were measured more than once: the twin's misfit is in all of them and drops out.

        The squares of the deviations are regressed on |y| and the shapes' squares, with coefficients that are not
        negative; each round weighs a square by the variance that the last one predicts, and leaves out what it finds
        outlying. Raises ValueError where no shot was repeated.
        """
        repeats = Repeats(shots)
        centre = self._centres(shots)[repeats.rows]
        features = torch.cat([centre.abs()[..., None], common_shapes(centre, self._ordered).square()], 2).double()
        features = features / (scale := features.mean((0, 1)).clamp_min(TINY))
        kept = torch.ones(len(centre), dtype=torch.bool)
        deviations = repeats.responses - repeats.medians()
        own = deviations.square().mean(0)
        floor = FLOOR * float(own.mean()) + EXACT * float(centre.square().mean()) + SILENCE
        parts = torch.zeros(len(scale), dtype=torch.float64)
        for _ in range(ROUNDS):
            weights = repeats.weights(kept)
            squares, told = weights[:, None] * deviations.square(), weights > 0
            variance = own.clamp_min(floor) + features @ parts
            own, parts = regress(squares[told], features[told], variance[told])
            self.independent.copy_(own.clamp_min(floor).sqrt())
            self.counting.copy_((parts / scale)[0])
            self.common.copy_((parts / scale)[1:].sqrt())
            kept = ~self._outlying(deviations, centre)
            deviations = repeats.responses - repeats.means(kept)
        self.outlying.fill_(repeats.share(~kept))

    @torch.no_grad()
    def check(self, shots: Shots) -> NoiseCheck:
        """Compare with repeats that it was not fitted to. Raises ValueError where no shot was repeated."""
        repeats = Repeats(shots)
        centre = self._centres(shots)[repeats.rows]
        kept = ~self._outlying(repeats.responses - repeats.medians(), centre)
        weights, deviations = repeats.weights(kept), repeats.responses - repeats.means(kept)
        common = (common_shapes(centre, self._ordered) * self.common).square().sum(2)
        predicted = (self._own_variance(centre) + common).mean(1).double() * (weights > 0)
        measured = weights * deviations.square().mean(1)
        groups = repeats.sums(torch.stack([predicted, measured], 1))
        whole, count = groups.sum(0), len(groups)
        without_one = whole - groups
        logarithms = (without_one[:, 0] / without_one[:, 1]).log() / 2
        half = float(stdtrit(count - 1, 0.975) * math.sqrt(count - 1) * logarithms.std(correction=0))
        rms_predicted, rms_measured = (whole / (weights > 0).sum()).sqrt().tolist()
        ratio = rms_predicted / rms_measured if rms_measured else math.nan
        low, high = (ratio * math.exp(side * half) for side in (-1, 1))
        return NoiseCheck(rms_predicted, rms_measured, ratio, low, high, repeats.share(~kept), len(centre))

    def _centres(self, shots: Shots) -> Float[Tensor, "shot response"]:
        return torch.cat([self._twin(batch.drives, *batch.parameters) for batch in shots.batches])

    def _own_variance(self, centre: Float[Tensor, "shot response"]) -> Float[Tensor, "shot response"]:
        return self.independent.square() + self.counting * centre.abs()

    def _outlying(
        self, deviations: Float64[Tensor, "shot response"], centre: Float[Tensor, "shot response"]
    ) -> Bool[Tensor, " shot"]:
        """Tell which shots have more of a common part, or more that is none, than ordinary ones."""
        variance = self._own_variance(centre).double()
        variance = variance.clamp_min(QUIET * variance.mean(1, keepdim=True))
        shapes = common_shapes(centre, self._ordered).double()
        fitted, noise = _amplitudes(deviations, shapes, variance)
        rest = deviations - torch.einsum("sku,su->sk", shapes, fitted)
        power = (rest.square() / variance).mean(1)
        parts = fitted.abs() / (self.common.double().square() + noise).sqrt()
        typical = (parts.median(0).values / TYPICAL).clamp_min(1)
        return (parts > OUTLYING_PART * typical).any(1) | (power > OUTLYING_POWER * power.median())


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


def _amplitudes(
    deviations: Float[Tensor, "shot response"],
    shapes: Float[Tensor, "shot response shape"],
    variance: Float[Tensor, "shot response"],
) -> tuple[Float[Tensor, "shot shape"], Float[Tensor, "shot shape"]]:
    """Return each shot's amplitudes of the common shapes, and how much independent noise makes their squares."""
    weighed = shapes / variance[..., None]
    gram = weighed.mT @ shapes
    scale = gram.diagonal(dim1=1, dim2=2).mean(0)
    inverse = torch.linalg.inv(gram + torch.diag((1e-6 * scale).clamp_min(SILENCE)))  # a silent shot has no shapes
    fitted = torch.einsum("suv,skv,sk->su", inverse, weighed, deviations)
    return fitted, inverse.diagonal(dim1=1, dim2=2)


def regress(
    squares: Float64[Tensor, "shot response"],
    features: Float64[Tensor, "shot response feature"],
    variance: Float64[Tensor, "shot response"],
) -> tuple[Float64[Tensor, " response"], Float64[Tensor, " feature"]]:
    """Return each output's own part of the squares and the coefficients of the features, none of them negative.

    A Gaussian's square scatters by twice its variance squared.
    """
    weight = 1 / variance.square()
    share = weight / weight.sum(0)
    mean_feature = torch.einsum("sk,skf->kf", share, features)
    along = (features - mean_feature) * weight[..., None]
    gram = torch.einsum("skf,skg->fg", along, features)
    factor = torch.linalg.cholesky(gram + (1e-9 * gram.diag()).clamp_min(TINY).diag())
    right = torch.linalg.solve(factor, torch.einsum("skf,sk->f", along, squares))
    parts = torch.from_numpy(nnls(factor.T.numpy(), right.numpy())[0])
    own = (share * squares).sum(0) - mean_feature @ parts
    return own, parts
