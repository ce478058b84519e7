"""Where a level is that walks at random while it is measured: against walks that are known, and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from core.twin.walk import STRENGTHS, present_shift

BATCHES = 16
ENDS = torch.arange(1, BATCHES + 1).double() / BATCHES
ERROR = 0.5  # of one batch, in walks


def walks(count: int, strength: float) -> tuple[np.ndarray, np.ndarray]:
    """Return levels and what is measured of them (walk, batch)."""
    draw = np.random.default_rng(0).standard_normal
    levels = strength * draw((count, BATCHES)).cumsum(1) / np.sqrt(BATCHES)
    return levels, levels + ERROR * draw((count, BATCHES))


def shifts(measured: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    apart = torch.from_numpy(measured - measured.mean(1, keepdims=True))
    variance = torch.full((BATCHES,), ERROR**2).double()
    found = [present_shift(row, variance, ENDS) for row in apart]
    return np.array([float(mean) for mean, _ in found]), np.array([float(spread) for _, spread in found])


@pytest.mark.parametrize("strength", [0.3, 1.0, 3.0])
def test_the_last_level_lies_within_two_standard_errors_as_often_as_it_should(strength):
    levels, measured = walks(400, strength)
    mean, variance = shifts(measured)
    error = (measured.mean(1) + mean - levels[:, -1]) / np.sqrt(variance + ERROR**2 / BATCHES)
    assert np.mean(np.abs(error) < 2) > 0.9
    naive = np.mean(np.abs(measured.mean(1) - levels[:, -1]) < 2 * ERROR / np.sqrt(BATCHES))
    assert naive < np.mean(np.abs(error) < 2)


def test_a_level_that_stands_still_is_left_near_its_mean():
    _, measured = walks(200, 0.0)
    mean, variance = shifts(measured)
    assert np.sqrt(np.mean(mean**2)) < ERROR / 2  # a single batch's is ERROR off
    assert np.median(variance) < ERROR**2 / 4


def test_each_strength_counts_by_its_likelihood():
    _, measured = walks(1, 3.0)
    apart = measured[0] - measured[0].mean()
    centred = np.eye(BATCHES) - 1 / BATCHES
    minimum = np.minimum.outer(ENDS.numpy(), ENDS.numpy())
    weights, means = [], []
    for strength in STRENGTHS:
        walk = strength**2 * centred @ minimum @ centred.T
        seen = walk + ERROR**2 * np.eye(BATCHES)
        weights.append(multivariate_normal(cov=seen).pdf(apart))
        means.append(walk[-1] @ np.linalg.inv(seen) @ apart)
    mean, _ = present_shift(torch.from_numpy(apart), torch.full((BATCHES,), ERROR**2).double(), ENDS)
    assert float(mean) == pytest.approx(np.average(means, weights=weights), rel=1e-9)
