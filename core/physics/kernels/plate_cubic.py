"""The hardening plate's time stepping, compiled: Strang splitting and its exact discrete adjoint.

Per mode the state is (x, y), deflection and velocity in units of the force (`core.physics.plate_cubic`). Per sample:

    s = x - f,   x += d s + a y,   y += e y - a s,   then the kick y -= k x³

and the microphone hears wx x + wy y + w3 x³ with the y before the kick, plus the force itself times -Σ wx. A block of
shots is stepped together, one shot a lane, four modes at a time. The forward pass keeps the states of every 64th
sample; the backward pass recomputes those between.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.physics.kernels.function import Gradients
from core.physics.kernels.jit import inline, jit
from core.physics.kernels.lanes import to_lanes, to_rows
from core.physics.kernels.memory import empty
from core.physics.kernels.pool import over_blocks

COEFFICIENTS = 7  # d, a, e, k, wx, wy, w3
LANES = 16
SHOTS = np.uintp(LANES)  # indices of `lanes` are unsigned
MODES = 4  # stepped together: their chains of dependent operations overlap, and the sum of the modes is stored once
TILE = 64  # samples between two kept states: the states between, of four modes, just fit the first-level cache
# The work space is one array with offsets known to the compiler, which then sees that its parts do not overlap.
_F, _OUT, _NOW = 0, TILE * LANES, 2 * TILE * LANES  # force and microphone of a tile, states of four modes
_FORWARD = _NOW + 2 * MODES * LANES
_W, _G = _OUT, _FORWARD  # backward: cotangent of a tile, gradient of its force
_ADJOINT = _G + TILE * LANES  # the adjoint state of a mode, and its sums
_SUM = _ADJOINT + 2 * LANES
_PATH = _SUM + COEFFICIENTS * LANES  # the states of four modes before every sample of a tile, and after it
_ROW = 2 * MODES * LANES
_BACKWARD = _PATH + (TILE + 1) * _ROW


def forward(keep: bool, force: Tensor, coefficients: Tensor) -> tuple[Tensor, Any]:
    """Step all shots; keep force, coefficients and every 64th state (block, tile, four modes, 8 lanes)."""
    rows, factors = force.detach().contiguous().numpy(), _padded(coefficients, force.dtype)
    blocks, tiles = -(-rows.shape[0] // LANES), -(-rows.shape[1] // TILE)
    heard = empty(rows.shape, rows.dtype)
    states = empty((blocks, tiles if keep else 0, len(factors) // MODES, _ROW), rows.dtype)
    over_blocks(lambda first, last: _forward(rows, factors, heard, states, first, last), blocks)
    return torch.from_numpy(heard), (rows, factors, states, coefficients.shape[1])


def backward(kept: Any, cotangent: Tensor, needed: tuple[bool, ...]) -> Gradients:
    """Transpose `forward`."""
    rows, factors, states, modes = kept
    incoming = cotangent.contiguous().numpy()
    gradient = empty(rows.shape, rows.dtype)
    total = np.zeros((states.shape[0], len(factors), COEFFICIENTS * LANES))
    direct = np.zeros((states.shape[0], LANES))
    over_blocks(
        lambda first, last: _backward(rows, factors, states, incoming, gradient, total, direct, first, last),
        states.shape[0],
    )
    sums = total.reshape(-1, len(factors), COEFFICIENTS, LANES).sum((0, 3)).T
    sums[4] -= direct.sum()
    return torch.from_numpy(gradient), torch.from_numpy(sums[:, :modes])


def _padded(coefficients: Tensor, dtype: torch.dtype) -> Any:
    """Return the coefficients (mode, 7), filled up with modes at rest to a multiple of four."""
    factors = coefficients.detach().to(dtype).T
    return torch.nn.functional.pad(factors, (0, 0, 0, -factors.shape[0] % MODES)).contiguous().numpy()


@inline
def _mode(coefficients, n):  # pyright: ignore
    c = coefficients[n]
    return c[0], c[1], c[2], c[3], c[4], c[5], c[6]


@inline
def _step(x, y, f, mode):  # pyright: ignore
    """Return deflection, velocity after the kick, and what is heard before it."""
    d, a, e, k, p, q, r = mode
    s = x - f
    moved = x + a * y + d * s
    before = y + e * y - a * s
    cube = moved * moved * moved
    return moved, before - k * cube, p * moved + q * before + r * cube


@inline
def _step_four(work, now, then, j, f, first, second, third, fourth):  # pyright: ignore
    """Step four modes from one row of states to another; return what is heard of them."""
    x1, y1, h1 = _step(work[now + j], work[now + LANES + j], f, first)
    x2, y2, h2 = _step(work[now + 2 * LANES + j], work[now + 3 * LANES + j], f, second)
    x3, y3, h3 = _step(work[now + 4 * LANES + j], work[now + 5 * LANES + j], f, third)
    x4, y4, h4 = _step(work[now + 6 * LANES + j], work[now + 7 * LANES + j], f, fourth)
    work[then + j], work[then + LANES + j] = x1, y1
    work[then + 2 * LANES + j], work[then + 3 * LANES + j] = x2, y2
    work[then + 4 * LANES + j], work[then + 5 * LANES + j] = x3, y3
    work[then + 6 * LANES + j], work[then + 7 * LANES + j] = x4, y4
    return (h1 + h2) + (h3 + h4)


@jit
def _forward(force, coefficients, heard, states, first, last):  # pyright: ignore
    """Fill heard (batch, sample) and, unless it is empty, states (block, tile, group, 8 lanes): those before a tile."""
    samples, groups, keep = force.shape[1], states.shape[2], states.shape[1] > 0
    work = np.zeros(_FORWARD, force.dtype)
    now = np.zeros((groups, _ROW), force.dtype)
    direct = -coefficients[:, 4].sum()
    for block in range(first, last):
        work[:] = 0
        now[:] = 0
        for tile in range(-(-samples // TILE)):
            t0 = tile * TILE
            shot, count = np.uintp(block * LANES), np.uintp(min(TILE, samples - t0))
            to_lanes(force, shot, np.uintp(t0), count, work, np.uintp(_F), SHOTS)
            for j in range(TILE * LANES):
                work[_OUT + j] = direct * work[_F + j]
            for group in range(groups):
                n = group * MODES
                m1, m2 = _mode(coefficients, n), _mode(coefficients, n + 1)
                m3, m4 = _mode(coefficients, n + 2), _mode(coefficients, n + 3)
                for j in range(_ROW):
                    work[_NOW + j] = now[group, j]
                if keep:
                    for j in range(_ROW):
                        states[block, tile, group, j] = work[_NOW + j]
                for t in range(min(TILE, samples - t0)):
                    at = t * LANES  # worked out inside the loop over lanes, it would keep it from being vectorised
                    for j in range(LANES):
                        total = _step_four(work, _NOW, _NOW, j, work[_F + at + j], m1, m2, m3, m4)
                        work[_OUT + at + j] += total
                for j in range(_ROW):
                    now[group, j] = work[_NOW + j]
            to_rows(work, np.uintp(_OUT), heard, shot, np.uintp(t0), count, SHOTS)


@inline
def _pull(work, row, at, j, gx, gy, sums, mode, three):  # pyright: ignore
    """Return the adjoint state before a sample and the sums; add to the force's gradient. The state is at `row`."""
    d, a, e, k, p, q, r = mode
    to_d, to_a, to_e, to_k, to_p, to_q, to_r = sums
    f, w, x, y = work[_F + at + j], work[_W + at + j], work[row + j], work[row + LANES + j]
    moved, after = work[row + _ROW + j], work[row + _ROW + LANES + j]
    s = x - f
    square = moved * moved
    cube = square * moved
    before = after + k * cube
    g_before = gy + q * w
    g_cube = r * w - k * gy
    g_moved = gx + p * w + three * square * g_cube
    gs = d * g_moved - a * g_before
    work[_G + at + j] -= gs
    return (
        g_moved + gs,
        g_before + e * g_before + a * g_moved,
        (
            to_d + g_moved * s,
            to_a + g_moved * y - g_before * s,
            to_e + g_before * y,
            to_k - gy * cube,
            to_p + w * moved,
            to_q + w * before,
            to_r + w * cube,
        ),
    )


