"""Memory of large arrays is used again, and only when nobody can see it any more."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import torch

from core.physics.kernels import memory


@pytest.fixture
def waiting(monkeypatch) -> list:
    """Nothing waits yet, and nothing that others have left behind comes in meanwhile."""
    gc.collect()
    own: list = []
    monkeypatch.setattr(memory, "_waiting", own)
    return own


@pytest.mark.usefixtures("waiting")
def test_memory_comes_back_when_the_last_view_is_gone():
    first, second = memory.empty((100, 1000), np.float32), memory.empty((100, 1000), np.float32)
    assert not np.shares_memory(first, second)
    address, tensor = first.ctypes.data, torch.from_numpy(first[10:].reshape(-1))
    del first
    assert memory.empty((100, 1000), np.float32).ctypes.data != address
    del tensor
    gc.collect()
    assert memory.empty((90, 500), np.float64).ctypes.data == address


def test_no_more_memory_waits_than_is_allowed(waiting, monkeypatch):
    monkeypatch.setattr(memory, "WAITING_BYTES", 500_000)
    arrays = [memory.empty((25_000,), np.float32) for _ in range(8)]
    arrays.clear()
    gc.collect()
    assert sum(each.nbytes for each in waiting) == 500_000
