"""How kernels are compiled: once per machine, for any number of threads, with arithmetic that keeps NaN visible."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numba.core import config
from platformdirs import user_cache_path

# Full fastmath may hide NaN, and `reassoc` ruins range reduction.
OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract", "nsz", "arcp"}}
_told: set[str] = set()


def _cache_folder() -> str:
    """Return a folder of this version's own: numba looks at a kernel's file, not at those of the pieces in it."""
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return str(user_cache_path("overtone", appauthor=False) / f"kernels-{digest.hexdigest()[:16]}")


_config: Any = config
if not _config.CACHE_DIR:  # NUMBA_CACHE_DIR
    _config.CACHE_DIR = _cache_folder()


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
    """Compile a piece of a kernel into its callers, in LLVM: numba's own way takes up to four times as long."""
    return njit(forceinline=True, **OPTIONS)(function)


@inline
def work_space(size, kind):  # pyright: ignore
    """Return an array of anything that starts a cache line: a vector that lies across two of them is slow."""
    line = 64
    space = np.empty(size + line, kind)
    shift = (-space.ctypes.data % line) // space.itemsize
    return space[shift : shift + size]