@inline
def _pull_four(work, row, at, j, mode, three):  # pyright: ignore
    """Take the adjoint of a mode and its sums back over four samples; rows of states begin at `row`."""
    gx, gy = work[_ADJOINT + j], work[_ADJOINT + LANES + j]
    sums = (
        work[_SUM + j],
        work[_SUM + LANES + j],
        work[_SUM + 2 * LANES + j],
        work[_SUM + 3 * LANES + j],
        work[_SUM + 4 * LANES + j],
        work[_SUM + 5 * LANES + j],
        work[_SUM + 6 * LANES + j],
    )
    gx, gy, sums = _pull(work, row + 3 * _ROW, at + 3 * LANES, j, gx, gy, sums, mode, three)
    gx, gy, sums = _pull(work, row + 2 * _ROW, at + 2 * LANES, j, gx, gy, sums, mode, three)
    gx, gy, sums = _pull(work, row + _ROW, at + LANES, j, gx, gy, sums, mode, three)
    gx, gy, sums = _pull(work, row, at, j, gx, gy, sums, mode, three)
    work[_ADJOINT + j], work[_ADJOINT + LANES + j] = gx, gy
    work[_SUM + j], work[_SUM + LANES + j], work[_SUM + 2 * LANES + j] = sums[0], sums[1], sums[2]
    work[_SUM + 3 * LANES + j], work[_SUM + 4 * LANES + j] = sums[3], sums[4]
    work[_SUM + 5 * LANES + j], work[_SUM + 6 * LANES + j] = sums[5], sums[6]


