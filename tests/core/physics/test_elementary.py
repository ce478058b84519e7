"""Sine and cosine of the kernels against mpmath with 60 digits, up to the last argument that they promise."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from core.physics.kernels.elementary import LARGEST, sincos
from core.physics.kernels.jit import jit

TYPES = [np.float32, np.float64]


@jit
def table(x, sine, cosine):
    for j in range(len(x)):
        sine[j], cosine[j] = sincos(x[j])


def evaluate(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sine, cosine = np.empty_like(x), np.empty_like(x)
    table(x, sine, cosine)
    return sine, cosine


def largest_error_ulp(x: np.ndarray) -> float:
    """Return the largest error of both, in units in the last place of the right result."""
    worst = 0.0
    with mpmath.workdps(60):
        for values, exact in zip(evaluate(x), (mpmath.sin, mpmath.cos), strict=True):
            for argument, value in zip(x.tolist(), values, strict=True):
                right = exact(mpmath.mpf(argument))
                ulp = float(np.spacing(np.abs(x.dtype.type(float(right)))))
                worst = max(worst, float(abs(mpmath.mpf(float(value)) - right)) / ulp)
    return worst


@pytest.mark.parametrize("kind", TYPES)
def test_two_units_in_the_last_place_at_every_magnitude(kind):
    """Some mantissas of every exponent up to the largest argument, subnormal numbers too, with both signs."""
    rng, info = np.random.default_rng(0), np.finfo(kind)
    lowest = info.minexp - info.nmant
    exponents = (
        np.arange(lowest, 20) if kind is np.float32 else np.append(np.arange(lowest, -40, 13), np.arange(-40, 20))
    )
    x = np.ldexp(rng.uniform(1, 2, (len(exponents), 24)), exponents[:, None]).ravel() * rng.choice(
        [-1, 1], 24 * len(exponents)
    )
    x = x[np.abs(x) <= LARGEST].astype(kind)
    assert largest_error_ulp(np.append(x, kind(LARGEST))) < 2


@pytest.mark.parametrize("kind", TYPES)
def test_two_units_in_the_last_place_next_to_the_zeros(kind):
    """The numbers nearest to multiples of π/2, where sine or cosine is what rounding left, and their neighbours."""
    multiples = np.unique(
        np.concatenate([np.arange(1, 400), np.geomspace(400, LARGEST / (np.pi / 2), 600).astype(int)])
    )
    nearest = (multiples * (np.pi / 2)).astype(kind)
    nearest = nearest[nearest <= LARGEST]
    x = np.concatenate([nearest, np.nextafter(nearest, kind(0)), -nearest])
    assert largest_error_ulp(x) < 2


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("reach", [1.0, 10.0, LARGEST])
def test_two_units_in_the_last_place_anywhere(kind, reach):
    assert largest_error_ulp(np.random.default_rng(1).uniform(-reach, reach, 2500).astype(kind)) < 2


@pytest.mark.parametrize("reach", [0.8, 7.0, LARGEST])
def test_single_precision_densely_against_double(reach):
    x = np.random.default_rng(2).uniform(-reach, reach, 1_000_000).astype(np.float32)
    for values, exact in zip(evaluate(x), (np.sin(x.astype(float)), np.cos(x.astype(float))), strict=True):
        assert (np.abs(values - exact) / np.spacing(np.abs(exact.astype(np.float32)))).max() < 2


def test_two_units_in_the_last_place_at_the_convergents_of_half_pi():
    """A convergent p/q of π/2, from its continued fraction, makes p an integer with |p - q π/2| < 1/q."""
    with mpmath.workdps(60):
        rest, before, now, convergents = mpmath.pi / 2, (0, 1), (1, 0), list[int]()
        while now[0] < LARGEST:
            whole = int(mpmath.floor(rest))
            before, now = now, (whole * now[0] + before[0], whole * now[1] + before[1])
            rest = 1 / (rest - whole)
            convergents.append(now[0])
    x = np.array([float(p) for p in convergents if p <= LARGEST])
    assert len(x) > 5
    assert largest_error_ulp(x) < 2


@pytest.mark.parametrize("kind", TYPES)
def test_what_has_no_answer_is_not_a_number(kind):
    beyond = np.nextafter(kind(LARGEST), kind(np.inf))
    x = np.array([np.nan, np.inf, -np.inf, beyond, -beyond, np.finfo(kind).max], kind)
    for values in evaluate(x):
        assert np.isnan(values).all()
    with pytest.raises(TypeError, match="compiled kernels"):
        sincos(1.0)


@pytest.mark.parametrize("kind", TYPES)
def test_simple_angles(kind):
    sine, cosine = evaluate(np.array([0.0, np.pi / 6, np.pi / 2, np.pi, -np.pi / 2, 5 * np.pi / 3], kind))
    np.testing.assert_allclose(sine, [0, 0.5, 1, 0, -1, -np.sqrt(3) / 2], atol=4 * np.finfo(kind).eps)
    np.testing.assert_allclose(cosine, [1, np.sqrt(3) / 2, 0, -1, 0, 0.5], atol=4 * np.finfo(kind).eps)
