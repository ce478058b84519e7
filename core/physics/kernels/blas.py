"""SciPy's BLAS, which numba's matrix products call, held to one thread."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

_PREFIXES = ("scipy_openblas_", "scipy_openblas_64_", "openblas_")  # that of SciPy's wheels first


@cache
def use_one_thread() -> None:
    """Let blocks of shots have the threads (`pool`): those of BLAS, torch and ours would wait for each other.

    A BLAS that is not OpenBLAS is left alone: Accelerate, which SciPy has on macOS, shares the system's threads.
    """
    for library in _libraries():
        for prefix in _PREFIXES:
            set_threads = getattr(library, f"{prefix}set_num_threads", None)
            if set_threads is not None:
                set_threads(1)


def threads() -> int | None:
    """Return how many threads SciPy's BLAS uses, None where it does not say."""
    for library in _libraries():
        for prefix in _PREFIXES:
            get_threads = getattr(library, f"{prefix}get_num_threads", None)
            if get_threads is not None:
                return int(get_threads())
    return None


def _libraries() -> Iterator[Any]:
    """Yield the module that is linked with it, which finds its functions (not on Windows), and the wheel's own."""
    import scipy  # slow, and not wanted before the first product
    from scipy.linalg import cython_blas  # pyright: ignore[reportAttributeAccessIssue]

    beside = sorted(Path(scipy.__file__).parent.parent.glob("scipy.libs/*openblas*"))
    for path in (cython_blas.__file__, *beside):
        yield ctypes.CDLL(str(path))
