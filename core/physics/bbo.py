"""Beta barium borate: refractive indices, phase matching, group velocities.

Kato, IEEE J. Quantum Electron. 22, 1013 (1986); wavelengths in metres outside, in micrometres inside the formulas.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.constants import c
from scipy.optimize import brentq

Index = Callable[[float], float]


def ordinary_index(wavelength_m: float) -> float:
    """Return n_o at a vacuum wavelength."""
    square = (1e6 * wavelength_m) ** 2
    return math.sqrt(2.7359 + 0.01878 / (square - 0.01822) - 0.01354 * square)


def principal_extraordinary_index(wavelength_m: float) -> float:
    """Return n_e (at 90° to the axis) at a vacuum wavelength."""
    square = (1e6 * wavelength_m) ** 2
    return math.sqrt(2.3753 + 0.01224 / (square - 0.01667) - 0.01516 * square)


def extraordinary_index(wavelength_m: float, angle_rad: float) -> float:
    """Return the index of the extraordinary wave at an angle to the optic axis."""
    along, across = ordinary_index(wavelength_m), principal_extraordinary_index(wavelength_m)
    return 1 / math.hypot(math.cos(angle_rad) / along, math.sin(angle_rad) / across)


def phase_matching_angle(wavelength_m: float) -> float:
    """Return the type-I angle (rad) where n_e(λ/2, θ) = n_o(λ)."""

    def birefringence(angle_rad: float) -> float:
        return extraordinary_index(wavelength_m / 2, angle_rad) - ordinary_index(wavelength_m)

    return float(brentq(birefringence, 0.1, math.pi / 2))  # pyright: ignore[reportArgumentType]


def wave_number(index: Index, angular_frequency_rad_s: float) -> float:
    """Return k = n ω / c (rad/m)."""
    return index(2 * math.pi * c / angular_frequency_rad_s) * angular_frequency_rad_s / c


def inverse_group_velocity(index: Index, wavelength_m: float) -> float:
    """Return dk/dω (s/m) by a central difference."""
    centre = 2 * math.pi * c / wavelength_m
    step = 1e-4 * centre
    return (wave_number(index, centre + step) - wave_number(index, centre - step)) / (2 * step)


def group_velocity_dispersion(index: Index, wavelength_m: float) -> float:
    """Return d²k/dω² (s²/m) by a central difference."""
    centre = 2 * math.pi * c / wavelength_m
    step = 1e-3 * centre
    above, below = wave_number(index, centre + step), wave_number(index, centre - step)
    return (above - 2 * wave_number(index, centre) + below) / step**2


def group_velocity_mismatch(wavelength_m: float) -> float:
    """Return 1/v_g(λ/2, e) - 1/v_g(λ, o) (s/m) at the phase-matching angle of λ."""
    angle = phase_matching_angle(wavelength_m)
    second = inverse_group_velocity(lambda wavelength: extraordinary_index(wavelength, angle), wavelength_m / 2)
    return second - inverse_group_velocity(ordinary_index, wavelength_m)
