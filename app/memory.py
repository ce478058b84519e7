"""Keep the window's memory together: glibc would spread it over an arena for each thread, and keep what is freed."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

M_ARENA_MAX = -8  # malloc.h
ARENAS = 2  # the window's and the engine's


def _glibc(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform.startswith("linux") else None


def keep_memory_together() -> None:
    """Let all threads share few arenas: each would hold the pieces of its own run for ever. Call it before them."""
    set_option = _glibc("mallopt")
    if set_option is not None:
        set_option(M_ARENA_MAX, ARENAS)


def give_back_memory() -> None:
    """Return free memory to the system."""
    trim = _glibc("malloc_trim")
    if trim is not None:
        trim(0)
