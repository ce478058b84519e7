"""The circuit's time stepping, compiled: Runge-Kutta of 4th order and its exact discrete adjoint.

The state is (i, v), the current in volts (i times an impedance). Per sub-step of length h, all coefficients times h:

    i' = a_u u - a_r i - a_v v,   v' = c_i i - c_g v - c_k m²,   m = max(v - v_th, 0)

The batch is the innermost axis, so that the compiler fills its vector lanes with shots. The forward pass keeps the
state once per sample; the backward pass recomputes the sub-steps between.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

SUB_STEPS = 2
COEFFICIENTS = 7  # a_u, a_r, a_v, c_i, c_g, c_k, v_th
_OPTIONS: dict[str, Any] = {
    "nogil": True,
    "error_model": "numpy",
    "cache": True,
    "fastmath": {"contract", "nsz", "arcp"},
}


@njit(inline="always", **_OPTIONS)
def _slope(i, v, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th):  # pyright: ignore
    m = max(v - v_th, v_th * 0)
    return a_u * u - a_r * i - a_v * v, c_i * i - c_g * v - c_k * m * m


@njit(inline="always", **_OPTIONS)
def _step(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th):  # pyright: ignore
    k1i, k1v = _slope(i, v, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th)
    k2i, k2v = _slope(i + half * k1i, v + half * k1v, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th)
    k3i, k3v = _slope(i + half * k2i, v + half * k2v, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th)
    k4i, k4v = _slope(i + k3i, v + k3v, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th)
    return i + sixth * (k1i + k4i) + third * (k2i + k3i), v + sixth * (k1v + k4v) + third * (k2v + k3v)


@njit(**_OPTIONS)
def forward(drive, coefficients, states):  # pyright: ignore
    """Fill states (sample + 1, 2, batch) from drive (sample, batch) and the 7 coefficients; states[0] is given."""
    a_u, a_r, a_v, c_i, c_g, c_k, v_th = coefficients
    one = drive.dtype.type(1)
    half, third, sixth = one / 2, one / 3, one / 6
    for t in range(drive.shape[0]):
        for j in range(drive.shape[1]):
            i, v, u = states[t, 0, j], states[t, 1, j], drive[t, j]
            i, v = _step(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th)
            i, v = _step(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th)
            states[t + 1, 0, j] = i
            states[t + 1, 1, j] = v


@njit(inline="always", **_OPTIONS)
def _pull(i, v, gi, gv, a_r, a_v, c_i, c_g, c_k, v_th):  # pyright: ignore
    m = max(v - v_th, v_th * 0)
    return c_i * gv - a_r * gi, -a_v * gi - (c_g + (c_k + c_k) * m) * gv


@njit(inline="always", **_OPTIONS)
def _step_adjoint(i, v, u, gi, gv, total, j, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th):  # pyright: ignore
    k1i, k1v = _slope(i, v, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th)
    i2, v2 = i + half * k1i, v + half * k1v
    k2i, k2v = _slope(i2, v2, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th)
    i3, v3 = i + half * k2i, v + half * k2v
    k3i, k3v = _slope(i3, v3, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th)
    i4, v4 = i + k3i, v + k3v
    g4i, g4v = sixth * gi, sixth * gv
    x4i, x4v = _pull(i4, v4, g4i, g4v, a_r, a_v, c_i, c_g, c_k, v_th)
    g3i, g3v = third * gi + x4i, third * gv + x4v
    x3i, x3v = _pull(i3, v3, g3i, g3v, a_r, a_v, c_i, c_g, c_k, v_th)
    g2i, g2v = third * gi + half * x3i, third * gv + half * x3v
    x2i, x2v = _pull(i2, v2, g2i, g2v, a_r, a_v, c_i, c_g, c_k, v_th)
    g1i, g1v = sixth * gi + half * x2i, sixth * gv + half * x2v
    x1i, x1v = _pull(i, v, g1i, g1v, a_r, a_v, c_i, c_g, c_k, v_th)
    sum_i = g1i + g2i + g3i + g4i
    zero = v_th * 0
    m1, m2, m3, m4 = max(v - v_th, zero), max(v2 - v_th, zero), max(v3 - v_th, zero), max(v4 - v_th, zero)
    total[0, j] += u * sum_i
    total[1, j] -= i * g1i + i2 * g2i + i3 * g3i + i4 * g4i
    total[2, j] -= v * g1i + v2 * g2i + v3 * g3i + v4 * g4i
    total[3, j] += i * g1v + i2 * g2v + i3 * g3v + i4 * g4v
    total[4, j] -= v * g1v + v2 * g2v + v3 * g3v + v4 * g4v
    total[5, j] -= m1 * m1 * g1v + m2 * m2 * g2v + m3 * m3 * g3v + m4 * m4 * g4v
    total[6, j] += (c_k + c_k) * (m1 * g1v + m2 * g2v + m3 * g3v + m4 * g4v)
    return gi + x1i + x2i + x3i + x4i, gv + x1v + x2v + x3v + x4v, a_u * sum_i


@njit(**_OPTIONS)
def backward(drive, coefficients, states, cotangent, drive_gradient, total, adjoint):  # pyright: ignore
    """Transpose `forward`: cotangent of v (sample, batch) in, drive_gradient (sample, batch) and total (7, batch) out.

    `adjoint` (2, batch) is work space; it and `total` enter as zeros.
    """
    a_u, a_r, a_v, c_i, c_g, c_k, v_th = coefficients
    one = drive.dtype.type(1)
    half, third, sixth = one / 2, one / 3, one / 6
    for t in range(drive.shape[0] - 1, -1, -1):
        for j in range(drive.shape[1]):
            i, v, u = states[t, 0, j], states[t, 1, j], drive[t, j]
            gi, gv = adjoint[0, j], adjoint[1, j] + cotangent[t, j]
            im, vm = _step(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th)
            gi, gv, late = _step_adjoint(
                im, vm, u, gi, gv, total, j, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th
            )
            gi, gv, early = _step_adjoint(
                i, v, u, gi, gv, total, j, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th
            )
            adjoint[0, j] = gi
            adjoint[1, j] = gv
            drive_gradient[t, j] = late + early


def work_space(samples: int, batch: int, dtype: np.dtype[Any]) -> np.ndarray:
    """Return states (sample + 1, 2, batch) at rest."""
    states = np.empty((samples + 1, 2, batch), dtype)
    states[0] = 0
    return states
