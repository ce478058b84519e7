"""Fit a twin to measured shots, and tell on shots that it has not seen how well it does.

Adam on batches of shots finds the valley. A physics twin, whose few parameters are often correlated, then walks to its
floor with full-batch L-BFGS. The noise level is not known beforehand: the likelihood with it profiled out is
-N/2 log(mean squared residual), which weighs itself against the prior that the data sheet's tolerances are.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.ports import DataError, SimulationDiverged
from core.twin.neural import NeuralTwin
from core.twin.physics import PhysicsTwin
from core.twin.shots import ShotBatch, Shots, response_error, signal_power

REPORTS = 50
POLISH_STEPS = 10
POLISH_ITERATIONS = 2
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
    on_progress: Callable[[FitProgress], None] | None = None,
) -> FitReport:
    """Fit the twin in place; the state that predicts the held-out shots best is kept.

    `learning_rate` is Adam's at the start of its cosine decay; for a physics twin it is in units of the tolerances, for
    a neural twin it is scaled down by 30. `on_progress` may raise to stop. The result is the same for the same seed.
    Raises DataError on responses that are not finite and SimulationDiverged when the fit becomes so.
    """
    if not bool(shots.responses.isfinite().all()):
        raise DataError("The measured shots hold values that are not finite; a twin cannot be fitted to them.")
    start_s = time.perf_counter()
    train, check = shots.split(held_out, seed)
    fit = _Fit(twin, train, check, on_progress)
    fit.descend(steps, learning_rate, seed)
    if isinstance(twin, PhysicsTwin):
        fit.polish()
    twin.load_state_dict(fit.best_state)
    wall_s = time.perf_counter() - start_s
    return FitReport(response_error(twin, train), response_error(twin, check), fit.step, wall_s)


class _Fit:
    def __init__(
        self, twin: nn.Module, train: Shots, check: Shots, on_progress: Callable[[FitProgress], None] | None
    ) -> None:
        self._twin, self._train, self._check, self._on_progress = twin, train, check, on_progress
        self._power = signal_power(train)
        self._values = train.responses.numel()
        self.step, self._total = 0, 0
        self.best_error, self.best_state = math.inf, _state(twin)
        if isinstance(twin, NeuralTwin):
            twin.normalise(train)

    def descend(self, steps: int, learning_rate: float, seed: int) -> None:
        physics = isinstance(self._twin, PhysicsTwin)
        self._total = steps + (POLISH_STEPS if physics else 0)
        optimiser = torch.optim.Adam(self._twin.parameters(), lr=learning_rate if physics else learning_rate / 30)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        generator = torch.Generator().manual_seed(seed)
        order: list[int] = []
        recent: list[float] = []
        for _ in range(steps):
            order = order or torch.randperm(len(self._train.batches), generator=generator).tolist()
            residual = self._mean_square([self._train.batches[order.pop()]])
            recent.append(self._relative(residual))
            optimiser.zero_grad()
            self._loss(residual).backward()
            optimiser.step()
            schedule.step()
            self.step += 1
            if self.step % max(1, steps // REPORTS) == 0 or self.step == steps:
                self._report(math.sqrt(sum(value**2 for value in recent) / len(recent)))
                recent.clear()

    def polish(self) -> None:
        self._twin.load_state_dict(self.best_state)
        optimiser = torch.optim.LBFGS(
            self._twin.parameters(), max_iter=POLISH_ITERATIONS, history_size=20, line_search_fn="strong_wolfe"
        )
        latest = [math.inf]  # the closure's last nRMSE

        def closure() -> Tensor:
            optimiser.zero_grad()
            residual = self._mean_square(self._train.batches)
            latest[0] = self._relative(residual)
            loss = self._loss(residual)
            loss.backward()
            return loss

        for _ in range(POLISH_STEPS):
            before = latest[0]
            optimiser.step(closure)  # pyright: ignore[reportArgumentType]: the stub wants a float, the code a tensor
            self.step += 1
            self._report(latest[0])
            if latest[0] == before:
                break

    def _mean_square(self, batches: tuple[ShotBatch, ...] | list[ShotBatch]) -> Tensor:
        squares = [(self._twin(batch.drives, *batch.parameters) - batch.responses).square().sum() for batch in batches]
        mean = torch.stack(squares).sum() / sum(batch.responses.numel() for batch in batches)
        if not bool(mean.isfinite()):
            raise SimulationDiverged(
                f"The twin's response is not finite at step {self.step + 1} of its fit. "
                "Lower calibration.learning_rate."
            )
        return mean

    def _relative(self, mean_square: Tensor) -> float:
        return math.sqrt(mean_square.item() / self._power)

    def _loss(self, mean_square: Tensor) -> Tensor:
        misfit = 0.5 * self._values * (mean_square.double() / self._power + RESIDUAL_FLOOR).log()
        return misfit - self._twin.log_prior() if isinstance(self._twin, PhysicsTwin) else misfit

    def _report(self, train_error: float) -> None:
        error = response_error(self._twin, self._check)
        if error < self.best_error:
            self.best_error, self.best_state = error, _state(self._twin)
        if self._on_progress is not None:
            self._on_progress(FitProgress(self.step, self._total, train_error, error))


def _state(twin: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in twin.state_dict().items()}