@jit
def _backward(force, coefficients, states, cotangent, gradient, totals, directs, first, last):  # pyright: ignore
    """Fill gradient (batch, sample), totals (block, mode, 7 lanes), directs (block, lane) = Σ cotangent · force."""
    samples, groups = force.shape[1], states.shape[2]
    three = force.dtype.type(3)  # an untyped constant would turn float32 into float64
    work = np.zeros(_BACKWARD, force.dtype)
    adjoint = np.zeros((groups * MODES, 2 * LANES), force.dtype)
    direct = -coefficients[:, 4].sum()
    for block in range(first, last):
        work[:] = 0
        adjoint[:] = 0
        for tile in range(states.shape[1] - 1, -1, -1):
            t0 = tile * TILE
            shot, count = np.uintp(block * LANES), np.uintp(min(TILE, samples - t0))
            to_lanes(force, shot, np.uintp(t0), count, work, np.uintp(_F), SHOTS)
            to_lanes(cotangent, shot, np.uintp(t0), count, work, np.uintp(_W), SHOTS)
            for j in range(TILE * LANES):
                work[_G + j] = direct * work[_W + j]
            for t in range(TILE):
                at = t * LANES
                for j in range(LANES):
                    directs[block, j] += work[_W + at + j] * work[_F + at + j]
            for group in range(groups):
                n = group * MODES
                m1, m2 = _mode(coefficients, n), _mode(coefficients, n + 1)
                m3, m4 = _mode(coefficients, n + 2), _mode(coefficients, n + 3)
                for j in range(_ROW):
                    work[_PATH + j] = states[block, tile, group, j]
                for t in range(TILE):
                    at, row = t * LANES, _PATH + t * _ROW
                    for j in range(LANES):
                        _step_four(work, row, row + _ROW, j, work[_F + at + j], m1, m2, m3, m4)
                for m in range(n, n + MODES):
                    mode = _mode(coefficients, m)
                    for j in range(2 * LANES):
                        work[_ADJOINT + j] = adjoint[m, j]
                    for j in range(COEFFICIENTS * LANES):
                        work[_SUM + j] = 0
                    for t in range(TILE - 4, -1, -4):
                        at, row = t * LANES, _PATH + t * _ROW + (m - n) * 2 * LANES
                        for j in range(LANES):
                            _pull_four(work, row, at, j, mode, three)
                    for j in range(2 * LANES):
                        adjoint[m, j] = work[_ADJOINT + j]
                    for j in range(COEFFICIENTS * LANES):
                        totals[block, m, j] += work[_SUM + j]
            to_rows(work, np.uintp(_G), gradient, shot, np.uintp(t0), count, SHOTS)
