"""A discrete Fourier transform of 256 points in two passes of 16, many side by side in the lanes.

    X[k1 + 16 k2] = Σ_n2 W16^(n2 k2) W256^(n2 k1) Σ_n1 x[16 n1 + n2] W16^(n1 k1),   W_N = e^(-2πi/N)

x[16 n1 + n2] lies in row n1, column n2. The first sum is a transform of each column, in place, followed by a turn by
W256; the second one of each row. X[k1 + 16 k2] is then in row k1, column k2: frequencies stay in this order (`ORDER`),
since whatever is multiplied with them can be given in it. The inverse goes the other way. A transform with real and
imaginary parts exchanged is the inverse one, times the number of points.

Cooley and Tukey, Math. Comput. 19, 297 (1965).
"""

from __future__ import annotations

import math

import numpy as np

from core.physics.kernels.jit import inline

POINTS, SIDE = 256, 16
ORDER = np.arange(POINTS).reshape(SIDE, SIDE).T.ravel()  # the frequency at a position
_product = np.outer(np.arange(SIDE), np.arange(SIDE)) * (2 * np.pi / POINTS)
TURNS = np.stack([np.cos(_product), np.sin(_product)])  # W256^(n2 k1) = cos - i sin, in double precision
_COS, _SIN, _HALF = math.cos(math.pi / 8), math.sin(math.pi / 8), math.sqrt(0.5)


@inline
def _load4(work, at, step):  # pyright: ignore
    return work[at], work[at + step], work[at + 2 * step], work[at + 3 * step]


@inline
def load(work, at, step):  # pyright: ignore
    """Return the 16 values at `at`, `at + step`, ..."""
    low = _load4(work, at, step) + _load4(work, at + 4 * step, step)
    return low + _load4(work, at + 8 * step, step) + _load4(work, at + 12 * step, step)


@inline
def _store4(work, at, step, a, b, c, d):  # pyright: ignore
    work[at] = a
    work[at + step] = b
    work[at + 2 * step] = c
    work[at + 3 * step] = d


@inline
def store(work, at, step, x):  # pyright: ignore
    """Put 16 values at `at`, `at + step`, ..."""
    _store4(work, at, step, x[0], x[1], x[2], x[3])
    _store4(work, at + 4 * step, step, x[4], x[5], x[6], x[7])
    _store4(work, at + 8 * step, step, x[8], x[9], x[10], x[11])
    _store4(work, at + 12 * step, step, x[12], x[13], x[14], x[15])


@inline
def _dot4(x, y, c, s):  # pyright: ignore
    return x[0] * c[0] + y[0] * s[0], x[1] * c[1] + y[1] * s[1], x[2] * c[2] + y[2] * s[2], x[3] * c[3] + y[3] * s[3]


@inline
def _cross4(x, y, c, s):  # pyright: ignore
    return y[0] * c[0] - x[0] * s[0], y[1] * c[1] - x[1] * s[1], y[2] * c[2] - x[2] * s[2], y[3] * c[3] - x[3] * s[3]


@inline
def turn(x, y, c, s):  # pyright: ignore
    """Multiply 16 numbers x + iy with c - is; with x and y exchanged, c + is."""
    p = _dot4(x[:4], y[:4], c[:4], s[:4]) + _dot4(x[4:8], y[4:8], c[4:8], s[4:8])
    p = p + _dot4(x[8:12], y[8:12], c[8:12], s[8:12]) + _dot4(x[12:], y[12:], c[12:], s[12:])
    q = _cross4(x[:4], y[:4], c[:4], s[:4]) + _cross4(x[4:8], y[4:8], c[4:8], s[4:8])
    return p, q + _cross4(x[8:12], y[8:12], c[8:12], s[8:12]) + _cross4(x[12:], y[12:], c[12:], s[12:])


@inline
def _dft4(ar, ai, br, bi, cr, ci, dr, di):  # pyright: ignore
    sr, si, tr, ti = ar + cr, ai + ci, ar - cr, ai - ci
    ur, ui, vr, vi = br + dr, bi + di, br - dr, bi - di
    return sr + ur, si + ui, tr + vi, ti - vr, sr - ur, si - ui, tr - vi, ti + vr


@inline
def _turn(x, y, c, s):  # pyright: ignore
    return x * c + y * s, y * c - x * s


@inline
def dft16(x, y, constants):  # pyright: ignore
    """Transform 16 numbers x + iy, in natural order."""
    c, s, h = constants
    a0, b0, a1, b1, a2, b2, a3, b3 = _dft4(x[0], y[0], x[4], y[4], x[8], y[8], x[12], y[12])
    c0, d0, c1, d1, c2, d2, c3, d3 = _dft4(x[1], y[1], x[5], y[5], x[9], y[9], x[13], y[13])
    e0, f0, e1, f1, e2, f2, e3, f3 = _dft4(x[2], y[2], x[6], y[6], x[10], y[10], x[14], y[14])
    g0, h0, g1, h1, g2, h2, g3, h3 = _dft4(x[3], y[3], x[7], y[7], x[11], y[11], x[15], y[15])
    # Turns by W16^1, 2, 3; 2, 4, 6; 3, 6, 9.
    c1, d1 = _turn(c1, d1, c, s)
    c2, d2 = h * (c2 + d2), h * (d2 - c2)
    c3, d3 = _turn(c3, d3, s, c)
    e1, f1 = h * (e1 + f1), h * (f1 - e1)
    e2, f2 = f2, -e2
    e3, f3 = h * (f3 - e3), -h * (e3 + f3)
    g1, h1 = _turn(g1, h1, s, c)
    g2, h2 = h * (h2 - g2), -h * (g2 + h2)
    g3, h3 = _turn(g3, h3, -c, -s)
    p0, q0, p4, q4, p8, q8, p12, q12 = _dft4(a0, b0, c0, d0, e0, f0, g0, h0)
    p1, q1, p5, q5, p9, q9, p13, q13 = _dft4(a1, b1, c1, d1, e1, f1, g1, h1)
    p2, q2, p6, q6, p10, q10, p14, q14 = _dft4(a2, b2, c2, d2, e2, f2, g2, h2)
    p3, q3, p7, q7, p11, q11, p15, q15 = _dft4(a3, b3, c3, d3, e3, f3, g3, h3)
    return (
        (p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15),
        (q0, q1, q2, q3, q4, q5, q6, q7, q8, q9, q10, q11, q12, q13, q14, q15),
    )


@inline
def constants_of(kind):  # pyright: ignore
    """Return what `dft16` multiplies with, in one precision: an untyped constant would turn float32 into float64."""
    return kind(_COS), kind(_SIN), kind(_HALF)
