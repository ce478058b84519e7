"""The coupled waves compiled: symmetric splitting, extrapolated to 6th order, and its exact discrete adjoint.

Per step of length h, with t = κ h:

    linear      A -> e^{iφh} A for both fields, half of it before and half after the rest
    kick        A2 -> A2 + (i t/2) A1², before and after the rotation
    rotation    A1 -> cosh(t|A2|) A1 + (i A2/|A2|) sinh(t|A2|) A1*

The scheme is symmetric, so its error is a series in h²; three solutions in n, n + 1 and n + 2 steps remove h² and h⁴.
Blanes, Casas and Ros, Celest. Mech. Dyn. Astron. 75, 149 (1999).

A block of shots is solved together, one shot a lane. A field is a square of points (see `fft`): columns meet in time,
where the fields mix, rows in frequency, where they turn. So a step is one sweep over columns and one over rows. The
forward pass keeps both fields in time once per step (4 kB a shot and step in float32); from there the backward pass
recomputes the mixing, and, for the gradient of the phases, the transforms of what it gave.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.physics.kernels.fft import ORDER, POINTS, SIDE, TURNS, constants_of, dft16, load, store, turn
from core.physics.kernels.function import Gradients
from core.physics.kernels.jit import inline, jit, work_space
from core.physics.kernels.memory import empty
from core.physics.kernels.pool import over_blocks
from core.physics.kernels.shg_linear import (
    END,
    FIELD,
    INNER,
    LANES,
    PART,
    ROW,
    START,
    end,
    end_adjoint,
    inner,
    inner_adjoint,
    linear_factors,
    start,
    start_adjoint,
    to_lanes,
    to_rows,
)

# cosh(√y), sinh(√y)/√y: y is below 0.3, where what is left out is less than 2e-7, or 3e-8.
COSH = (1 / 2, 1 / 24, 1 / 720)
SINH = (1 / 6, 1 / 120, 1 / 5040)
# The work space is one array with offsets known to the compiler, which then sees that its parts do not overlap.
_A, _COLUMN = 0, 2 * FIELD  # both fields, or their cotangents; a column of each, in time
_PULSE = _COLUMN + 4 * PART
_OUT = _PULSE + FIELD  # the sum over the three solutions, or its cotangent
_FORWARD = _OUT + 2 * FIELD
_MET = _FORWARD  # backward: the fields that the linear step met
_BEFORE = _MET + 2 * FIELD  # a column of each as it was before
_GRADIENT = _BEFORE + 4 * PART
_KAPPA = _GRADIENT + FIELD
_PHASES = _KAPPA + PART
_BACKWARD = _PHASES + 2 * POINTS * LANES


def forward(steps: int, keep: bool, pulse: Tensor, nonlinearity: Tensor, phases: Tensor) -> tuple[Tensor, Any]:
    """Solve for all shots; keep both fields in time before each mixing (block, step, column, 4 parts)."""
    rows = _rows_of(pulse.detach())
    kappa = rows.dtype.type(nonlinearity.detach())
    factors = linear_factors(steps, phases.detach().numpy(), rows.dtype)
    turns = TURNS.ravel().astype(rows.dtype)
    blocks = -(-len(rows) // LANES)
    out = empty((len(rows), 4 * POINTS), rows.dtype)
    kept = empty((blocks, 3 * steps + 3, SIDE if keep else 0, 4 * PART), rows.dtype)
    over_blocks(lambda first, last: _forward(rows, steps, kappa, factors, turns, out, kept, first, last), blocks)
    return _complex(out, 2), (steps, rows, kappa, factors, kept)


def backward(state: Any, cotangent: Tensor, needed: tuple[bool, ...]) -> Gradients:
    """Transpose `forward`."""
    steps, rows, kappa, factors, kept = state
    incoming = _rows_of(cotangent)
    turns = TURNS.ravel().astype(rows.dtype)
    gradient = empty(rows.shape, rows.dtype)
    scalar = np.empty((len(kept), PART), rows.dtype)
    phase = np.zeros((len(kept) if needed[2] else 0, 2 * POINTS), rows.dtype)
    reverse = factors * np.repeat(np.array([1, -1], rows.dtype), POINTS)
    over_blocks(
        lambda first, last: _backward(
            rows, steps, kappa, reverse, turns, kept, incoming, gradient, scalar, phase, first, last
        ),
        len(kept),
    )
    phases = np.empty((2, POINTS), rows.dtype)
    phases[:, ORDER] = phase.sum(0).reshape(2, POINTS)
    return _complex(gradient, 1)[:, 0], torch.tensor(scalar.sum()), torch.from_numpy(phases)


def _rows_of(values: Tensor) -> NDArray[Any]:
    """Return complex values as real rows, one a shot."""
    return torch.view_as_real(values.resolve_conj().contiguous()).flatten(1).numpy()


def _complex(rows: NDArray[Any], fields: int) -> Tensor:
    return torch.view_as_complex(torch.from_numpy(rows).view(len(rows), fields, POINTS, 2))


@inline
def _column_to_time(work, column, c, s, constants):  # pyright: ignore
    for field in range(2):
        at, to = field * FIELD + column * LANES, _COLUMN + 2 * field * PART
        for j in range(LANES):
            x, y = load(work, at + j, ROW), load(work, at + PART + j, ROW)
            y, x = turn(y, x, c, s)
            y, x = dft16(y, x, constants)
            store(work, to + j, LANES, x)
            store(work, to + PART + j, LANES, y)


@inline
def _column_to_frequency(work, start, column, c, s, constants):  # pyright: ignore
    for field in range(2):
        at, to = _COLUMN + 2 * field * PART, start + field * FIELD + column * LANES
        for j in range(LANES):
            x, y = load(work, at + j, LANES), load(work, at + PART + j, LANES)
            x, y = dft16(x, y, constants)
            x, y = turn(x, y, c, s)
            store(work, to + j, ROW, x)
            store(work, to + PART + j, ROW, y)


@jit
def _mix_columns(work, t, turns, kept):  # pyright: ignore
    """Let the fields mix in time; keep (column, 4 parts), unless it is empty, what they were before."""
    constants = constants_of(work.dtype.type)
    for column in range(SIDE):
        c, s = load(turns, column * SIDE, 1), load(turns, POINTS + column * SIDE, 1)
        _column_to_time(work, column, c, s, constants)
        if len(kept) > 0:
            before = kept[column]
            for j in range(4 * PART):
                before[j] = work[_COLUMN + j]
        _mix(work, t)
        _column_to_frequency(work, _A, column, c, s, constants)


@jit
def _mix_columns_adjoint(work, t, h, turns, kept):  # pyright: ignore
    """Take the fields' cotangents back through `_mix_columns`."""
    constants = constants_of(work.dtype.type)
    for column in range(SIDE):
        c, s = load(turns, column * SIDE, 1), load(turns, POINTS + column * SIDE, 1)
        _column_to_time(work, column, c, s, constants)
        _mix_adjoint(work, kept[column], t, h)
        _column_to_frequency(work, _A, column, c, s, constants)


