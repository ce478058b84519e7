"""What the shots say of a physics twin's parameters: values with standard errors, and which ones the data leave open.

The estimate is the maximum of the posterior with the faults of drive and read-out chains (`core.twin.instruments`)
fitted beside the model's parameters and marginalised. Its covariance is the sandwich A⁻¹ (B + Λ) A⁻¹: A is the
Gauss-Newton curvature with the prior's Λ that the tolerances are, B the scatter of the scores Jᵀr/σ² summed over
groups of shots (White, Econometrica 50, 1 (1982); Liang and Zeger, Biometrika 73, 13 (1986)). Single shots as groups
allow for noise that is correlated within a shot (jitter, a laser's power). Groups of like shots, or of shots that
share parameters, allow for what the equations still lack: a misfit pulls every shot of such a group the same way. The
larger of the two counts, for each parameter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from core.physics.model import Widened
from core.ports import SystemInfo
from core.twin.gauss_newton import response_jacobian
from core.twin.instruments import InstrumentedModel
from core.twin.noise import common_shapes, is_ordered
from core.twin.noise_parts import noise_parts
from core.twin.physics import PhysicsTwin
from core.twin.shots import ShotBatch, Shots
from core.twin.walk import present_shift

GROUPS = 16  # of like shots
MOST_STEPS = 8
HALVINGS = 6  # of a step
MANY = 100  # parameters: a linearisation takes a pass over the shots for each of them
EVERY = 4  # of the batches: on one of so many, many parameters first go near the maximum
PAIRS = 4  # of mirrored deviations
MOST_BATCHES = 64
MOST_DERIVATIVES = 200_000  # shots times parameters: a bench of 206 pendula has 419 of these to find
CLOSE = 0.1  # of a standard error: nearer to the maximum there is nothing to gain
OPEN = math.sqrt(0.5)  # of a tolerance: a wider estimate owes more to the data sheet than to the shots


@dataclass(frozen=True)
class ParameterEstimate:
    """A fitted parameter in `unit` (SI): value and standard error, of one shape, and where the shots determine it."""

    value: np.ndarray
    standard_error: np.ndarray
    unit: str
    determined: np.ndarray

    @property
    def open(self) -> bool:
        """Tell whether the data sheet says more of it, or of most of its elements, than the shots do."""
        return bool(np.mean(self.determined) < 0.5)


@dataclass(frozen=True)
class ParameterTable:
    """The estimates by name, and their correlations (element, element) in the order of the names and elements."""

    estimates: dict[str, ParameterEstimate]
    correlations: np.ndarray

    @property
    def open(self) -> tuple[str, ...]:
        """Name the parameters that the shots do not determine."""
        return tuple(name for name, item in self.estimates.items() if item.open)


def parameter_table(twin: PhysicsTwin, info: SystemInfo, shots: Shots) -> ParameterTable:
    """Estimate the parameters of a fitted physics twin, which is left as it is, as they were when the shots ended.

    Of very many shots and parameters only a part of the shots is used.
    """
    model = twin.model.wider() if isinstance(twin.model, Widened) else twin.model
    wider = PhysicsTwin(InstrumentedModel(model, info)).double()
    wider.load_state_dict(twin.state_dict(), strict=False)
    kept = range(len(shots.batches))[:: -max(1, len(shots.batches) // MOST_BATCHES)][::-1]  # the last one among them
    some = Shots(tuple(shots.batches[index] for index in kept))
    count = sum(value.numel() for value in wider.parameters())
    used = _in_double(some.thinned(min(1.0, MOST_DERIVATIVES / (len(some) * count))))
    if count >= MANY:  # what is linearised once only has to be near its place
        _climb(wider, Shots(used.batches[::EVERY]), is_ordered(info.response_axis))
    local = _climb(wider, used, is_ordered(info.response_axis))
    scores = local.scores(_residuals(wider, used))
    moved = _follow_walks(wider, scores, local.curvatures, used, _ends_h(shots, info)[list(kept)])
    spreads = [moved + spread for spread in _sandwiches(local, scores, used)]
    return _table(wider, spreads)


def _in_double(shots: Shots) -> Shots:
    return Shots(
        tuple(
            ShotBatch(b.drives.double(), b.responses.double(), tuple(value.double() for value in b.parameters))
            for b in shots.batches
        )
    )


@dataclass(frozen=True)
class _Noise:
    """The noise's covariance V + U Uᵀ in a batch: V is a channel's own, U a shot's gain, delay, tilt and bow."""

    variance: Float[Tensor, "shot response"]
    shapes: Float[Tensor, "shot response shape"]
    inverse: Float[Tensor, "shot shape shape"]

    def times(self, factor: float) -> _Noise:
        """Return more, or less, of the same noise."""
        return _Noise(factor * self.variance, math.sqrt(factor) * self.shapes, self.inverse)

    def weigh(self, value: Float[Tensor, "*any shot response"]) -> Float[Tensor, "*any shot response"]:
        """Multiply by its inverse, by Woodbury V⁻¹ - V⁻¹ U (1 + Uᵀ V⁻¹ U)⁻¹ Uᵀ V⁻¹."""
        direct = value / self.variance
        along = torch.einsum("...sk,sku->...su", direct, self.shapes)
        return direct - torch.einsum("...su,suv,skv->...sk", along, self.inverse, self.shapes) / self.variance


