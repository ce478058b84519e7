"""What a view of an optical system tells beyond spectra: the conversion efficiency, and the phase asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from core.ports import Light

DIM = 0.01  # of the largest amplitude; below it a phase means nothing


def efficiency(light: Light, drive: np.ndarray, response: np.ndarray) -> float | None:
    """Return the measured power of a response (response,) over that asked for by a drive (drive,); None in the dark."""
    asked = float(drive @ light.drive_power @ drive)
    return float(response @ light.response_power) / asked if asked > 0 else None


def visible_phase_rad(light: Light, drive: np.ndarray) -> np.ndarray:
    """Return the phase (drive,) that was asked for, NaN where the amplitude is below 1 % of its largest value."""
    return np.where(drive >= DIM * max(float(drive.max()), 1e-12), light.drive_phase_rad, np.nan)
