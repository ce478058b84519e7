"""Rows become lanes and rows again, for whole squares and for what is left over."""

from __future__ import annotations

import numpy as np
import pytest

from core.physics.kernels.jit import jit
from core.physics.kernels.lanes import to_lanes, to_rows

LANES = np.uintp(32)
AT = np.uintp(32)  # behind something that must stay as it is


@jit
def turn(rows, start, t, count, work):  # pyright: ignore
    to_lanes(rows, np.uintp(start), np.uintp(t), np.uintp(count), work, AT, LANES)


@jit
def turn_back(work, rows, start, t, count):  # pyright: ignore
    to_rows(work, AT, rows, np.uintp(start), np.uintp(t), np.uintp(count), LANES)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("count", [1, 15, 16, 17, 48, 63])
@pytest.mark.parametrize(("shots", "start"), [(32, 0), (96, 32), (50, 32), (3, 0)])
def test_lanes_are_the_transpose_of_rows(dtype: type, count: int, shots: int, start: int):
    rows = np.random.default_rng(count).normal(size=(shots, 80)).astype(dtype)
    work = np.full(32 + 64 * 32, 7, dtype)
    turn(rows, start, 9, count, work)
    lanes = min(shots - start, 32)
    turned = work[32:].reshape(64, 32)
    np.testing.assert_array_equal(turned[:count, :lanes], rows[start : start + lanes, 9 : 9 + count].T)
    assert (turned[count:] == 7).all()
    assert (turned[:, lanes:] == 7).all()
    assert (work[:32] == 7).all()

    back = np.full_like(rows, 5)
    turn_back(work, back, start, 9, count)
    np.testing.assert_array_equal(back[start : start + lanes, 9 : 9 + count], turned[:count, :lanes].T)
    back[start : start + lanes, 9 : 9 + count] = 5
    assert (back == 5).all()
