"""The lanes' transform of 16 and of 256 points against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest

from core.physics.kernels.fft import ORDER, POINTS, SIDE, TURNS, constants_of, dft16, load, store, turn
from core.physics.kernels.jit import jit


@jit
def transform(x, y):
    """Transform 16 numbers x + iy, in place."""
    p, q = dft16(load(x, 0, 1), load(y, 0, 1), constants_of(x.dtype.type))
    store(x, 0, 1, p)
    store(y, 0, 1, q)


@jit
def twist(x, y, c, s):
    """Multiply 16 numbers x + iy with c - is, in place."""
    p, q = turn(load(x, 0, 1), load(y, 0, 1), load(c, 0, 1), load(s, 0, 1))
    store(x, 0, 1, p)
    store(y, 0, 1, q)


def numbers(shape: tuple[int, ...], dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.random.default_rng(1).standard_normal((2, *shape))
    return x.astype(dtype), y.astype(dtype)


@pytest.mark.parametrize(("dtype", "rounding"), [(np.float32, 1e-6), (np.float64, 1e-14)])
def test_sixteen_points_are_those_of_numpy(dtype: type, rounding: float):
    x, y = numbers((16,), dtype)
    expected = np.fft.fft(x.astype(float) + 1j * y)
    transform(x, y)
    np.testing.assert_allclose(x + 1j * y, expected, rtol=0, atol=rounding * np.abs(expected).max())


def test_with_the_parts_exchanged_it_is_the_inverse():
    x, y = numbers((16,))
    expected = 16 * np.fft.ifft(x + 1j * y)
    transform(y, x)
    np.testing.assert_allclose(x + 1j * y, expected, atol=1e-13)


def test_columns_turns_and_rows_are_a_transform_of_all_points():
    x, y = numbers((SIDE, SIDE))
    expected = np.fft.fft((x + 1j * y).ravel())
    for column in range(SIDE):
        p, q = x[:, column].copy(), y[:, column].copy()
        transform(p, q)
        twist(p, q, *TURNS[:, column])
        x[:, column], y[:, column] = p, q
    for row in range(SIDE):
        transform(x[row], y[row])
    found = np.empty(POINTS, complex)
    found[ORDER] = (x + 1j * y).ravel()
    np.testing.assert_allclose(found, expected, atol=1e-12)