class _Local(NamedTuple):
    """A model linearised: the noise W⁻¹ and J of each batch, each one's JᵀWJ, and the posterior's covariance."""

    noises: list[_Noise]
    jacobians: list[Float[Tensor, "element shot response"]]
    curvatures: Float[Tensor, "batch element element"]
    covariance: Float[Tensor, "element element"]

    def scores(self, residuals: Sequence[Float[Tensor, "shot response"]]) -> Float[Tensor, "shot element"]:
        """Return each shot's JᵀWr."""
        parts = zip(self.noises, self.jacobians, residuals, strict=True)
        each = [torch.einsum("psk,sk->sp", j, noise.weigh(r).to(j)) for noise, j, r in parts]
        return torch.cat(each).double()

    def misfit(self, residuals: Sequence[Float[Tensor, "shot response"]]) -> float:
        """Return Σ rᵀWr / 2."""
        return float(sum((r * noise.weigh(r)).sum() for noise, r in zip(self.noises, residuals, strict=True))) / 2


def _climb(twin: PhysicsTwin, shots: Shots, ordered: bool) -> _Local:
    """Go to the maximum of the posterior; return what it is like there, or near it where there are many parameters."""
    local = _linearise(twin, shots, ordered)
    many = len(local.covariance) >= MANY
    slope = _room_slope(twin, shots, local) if many else torch.zeros_like(local.covariance[0])
    for _ in range(MOST_STEPS):
        if not _step_up(twin, shots, local, slope):
            break
        if not many:
            local = _linearise(twin, shots, ordered)
    return local


def _room_slope(twin: PhysicsTwin, shots: Shots, local: _Local) -> Float[Tensor, " element"]:
    """Return the derivative of log √|A|, A being the curvature in all elements of vectors.

    A maximum likes scales at which many elements, each with a tolerance, are small. What they have in common is found
    right where they are averaged over instead (MacKay, Neural Computation 11, 1035 (1999)), by Laplace's method. By
    Fisher's identity this is the mean gradient over their deviations.
    """
    weights = list(twin.parameters())
    point = parameters_to_vector(weights).detach()
    own = torch.cat([torch.full((value.numel(),), value.numel() > 1) for value in weights])
    curvature = local.curvatures.sum(0)[own][:, own] + torch.eye(int(own.sum())).to(point)
    factor, generator = torch.linalg.cholesky(curvature).mT, torch.Generator().manual_seed(0)
    signs = 2.0 * torch.randint(2, (len(factor), PAIRS), generator=generator).to(point) - 1
    deviations = point.new_zeros(len(point), PAIRS)
    deviations[own] = torch.linalg.solve_triangular(factor, signs, upper=True)

    def gradient(at: Tensor) -> Tensor:
        vector_to_parameters(at, weights)
        total = torch.zeros_like(at)
        for batch, noise in zip(shots.batches, local.noises, strict=True):
            response = twin(batch.drives, *batch.parameters)
            weighed = noise.weigh((response - batch.responses).detach())
            total += parameters_to_vector(torch.autograd.grad(response, weights, weighed))
        return total

    sides = [(gradient(point + away) + gradient(point - away)) / 2 for away in deviations.T]
    slope = torch.stack(sides).mean(0) - gradient(point)
    vector_to_parameters(point, weights)
    return slope


