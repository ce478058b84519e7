"""Large arrays on memory that is used again: fresh pages cost up to 1 ms a megabyte, more than the work on them."""

from __future__ import annotations

import ctypes
import math
import threading
import weakref
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LINE_BYTES = 64
LARGE_BYTES = 64 << 10  # below, the C library keeps the pages itself
WAITING_BYTES = 128 << 20  # that may wait for their next use
LARGEST_RATIO = 2  # of the memory that is taken to the memory that is asked for

_waiting: list[NDArray[np.uint8]] = []
_lock = threading.RLock()  # an array may be collected, and so come back, while this thread is taking another


def empty(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """Return an array of anything that starts a cache line.

    When it and all its views are gone, tensors too, its memory waits for the next.
    """
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size < LARGE_BYTES:
        return _fresh(size).view(dtype).reshape(shape)
    memory = _take(size)
    # numpy's views hold the last owner of memory, not the view that they were made of: hence an owner of another kind.
    owner = _owner(size).from_buffer(memory.data)
    weakref.finalize(owner, _give_back, memory).atexit = False
    return np.frombuffer(memoryview(owner), dtype).reshape(shape)


@lru_cache(maxsize=64)
def _owner(size: int) -> Any:
    return ctypes.c_char * size  # a class, which costs more than all the rest: made once


def _take(size: int) -> NDArray[np.uint8]:
    with _lock:
        for index in reversed(range(len(_waiting))):  # the last that came is the likeliest in cache
            if size <= _waiting[index].size <= LARGEST_RATIO * size:
                return _waiting.pop(index)
    return _fresh(size)


def _fresh(size: int) -> NDArray[np.uint8]:
    memory = np.empty(size + LINE_BYTES, np.uint8)
    start = -memory.__array_interface__["data"][0] % LINE_BYTES  # a vector that lies across two cache lines is slow
    return memory[start : start + size]


def _give_back(memory: NDArray[np.uint8]) -> None:
    with _lock:
        _waiting.append(memory)
        while sum(each.size for each in _waiting) > WAITING_BYTES:
            del _waiting[0]
