"""Sine and cosine for kernels, without a branch, so that a loop over them becomes vector instructions.

numba's own ones are calls to the C library, one number at a time. The argument is reduced to |r| <= π/4 by subtracting
the nearest multiple of π/2 (Cody and Waite, Software Manual for the Elementary Functions, 1980, chapter 8), then two
minimax polynomials in r² are evaluated.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.core.errors import TypingError
from numba.extending import overload

from core.physics.kernels.jit import OPTIONS, inline

LARGEST = 1e6  # radians; the nearest multiple of π/2 then has 20 bits
_PER_QUADRANT = 2 / math.pi
# π/2 in pieces of 33 bits, so that their products with 20 bits are exact in float64, and what is left of it.
_HALF_PI_1 = 1.5707963267341256
_HALF_PI_2 = 6.077100506303966e-11
_HALF_PI_3 = 2.0222662487111665e-21
_HALF_PI_4 = 8.4784276603689e-32
# Found with Remez' exchange on 0 <= r² <= (π/4)²: the polynomials' errors are 2^-28 and 2^-33 in float32, relative for
# the sine, 2^-58 and 2^-64 in float64. sin r = r + r³ (S0 + S1 r² + ...), cos r = 1 - r²/2 + r⁴ (C0 + C1 r² + ...).
_SINE_32 = (-0.16666654936643974, 0.008332177684322297, -0.00019517234458016677)
_COSINE_32 = (0.04166664685460591, -0.0013887366910088993, 2.443837948131235e-05)
_SINE_64 = (
    -0.16666666666666632,
    0.008333333333322413,
    -0.00019841269829807583,
    2.7557313691857908e-06,
    -2.5050758107723886e-08,
    1.5896795292689988e-10,
)
_COSINE_64 = (
    0.0416666666666666,
    -0.0013888888888874124,
    2.4801587289482258e-05,
    -2.7557314352354254e-07,
    2.0875723276170006e-09,
    -1.1359647955951169e-11,
)


def sincos(x: Any) -> tuple[Any, Any]:
    """Return (sin x, cos x) inside a kernel: x, in radians, is float32 or float64, and so are the results.

    Within 2 units in the last place (seen: 1.5 in float32, 0.8 in float64) for |x| <= 1e6 = `LARGEST`, next to zeros
    too. NaN where x is NaN, infinite or beyond `LARGEST`; a negative zero may lose its sign.
    """
    raise TypeError("sincos is for compiled kernels alone")


@overload(sincos, jit_options=OPTIONS)  # pyright: ignore[reportArgumentType]
def _choose(x):  # pyright: ignore
    if x == types.float32:
        return _sincos_32
    if x == types.float64:
        return _sincos_64
    raise TypingError(f"sincos takes float32 or float64, not {x}")


def _sincos_32(x):  # pyright: ignore
    """Reduce in float64, where all pieces fit, so that nothing depends on a fused multiply-add."""
    kind = np.float32
    wide = np.float64(x) if abs(x) <= kind(LARGEST) else np.nan
    n = np.rint(wide * _PER_QUADRANT)
    r = kind((wide - n * _HALF_PI_1) - n * _HALF_PI_2)
    z = r * r
    s0, s1, s2 = kind(_SINE_32[0]), kind(_SINE_32[1]), kind(_SINE_32[2])
    c0, c1, c2 = kind(_COSINE_32[0]), kind(_COSINE_32[1]), kind(_COSINE_32[2])
    sine = r + r * z * (s0 + z * (s1 + z * s2))
    cosine = kind(1) - kind(1 / 2) * z + z * z * (c0 + z * (c1 + z * c2))
    quadrant = np.int32(n)
    turned = (quadrant & 1) != 0
    s, c = (cosine, sine) if turned else (sine, cosine)
    return -s if (quadrant & 2) != 0 else s, -c if ((quadrant + 1) & 2) != 0 else c


@inline
def _difference(a, b):  # pyright: ignore
    """Return a - b as rounded and what was rounded away, exactly (Knuth)."""
    d = a - b
    back = d - a
    return d, (a - (d - back)) - (b + back)


def _sincos_64(x):  # pyright: ignore
    """Reduce with what each subtraction rounds away carried along: near a zero it is all that is left."""
    wide = x if abs(x) <= LARGEST else np.nan
    n = np.rint(wide * _PER_QUADRANT)
    first = wide - n * _HALF_PI_1  # exact
    second, lost = _difference(first, n * _HALF_PI_2)
    third, more = _difference(second, n * _HALF_PI_3)
    rest = (lost + more) - n * _HALF_PI_4
    r = third + rest
    rest = (third - r) + rest
    z = r * r
    s0, s1, s2, s3, s4, s5 = _SINE_64
    c0, c1, c2, c3, c4, c5 = _COSINE_64
    sine = r + (r * z * (s0 + z * (s1 + z * (s2 + z * (s3 + z * (s4 + z * s5))))) + rest * (1 - 0.5 * z))
    one = 1 - 0.5 * z
    late = ((1 - one) - 0.5 * z) + z * z * (c0 + z * (c1 + z * (c2 + z * (c3 + z * (c4 + z * c5)))))
    cosine = one + (late - r * rest)
    quadrant = np.int32(n)
    turned = (quadrant & 1) != 0
    s, c = (cosine, sine) if turned else (sine, cosine)
    return -s if (quadrant & 2) != 0 else s, -c if ((quadrant + 1) & 2) != 0 else c
