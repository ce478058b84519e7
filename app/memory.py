"""What a run has left goes back to the system: glibc would keep it in pieces that few later blocks fit into."""

from __future__ import annotations

import ctypes
import sys


def give_back_memory() -> None:
    """Return free memory to the system; other C libraries do so by themselves. Takes tens of ms, the lock released."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is not None:
        trim(0)