@jit
def _mix_again(work, t, turns, kept):  # pyright: ignore
    """Compute again the fields that followed a mixing, up to the transform of rows."""
    constants = constants_of(work.dtype.type)
    for column in range(SIDE):
        before = kept[column]
        for j in range(4 * PART):
            work[_COLUMN + j] = before[j]
        _mix(work, t)
        c, s = load(turns, column * SIDE, 1), load(turns, POINTS + column * SIDE, 1)
        _column_to_frequency(work, _MET, column, c, s, constants)


@inline
def _series(t, kind):  # pyright: ignore
    """Return c and s of cosh(t|A2|) = 1 + t y (c1 + c2 y + ...), sinh(t|A2|)/|A2| = t + t y (s1 + ...), y = |A2|²."""
    y = t * t
    c1, c2, c3 = kind(COSH[0]) * t, kind(COSH[1]) * t * y, kind(COSH[2]) * t * y * y
    return c1, c2, c3, kind(SINH[0]) * y, kind(SINH[1]) * y * y, kind(SINH[2]) * y * y * y


@inline
def _mix(work, t):  # pyright: ignore
    """Kick, rotate and kick the column at hand."""
    one, half = work.dtype.type(1), work.dtype.type(0.5) * t
    c1, c2, c3, s1, s2, s3 = _series(t, work.dtype.type)
    for j in range(PART):
        ar, ai = work[_COLUMN + j], work[_COLUMN + PART + j]
        br = work[_COLUMN + 2 * PART + j] - t * (ar * ai)
        bi = work[_COLUMN + 3 * PART + j] + half * ((ar - ai) * (ar + ai))
        y = br * br + bi * bi
        ty = t * y
        cosh, sinh = one + ty * (c1 + y * (c2 + y * c3)), t + ty * (s1 + y * (s2 + y * s3))
        ur, ui = sinh * br, sinh * bi
        pr, pi = (cosh - ui) * ar + ur * ai, (cosh + ui) * ai + ur * ar
        work[_COLUMN + j] = pr
        work[_COLUMN + PART + j] = pi
        work[_COLUMN + 2 * PART + j] = br - t * (pr * pi)
        work[_COLUMN + 3 * PART + j] = bi + half * ((pr - pi) * (pr + pi))


