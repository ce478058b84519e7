"""Intervals for counted and for repeated results."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a proportion; (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest  # half a second to import: not before the first shot

    interval = binomtest(correct, total).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


def mean_with_interval(values: Sequence[float]) -> tuple[float, float | None]:
    """Return the mean and the half width of its 95 % interval (Student's t), None for a single value."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, None
    from scipy.stats import t

    return mean, float(t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / len(values) ** 0.5


def paired_interval(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the 95 % interval of the mean difference between two results on the same samples, first minus second.

    `first` (repeat, sample) and `second` (sample,) tell which samples were classified rightly. A single repeat gives
    the interval of Bonett and Price (J. Educ. Behav. Stat. 37, 479 (2012)), which adds two samples, one won and one
    lost. Of several repeats (units, say), these and the samples are taken for drawn at random: both variances add,
    which is at worst too wide (Owen, Ann. Appl. Stat. 1, 386 (2007)), with Welch's degrees of freedom.
    """
    repeats, samples = first.shape
    difference = np.zeros((repeats, samples + 2))
    difference[:, :samples] = first.astype(float) - second
    difference[:, samples:] = 1.0, -1.0
    mean, variance, factor = difference.mean(), difference.mean(0).var() / (samples + 2), NormalDist().inv_cdf(0.975)
    if repeats > 1:
        from scipy.stats import t

        of_samples, of_repeats = variance, difference.mean(1).var(ddof=1) / repeats
        variance = of_samples + of_repeats
        freedom = variance**2 / (of_samples**2 / (samples + 1) + of_repeats**2 / (repeats - 1))
        factor = float(t.ppf(0.975, freedom))
    half_width = factor * math.sqrt(variance)
    return max(-1.0, float(mean - half_width)), min(1.0, float(mean + half_width))
