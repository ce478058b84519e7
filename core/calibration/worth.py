"""How a twin's error falls as it is fitted to more shots, and how many more are worth measuring.

What learning leaves falls as a power of the number of shots, what noise and missing physics leave does not:
e² = floor² + (scale · n^-exponent)². For a least-squares fit with few parameters the exponent is 1/2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import least_squares
from scipy.special import stdtrit
from torch import Tensor

from core.calibration.events import Curve
from core.phrase import Phrase
from core.twin.shots import Shots, signal_power

SHARES = (1 / 8, 1 / 4, 1 / 2)  # of each batch
WORTH = 0.05  # of the error, that twice the shots have to take away
MOST_DOUBLINGS = 6
STEEPEST = 2.0
Twin = Callable[..., Tensor]
Fit = Callable[[Shots], Twin]
"""Fits a new twin to shots and returns it."""


@dataclass(frozen=True)
class LearningCurve:
    """Numbers of shots (fit,) and the errors (fit,) of twins fitted to so many, each in its 95 % interval."""

    shots: np.ndarray
    errors: np.ndarray
    low: np.ndarray
    high: np.ndarray


@dataclass(frozen=True)
class PowerLaw:
    """The error (nRMSE) of a twin by the number of shots that it was fitted to."""

    scale: float
    exponent: float
    floor: float

    def error(self, shots: float | np.ndarray) -> np.ndarray:
        """Return the error that is expected with so many shots."""
        return np.hypot(self.floor, self.scale * np.asarray(shots, dtype=float) ** -self.exponent)

    def worth(self, shots: int) -> int:
        """Return to how many shots doubling pays: each time the error falls by more than `WORTH` of itself."""
        for _ in range(MOST_DOUBLINGS):
            if self.error(2 * shots) > (1 - WORTH) * self.error(shots):
                break
            shots *= 2
        return shots


def learning_curve(fit: Fit, whole: Twin, shots: Shots, check: Shots) -> LearningCurve:
    """Measure on `check` how far twins err that are fitted to parts of the shots, and the one fitted to the `whole`.

    Of each batch the first few shots are taken, so that all batches' shared parameters are in all parts.
    """
    parts = [shots.thinned(share) for share in SHARES]
    found = [error_interval(fit(part), check) for part in parts] + [error_interval(whole, check)]
    counts = [*map(len, parts), len(shots)]
    return LearningCurve(np.array(counts, dtype=float), *np.array(found).T)


def error_interval(twin: Twin, check: Shots) -> tuple[float, float, float]:
    """Return a twin's nRMSE with its 95 % interval, from the scatter of the shots' squares (Student's)."""
    with torch.no_grad():
        residuals = [twin(batch.drives, *batch.parameters) - batch.responses for batch in check.batches]
    squares = torch.cat(residuals).double().square().mean(1).numpy() / signal_power(check)
    half = stdtrit(len(squares) - 1, 0.975) * squares.std(ddof=1) / math.sqrt(len(squares))
    middle, low, high = (math.sqrt(max(squares.mean() + side * half, 0.0)) for side in (0, -1, 1))
    return middle, low, high


def power_law(curve: LearningCurve) -> PowerLaw:
    """Fit the law to the errors, the relative deviations having the smallest sum of squares."""
    shots, errors = curve.shots, curve.errors
    highest, lowest = float(errors[0]), float(errors.min())

    def deviations(point: np.ndarray) -> np.ndarray:
        return np.log(_law(point, shots).error(shots) / errors)

    starts = [(math.log(highest), exponent, share * lowest) for exponent in (0.3, 1.0) for share in (0.1, 0.9)]
    bounds = ([-np.inf, 0.0, 0.0], [np.inf, STEEPEST, lowest])
    found = [least_squares(deviations, start, bounds=bounds) for start in starts]
    return _law(found[int(np.argmin([each.cost for each in found]))].x, shots)


def worth_words(law: PowerLaw, shots: int) -> Phrase:
    """Say in words whether more shots pay."""
    told = {"now": float(law.error(shots)), "then": float(law.error(2 * shots)), "shots": law.worth(shots)}
    if law.worth(shots) == shots:
        return Phrase("Twice the shots would take the error from {now:.1%} to {then:.1%}: not worth it.", **told)
    return Phrase("More shots pay, up to about {shots:,}: twice as many make {then:.1%} of {now:.1%}.", **told)


def worth_curves(law: PowerLaw, curve: LearningCurve) -> tuple[Curve, Curve]:
    """Return what to draw: the errors that were found, and the law from there on."""
    axes = Phrase("Number of shots"), "1", Phrase("Held-out error"), "1"
    ahead = np.geomspace(curve.shots[0], 8 * curve.shots[-1], 60)
    found = Curve(Phrase("fitted to so many"), *axes, curve.shots, curve.errors, curve.low, curve.high, "points")
    return found, Curve(Phrase("power law"), *axes, ahead, law.error(ahead))


def _law(point: np.ndarray, shots: np.ndarray) -> PowerLaw:
    """Return a law from the logarithm of what learning leaves at the fewest shots, exponent and floor."""
    first, exponent, floor = point.tolist()
    return PowerLaw(math.exp(first) * float(shots[0]) ** exponent, exponent, floor)
