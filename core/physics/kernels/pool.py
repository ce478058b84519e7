"""Threads over blocks of shots. numba's own ones abort the process when two Python threads use them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeVar

Here = TypeVar("Here")
There = TypeVar("There")

_pool: ThreadPoolExecutor | None = None
_threads = 1
_side_by_side = False  # while two pieces of work run at once, each has one thread


def available_threads() -> int:
    """Return OMP_NUM_THREADS where it is set, else the cores that this process may use."""
    chosen = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, int(chosen)) if chosen.isdecimal() else _cores()


def set_threads(count: int) -> None:
    """Let kernels use this many threads; results do not depend on it."""
    global _pool, _threads
    if count != _threads:
        _threads = count
        _pool = ThreadPoolExecutor(count - 1, "overtone-kernel", _hold_torch) if count > 1 else None


def over_blocks(work: Callable[[int, int], None], blocks: int) -> None:
    """Call work(first, last) on slices that together are all blocks, side by side; raise what they raise."""
    parts = min(_threads, blocks)
    if parts < 2 or _pool is None or _side_by_side:
        work(0, blocks)
        return
    edges = [blocks * part // parts for part in range(parts + 1)]
    others = [_pool.submit(work, edges[part], edges[part + 1]) for part in range(1, parts)]
    work(edges[0], edges[1])
    for other in others:
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
