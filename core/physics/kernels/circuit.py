"""The circuit's time stepping, compiled: Runge-Kutta of 4th order and its exact discrete adjoint.

The state is (i, v), the current in volts (i times an impedance). Per sub-step of length h, all coefficients times h:

    i' = a_u u - a_r i - a_v v,   v' = c_i i - c_g v - c_k m²,   m = max(v - v_th, 0)

A block of shots is stepped together, one shot a lane. The forward pass keeps the state once per sample; the backward
pass recomputes the sub-steps between.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.physics.kernels.function import Gradients
from core.physics.kernels.jit import inline, jit, work_space
from core.physics.kernels.lanes import SIDE, to_lanes, to_rows
from core.physics.kernels.memory import empty
from core.physics.kernels.pool import over_blocks

SUB_STEPS = 2
COEFFICIENTS = 7  # a_u, a_r, a_v, c_i, c_g, c_k, v_th
# Unsigned, since numba guards every index that might be negative, and a guard turns a vector load into a gather.
ONE, LANES = np.uintp(1), np.uintp(32)
PAIR = LANES + LANES  # i and v
TILE = np.uintp(SIDE)  # samples that are turned from rows of shots into lanes at a time: a cache line of float32
# The work space is one array with offsets known to the compiler, which then sees that its parts do not overlap.
_I, _V = np.uintp(0), LANES  # the state, or its adjoint
_U = _V + LANES  # a tile of the drive
_OUT = _U + TILE * LANES  # a tile of the response, or of the drive's gradient
_W = _OUT + TILE * LANES  # a tile of the cotangent
_TOTAL = _W + TILE * LANES  # the coefficients' gradients
_TOTAL_0, _TOTAL_1, _TOTAL_2, _TOTAL_3, _TOTAL_4, _TOTAL_5, _TOTAL_6 = (
    _TOTAL + np.uintp(k) * LANES for k in range(COEFFICIENTS)
)
# One sample, copied here, where the compiler sees that nothing overlaps:
_NOW_I = _TOTAL + np.uintp(COEFFICIENTS) * LANES  # the state before it,
_NOW_V, _NOW_U, _NOW_G = (_NOW_I + np.uintp(k) * LANES for k in range(1, 4))  # drive and the drive's gradient
_END = _NOW_G + LANES


def forward(keep: bool, voltage: Tensor, factors: Tensor) -> tuple[Tensor, Any]:
    """Step all shots; keep drive, coefficients and states (block, sample, 2 lanes)."""
    drive, values = voltage.detach().contiguous().numpy(), factors.detach().to(voltage.dtype).numpy()
    blocks = -(-drive.shape[0] // int(LANES))
    response = empty(drive.shape, drive.dtype)
    states = empty((blocks, drive.shape[1] if keep else 0, int(PAIR)), drive.dtype)
    over_blocks(lambda first, last: _forward(drive, values, response, states, first, last), blocks)
    return torch.from_numpy(response), (drive, values, states)


def backward(kept: Any, cotangent: Tensor, needed: tuple[bool, ...]) -> Gradients:
    """Transpose `forward`."""
    drive, values, states = kept
    incoming = cotangent.contiguous().numpy()
    gradient = empty(drive.shape, drive.dtype)
    blocks = states.shape[0]
    total = np.empty((blocks, COEFFICIENTS * int(LANES)), drive.dtype)
    over_blocks(lambda first, last: _backward(drive, values, states, incoming, gradient, total, first, last), blocks)
    return torch.from_numpy(gradient), torch.from_numpy(total.reshape(blocks, COEFFICIENTS, -1).sum((0, 2)))


@inline
def _slope(i, v, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero):  # pyright: ignore
    over = v - v_th
    m = over if over > zero else zero
    return a_u * u - a_r * i - a_v * v, c_i * i - c_g * v - c_k * m * m, m


@inline
def _stages(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero):  # pyright: ignore
    """Return the states and excess voltages of the four stages, and the state after the sub-step."""
    k1i, k1v, m1 = _slope(i, v, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero)
    i2, v2 = i + half * k1i, v + half * k1v
    k2i, k2v, m2 = _slope(i2, v2, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero)
    i3, v3 = i + half * k2i, v + half * k2v
    k3i, k3v, m3 = _slope(i3, v3, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero)
    i4, v4 = i + k3i, v + k3v
    k4i, k4v, m4 = _slope(i4, v4, u, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero)
    after = i + sixth * (k1i + k4i) + third * (k2i + k3i), v + sixth * (k1v + k4v) + third * (k2v + k3v)
    return (i, i2, i3, i4), (v, v2, v3, v4), (m1, m2, m3, m4), after


@inline
def _step(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero):  # pyright: ignore
    return _stages(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero)[3]


@jit
def _forward(drive, coefficients, response, states, first, last):  # pyright: ignore
    """Fill response (batch, sample) and, unless it is empty, states (block, sample, 2 lanes): those before a sample."""
    a_u, a_r, a_v, c_i, c_g, c_k, v_th = coefficients
    kind = drive.dtype.type  # an untyped constant would turn float32 into float64
    half, third, sixth, zero = kind(1 / 2), kind(1 / 3), kind(1 / 6), kind(0)
    samples, keep = np.uintp(drive.shape[1]), states.shape[1] > 0
    work = work_space(_W, drive.dtype)
    for block in range(np.uintp(first), np.uintp(last)):
        work[:] = 0
        for t in range(np.uintp(0), samples, TILE):
            count = min(TILE, samples - t)
            to_lanes(drive, block * LANES, t, count, work, _U, LANES)
            for k in range(count):
                if keep:
                    for j in range(PAIR):
                        states[block, t + k, j] = work[j]
                for j in range(LANES):
                    i, v, u = work[_I + j], work[_V + j], work[_U + k * LANES + j]
                    i, v = _step(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero)
                    i, v = _step(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero)
                    work[_I + j] = i
                    work[_V + j] = v
                    work[_OUT + k * LANES + j] = v
            to_rows(work, _OUT, response, block * LANES, t, count, LANES)


@inline
def _pull(gi, gv, m, a_r, a_v, c_i, c_g, c_k):  # pyright: ignore
    return c_i * gv - a_r * gi, -a_v * gi - (c_g + (c_k + c_k) * m) * gv


@inline
def _step_adjoint(stages, u, gi, gv, work, j, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k):  # pyright: ignore
    (i, i2, i3, i4), (v, v2, v3, v4), (m1, m2, m3, m4), _ = stages
    g4i, g4v = sixth * gi, sixth * gv
    x4i, x4v = _pull(g4i, g4v, m4, a_r, a_v, c_i, c_g, c_k)
    g3i, g3v = third * gi + x4i, third * gv + x4v
    x3i, x3v = _pull(g3i, g3v, m3, a_r, a_v, c_i, c_g, c_k)
    g2i, g2v = third * gi + half * x3i, third * gv + half * x3v
    x2i, x2v = _pull(g2i, g2v, m2, a_r, a_v, c_i, c_g, c_k)
    g1i, g1v = sixth * gi + half * x2i, sixth * gv + half * x2v
    x1i, x1v = _pull(g1i, g1v, m1, a_r, a_v, c_i, c_g, c_k)
    sum_i = g1i + g2i + g3i + g4i
    work[_TOTAL_0 + j] += u * sum_i
    work[_TOTAL_1 + j] -= i * g1i + i2 * g2i + i3 * g3i + i4 * g4i
    work[_TOTAL_2 + j] -= v * g1i + v2 * g2i + v3 * g3i + v4 * g4i
    work[_TOTAL_3 + j] += i * g1v + i2 * g2v + i3 * g3v + i4 * g4v
    work[_TOTAL_4 + j] -= v * g1v + v2 * g2v + v3 * g3v + v4 * g4v
    work[_TOTAL_5 + j] -= m1 * m1 * g1v + m2 * m2 * g2v + m3 * m3 * g3v + m4 * m4 * g4v
    work[_TOTAL_6 + j] += (c_k + c_k) * (m1 * g1v + m2 * g2v + m3 * g3v + m4 * g4v)
    return gi + x1i + x2i + x3i + x4i, gv + x1v + x2v + x3v + x4v, a_u * sum_i


@jit
def _backward(drive, coefficients, states, cotangent, gradient, totals, first, last):  # pyright: ignore
    """Fill gradient (batch, sample) and totals (block, 7 lanes) from the cotangent of v (batch, sample)."""
    a_u, a_r, a_v, c_i, c_g, c_k, v_th = coefficients
    kind = drive.dtype.type
    half, third, sixth, zero = kind(1 / 2), kind(1 / 3), kind(1 / 6), kind(0)
    samples = np.uintp(drive.shape[1])
    tiles = (samples + TILE - ONE) // TILE
    work = work_space(_END, drive.dtype)
    for block in range(np.uintp(first), np.uintp(last)):
        work[:] = 0
        for tile in range(ONE, tiles + ONE):
            t = (tiles - tile) * TILE
            count = min(TILE, samples - t)
            to_lanes(drive, block * LANES, t, count, work, _U, LANES)
            to_lanes(cotangent, block * LANES, t, count, work, _W, LANES)
            for back in range(ONE, count + ONE):
                k = count - back
                for j in range(LANES):
                    work[_NOW_I + j] = states[block, t + k, j]
                    work[_NOW_V + j] = states[block, t + k, LANES + j]
                    work[_NOW_U + j] = work[_U + k * LANES + j]
                    work[_V + j] += work[_W + k * LANES + j]
                for j in range(LANES):
                    i, v, u = work[_NOW_I + j], work[_NOW_V + j], work[_NOW_U + j]
                    gi, gv = work[_I + j], work[_V + j]
                    early = _stages(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero)
                    i, v = early[3]
                    late = _stages(i, v, u, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k, v_th, zero)
                    gi, gv, by_u = _step_adjoint(
                        late, u, gi, gv, work, j, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k
                    )
                    gi, gv, by_u_too = _step_adjoint(
                        early, u, gi, gv, work, j, half, third, sixth, a_u, a_r, a_v, c_i, c_g, c_k
                    )
                    work[_I + j] = gi
                    work[_V + j] = gv
                    work[_NOW_G + j] = by_u + by_u_too
                for j in range(LANES):
                    work[_OUT + k * LANES + j] = work[_NOW_G + j]
            to_rows(work, _OUT, gradient, block * LANES, t, count, LANES)
        for j in range(_NOW_I - _TOTAL):
            totals[block, j] = work[_TOTAL + j]
