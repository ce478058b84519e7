"""Online refinement: the twin goes on learning from the shots that training measures anyway, while its device drifts.

A few shots of every call are kept for a while. From time to time what is adjustable of the twin is fitted to them again
from where it stands, by some steps of L-BFGS; a shot weighs exp(-age / τ). Every fifth call is held out: a fit that
answers those worse than before is rolled back.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core.network.base import Shoot
from core.training.events import AlignmentChecked
from core.training.state import exact, under
from core.twin.adapter import adjustable

SHOTS_A_CALL = 8
CALLS = 80  # kept of those that are fitted to and of those that are held out together
HELD_OUT = 5  # every so manieth call
LEAST_CALLS = 2 * HELD_OUT
ITERATIONS = 5  # of L-BFGS


@dataclass(frozen=True)
class Refinement:
    """A fit: the nRMSE on held-out shots before and after it, and whether it was kept."""

    before: float
    after: float

    @property
    def kept(self) -> bool:
        """Tell whether the twin has changed: it has where it answers held-out shots better."""
        return self.after < self.before


@dataclass(frozen=True)
class _Call:
    step: int
    held_out: bool
    drive: Tensor
    response: Tensor
    shared: tuple[Tensor, ...]


class Refiner:
    """Keeps a twin at its device. The age of a shot is counted in optimiser steps; τ is infinite without any drift."""

    def __init__(self, twin: nn.Module) -> None:
        self._twin, self._values = twin, adjustable(twin)
        self._calls: deque[_Call] = deque(maxlen=CALLS)
        self._count = 0
        self.step = 0
        self.time_constant = math.inf

    def watching(self, measure: Shoot) -> Shoot:
        """Return a `measure` whose shots are kept here."""

        def watched(drive: Tensor, *shared: Tensor) -> Tensor:
            response = measure(drive, *shared)
            self._count += 1
            kept = drive[:SHOTS_A_CALL].detach().clone(), response[:SHOTS_A_CALL].detach().clone()
            held_out = self._count % HELD_OUT == 0
            self._calls.append(_Call(self.step, held_out, *kept, tuple(value.detach().clone() for value in shared)))
            return response

        return watched

    def heed(self, checked: AlignmentChecked) -> None:
        """Take τ from the sentinels: the steps in which drift moves the device as far as noise does."""
        excess = checked.drift**2 - checked.noise_floor**2
        drifts = checked.step > 0 and excess > checked.noise_floor**2
        self.time_constant = checked.step * checked.noise_floor / math.sqrt(excess) if drifts else math.inf

    def refine(self) -> Refinement | None:
        """Fit the twin to the kept shots, or leave it as it is; None where they are too few yet."""
        fitted, held_out = ([call for call in self._calls if call.held_out == side] for side in (False, True))
        if len(self._calls) < LEAST_CALLS:
            return None
        earlier = [value.detach().clone() for value in self._values]
        with torch.no_grad():
            before = self._error(held_out)
        self._fit(fitted)
        with torch.no_grad():
            after = self._error(held_out)
            refinement = Refinement(float(before), float(after))
            if not refinement.kept:
                for value, former in zip(self._values, earlier, strict=True):
                    value.copy_(former)
        return refinement

    def state(self) -> dict[str, Tensor]:
        """Return what a resumed run needs besides the twin itself."""
        numbers = {"count": self._count, "step": self.step, "time_constant": self.time_constant}
        tensors = {name: exact(value) for name, value in numbers.items()}
        for index, call in enumerate(self._calls):
            parts = {"step": exact(call.step), "held_out": exact(int(call.held_out)), "drive": call.drive}
            parts |= {"response": call.response} | {f"shared{at}": value for at, value in enumerate(call.shared)}
            tensors |= {f"{index:04d}.{name}": value for name, value in parts.items()}
        return tensors

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state. Raises KeyError when it is not one."""
        self._count, self.step = int(state["count"]), int(state["step"])
        self.time_constant = float(state["time_constant"])
        self._calls.clear()
        for index in sorted({name.split(".")[0] for name in state if "." in name}):
            part = under(state, index)
            shared = tuple(part[f"shared{at}"] for at in range(len(part) - 4))
            held_out = bool(part["held_out"])
            self._calls.append(_Call(int(part["step"]), held_out, part["drive"], part["response"], shared))

    def _fit(self, calls: Sequence[_Call]) -> None:
        optimiser = torch.optim.LBFGS(self._values, max_iter=ITERATIONS, line_search_fn="strong_wolfe")

        def closure() -> Tensor:
            optimiser.zero_grad()
            loss = self._error(calls).square()
            loss.backward()
            return loss

        with torch.enable_grad():
            for value in self._values:
                value.requires_grad_(True)
            try:
                optimiser.step(closure)  # pyright: ignore[reportArgumentType], a float would be detached
            finally:
                for value in self._values:
                    value.requires_grad_(False)
                    value.grad = None

    def _error(self, calls: Sequence[_Call]) -> Tensor:
        """Return the nRMSE of the twin on these calls, each weighted by its age."""
        responses = torch.cat([call.response for call in calls])
        ages = torch.cat([torch.full((len(call.drive), 1), float(self.step - call.step)) for call in calls])
        weights = (-ages / self.time_constant).exp()
        if calls[0].shared:  # each call has its own
            modelled = torch.cat([self._twin(call.drive, *call.shared) for call in calls])
        else:
            modelled = self._twin(torch.cat([call.drive for call in calls]))
        misfit = (weights * (modelled - responses).square()).sum()
        return (misfit / (weights * (responses - responses.mean(0)).square()).sum()).sqrt()
