"""Linear steps of the coupled waves, a field in the lanes: from frequency to time, through both, and back; adjoints.

A field is a square of points (see `fft`), its rows apart by ROW in a flat array; a row, or a column, is the real parts
of its points, then the imaginary ones. Rows are transformed here, columns where the fields mix. An adjoint is the same
with conjugate factors, and gathers the gradient of the phases unless its array is empty.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.physics.kernels.fft import ORDER, POINTS, SIDE, constants_of, dft16, inline, load, store, turn
from core.physics.kernels.jit import jit

LANES = 16
PART = SIDE * LANES  # the real, or the imaginary, parts of a row or a column
ROW = 2 * PART + 32  # an odd number of cache lines: rows a power of two apart would share their places in the cache
FIELD = SIDE * ROW
START, INNER, END = 0, 1, 2  # which of a solution's linear steps


@cache
def chains(steps: int) -> tuple[tuple[int, float], ...]:
    """Return the three numbers of steps, and the weights of their solutions in the extrapolation."""
    counts = (steps, steps + 1, steps + 2)
    squares = [count * count for count in counts]
    return tuple(
        (count, float(np.prod([own / (own - other) for other in squares if other != own])))
        for count, own in zip(counts, squares, strict=True)
    )


def linear_factors(steps: int, phases: NDArray[Any], kind: Any) -> NDArray[Any]:
    """Return what fields are multiplied with, cos and -sin (solution, linear step, field, 2, position).

    They carry the inverse transform's 1/points and, at the end, the solution's weight.
    """
    counts, weights = np.array(chains(steps)).T[:, :, None, None]
    angle = 0.5 / counts * phases[:, ORDER]
    c, s = np.cos(angle), -np.sin(angle)
    factors = np.empty((3, 3, 2, 2, POINTS), kind)
    factors[:, START, :, 0], factors[:, START, :, 1] = c / POINTS, s / POINTS
    factors[:, INNER, :, 0], factors[:, INNER, :, 1] = (c * c - s * s) / POINTS, 2 * c * s / POINTS
    factors[:, END, :, 0], factors[:, END, :, 1] = weights * c, weights * s
    return factors.reshape(3, 3, 2, 2 * POINTS)


@inline
def _row(field, number):  # pyright: ignore
    return field[number * ROW : number * ROW + 2 * PART]


@inline
def _row_to_frequency(row):  # pyright: ignore
    constants = constants_of(row.dtype.type)
    for j in range(LANES):
        x, y = load(row, j, LANES), load(row, PART + j, LANES)
        x, y = dft16(x, y, constants)
        store(row, j, LANES, x)
        store(row, PART + j, LANES, y)


@inline
def _row_to_time(row, factors, number):  # pyright: ignore
    """Turn a row by its factors on the way."""
    constants = constants_of(row.dtype.type)
    c, s = load(factors, number * SIDE, 1), load(factors, POINTS + number * SIDE, 1)
    for j in range(LANES):
        x, y = load(row, j, LANES), load(row, PART + j, LANES)
        x, y = turn(x, y, c, s)
        y, x = dft16(y, x, constants)
        store(row, j, LANES, x)
        store(row, PART + j, LANES, y)


@inline
def _add_turned(row, factors, number, total):  # pyright: ignore
    for k in range(SIDE):
        c, s = factors[number * SIDE + k], factors[POINTS + number * SIDE + k]
        at = k * LANES
        for j in range(LANES):
            x, y = row[at + j], row[at + PART + j]
            total[at + j] += x * c + y * s
            total[at + PART + j] += y * c - x * s


@inline
def _add_phases(cotangent, row, factors, number, h, phases):  # pyright: ignore
    """Add the gradient of a row's phases in a linear step of length h that met it and sent back `cotangent`."""
    for k in range(SIDE):
        c, s = h * factors[number * SIDE + k], h * factors[POINTS + number * SIDE + k]
        at = k * LANES
        for j in range(LANES):
            x, y = cotangent[at + j], cotangent[at + PART + j]
            phases[at + j] += (y * c - x * s) * row[at + j] - (x * c + y * s) * row[at + PART + j]


@jit
def start(field, factors):  # pyright: ignore
    """Take the first half of a linear step, from frequency."""
    for number in range(SIDE):
        _row_to_time(_row(field, number), factors, number)


@jit
def inner(field, factors):  # pyright: ignore
    """Take a linear step."""
    for number in range(SIDE):
        row = _row(field, number)
        _row_to_frequency(row)
        _row_to_time(row, factors, number)


@jit
def end(field, factors, total):  # pyright: ignore
    """Take the last half of a linear step, and add the solution to the total, in frequency."""
    for number in range(SIDE):
        row = _row(field, number)
        _row_to_frequency(row)
        _add_turned(row, factors, number, _row(total, number))


@jit
def start_adjoint(field, factors, pulse, h, phases, total):  # pyright: ignore
    for number in range(SIDE):
        row = _row(field, number)
        _row_to_frequency(row)
        if len(phases) > 0:
            _add_phases(row, _row(pulse, number), factors, number, h, phases[number * PART : (number + 1) * PART])
        _add_turned(row, factors, number, _row(total, number))


@jit
def inner_adjoint(field, factors, met, h, phases):  # pyright: ignore
    for number in range(SIDE):
        row, meeting = _row(field, number), _row(met, number)
        _row_to_frequency(row)
        if len(phases) > 0:
            _row_to_frequency(meeting)
            _add_phases(row, meeting, factors, number, h, phases[number * PART : (number + 1) * PART])
        _row_to_time(row, factors, number)


@jit
def end_adjoint(field, factors, met, h, phases, cotangent):  # pyright: ignore
    for number in range(SIDE):
        row, meeting, incoming = _row(field, number), _row(met, number), _row(cotangent, number)
        for j in range(2 * PART):
            row[j] = incoming[j]
        if len(phases) > 0:
            _row_to_frequency(meeting)
            _add_phases(row, meeting, factors, number, h, phases[number * PART : (number + 1) * PART])
        _row_to_time(row, factors, number)


@jit
def to_lanes(rows, first, column, field):  # pyright: ignore
    """Turn a block's shots into lanes; lanes without a shot are dark."""
    shots = min(LANES, len(rows) - first)
    if shots < LANES:
        field[:] = 0
    for row in range(SIDE):
        at, of = row * ROW, column + 2 * row
        for shot in range(shots):
            for k in range(SIDE):
                field[at + k * LANES + shot] = rows[first + shot, of + 2 * SIDE * k]
                field[at + PART + k * LANES + shot] = rows[first + shot, of + 2 * SIDE * k + 1]


@jit
def to_rows(field, rows, first, column):  # pyright: ignore
    for row in range(SIDE):
        at, of = row * ROW, column + 2 * row
        for shot in range(min(LANES, len(rows) - first)):
            for k in range(SIDE):
                rows[first + shot, of + 2 * SIDE * k] = field[at + k * LANES + shot]
                rows[first + shot, of + 2 * SIDE * k + 1] = field[at + PART + k * LANES + shot]
