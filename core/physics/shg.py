"""Second-harmonic generation of a shaped femtosecond pulse in a thin crystal.

    ∂_z A1 = i D1 A1 + i κ A2 A1* e^{-iΔk z},   ∂_z A2 = i D2 A2 + i κ A1² e^{+iΔk z}

in the frame of the fundamental: D1 = k1'' Ω²/2, D2 = δ Ω + k2'' Ω²/2, with δ the group-velocity mismatch. Fields are
scaled so that both carry energy alike: |A1|² + |A2|² is conserved (Manley-Rowe); z runs from 0 to 1 over the length.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Complex, Float
from scipy.constants import c
from torch import Tensor

from core.physics import bbo
from core.physics.kernels import shg as compiled
from core.physics.kernels.fft import POINTS
from core.physics.kernels.function import Kernel, check_finite, solve
from core.physics.kernels.shg_linear import chains
from core.physics.model import FitParameter, PhysicsModel
from core.ports import Light

GRID = POINTS
CONTROLS = 100
BINS = 50
SHAPER_M = (758.64e-9, 799.99e-9)
SPECTROMETER_M = (386.3e-9, 391.0e-9)


@dataclass(frozen=True)
class ShgParameters:
    """The bench on its data sheet; `nonlinearity` is κ L |A1| at the peak of the unshaped pulse (est.)."""

    centre_m: float = 780e-9
    width_m: float = 5.5e-9  # standard deviation of the spectral field: 9 nm at half power, a pulse of 100 fs
    length_m: float = 0.5e-3
    nonlinearity: float = 0.5
    blur_m: float = 0.1e-9  # standard deviation of the spectrometer's line
    reference: float = 3e-5  # SH power per grid point, of a pulse of unit peak field, that reads 1

    @property
    def angle_rad(self) -> float:
        """The phase-matching angle at the centre."""
        return bbo.phase_matching_angle(self.centre_m)


NOMINAL = ShgParameters()
_low, _high = c / SHAPER_M[1], c / SHAPER_M[0]
CENTRE_HZ = c / 780e-9
STEP_HZ = (_high - _low) / (CONTROLS - 1)
OFFSET_HZ = np.fft.fftfreq(GRID, 1 / (GRID * STEP_HZ))
FUNDAMENTAL_M = c / (CENTRE_HZ + OFFSET_HZ)
_UNIT_PEAK = GRID / float(np.sum(np.exp(-0.5 * ((FUNDAMENTAL_M - NOMINAL.centre_m) / NOMINAL.width_m) ** 2)))
HARMONIC_M = c / (2 * CENTRE_HZ + OFFSET_HZ)


def phase_mismatch(angle_rad: float, wavelength_m: float) -> float:
    """Return Δk = k2 - 2 k1 (rad/m) for a crystal at an angle."""
    second = 2 * math.pi * bbo.extraordinary_index(wavelength_m / 2, angle_rad) / (wavelength_m / 2)
    return second - 4 * math.pi * bbo.ordinary_index(wavelength_m) / wavelength_m


def linear_phases(
    mismatch_rad: Tensor, walk_off_s: Tensor, dispersion_s2: tuple[float, float], like: Tensor
) -> Float[Tensor, "2 grid"]:
    """Return the phases (rad) that both fields gather over the crystal; Δk is kept in the second one."""
    omega = _grid(like.dtype, like.device)[1]
    first = 0.5 * dispersion_s2[0] * omega**2
    # A2 carries e^{-iΔk z}: with it the nonlinear terms need no explicit z.
    second = -mismatch_rad + walk_off_s * omega + 0.5 * dispersion_s2[1] * omega**2
    return torch.stack([first, second])


def propagate(
    pulse: Complex[Tensor, "batch grid"], nonlinearity: Tensor, phases: Float[Tensor, "2 grid"], steps: int
) -> Complex[Tensor, "batch 2 grid"]:
    """Solve the coupled waves by symmetric splitting, extrapolated from `steps`, `steps` + 1 and `steps` + 2 steps.

    The order is 6. Fields enter and leave in the frequency domain; returns both output spectra. The scheme and its
    source are told in `core.physics.kernels.shg`.
    """
    return solve(_kernel(steps), pulse, nonlinearity, phases)


def reference(
    pulse: Complex[Tensor, "batch grid"], nonlinearity: Tensor, phases: Float[Tensor, "2 grid"], *, steps: int
) -> Complex[Tensor, "batch 2 grid"]:
    """Solve the same in plain torch: readable, on every device, differentiable to any order."""
    return torch.stack([weight * _split(pulse, nonlinearity, phases, n) for n, weight in chains(steps)]).sum(0)


def _split(pulse: Tensor, nonlinearity: Tensor, phases: Tensor, steps: int) -> Tensor:
    t = nonlinearity / steps
    turn, half_turn = torch.exp(1j / steps * phases), torch.exp(0.5j / steps * phases)
    spectra = half_turn * torch.stack([pulse, torch.zeros_like(pulse)], 1)
    for step in range(steps):
        first, second = torch.fft.ifft(spectra).unbind(1)
        second = second + 0.5j * t * first**2
        y = t**2 * (second.real**2 + second.imag**2)
        cosh, sinh = (1 + y * (p + y * (q + y * r)) for p, q, r in (compiled.COSH, compiled.SINH))
        first = cosh * first + 1j * t * sinh * second * first.conj()
        second = second + 0.5j * t * first**2
        spectra = (turn if step < steps - 1 else half_turn) * torch.fft.fft(torch.stack([first, second], 1))
    return spectra


@cache
def _kernel(steps: int) -> Kernel:
    return Kernel(partial(reference, steps=steps), partial(compiled.forward, steps), compiled.backward)


def undepleted_harmonic(
    pulse: Complex[Tensor, "batch grid"], nonlinearity: Tensor, phase: Float[Tensor, " grid"]
) -> Complex[Tensor, "batch grid"]:
    """Return i κL FT[a²] sinc(ΔK L/2) e^{iΔK L/2}: the closed form without depletion and dispersion."""
    source = torch.fft.fft(torch.fft.ifft(pulse) ** 2)
    return 1j * nonlinearity * source * torch.sinc(phase / (2 * math.pi)) * torch.exp(0.5j * phase)


def shaped_pulse(
    drive: Float[Tensor, "batch control"], axis_shift_m: Tensor, centre_m: Tensor, width_m: Tensor, chirp_s2: Tensor
) -> Complex[Tensor, "batch grid"]:
    """Put the shaper's amplitudes on the laser's spectrum; the unshaped pulse has unit peak field in time."""
    wavelength, omega, control = _grid(drive.dtype, drive.device)
    pitch = (SHAPER_M[1] - SHAPER_M[0]) / (CONTROLS - 1)
    position = (wavelength - axis_shift_m - SHAPER_M[0]) / pitch
    # Linear interpolation between neighbouring controls, zero outside the shaper's band.
    hats = (1 - (position - control).abs()).clamp_min(0)
    spectrum = _UNIT_PEAK * torch.exp(-0.5 * ((wavelength - centre_m) / width_m) ** 2)
    return (drive @ hats) * torch.polar(spectrum, 0.5 * chirp_s2 * omega**2)


def data_sheet_light() -> Light:
    """Return the power and the phase that controls ask for, and the power that a reading stands for, as designed.

    Powers are summed over the grid, in units in which both fields carry energy alike.
    """
    zero, p = torch.zeros((), dtype=torch.float64), NOMINAL
    each = shaped_pulse(torch.eye(CONTROLS, dtype=torch.float64), zero, zero + p.centre_m, zero + p.width_m, zero)
    bins = np.linspace(*SPECTROMETER_M, BINS)
    points_per_bin = (bins[1] - bins[0]) * c / (bins**2 * STEP_HZ)
    power = (each @ each.mH).real.numpy() / GRID**2
    return Light(power, p.reference * points_per_bin, np.zeros(CONTROLS))


@cache
def _grid(dtype: torch.dtype, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Return the fundamental's wavelengths, the angular frequencies from the centre, and the controls' numbers."""
    with torch.inference_mode(False):  # what is made in inference mode could never be part of a graph
        like: dict[str, Any] = {"dtype": dtype, "device": device}
        return (
            torch.tensor(FUNDAMENTAL_M, **like),
            torch.tensor(2 * math.pi * OFFSET_HZ, **like),
            torch.arange(CONTROLS, **like)[:, None],
        )


