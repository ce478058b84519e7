"""Threads over blocks of shots. numba's own ones abort the process when two Python threads use them."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import count
from types import CodeType
from typing import TypeVar

Here = TypeVar("Here")
There = TypeVar("There")

WORTH_S = 0.5e-3  # of work below which another thread costs more than it helps: it is woken, and waits for the GIL
FORGETTING = 1.01  # with each call
TURNS = 2  # for each thread: one that is held up, by a window that paints, leaves the rest to the others

_pool: ThreadPoolExecutor | None = None
_threads = 1
_side_by_side = False  # while two pieces of work run at once, each has one thread
_pace_s: dict[CodeType, float] = {}  # of each kind of work: how long a block takes one thread at best, of late


def available_threads() -> int:
    """Return OMP_NUM_THREADS where it is set, else the cores that this process may use."""
    chosen = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, int(chosen)) if chosen.isdecimal() else _cores()


def set_threads(count: int) -> None:
    """Let kernels use this many threads; results do not depend on it."""
    global _pool, _threads
    if count != _threads:
        _threads = count
        _pace_s.clear()
        _pool = ThreadPoolExecutor(count - 1, "overtone-kernel", _hold_torch) if count > 1 else None


def over_blocks(work: Callable[[int, int], None], blocks: int) -> None:
    """Call work(first, last) on slices that together are all blocks, side by side where it pays; raise what they raise.

    `work` is a function of Python's, whose code tells one kind of work from another.
    """
    parts = min(_threads, blocks)
    if parts < 2 or _pool is None or _side_by_side:
        work(0, blocks)
        return
    kind, start_s = work.__code__, time.perf_counter()
    known_s = _pace_s.get(kind, math.inf)
    if known_s * blocks < WORTH_S:
        parts = 1
        work(0, blocks)
    else:
        _in_turns(_pool, work, blocks, parts)
    # what is slower was most often held up: by its compilation, by a window that paints
    _pace_s[kind] = min(FORGETTING * known_s, (time.perf_counter() - start_s) * parts / blocks)


def _in_turns(pool: ThreadPoolExecutor, work: Callable[[int, int], None], blocks: int, parts: int) -> None:
    turns = min(blocks, TURNS * parts)
    next_turn = count()

    def take_turns() -> None:
        while (turn := next(next_turn)) < turns:
            work(blocks * turn // turns, blocks * (turn + 1) // turns)

    others = [pool.submit(take_turns) for _ in range(1, parts)]
    try:
        take_turns()
    finally:
        begun = [other for other in others if not other.cancel()]
        wait(begun)
    for other in begun:
        other.result()


def side_by_side(here: Callable[[], Here], there: Callable[[], There]) -> tuple[Here, There]:
    """Run two pieces of work at once where a second thread is allowed, else one after the other; return both results.

    `here` runs in the caller's thread; where both raise, its error is the one that is told.
    """
    global _side_by_side
    if _pool is None or _side_by_side:
        return here(), there()
    _side_by_side = True
    other = _pool.submit(there)
    try:
        result = here()
    finally:
        wait([other])
        _side_by_side = False
    return result, other.result()


def _hold_torch() -> None:
    import torch  # which rounds differently with more threads of its own

    torch.set_num_threads(1)


def _cores() -> int:
    own = getattr(os, "sched_getaffinity", None)  # where the platform can say which cores are ours
    return len(own(0)) if own else os.cpu_count() or 1