def _step_up(twin: PhysicsTwin, shots: Shots, local: _Local, slope: Float[Tensor, " element"]) -> bool:
    """Take a Gauss-Newton step, or as much of it as leads up; return whether it was worth it.

    The maximum often lies far away on a narrow, bent ridge, where two parameters show in their product. So each step is
    bent too, by what the residuals at its end are off from linear (Transtrum and Sethna, arXiv:1201.5885). `slope`
    times the parameters comes off the posterior's logarithm.
    """
    weights = list(twin.parameters())
    point = parameters_to_vector(weights).detach()

    def judged(at: Tensor) -> tuple[float, Tensor]:
        vector_to_parameters(at, weights)
        residuals = _residuals(twin, shots)
        loss = local.misfit(residuals) + 0.5 * float(at @ at) + float(slope @ at)
        return loss, local.scores(residuals).sum(0) - slope

    loss, pull = judged(point)
    whole = local.covariance @ (pull - point)
    step = whole / max(1.0, float(whole.abs().max()))  # a model is linear over a tolerance at most
    for _ in range(HALVINGS):
        bend = judged(point + step)[1] - pull + local.curvatures.sum(0) @ step
        bent = step + local.covariance @ bend
        if judged(point + bent)[0] < loss:
            break
        step = step / 2
    else:
        vector_to_parameters(point, weights)
    return bool((whole.abs() > CLOSE * local.covariance.diag().sqrt()).any())


def _linearise(twin: PhysicsTwin, shots: Shots, ordered: bool) -> _Local:
    """Linearise the model and estimate the noise at the twin's present parameters.

    In double precision: of some combinations of parameters the shots say a million times what the prior says of others.
    """
    residuals = _residuals(twin, shots)
    centres = [batch.responses - residual for batch, residual in zip(shots.batches, residuals, strict=True)]
    shapes = [common_shapes(centre, ordered) for centre in centres]
    parts = noise_parts(torch.cat(residuals), torch.cat(centres), torch.cat(shapes))
    noises, jacobians = list[_Noise](), list[Tensor]()
    count = sum(value.numel() for value in twin.parameters())
    curvatures = centres[0].new_empty(len(centres), count, count)
    for batch, centre, shape, curvature in zip(shots.batches, centres, shapes, curvatures, strict=True):
        variance, scaled = parts.independent + parts.counting * centre.abs(), shape * parts.common.sqrt()
        inner = scaled.mT @ (scaled / variance[..., None]) + torch.eye(shape.shape[2]).to(shape)
        noise = _Noise(variance, scaled, torch.linalg.inv(inner))
        if batch.parameters:  # what the equations lack of shared parameters is as large as these are
            residual = batch.responses - centre
            noise = noise.times(float((residual * noise.weigh(residual)).mean()))
        noises.append(noise)
        jacobian = response_jacobian(twin, batch)
        torch.mm(noise.weigh(jacobian).flatten(1), jacobian.flatten(1).T, out=curvature)
        jacobians.append(jacobian if count < MANY else jacobian.float())  # the sums for the covariance are in double
    covariance = torch.linalg.inv(curvatures.sum(0) + torch.eye(count).to(curvatures))
    return _Local(noises, jacobians, curvatures, covariance)


@torch.no_grad()
def _residuals(twin: PhysicsTwin, shots: Shots) -> list[Float[Tensor, "shot response"]]:
    return [batch.responses - twin(batch.drives, *batch.parameters) for batch in shots.batches]


def _ends_h(shots: Shots, info: SystemInfo) -> Float[Tensor, " batch"]:
    """Return when each batch of shots ended (h)."""
    return torch.tensor([len(batch.drives) for batch in shots.batches]).double().cumsum(0) * info.shot_s / 3600


