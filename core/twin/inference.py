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
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from core.physics.model import Widened
from core.ports import SystemInfo
from core.twin.gauss_newton import central_jacobian, central_steps
from core.twin.instruments import InstrumentedModel
from core.twin.noise import common_amplitudes, common_shapes, is_ordered
from core.twin.physics import PhysicsTwin
from core.twin.shots import Shots

GROUPS = 16  # of like shots
STEPS = 4  # with one linearisation
MANY = 100  # parameters: a linearisation takes two passes over the shots for each of them
MOST_DERIVATIVES = 60_000  # shots times parameters: a bench of 206 pendula has 419 of these to find
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
    """Estimate the parameters of a fitted physics twin, which is left as it is, from the shots it was fitted to.

    Of very many shots and parameters only a part of the shots is used.
    """
    model = twin.model.wider() if isinstance(twin.model, Widened) else twin.model
    wider = PhysicsTwin(InstrumentedModel(model, info))
    wider.load_state_dict(twin.state_dict(), strict=False)
    count = sum(value.numel() for value in wider.parameters())
    shots = shots.thinned(min(1.0, MOST_DERIVATIVES / (len(shots) * count)))
    ordered = is_ordered(info.response_axis)
    weighed, covariance = _climb(wider, shots, ordered)
    if count < MANY:  # once more from where the first linearisation led
        weighed, covariance = _climb(wider, shots, ordered)
    scores = _scores(wider, shots, weighed)
    groups = [torch.arange(len(scores)), _like_shots(shots)]
    spreads = [_sandwich(covariance, scores, group) for group in groups]
    errors = torch.stack([spread.diag() for spread in spreads]).amax(0).sqrt()
    return _table(wider, errors, spreads[0])


def _climb(twin: PhysicsTwin, shots: Shots, ordered: bool) -> tuple[list[Tensor], Tensor]:
    """Go to the maximum of the posterior with one linearisation; return its weighed Jacobians and its covariance."""
    weights = list(twin.parameters())
    point = parameters_to_vector(weights).detach().double()
    weighed, curvature = _linearise(twin, shots, ordered)
    covariance = torch.linalg.inv(curvature + torch.eye(len(point), dtype=torch.float64))
    for _ in range(STEPS):
        change = covariance @ (_scores(twin, shots, weighed).sum(0) - point)
        point = point + change.clamp(-1, 1)  # a model is linear over a tolerance at most
        vector_to_parameters(point.float(), weights)
        if bool((change.abs() < CLOSE * covariance.diag().sqrt()).all()):
            break
    return weighed, covariance


def _linearise(
    twin: PhysicsTwin, shots: Shots, ordered: bool
) -> tuple[list[Float[Tensor, "element shot response"]], Float[Tensor, "element element"]]:
    """Return JᵀW for each batch, and JᵀWJ, at the twin's present parameters; W⁻¹ is the noise's covariance.

    W = (1 - U S (σ² + S UᵀU S)⁻¹ S Uᵀ) / σ²: white noise σ², and each shot's own gain, delay, tilt and bow.
    """
    steps = central_steps(twin, shots.batches[0])
    residuals = _residuals(twin, shots)
    shapes = [
        common_shapes(b.responses - residual, ordered) for b, residual in zip(shots.batches, residuals, strict=True)
    ]
    power, common = _noise_parts(torch.cat(residuals), torch.cat(shapes))
    curvature, all_weighed = torch.zeros(len(steps), len(steps), dtype=torch.float64), list[Tensor]()
    for batch, shape in zip(shots.batches, shapes, strict=True):
        jacobian = central_jacobian(twin, batch, steps)
        scaled = shape * common
        inner = scaled.mT @ scaled + power * torch.eye(len(common))
        along = torch.einsum("psk,sku->psu", jacobian, scaled)
        weighed = jacobian - torch.einsum("psu,suv,skv->psk", along, torch.linalg.inv(inner), scaled)
        weighed = weighed / power
        curvature += (weighed.flatten(1) @ jacobian.flatten(1).T).double()
        all_weighed.append(weighed)
    return all_weighed, curvature


def _scores(twin: PhysicsTwin, shots: Shots, weighed: list[Tensor]) -> Float[Tensor, "shot element"]:
    """Return each shot's JᵀWr."""
    residuals = _residuals(twin, shots)
    return torch.cat([torch.einsum("psk,sk->sp", j, r) for j, r in zip(weighed, residuals, strict=True)]).double()


@torch.no_grad()
def _residuals(twin: PhysicsTwin, shots: Shots) -> list[Float[Tensor, "shot response"]]:
    return [batch.responses - twin(batch.drives, *batch.parameters) for batch in shots.batches]


def _noise_parts(
    residual: Float[Tensor, "shot response"], shapes: Float[Tensor, "shot response shape"]
) -> tuple[float, Float[Tensor, " shape"]]:
    """Return the white part's mean square and the rms amplitude of each common shape."""
    total = residual.square()
    common = common_amplitudes(residual, shapes, total.mean().expand_as(total))
    left = total - (shapes * common).square().sum(2)
    power = left.mean().clamp_min(1e-3 * total.mean())
    return float(power), common_amplitudes(residual, shapes, power.expand_as(total))


def _like_shots(shots: Shots) -> Tensor:
    """Number the groups (shot,): batches where shots share parameters, else shots of like strength."""
    batches = shots.batches
    if batches[0].parameters:
        return torch.cat([torch.full((len(batch.drives),), index) for index, batch in enumerate(batches)])
    rank = shots.responses.square().sum(1).argsort().argsort()
    return rank * min(GROUPS, len(shots)) // len(shots)


def _sandwich(covariance: Tensor, scores: Float[Tensor, "shot element"], group: Tensor) -> Tensor:
    count = int(group.max()) + 1
    sums = torch.zeros(count, scores.shape[1], dtype=scores.dtype).index_add(0, group, scores)
    middle = sums.T @ sums * count / (count - 1) + torch.eye(len(covariance), dtype=torch.float64)
    return covariance @ middle @ covariance


def _table(wider: PhysicsTwin, errors: Tensor, spread: Tensor) -> ParameterTable:
    estimates: dict[str, ParameterEstimate] = {}
    values = wider.values()
    sizes = {name: deviation.numel() for name, deviation in wider.deviations.items()}
    places = dict(zip(sizes, torch.arange(len(errors)).split(list(sizes.values())), strict=True))
    for item in wider.model.fit_parameters:
        value = values[item.name].detach().double().numpy()
        error = errors[places[item.name]].view(value.shape).numpy()
        unit = np.asarray(item.spread) * (np.abs(value) if item.scale == "log" else 1.0)
        estimates[item.name] = ParameterEstimate(value, unit * error, item.unit, error < OPEN)
    scale = spread.diag().sqrt()
    order = torch.cat([places[name] for name in estimates])
    return ParameterTable(estimates, (spread / scale / scale[:, None])[order][:, order].numpy())
