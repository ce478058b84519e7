"""Intervals for counted results."""

from __future__ import annotations


def wilson_interval(correct: int, total: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a proportion; (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    from scipy.stats import binomtest  # half a second to import: not before the first shot

    interval = binomtest(correct, total).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)
