"""How kernels are compiled: once per machine, for any number of threads, with arithmetic that keeps NaN visible."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from numba import njit

# Full fastmath may hide NaN, and `reassoc` ruins range reduction.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "nsz", "arcp"}}
_told: set[str] = set()


def jit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel at its first call and keep it on disk; in memory alone where no folder can be written."""
    try:
        return njit(cache=True, **OPTIONS)(function)
    except RuntimeError as error:  # numba found no folder for its cache
        if not _told:
            _told.add(str(error))
            logging.getLogger("overtone").warning(
                "Kernels are compiled at every start: %s. Set NUMBA_CACHE_DIR to a folder that can be written.", error
            )
        return njit(**OPTIONS)(function)


def inline(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a piece of a kernel into its callers."""
    return njit(inline="always", **OPTIONS)(function)
