"""Fit a twin to measured shots, and tell on shots that it has not seen how well it does.

Adam on batches of shots finds the valley. A physics twin with few parameters, which are often correlated, then walks to
its floor by damped Gauss-Newton steps (Levenberg-Marquardt). The noise level is not known beforehand: the likelihood
with it profiled out is -N/2 log(mean squared residual), which weighs itself against the prior that the tolerances are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from core.ports import DataError, SimulationDiverged
from core.twin.ensemble import EnsembleTwin
from core.twin.gauss_newton import response_jacobian
from core.twin.hybrid import Correction, HybridTwin
from core.twin.neural import NeuralTwin
from core.twin.physics import PhysicsTwin
from core.twin.shots import ShotBatch, Shots, response_error, signal_power

REPORTS = 50
POLISH_STEPS = 10
POLISH_LIMIT = 48  # parameters: each costs a pass over the training shots for every step
PATIENCE = 20  # reports without a better held-out error
OWN_CHECK = 0.2  # of an ensemble's training shots, drawn anew for each member
PACES = {PhysicsTwin: (1.0, 0.0), Correction: (0.1, 0.1)}  # of the learning rate, and weight decay
CONVERGED = 0.01  # change of the log posterior: far inside one standard error
FIRST_HORIZON = 1 / 16  # of a waveform; it doubles until half of the steps are done
RESIDUAL_FLOOR = 1e-10  # of the signal's power: below it, float32 rounds


@dataclass(frozen=True)
class FitProgress:
    """How far a fit is: steps done of all, and the nRMSE on recent training and on all held-out shots."""

    step: int
    steps: int
    train_error: float
    held_out_error: float


@dataclass(frozen=True)
class FitReport:
    """What a fit reached: nRMSE = rms(residual) / rms(response - its mean over shots), and what it took."""

    train_error: float
    held_out_error: float
    steps: int
    wall_s: float


def fit_twin(
    twin: nn.Module,
    shots: Shots,
    *,
    seed: int,
    steps: int = 400,
    learning_rate: float = 0.03,
    held_out: float = 0.2,
    causal: bool = False,
    on_progress: Callable[[FitProgress], None] | None = None,
) -> FitReport:
    """Fit the twin in place; the state that predicts the held-out shots best is kept.

    `learning_rate` is Adam's at the start of its cosine decay; for a physics twin it is in units of the tolerances, for
    a neural twin it is scaled down by 30. A `causal` response, a waveform in time, is fitted from its beginning first:
    with little time to get out of step, a resonance is found from further away. A hybrid twin's physics is fitted
    first, its correction to what that leaves; an ensemble's members one after the other. `on_progress` may raise to
    stop. The result is the same for the same seed. Raises DataError on responses that are not finite and
    SimulationDiverged when the fit becomes so.
    """
    if not bool(shots.responses.isfinite().all()):
        raise DataError("The measured shots hold values that are not finite; a twin cannot be fitted to them.")
    start_s = time.perf_counter()
    train, check = shots.split(held_out, seed)
    told = _Told(on_progress, _stages(twin))
    _fit(twin, train, check, seed, _Pace(steps, learning_rate, causal), told)
    wall_s = time.perf_counter() - start_s
    return FitReport(response_error(twin, train), response_error(twin, check), told.before, wall_s)


@dataclass(frozen=True)
class _Pace:
    steps: int
    learning_rate: float
    causal: bool


def _fit(twin: nn.Module, train: Shots, check: Shots, seed: int, pace: _Pace, told: _Told) -> None:
    if isinstance(twin, EnsembleTwin):
        for index, member in enumerate(twin.members):
            own, own_check = train.split(OWN_CHECK, seed + index)  # what no member has seen judges all of them
            _fit(member, own, own_check, seed + index, pace, told)
    elif isinstance(twin, HybridTwin):
        _fit(twin.physics, train, check, seed, pace, told)
        _fit(twin.correction, _modelled(twin.physics, train), _modelled(twin.physics, check), seed, pace, told)
    else:
        fit = _Fit(twin, train, check, told)
        fit.descend(pace, seed)
        if fit.polishable:
            fit.polish()
        twin.load_state_dict(fit.best_state)
        told.ended(fit.step)


@torch.no_grad()
def _modelled(physics: PhysicsTwin, shots: Shots) -> Shots:
    """Put what the physics predicts in the place of the shared parameters: all that a correction sees of them."""
    return Shots(
        tuple(
            ShotBatch(batch.drives, batch.responses, (physics(batch.drives, *batch.parameters),))
            for batch in shots.batches
        )
    )


def _stages(twin: nn.Module) -> int:
    members = twin.members if isinstance(twin, EnsembleTwin) else [twin]
    return sum(2 if isinstance(member, HybridTwin) else 1 for member in members)


class _Told:
    """Tells the progress of several fits, one after the other, as that of one."""

    def __init__(self, listener: Callable[[FitProgress], None] | None, stages: int) -> None:
        self._listener, self._left, self.before = listener, stages - 1, 0

    def __call__(self, point: FitProgress) -> None:
        if self._listener is not None:
            ahead = self.before + (1 + self._left) * point.steps
            self._listener(FitProgress(self.before + point.step, ahead, point.train_error, point.held_out_error))

    def ended(self, steps: int) -> None:
        self.before += steps
        self._left -= 1


class _Fit:
    def __init__(self, twin: nn.Module, train: Shots, check: Shots, told: _Told) -> None:
        self._twin, self._train, self._check, self._told = twin, train, check, told
        self._power = signal_power(train)
        self._values = train.responses.numel()
        self.step, self._total, self._train_error = 0, 0, math.inf
        count = sum(value.numel() for value in twin.parameters())
        self.polishable = isinstance(twin, PhysicsTwin) and count <= POLISH_LIMIT
        self.best_error, self.best_state = math.inf, _state(twin)
        self._since_best = 0
        if isinstance(twin, NeuralTwin):
            twin.normalise(train)
        if isinstance(twin, Correction):
            twin.scale.fill_(math.sqrt(self._power))
            self._keep_if_better()  # no correction at all is the first one to beat

    def descend(self, pace: _Pace, seed: int) -> None:
        steps, growing = pace.steps, pace.causal and isinstance(self._twin, PhysicsTwin)
        slower, decay = next((value for kind, value in PACES.items() if isinstance(self._twin, kind)), (1 / 30, 0.0))
        self._total = steps + (POLISH_STEPS if self.polishable else 0)
        optimiser = torch.optim.AdamW(self._twin.parameters(), lr=slower * pace.learning_rate, weight_decay=decay)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        generator = torch.Generator().manual_seed(seed)
        order: list[int] = []
        recent: list[float] = []
        for _ in range(steps):
            order = order or torch.randperm(len(self._train.batches), generator=generator).tolist()
            share = min(1.0, FIRST_HORIZON ** (1 - 2 * self.step / steps)) if growing else 1.0
            mean_square = self._mean_square([self._train.batches[order.pop()]], share)
            if not bool(mean_square.isfinite()):
                raise SimulationDiverged(
                    f"The twin's response is not finite at step {self.step + 1} of its fit. "
                    "Lower calibration.learning_rate."
                )
            recent.append(self._relative(mean_square))
            optimiser.zero_grad()
            self._loss(mean_square, share).backward()
            optimiser.step()
            schedule.step()
            self.step += 1
            if self.step % max(1, steps // REPORTS) == 0 or self.step == steps:
                self._report(math.sqrt(sum(value**2 for value in recent) / len(recent)))
                recent.clear()
                if self._since_best > PATIENCE:
                    break

    def polish(self) -> None:
        """Walk to the maximum of the posterior from the best state so far."""
        self._twin.load_state_dict(self.best_state)
        weights = list(self._twin.parameters())
        point, damping = parameters_to_vector(weights).detach(), 1e-3
        loss, gradient, curvature = self._linearise(point)
        if not math.isfinite(loss):
            return
        train_error = self._train_error
        for _ in range(POLISH_STEPS):
            damped = curvature + damping * curvature.diag().diag()
            trial = point - torch.linalg.solve(damped, gradient).clamp(-1, 1).to(point)
            vector_to_parameters(trial, weights)
            trial_loss, trial_gradient, trial_curvature = self._linearise(trial)
            gain = loss - trial_loss
            if gain > 0:
                point, loss, gradient, curvature = trial, trial_loss, trial_gradient, trial_curvature
                train_error = self._train_error
            vector_to_parameters(point, weights)
            damping *= 0.1 if gain > 0 else 10
            self.step += 1
            self._report(train_error)
            if abs(gain) < CONVERGED:
                break

    def _linearise(self, point: Tensor) -> tuple[float, Tensor, Tensor]:
        """Return the negative log posterior at a point, its gradient and its Gauss-Newton curvature, in float64."""
        weights = list(self._twin.parameters())
        mean_square = self._mean_square(self._train.batches)
        loss = self._loss(mean_square)
        if not bool(loss.isfinite()):
            return math.inf, torch.zeros(0), torch.zeros(0)
        self._train_error = self._relative(mean_square)
        gradient = parameters_to_vector(torch.autograd.grad(loss, weights)).double()
        noise = max(mean_square.item(), RESIDUAL_FLOOR * self._power)
        curvature = torch.eye(len(point), dtype=torch.float64)
        for batch in self._train.batches:
            jacobian = response_jacobian(self._twin, batch).flatten(1).double()
            curvature += jacobian @ jacobian.T / noise
        return loss.item(), gradient, curvature

    def _mean_square(self, batches: Sequence[ShotBatch], share: float = 1.0) -> Tensor:
        until = max(1, round(share * batches[0].responses.shape[1]))
        residuals = [
            (self._twin(batch.drives, *batch.parameters) - batch.responses)[:, :until].flatten() for batch in batches
        ]
        return torch.cat(residuals).square().mean()

    def _relative(self, mean_square: Tensor) -> float:
        return math.sqrt(mean_square.item() / self._power)

    def _loss(self, mean_square: Tensor, share: float = 1.0) -> Tensor:
        misfit = 0.5 * share * self._values * (mean_square.double() / self._power + RESIDUAL_FLOOR).log()
        return misfit - self._twin.log_prior() if isinstance(self._twin, PhysicsTwin) else misfit

    def _report(self, train_error: float) -> None:
        self._told(FitProgress(self.step, self._total, train_error, self._keep_if_better()))

    def _keep_if_better(self) -> float:
        error = response_error(self._twin, self._check)
        self._since_best += 1
        if error < self.best_error:
            self.best_error, self.best_state, self._since_best = error, _state(self._twin), 0
        return error


def _state(twin: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in twin.state_dict().items()}
