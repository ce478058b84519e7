"""How a twin's error falls as it is fitted to more shots, and how many more are worth measuring.

What learning leaves falls as a power of the number of shots, what noise and missing physics leave does not:
e² = floor² + (scale · n^-exponent)². For a least-squares fit with few parameters the exponent is 1/2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from torch import Tensor

from core.calibration.events import Curve
from core.phrase import Phrase
from core.twin.shots import Shots, response_error

SHARES = (1 / 8, 1 / 4, 1 / 2)  # of each batch
WORTH = 0.05  # of the error, that twice the shots have to take away
MOST_DOUBLINGS = 6
STEEPEST = 2.0
Fit = Callable[[Shots], Callable[..., Tensor]]
"""Fits a new twin to shots and returns it."""


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


def learning_curve(fit: Fit, train: Shots, check: Shots) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of shots (share,) and the errors (share,) on `check` of twins fitted to so many of `train`.

    Of each batch the first few shots are taken, so that all batches' shared parameters are in all parts.
    """
    parts = [train.thinned(share) for share in SHARES]
    counts = [len(part) for part in parts]
    return np.array(counts, dtype=float), np.array([response_error(fit(part), check) for part in parts])


def power_law(shots: np.ndarray, errors: np.ndarray) -> PowerLaw:
    """Fit the law to errors (count,), the relative deviations having the smallest sum of squares."""
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


def worth_curves(law: PowerLaw, shots: np.ndarray, errors: np.ndarray) -> tuple[Curve, Curve]:
    """Return what to draw: the errors that were found, and the law from there on."""
    axes = Phrase("Number of shots"), "1", Phrase("Held-out error"), "1"
    ahead = np.geomspace(shots[0], 8 * shots[-1], 60)
    found = Curve(Phrase("fitted to so many"), *axes, shots, errors, kind="points")
    return found, Curve(Phrase("power law"), *axes, ahead, law.error(ahead))


def _law(point: np.ndarray, shots: np.ndarray) -> PowerLaw:
    """Return a law from the logarithm of what learning leaves at the fewest shots, exponent and floor."""
    first, exponent, floor = point.tolist()
    return PowerLaw(math.exp(first) * float(shots[0]) ** exponent, exponent, floor)
