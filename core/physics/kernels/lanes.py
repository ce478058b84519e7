"""From rows of shots to lanes of shots and back: what lets every vector instruction step many shots at once.

A square of 16 shots by 16 samples is turned in registers. Number by number, turning would take a third of the time of a
whole pass: each load or store fetches a cache line for a single number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from core.physics.kernels.jit import inline

SIDE = 16
_SIDE = np.uintp(SIDE)
_INDEX = types.uintp


def _generate_turn(_typing: Any, source: Any, _at: Any, _step: Any, target: Any, _to: Any, _stride: Any) -> Any:
    """Transpose 16 × 16 numbers: rows `step` apart from source[at], to rows `stride` apart from target[to]."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def rows(array: int) -> list[Any]:
            data = context.make_array(signature.args[array])(context, builder, arguments[array]).data
            vector = ir.VectorType(data.type.pointee, SIDE).as_pointer()
            first, step = arguments[array + 1 : array + 3]
            places = [builder.add(first, builder.mul(step, step.type(row))) for row in range(SIDE)]
            return [builder.bitcast(builder.gep(data, [place]), vector) for place in places]

        width = context.get_abi_sizeof(context.get_value_type(source.dtype))
        square = [builder.load(row, align=width) for row in rows(0)]
        # Four times, rows i and i + 8 are merged like the halves of a pack of cards. Each merger moves one bit of a
        # number's place from the front (which row) to the back (where in the row); after four, rows are columns.
        for _ in range(4):
            square = [
                builder.shuffle_vector(square[row], square[row + SIDE // 2], _merger(half))
                for row in range(SIDE // 2)
                for half in range(2)
            ]
        for value, row in zip(square, rows(3), strict=True):
            builder.store(value, row, align=width)
        return context.get_dummy_value()

    return types.void(source, _INDEX, _INDEX, target, _INDEX, _INDEX), generate


_turn_square: Any = intrinsic(_generate_turn)


def _merger(half: int) -> Any:
    """Return the mask that takes the first or the second half of two rows, one number of each in turn."""
    places = [half * SIDE // 2 + place // 2 + SIDE * (place % 2) for place in range(SIDE)]
    return ir.Constant(ir.VectorType(ir.IntType(32), SIDE), places)


@inline
def to_lanes(rows, start, t, count, work, to, lanes):  # pyright: ignore
    """Turn `count` samples from t of `lanes` shots from start, one row each; lanes without a shot are left alone.

    rows (batch, sample) is contiguous. All indices are unsigned; `lanes` is a constant, a multiple of 16.
    """
    shots, width = min(lanes, np.uintp(rows.shape[0]) - start), np.uintp(rows.shape[1])
    turned = np.uintp(0)
    if shots == lanes:
        turned = count - count % _SIDE
        for k in range(np.uintp(0), turned, _SIDE):
            for j in range(np.uintp(0), lanes, _SIDE):
                _turn_square(rows, (start + j) * width + t + k, width, work, to + k * lanes + j, lanes)
    for j in range(shots):
        for k in range(turned, count):
            work[to + k * lanes + j] = rows[start + j, t + k]


@inline
def to_rows(work, at, rows, start, t, count, lanes):  # pyright: ignore
    """Turn lanes back into rows; see `to_lanes`."""
    shots, width = min(lanes, np.uintp(rows.shape[0]) - start), np.uintp(rows.shape[1])
    turned = np.uintp(0)
    if shots == lanes:
        turned = count - count % _SIDE
        for k in range(np.uintp(0), turned, _SIDE):
            for j in range(np.uintp(0), lanes, _SIDE):
                _turn_square(work, at + k * lanes + j, lanes, rows, (start + j) * width + t + k, width)
    for j in range(shots):
        for k in range(turned, count):
            rows[start + j, t + k] = work[at + k * lanes + j]
