"""Time contests in one process: all warmed up, shuffled round-robin, ratios within a round, medians and spreads.

The machine drifts by half between minutes, so only a ratio of two times of the same round means anything.
"""

from __future__ import annotations

import gc
import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Work = Callable[[], object]

LEAST_SLOT_S = 10e-3
SCALING_ROUNDS = 11
ROUNDS, SLOW_ROUNDS = 15, 3
SLOW_S = 1.0  # a round of something slower than this is repeated less often
LARGEST_SPREAD = 0.25
TRIES = 4  # a contest whose spread is too large is timed again


@dataclass(frozen=True)
class Contest:
    """Our code against a rival at the same work: `goal` is the least ratio of the rival's time to ours.

    `error` and `rival_error` are those against a reference in float64, max |a - b| / max |b|: a contest is only fair
    where ours is not the larger by much. `aim` is what another hour of thought might reach.
    """

    name: str
    rival: str
    ours: Work
    theirs: Work
    goal: float
    aim: float
    error: float
    rival_error: float


@dataclass(frozen=True)
class Timing:
    """What a contest took: medians in ms, the median of the rounds' ratios and its relative interquartile range."""

    contest: Contest
    ours_ms: float
    rival_ms: float
    ratio: float
    spread: float

    @property
    def steady(self) -> bool:
        """Tell whether the ratio can be believed."""
        return self.spread <= LARGEST_SPREAD


@dataclass(frozen=True)
class Limit:
    """A figure that must stay below a limit, in ms (or in `unit`), and the relative spread of its repetitions."""

    name: str
    what: str
    value: float
    must: float
    aim: float
    spread: float = 0.0
    unit: str = "ms"


def time_contests(contests: Sequence[Contest], *, seed: int = 0) -> list[Timing]:
    """Time all contests in shuffled rounds; those that were disturbed are timed again."""
    timings = dict(zip(contests, _rounds(contests, seed), strict=True))
    for attempt in range(1, TRIES):
        disturbed = [contest for contest, timing in timings.items() if not timing.steady]
        if not disturbed:
            break
        again = zip(disturbed, _rounds(disturbed, seed + attempt), strict=True)
        timings |= {contest: timing for contest, timing in again if timing.spread < timings[contest].spread}
    return list(timings.values())


def _rounds(contests: Sequence[Contest], seed: int) -> list[Timing]:
    order = random.Random(seed)
    repeats = {contest: (_repeats(contest.ours), _repeats(contest.theirs)) for contest in contests}
    samples: dict[Contest, list[tuple[float, float]]] = {contest: [] for contest in contests}
    for turn in range(ROUNDS):
        for contest in order.sample(list(contests), len(contests)):
            taken = samples[contest]
            if turn >= SLOW_ROUNDS and taken[0][1] > SLOW_S:
                continue
            slots = list(zip((contest.ours, contest.theirs), repeats[contest], strict=True))
            if order.random() < 0.5:
                theirs_s, ours_s = (_slot(*slot) for slot in reversed(slots))
            else:
                ours_s, theirs_s = (_slot(*slot) for slot in slots)
            taken.append((ours_s, theirs_s))
    return [_timing(contest, samples[contest]) for contest in contests]


def _timing(contest: Contest, samples: Sequence[tuple[float, float]]) -> Timing:
    ratios = [theirs / ours for ours, theirs in samples]
    low, middle, high = statistics.quantiles(ratios, n=4)
    ours_ms, rival_ms = (1e3 * statistics.median(times) for times in zip(*samples, strict=True))
    return Timing(contest, ours_ms, rival_ms, middle, (high - low) / middle)


def _repeats(work: Work) -> int:
    """Warm up; return how many calls fill a slot."""
    work()
    once_s = _slot(work, 1)
    return max(1, round(LEAST_SLOT_S / max(once_s, 1e-7)))


def _slot(work: Work, repeats: int) -> float:
    """Return the time of one call in seconds, the collector off."""
    gc.collect(0)
    gc.disable()
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    taken_s = (time.perf_counter() - start) / repeats
    gc.enable()
    return taken_s


@dataclass(frozen=True)
class Scaling:
    """A figure at growing sizes, and the exponent that fits it."""

    sizes: tuple[int, ...]
    values: tuple[float, ...]
    exponent: float

    @classmethod
    def fit(cls, sizes: Sequence[int], values: Sequence[float]) -> Scaling:
        """Fit value ∝ size^exponent through the larger half of the sizes, where overheads are small."""
        return cls(tuple(sizes), tuple(values), _exponent(sizes, values))


def time_scaling(sizes: Sequence[int], work: Callable[[int], Work]) -> Scaling:
    """Time work(size)() for each size, in ms; the exponent is the median of the rounds' own, as the machine drifts."""
    works = [work(size) for size in sizes]
    repeats = [_repeats(one) for one in works]
    rounds = [[_slot(one, count) for one, count in zip(works, repeats, strict=True)] for _ in range(SCALING_ROUNDS)]
    medians_ms = tuple(1e3 * statistics.median(taken) for taken in zip(*rounds, strict=True))
    return Scaling(tuple(sizes), medians_ms, statistics.median(_exponent(sizes, taken) for taken in rounds))


def _exponent(sizes: Sequence[int], values: Sequence[float]) -> float:
    half = len(sizes) // 2
    x, y = ([math.log(number) for number in numbers[half:]] for numbers in (sizes, values))
    return statistics.linear_regression(x, y).slope
