"""The pendula's time stepping, compiled: Runge-Kutta in Nyström form and its exact discrete adjoint.

With step h, damping γ and the forces f = sin(position) @ pull + force, a step from (q, v) is

    w1 = v             a1 = f(q) - γ w1
    w2 = v + h/2 a1    a2 = f(q + h/2 v) - γ w2
    w3 = v + h/2 a2    a3 = f(q + h/2 v + h²/4 a1) - γ w3
    w4 = v + h a3      a4 = f(q + h v + h²/2 a2) - γ w4
    q' = q + h v + h²/6 (a1 + a2 + a3)     v' = v + h/6 (a1 + 2 a2 + 2 a3 + a4)

The first two forces need nothing of each other, nor do the last two: two products a step, each of two stages at once.
Two stages are left out: at rest, the second has the positions of the first, and the last force of all changes only a
velocity, which a shot does not show.

Shots are rows, in blocks. What is done element by element is done in chunks of a block, in a work space whose parts
the compiler sees not to overlap.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.physics.kernels.blas import use_one_thread
from core.physics.kernels.elementary import sincos
from core.physics.kernels.function import Gradients
from core.physics.kernels.jit import inline, jit
from core.physics.kernels.memory import empty
from core.physics.kernels.pool import over_blocks
from core.physics.kernels.springs import fill_pull, fill_pull_adjoint

STEPS = 5
PHASE_RAD = 0.5  # Ω t at the end of a shot
STAGES = 4 * STEPS - 2
_H = PHASE_RAD / STEPS

CHUNK = 128  # elements of a block that are worked on at a time
# What a chunk has of its own from stage to stage: forward q, v, a1, a2 and the force; backward the adjoints of q and v,
# g1 to g4, the sum of all g and the damping's gradient. And what all chunks share: sines, cosines and speeds w1 to w4.
_Q, _V, _A1, _A2, _E, _G1, _G2, _D, _STATE = (part * CHUNK for part in range(9))
_G3, _G4 = _A1, _A2
_SA, _SB, _CA, _CB, _W1, _W2, _W3, _W4, _WORK = (part * CHUNK for part in range(9))
_SPEEDS = _WORK - _W1


def forward(
    keep: bool, start: Tensor, coupling: Tensor, force: Tensor, stiffness: Tensor, damping: Tensor
) -> tuple[Tensor, Any]:
    """Move all shots; keep each stage's sines and cosines and, where the damping wants a gradient, the speeds."""
    use_one_thread()
    q, c, e, k, d = (
        value.detach().to(start.dtype).contiguous().numpy() for value in (start, coupling, force, stiffness, damping)
    )
    dtype, (batch, columns) = q.dtype, q.shape
    pull = empty((columns, columns), dtype)
    fill_pull(c, k, pull)
    rows, blocks = _blocks(batch)
    chunks = -(-rows * columns // CHUNK)
    stages = (STAGES * batch if keep else 0, columns)
    told = blocks * STEPS * chunks * _SPEEDS if keep and damping.requires_grad else 0
    kept = (d, pull, empty(stages, dtype), empty(stages, dtype), empty((told,), dtype))
    response = empty(q.shape, dtype)

    def work(first: int, last: int) -> None:
        two = (2 * rows, columns)
        room = empty((chunks, _STATE), dtype), empty(two, dtype), empty(two, dtype), empty(two, dtype)
        _forward(q, e, d.reshape(1), *kept[1:], response, room, first, last)

    over_blocks(work, blocks)
    return torch.from_numpy(response), kept


def backward(kept: Any, cotangent: Tensor, needed: tuple[bool, ...]) -> Gradients:
    """Transpose `forward`."""
    d, *arrays = kept
    incoming = cotangent.contiguous().numpy()
    dtype, (batch, columns) = incoming.dtype, incoming.shape
    rows, blocks = _blocks(batch)
    start = empty((batch if needed[0] else 0, columns), dtype)
    pulls = empty((blocks if needed[1] or needed[3] else 0, columns, columns), dtype)
    forces, dampings = np.empty((blocks, columns), dtype), np.empty(blocks, dtype)
    found = (start, pulls, forces, dampings)

    def work(first: int, last: int) -> None:
        shapes = ((-(-rows * columns // CHUNK), _STATE), (2 * rows, columns), (STAGES * rows, columns))
        room = tuple(empty(shape, dtype) for shape in shapes)
        _backward(incoming, d.reshape(1), *arrays, found, room, first, last)

    over_blocks(work, blocks)
    coupling, stiffness = np.empty(columns * (columns - 1) // 2, dtype), np.empty(columns, dtype)
    if needed[1] or needed[3]:
        fill_pull_adjoint(pulls.sum(0), coupling, stiffness)
    totals = (start, coupling, forces.sum(0), stiffness, np.asarray(dampings.sum()).reshape(d.shape))
    return tuple(torch.from_numpy(value) if wanted else None for value, wanted in zip(totals, needed, strict=True))


def _blocks(batch: int) -> tuple[int, int]:
    """Return the rows of a block and the number of blocks: large products are fast, two blocks serve two threads."""
    rows = min(128, max(32, (1 << (batch - 1).bit_length()) // 2))
    return rows, -(-batch // rows)


@inline
def _copy(source, start, to, at, count):  # pyright: ignore
    here, there = source[start : start + count], to[at : at + count]  # with offsets in the loop, no vectors
    for j in range(count):
        there[j] = here[j]


@inline
def _distribute(rows, state, part, size):  # pyright: ignore
    for first in range(0, size, CHUNK):
        _copy(rows, first, state[first // CHUNK], part, min(CHUNK, size - first))


@inline
def _collect(state, part, rows, size):  # pyright: ignore
    for first in range(0, size, CHUNK):
        _copy(state[first // CHUNK], part, rows, first, min(CHUNK, size - first))


@inline
def _stage(step, half):  # pyright: ignore
    """Return the place of the first of two stages: the first step's second has none."""
    return 4 * step + 2 * half - (1 if step + half > 0 else 0)


@inline
def _arrive(own, work, j, f3, f4, d, h, half, third, sixth, square):  # pyright: ignore
    """Complete the step of one element from the last two stages' products."""
    q, v, a1, a2, e = own[_Q + j], own[_V + j], own[_A1 + j], own[_A2 + j], own[_E + j]
    w3 = v + half * a2
    a3 = f3 + e - d * w3
    w4 = v + h * a3
    a4 = f4 + e - d * w4
    work[_W1 + j], work[_W2 + j], work[_W3 + j], work[_W4 + j] = v, v + half * a1, w3, w4
    return q + h * v + square * (a1 + a2 + a3), v + sixth * (a1 + a4) + third * (a2 + a3)


@jit
def _first_half(state, f, s, c, at, speeds, tell, size, d, length, work):  # pyright: ignore
    """Complete the step before, of this length; leave sines and cosines of stages 1 and 2 at `at`."""
    kind = work.dtype.type  # an untyped constant would turn float32 into float64
    h, half, third, sixth = kind(length), kind(length / 2), kind(length / 3), kind(length / 6)
    square, ahead = kind(length * length / 6), kind(_H / 2)
    for first in range(0, size, CHUNK):
        chunk, count = first // CHUNK, min(CHUNK, size - first)
        own = state[chunk]
        f3, f4 = f[first : first + count], f[size + first : size + first + count]
        for j in range(count):
            q, v = _arrive(own, work, j, f3[j], f4[j], d, h, half, third, sixth, square)
            own[_Q + j], own[_V + j] = q, v
            work[_SA + j], work[_CA + j] = sincos(q)
            work[_SB + j], work[_CB + j] = sincos(q + ahead * v)
        _copy(work, _SA, s, at + first, count)
        _copy(work, _SB, s, at + size + first, count)
        _copy(work, _CA, c, at + first, count)
        _copy(work, _CB, c, at + size + first, count)
        if tell >= 0:
            _copy(work, _W1, speeds, tell + chunk * _SPEEDS, _SPEEDS)


@jit
def _second_half(state, f, second, s, c, at, size, d, work):  # pyright: ignore
    """Leave sines and cosines of stages 3 and 4 at `at`; stage 2's product is at `second`."""
    kind = work.dtype.type
    h, half, quarter_square, half_square = kind(_H), kind(_H / 2), kind(_H * _H / 4), kind(_H * _H / 2)
    for first in range(0, size, CHUNK):
        chunk, count = first // CHUNK, min(CHUNK, size - first)
        own = state[chunk]
        f1, f2 = f[first : first + count], f[second + first : second + first + count]
        for j in range(count):
            q, v, e = own[_Q + j], own[_V + j], own[_E + j]
            a1 = f1[j] + e - d * v
            a2 = f2[j] + e - d * (v + half * a1)
            own[_A1 + j], own[_A2 + j] = a1, a2
            work[_SA + j], work[_CA + j] = sincos(q + half * v + quarter_square * a1)
            work[_SB + j], work[_CB + j] = sincos(q + h * v + half_square * a2)
        _copy(work, _SA, s, at + first, count)
        _copy(work, _CA, c, at + first, count)
        if at + size < s.size:  # stage 4 of the last step has no place
            _copy(work, _SB, s, at + size + first, count)
            _copy(work, _CB, c, at + size + first, count)


@jit
def _leave(state, f, response, speeds, tell, size, d, work):  # pyright: ignore
    """Complete the last step but for its fourth stage, which changes only velocities."""
    kind = work.dtype.type
    h, half, third, sixth, square = kind(_H), kind(_H / 2), kind(_H / 3), kind(_H / 6), kind(_H * _H / 6)
    for first in range(0, size, CHUNK):
        chunk, count = first // CHUNK, min(CHUNK, size - first)
        own = state[chunk]
        f3 = f[first : first + count]
        for j in range(count):
            own[_Q + j], _ = _arrive(own, work, j, f3[j], f3[j], d, h, half, third, sixth, square)
        _copy(own, _Q, response, first, count)
        if tell >= 0:
            _copy(work, _W1, speeds, tell + chunk * _SPEEDS, _SPEEDS)


@jit
def _forward(start, force, damping, pull, sines, cosines, speeds, response, room, first, last):  # pyright: ignore
    """Fill response (batch, pendulum) and, where they are not empty, sines, cosines and speeds."""
    columns, keep, d = len(pull), len(sines) > 0, damping[0]
    state, f, few_s, few_c = room
    chunks, most, work = len(state), len(f) // 2, np.zeros(_WORK, pull.dtype)
    for block in range(first, last):
        row, rows = block * most, min(most, len(start) - block * most)
        size, kept = rows * columns, slice(STAGES * row, STAGES * (row + rows))
        s, c = (sines[kept], cosines[kept]) if keep else (few_s[: 2 * rows], few_c[: 2 * rows])
        flat_f, flat_s, flat_c = f.reshape(-1), s.reshape(-1), c.reshape(-1)
        state[:] = 0
        for i in range(rows):
            f[i] = force
        _distribute(start[row : row + rows].reshape(-1), state, _Q, size)
        _distribute(flat_f, state, _E, size)
        flat_f[:] = 0
        for step in range(STEPS):
            tell = ((block * STEPS + step - 1) * chunks * _SPEEDS) if len(speeds) > 0 and step > 0 else -1
            at = _stage(step, 0) * size if keep else 0
            length = _H if step > 0 else 0.0  # nothing is to be completed before the first step
            _first_half(state, flat_f, flat_s, flat_c, at, speeds, tell, size, d, length, work)
            stages = 2 * rows if step > 0 else rows
            np.dot(s[at // columns : at // columns + stages], pull, f[:stages])
            at = _stage(step, 1) * size if keep else 0
            _second_half(state, flat_f, size if step > 0 else 0, flat_s, flat_c, at, size, d, work)
            stages = 2 * rows if step < STEPS - 1 else rows
            np.dot(s[at // columns : at // columns + stages], pull, f[:stages])
        tell = ((block * STEPS + STEPS - 1) * chunks * _SPEEDS) if len(speeds) > 0 else -1
        _leave(state, flat_f, response[row : row + rows].reshape(-1), speeds, tell, size, d, work)


@jit
def _last_half_adjoint(state, y, c, at, second, g, to, size, d):  # pyright: ignore
    """Take in products y of stages 1 and 2 of the later step, cosines at `at` and `second`; leave g3 and g4 at `to`."""
    kind = state.dtype.type
    h, half, third, sixth, square = kind(_H), kind(_H / 2), kind(_H / 3), kind(_H / 6), kind(_H * _H / 6)
    for first in range(0, size, CHUNK):
        chunk, count = first // CHUNK, min(CHUNK, size - first)
        own = state[chunk]
        y1, y2 = y[first : first + count], y[size + first : size + first + count]
        c1, c2 = c[at + first : at + first + count], c[second + first : second + first + count]
        for j in range(count):
            x2 = c2[j] * y2[j]
            q, v = own[_Q + j] + c1[j] * y1[j] + x2, own[_V + j] + half * x2
            g4 = sixth * v
            own[_Q + j], own[_V + j], own[_G4 + j] = q, v, g4
            own[_G3 + j] = square * q + third * v - d * h * g4
        _copy(own, _G3, g, to + first, count)
        if to + size < g.size:
            _copy(own, _G4, g, to + size + first, count)


@jit
def _first_half_adjoint(state, y, c, at, second, g, to, speeds, tell, size, d):  # pyright: ignore
    """Take in the products y of stages 3 and 4, likewise; leave g1 and g2 at `to`, their sum for the first step."""
    kind = state.dtype.type
    h, half, third, sixth, square = kind(_H), kind(_H / 2), kind(_H / 3), kind(_H / 6), kind(_H * _H / 6)
    quarter_square, half_square = kind(_H * _H / 4), kind(_H * _H / 2)
    for first in range(0, size, CHUNK):
        chunk, count = first // CHUNK, min(CHUNK, size - first)
        own = state[chunk]
        y3, y4 = y[first : first + count], y[size + first : size + first + count]
        c3, c4 = c[at + first : at + first + count], c[second + first : second + first + count]
        for j in range(count):
            q, v, g3, g4 = own[_Q + j], own[_V + j], own[_G3 + j], own[_G4 + j]
            x3, x4 = c3[j] * y3[j], c4[j] * y4[j]
            g2 = square * q + third * v - d * half * g3 + half_square * x4
            g1 = square * q + sixth * v - d * half * g2 + quarter_square * x3
            total = g1 + g2 + g3 + g4
            own[_Q + j], own[_V + j] = q + x3 + x4, v + h * q - d * total + half * x3 + h * x4
            own[_E + j] += total
            own[_G1 + j], own[_G2 + j] = g1, g2
        if tell >= 0:
            w = speeds[tell + chunk * _SPEEDS : tell + (chunk + 1) * _SPEEDS]
            for j in range(count):
                early = own[_G1 + j] * w[_W1 - _W1 + j] + own[_G2 + j] * w[_W2 - _W1 + j]
                late = own[_G3 + j] * w[_W3 - _W1 + j] + own[_G4 + j] * w[_W4 - _W1 + j]
                own[_D + j] -= early + late
        if to > 0:
            _copy(own, _G1, g, to + first, count)
            _copy(own, _G2, g, to + size + first, count)
        else:
            there = g[first : first + count]
            for j in range(count):
                there[j] = own[_G1 + j] + own[_G2 + j]


@jit
def _backward(cotangent, damping, pull, sines, cosines, speeds, found, room, first, last):  # pyright: ignore
    """Fill the gradients: start by shot, the others by block; start and pulls where they are not empty."""
    columns, d = len(pull), damping[0]
    (start, pulls, forces, dampings), (state, y, all_g) = found, room
    chunks, most = len(state), len(y) // 2
    for block in range(first, last):
        row, rows = block * most, min(most, len(cotangent) - block * most)
        size, kept = rows * columns, slice(STAGES * row, STAGES * (row + rows))
        s, c, g = sines[kept], cosines[kept].reshape(-1), all_g[: STAGES * rows]
        flat_y, flat_g = y.reshape(-1), g.reshape(-1)
        state[:] = 0
        flat_y[:] = 0
        _distribute(cotangent[row : row + rows].reshape(-1), state, _Q, size)
        for step in range(STEPS - 1, -1, -1):
            early, late = _stage(step, 0) * size, _stage(step, 1) * size
            # What comes after the last step, and its stage 4, have no part in the positions, and no cosines: with the
            # products zero, any will do.
            final = step == STEPS - 1
            after = late if final else _stage(step + 1, 0) * size
            second, fourth = (late, late) if final else (after + size, late + size)
            _last_half_adjoint(state, flat_y, c, after, second, flat_g, late, size, d)
            stages = rows if final else 2 * rows
            np.dot(g[late // columns : late // columns + stages], pull, y[:stages])
            tell = (block * STEPS + step) * chunks * _SPEEDS if len(speeds) > 0 else -1
            _first_half_adjoint(state, flat_y, c, late, fourth, flat_g, early, speeds, tell, size, d)
            if step > 0 or len(start) > 0:
                stages = 2 * rows if step > 0 else rows
                np.dot(g[early // columns : early // columns + stages], pull, y[:stages])
        if len(start) > 0:
            outgoing = start[row : row + rows].reshape(-1)
            _collect(state, _Q, outgoing, size)
            for i in range(size):
                outgoing[i] += c[i] * flat_y[i]
        if len(pulls) > 0:
            np.dot(s.T, g, pulls[block])
        _collect(state, _E, flat_y, size)
        forces[block] = 0
        for i in range(rows):
            for j in range(columns):
                forces[block, j] += y[i, j]
        dampings[block] = 0
        if len(speeds) > 0:
            _collect(state, _D, flat_y, size)
            dampings[block] = flat_y[:size].sum()