def _follow_walks(
    twin: PhysicsTwin,
    scores: Float[Tensor, "shot element"],
    curvatures: Float[Tensor, "batch element element"],
    shots: Shots,
    ends_h: Float[Tensor, " batch"],
) -> Float[Tensor, "element element"]:
    """Move what walks at random from its mean over the shots to where it was at their end; return the covariance."""
    batch, count = _by_batch(shots), len(ends_h)
    added = torch.zeros_like(curvatures[0])
    for item in twin.model.fit_parameters:
        if not item.walk:
            continue
        own = twin.deviations[item.name]
        walk = item.walk * math.sqrt(ends_h[-1])  # to the end, rms
        unit = torch.linalg.pinv(item.mixing).sum(1) * walk
        along = torch.cat([unit if z is own else torch.zeros(z.numel()).double() for z in twin.parameters()])
        pull, information = scores @ along, torch.einsum("bpq,p,q->b", curvatures, along, along)
        pulls, squares = (torch.zeros(count).double().index_add(0, batch, value) for value in (pull, pull.square()))
        shift, variance = present_shift(pulls / information, squares / information.square(), ends_h / ends_h[-1])
        own.data += (shift * unit).view_as(own)
        added += variance * torch.outer(along, along)
    return added


def _by_batch(shots: Shots) -> Tensor:
    return torch.cat([torch.full((len(batch.drives),), index) for index, batch in enumerate(shots.batches)])


def _sandwiches(
    local: _Local, scores: Float[Tensor, "shot element"], shots: Shots
) -> tuple[Float[Tensor, "element element"], ...]:
    """Return the covariance from the scatter of shots, and from that of groups of them.

    A group is of like strength; or a batch, where shots share parameters. Few batches may hold most of what is known of
    a parameter, and the fit has followed their misfit: as it would stand without each of them tells more of its error
    (the jackknife: Bell and McCaffrey, Survey Methodology 28, 169 (2002)).
    """
    if shots.batches[0].parameters:
        sums = _sums(scores, _by_batch(shots))
        own, parts = torch.eye(len(local.covariance)).to(scores), zip(local.curvatures, sums, strict=True)
        grouped = torch.stack([torch.linalg.solve(own - part @ local.covariance, total) for part, total in parts])
    else:
        rank = shots.responses.square().sum(1).argsort().argsort()
        grouped = _sums(scores, rank * min(GROUPS, len(shots)) // len(shots))
    return _sandwich(local.covariance, scores), _sandwich(local.covariance, grouped)


def _sums(scores: Float[Tensor, "shot element"], group: Tensor) -> Float[Tensor, "group element"]:
    return torch.zeros(int(group.max()) + 1, scores.shape[1]).to(scores).index_add(0, group, scores)


def _sandwich(covariance: Float[Tensor, "element element"], scores: Float[Tensor, "group element"]) -> Tensor:
    middle = scores.T @ scores * len(scores) / (len(scores) - 1) + torch.eye(len(covariance)).to(scores)
    return covariance @ middle @ covariance


def _table(wider: PhysicsTwin, spreads: Sequence[Float[Tensor, "element element"]]) -> ParameterTable:
    """Name and scale what was found; the largest of the spreads counts, for each element."""
    items, values = {item.name: item for item in wider.model.fit_parameters}, wider.values()
    tolerances = torch.block_diag(*(items[name].mixing for name in wider.deviations))
    mixed = [tolerances @ spread @ tolerances.T for spread in spreads]
    errors = torch.stack([covariance.diag() for covariance in mixed]).amax(0).sqrt()
    counts = {name: values[name].numel() for name in wider.deviations}
    places = dict(zip(counts, torch.arange(len(errors)).split(list(counts.values())), strict=True))
    estimates: dict[str, ParameterEstimate] = {}
    for name, item in items.items():
        value = values[name].detach().numpy()
        error = errors[places[name]].view(value.shape).numpy()
        determined = error < OPEN * item.mixing.norm(dim=1).view(value.shape).numpy()
        if item.scale == "log":  # the logarithm's distribution is the Gaussian one: these are its own moments
            value = value * np.exp(error**2 / 2)
            error = np.abs(value) * np.sqrt(np.expm1(error**2))
        estimates[name] = ParameterEstimate(value, error, item.unit, determined)
    scale = mixed[0].diag().sqrt()
    order = torch.cat([places[name] for name in items])
    return ParameterTable(estimates, (mixed[0] / scale / scale[:, None])[order][:, order].numpy())
