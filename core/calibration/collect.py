"""Which drives a shot collection measures: its strategies; each batch is drawn from a seed of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

import torch
from torch import Tensor

from core.calibration.excitation import latin_hypercube, low_pass, mixed, uniform
from core.ports import SystemInfo
from core.twin.shots import ShotBatch, Shots

Strategy = Literal["mixed", "uniform", "low-pass", "latin-hypercube", "task", "uncertainty"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
Draw = Callable[[int, torch.Generator], Tensor]
"""Takes a number of shots, returns drives (shot, drive) in [0, 1]."""
Spread = Callable[..., Tensor]
"""Takes drives (candidate, drive) and shared parameters, returns how far an ensemble's twins disagree (candidate,)."""
Learn = Callable[[Shots], Spread]
"""Fits an ensemble to the shots measured so far."""

CANDIDATES = 8  # for each shot that an ensemble chooses
LEARN_AT = (0.25, 0.5)  # of all batches: an ensemble needs shots to begin with, and learns again once they have doubled
LEAST_TO_LEARN = 3  # for each member to have some of its own, besides those that judge it and those that judge all


def batch_generator(seed: int, batch: int) -> torch.Generator:
    """Return the generator of a batch, so that a collection can go on anywhere with the very same drives."""
    return torch.Generator().manual_seed((seed * 1_000_003 + batch) % 2**63)


def drawing(strategy: Strategy, info: SystemInfo, task: Tensor | None = None) -> Draw:
    """Return how a strategy draws drives; "uncertainty" draws "mixed" candidates.

    `task` (row, drive) are the drives that a task brings about. Raises ValueError where "task" lacks them.
    """
    dim = info.drive_dim

    def spread_out(count: int, generator: torch.Generator) -> Tensor:
        return mixed(count, dim, info.signed_drive, generator)

    def of_task(count: int, generator: torch.Generator) -> Tensor:
        assert task is not None
        return task[torch.randint(len(task), (count,), generator=generator)].clamp(0, 1)

    if strategy == "task" and (task is None or not len(task)):
        raise ValueError("Shots shaped by a task need the drives that the task brings about; give at least one.")
    draws: Mapping[Strategy, Draw] = {
        "mixed": spread_out,
        "uniform": lambda count, generator: 0.5 + 0.5 * uniform(count, dim, generator),
        "low-pass": lambda count, generator: 0.5 + 0.5 * low_pass(count, dim, generator),
        "latin-hypercube": lambda count, generator: latin_hypercube(count, dim, generator),
        "task": of_task,
        "uncertainty": spread_out,
    }
    return draws[strategy]


class Disagreement:
    """Choose of many candidates those on which an ensemble, fitted to the shots so far, disagrees most."""

    def __init__(self, learn: Learn, batches: int) -> None:
        self._learn = learn
        self._points = [max(LEAST_TO_LEARN, round(share * batches)) for share in LEARN_AT]
        self._learnt = 0
        self._spread: Spread | None = None

    def choose(
        self,
        draw: Draw,
        size: int,
        generator: torch.Generator,
        parameters: tuple[Tensor, ...],
        measured: Sequence[ShotBatch],
    ) -> Tensor:
        """Draw drives (shot, drive) for the batch after the measured ones; the first batches are as `draw` has them."""
        point = max((point for point in self._points if point <= len(measured)), default=0)
        if not point:
            return draw(size, generator)
        if point != self._learnt:  # from the same shots wherever the collection was interrupted
            self._spread, self._learnt = self._learn(Shots(tuple(measured[:point]))), point
        assert self._spread is not None
        candidates = draw(CANDIDATES * size, generator)
        with torch.no_grad():
            return candidates[self._spread(candidates, *parameters).topk(size).indices]