@inline
def _mix_adjoint(work, before, t, h):  # pyright: ignore
    """Take the column's cotangents back through `_mix`, which took `before` (4, point, lane).

    A kick is analytic: its adjoint multiplies with the conjugate slope. The rotation is a real symmetric matrix of
    (Re A1, Im A1).
    """
    one, two, three, half = work.dtype.type(1), work.dtype.type(2), work.dtype.type(3), work.dtype.type(0.5)
    c1, c2, c3, s1, s2, s3 = _series(t, work.dtype.type)
    for j in range(4 * PART):
        work[_BEFORE + j] = before[j]
    for j in range(PART):
        ar, ai = work[_BEFORE + j], work[_BEFORE + PART + j]
        er, ei = half * ((ar - ai) * (ar + ai)), ar * ai
        br, bi = work[_BEFORE + 2 * PART + j] - t * ei, work[_BEFORE + 3 * PART + j] + t * er
        y = br * br + bi * bi
        over = one + y * (s1 + y * (s2 + y * s3))
        cosh, sinh = one + t * y * (c1 + y * (c2 + y * c3)), t * over
        ur, ui = sinh * br, sinh * bi
        less, more = cosh - ui, cosh + ui
        pr, pi = less * ar + ur * ai, more * ai + ur * ar
        gr, gi = work[_COLUMN + j], work[_COLUMN + PART + j]
        hr, hi = work[_COLUMN + 2 * PART + j], work[_COLUMN + 3 * PART + j]
        by_t = hi * (half * ((pr - pi) * (pr + pi))) - hr * (pr * pi)
        gr, gi = gr + t * (hi * pr - hr * pi), gi - t * (hr * pr + hi * pi)
        vr, vi = ar * gi + ai * gr, ai * gi - ar * gr  # the cotangent of sinh A2/|A2|
        along = vr * br + vi * bi
        by_y = (c1 + y * (two * c2 + y * (three * c3))) * (ar * gr + ai * gi)
        by_y = two * (by_y + (s1 + y * (two * s2 + y * (three * s3))) * along)
        hr, hi = hr + sinh * vr + t * by_y * br, hi + sinh * vi + t * by_y * bi
        by_t = by_t + along * over + y * by_y + hi * er - hr * ei
        work[_COLUMN + j] = less * gr + ur * gi + t * (hi * ar - hr * ai)
        work[_COLUMN + PART + j] = more * gi + ur * gr - t * (hr * ar + hi * ai)
        work[_COLUMN + 2 * PART + j] = hr
        work[_COLUMN + 3 * PART + j] = hi
        work[_KAPPA + j] += h * by_t