@cache
def spectrometer_matrix(blur_m: float, dtype: torch.dtype, device: torch.device) -> Float[Tensor, "part bin"]:
    """Return the weights from Re² and Im² of all grid points to the 50 bins: a Gaussian line, each bin normalised."""
    bins = np.linspace(*SPECTROMETER_M, BINS)
    weights = np.exp(-0.5 * ((HARMONIC_M[:, None] - bins) / blur_m) ** 2)
    with torch.inference_mode(False):
        return torch.tensor(np.repeat(weights / weights.sum(0), 2, axis=0), dtype=dtype, device=device)


class ShgModel:
    """The bench's equations with its alignment unknown (`core.physics.model.PhysicsModel`).

    `steps` is that of `propagate`: 2 are right to 1e-5 of the largest response.
    """

    def __init__(self, parameters: ShgParameters = NOMINAL, steps: int = 2) -> None:
        self.parameters = parameters
        self._steps = steps
        self._angle_rad = parameters.angle_rad
        first, second = self._dispersions()
        self._dispersion = (parameters.length_m * first, parameters.length_m * second)

    @property
    def fit_parameters(self) -> tuple[FitParameter, ...]:
        """Name alignment and strength."""
        return self._fit_parameters

    @cached_property
    def _fit_parameters(self) -> tuple[FitParameter, ...]:
        p = self.parameters
        # ±0.1° of crystal angle
        tilt = p.length_m * abs(phase_mismatch(self._angle_rad + math.radians(0.1), p.centre_m))
        walk_off = p.length_m * bbo.group_velocity_mismatch(p.centre_m)
        return (
            FitParameter("nonlinearity", "1", p.nonlinearity, 0.1, "log"),
            FitParameter("mismatch", "rad", 0.0, tilt, "linear"),
            FitParameter("walk_off", "s", walk_off, 0.05, "log"),
            FitParameter("axis_shift", "m", 0.0, 0.2e-9, "linear"),
            FitParameter("centre", "m", p.centre_m, 1e-9, "linear"),
            FitParameter("width", "m", p.width_m, 0.05, "log"),
            FitParameter("chirp", "s2", 0.0, 100e-30, "linear"),
            FitParameter("gain", "1", 1.0, 0.1, "log"),
            FitParameter("offset", "1", 0.0, 0.01, "linear"),
        )

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *shared: Tensor) -> Tensor:
        """Compute the binned SH spectrum (batch, 50) in units of the reference level."""
        pulse = shaped_pulse(drive, values["axis_shift"], values["centre"], values["width"], values["chirp"])
        return values["gain"] * self.binned(self.harmonic(pulse, values)) + values["offset"]

    def wider(self) -> PhysicsModel:
        """Let the pulse carry a third-order phase too."""
        return ThirdOrderShgModel(self.parameters, self._steps)

    def harmonic(
        self, pulse: Complex[Tensor, "batch grid"], values: Mapping[str, Tensor]
    ) -> Complex[Tensor, "batch grid"]:
        """Send a pulse through the crystal; return the spectrum of the second harmonic. Raises SimulationDiverged."""
        like = pulse.real
        phases = linear_phases(values["mismatch"], values["walk_off"], self._dispersion, like)
        harmonic = propagate(pulse, values["nonlinearity"].to(like), phases, self._steps)[:, 1]
        advice = "Lower the nonlinearity."
        told = {"field": pulse.abs(), "nonlinearity": values["nonlinearity"], "phases": phases}
        check_finite(harmonic, "The second harmonic", advice, along="frequency", **told)
        return harmonic

    def binned(self, harmonic: Complex[Tensor, "batch grid"]) -> Float[Tensor, "batch bin"]:
        """Read the spectrum's power in the spectrometer's bins, in units of the reference level."""
        parts = torch.view_as_real(harmonic).square().flatten(1)
        matrix = spectrometer_matrix(self.parameters.blur_m, parts.dtype, parts.device)
        return parts @ matrix / (GRID**2 * self.parameters.reference)

    def _dispersions(self) -> tuple[float, float]:
        wavelength, angle = self.parameters.centre_m, self._angle_rad
        return (
            bbo.group_velocity_dispersion(bbo.ordinary_index, wavelength),
            bbo.group_velocity_dispersion(lambda w: bbo.extraordinary_index(w, angle), wavelength / 2),
        )


class ThirdOrderShgModel(ShgModel):
    """The bench with a third-order spectral phase, named by what it is at the edge of the shaper's band."""

    @property
    def fit_parameters(self) -> tuple[FitParameter, ...]:
        """Name alignment, strength and the phase, whose tolerance (est.) is 3000 fs³."""
        return (*self._fit_parameters, FitParameter("cubic_phase", "rad", 0.0, 0.13, "linear"))

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *shared: Tensor) -> Tensor:
        """Compute the binned SH spectrum (batch, 50) in units of the reference level."""
        pulse = shaped_pulse(drive, values["axis_shift"], values["centre"], values["width"], values["chirp"])
        omega = _grid(drive.dtype, drive.device)[1]
        phase = values["cubic_phase"] * (omega / (math.pi * (_high - _low))) ** 3
        pulse = pulse * torch.polar(torch.ones_like(phase), phase)
        return values["gain"] * self.binned(self.harmonic(pulse, values)) + values["offset"]


def nominal_values(model: ShgModel) -> dict[str, Tensor]:
    """Return the data sheet's values of the fit parameters."""
    return {item.name: torch.tensor(item.nominal) for item in model.fit_parameters}