@inline
def _two_fields(work, start):  # pyright: ignore
    return work[start : start + FIELD], work[start + FIELD : start + 2 * FIELD]


@jit
def _forward(rows, steps, kappa, factors, turns, out, kept, first, last):  # pyright: ignore
    """Fill out (batch, 4 points) and, unless it is empty, kept (block, step, column, 4 parts)."""
    kind = rows.dtype.type
    work = work_space(_FORWARD, rows.dtype)
    (a, b), (out_a, out_b) = _two_fields(work, _A), _two_fields(work, _OUT)
    for block in range(first, last):
        to_lanes(rows, block * LANES, 0, work[_PULSE:_OUT])
        work[_OUT:_FORWARD] = 0
        done = 0
        for chain in range(3):
            count = steps + chain
            for j in range(FIELD):
                work[_A + j] = work[_PULSE + j]
            b[:] = 0
            start(a, factors[chain, START, 0])
            for step in range(count):
                if step > 0:
                    inner(a, factors[chain, INNER, 0])
                    inner(b, factors[chain, INNER, 1])
                _mix_columns(work, kappa / kind(count), turns, kept[block, done])
                done += 1
            end(a, factors[chain, END, 0], out_a)
            end(b, factors[chain, END, 1], out_b)
        to_rows(out_a, out, block * LANES, 0)
        to_rows(out_b, out, block * LANES, 2 * POINTS)


@jit
def _backward(rows, steps, kappa, factors, turns, kept, cotangent, gradient, scalar, phase, first, last):  # pyright: ignore
    """Fill gradient (batch, 2 points), scalar (block, part) and, unless it is empty, phase (block, 2 points)."""
    kind = rows.dtype.type
    phased = len(phase) > 0
    work = work_space(_BACKWARD, rows.dtype)
    (a, b), (out_a, out_b), (met_a, met_b) = _two_fields(work, _A), _two_fields(work, _OUT), _two_fields(work, _MET)
    pulse, total, points = work[_PULSE:_OUT], work[_GRADIENT:_KAPPA], POINTS * LANES if phased else 0
    phase_a, phase_b = work[_PHASES : _PHASES + points], work[_PHASES + POINTS * LANES :][:points]
    for block in range(first, last):
        to_lanes(rows, block * LANES, 0, pulse)
        to_lanes(cotangent, block * LANES, 0, out_a)
        to_lanes(cotangent, block * LANES, 2 * POINTS, out_b)
        work[_GRADIENT:_BACKWARD] = 0
        done = kept.shape[1]
        for chain in range(2, -1, -1):
            count = steps + chain
            h = kind(1) / kind(count)
            half = kind(0.5) * h
            for step in range(count, 0, -1):
                done -= 1
                if phased:
                    _mix_again(work, kappa * h, turns, kept[block, done])
                if step == count:
                    end_adjoint(a, factors[chain, END, 0], met_a, half, phase_a, out_a)
                    end_adjoint(b, factors[chain, END, 1], met_b, half, phase_b, out_b)
                else:
                    inner_adjoint(a, factors[chain, INNER, 0], met_a, h, phase_a)
                    inner_adjoint(b, factors[chain, INNER, 1], met_b, h, phase_b)
                _mix_columns_adjoint(work, kappa * h, h, turns, kept[block, done])
            start_adjoint(a, factors[chain, START, 0], pulse, half, phase_a, total)
        to_rows(total, gradient, block * LANES, 0)
        for j in range(PART):
            scalar[block, j] = work[_KAPPA + j]
        for k in range(len(phase[0]) if phased else 0):
            for j in range(LANES):
                phase[block, k] += work[_PHASES + k * LANES + j]
