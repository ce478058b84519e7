"""A simulated second-harmonic bench: pulse shaper, BBO crystal, spectrometer."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.physics.shg import (
    BINS,
    CONTROLS,
    NOMINAL,
    OFFSET_HZ,
    SHAPER_M,
    SPECTROMETER_M,
    ShgModel,
    data_sheet_light,
    phase_mismatch,
    shaped_pulse,
)
from core.ports import Axis, SystemInfo
from devices.simulated.base import Imperfections, Roles, SimulatedSystem, imperfection

SATURATION = 4.0  # of the reference level: the unshaped pulse stays below it


@dataclass(frozen=True)
class ShgImperfections(Imperfections):
    """What a real bench does that its data sheet does not say (est.); 0 switches an entry off."""

    angle_deg: float = imperfection(0.1, "Crystal angle, standard deviation between units.")
    axis_nm: float = imperfection(0.2, "Shift of the shaper's wavelength axis between units.")
    strength: float = imperfection(0.1, "Spread of the conversion strength between units, relative.")
    chirp_fs2: float = imperfection(100.0, "Residual chirp, between units.")
    cubic_phase_fs3: float = imperfection(
        2000.0, "Residual third-order phase between units, which the model does not know."
    )
    shaper_blur_nm: float = imperfection(
        0.2, "Blur of neighbouring controls, standard deviation, which the model does not know."
    )
    shaper_bits: int = imperfection(10, "Bits of the shaper's grey levels.")
    power_noise: float = imperfection(0.01, "Noise of the laser's power from shot to shot, relative rms.")
    pointing_noise: float = imperfection(
        0.005, "Noise of the laser's pointing, a rank-2 change of the spectrum, relative rms."
    )
    electrons: float = imperfection(50_000.0, "Electrons at saturation, which set the shot noise.")
    read_noise: float = imperfection(3e-4, "Noise of the read-out, relative to saturation, rms.")
    adc_bits: int = imperfection(14, "Bits of the spectrometer's converter.")
    drift_per_hour: float = imperfection(0.005, "Random walk of the conversion strength, relative.")

    @property
    def roles(self) -> Roles:
        """Tell which entries are bits, noise and jitter; shot noise falls with the root of the electrons."""
        noise = {"power_noise": 1, "pointing_noise": 1, "electrons": -2, "read_noise": 1}
        return Roles(("shaper_bits", "adc_bits"), noise)


class SimulatedShg(SimulatedSystem):
    """One bench: the serial number fixes its alignment, the seed this session's noise."""

    wandering = ("_gain",)

    def __init__(self, serial_number: int = 1, seed: int = 0, imperfections: ShgImperfections | None = None) -> None:
        self._faults = faults = imperfections or ShgImperfections()
        super().__init__(serial_number, seed, faults)
        self.info = SystemInfo(
            kind="shg",
            name=f"SHG bench #{serial_number}",
            status="simulated",
            serial_number=serial_number,
            drive_dim=CONTROLS,
            response_dim=BINS,
            signed_drive=False,
            drive_axis=Axis("Wavelength", "m", np.linspace(*SHAPER_M, CONTROLS)),
            response_axis=Axis("Wavelength", "m", np.linspace(*SPECTROMETER_M, BINS)),
            drive_label="Spectral amplitude",
            response_label="Second harmonic",
            response_unit="reference",
            shot_s=1e-3,
            light=data_sheet_light(),
        )
        self._model = ShgModel(steps=3)  # finer than the twin that is fitted to it
        unit = faults.unit_spread * self.unit_generator.standard_normal(8)
        p, angle = NOMINAL, NOMINAL.angle_rad
        tilt = phase_mismatch(angle + math.radians(faults.angle_deg) * unit[0], p.centre_m)
        values = {item.name: torch.tensor(item.nominal) for item in self._model.fit_parameters}
        values |= {
            "mismatch": torch.tensor(p.length_m * tilt),
            "axis_shift": torch.tensor(faults.axis_nm * 1e-9 * unit[1]),
            "nonlinearity": torch.tensor(p.nonlinearity * math.exp(faults.strength * unit[2])),
            "chirp": torch.tensor(faults.chirp_fs2 * 1e-30 * unit[3]),
            "centre": torch.tensor(p.centre_m + (0.5e-9 * unit[4])),
            "width": torch.tensor(p.width_m * math.exp(0.03 * unit[5])),
        }
        omega = 2 * np.pi * OFFSET_HZ
        self._phase = torch.as_tensor(faults.cubic_phase_fs3 * 1e-45 * unit[6] * omega**3 / 6)
        self._blur = _blur_matrix(faults.shaper_blur_nm * 1e-9)
        self._gain = 1.0
        self._finish(values, self._model.fit_parameters)

    def ideal_response(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Compute the noise-free spectrum (batch, 50), differentiably, from the hidden alignment."""
        v = self._values
        pulse = shaped_pulse(drive @ self._blur.to(drive), v["axis_shift"], v["centre"], v["width"], v["chirp"])
        pulse = pulse * torch.exp(1j * self._phase).to(pulse)
        harmonic = self._model.harmonic(pulse, v)
        return v["gain"] * self._model.binned(harmonic) + v["offset"]

    def _measure(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        faults, count = self._faults, drive.shape[0]
        if faults.shaper_bits:
            levels = 2**faults.shaper_bits - 1
            drive = (drive * levels).round() / levels
        response = self.ideal_response(drive) * self._gain
        power = 1 + faults.power_noise * self._randn(count, 1)
        position = torch.linspace(-1, 1, BINS)
        shapes = torch.stack([position, 1.5 * position**2 - 0.5])
        pointing = 1 + faults.pointing_noise * self._randn(count, 2) @ shapes
        response = response * power**2 * pointing
        if faults.electrons:
            response = (
                response + self._randn(count, BINS) * (response.clamp_min(0) * SATURATION / faults.electrons).sqrt()
            )
        response = response + faults.read_noise * SATURATION * self._randn(count, BINS)
        if faults.adc_bits:
            step = SATURATION / 2**faults.adc_bits
            response = (response / step).round().clamp(-(2**faults.adc_bits) // 64, 2**faults.adc_bits - 1) * step
        return response

    def _wander(self, hours: float) -> None:
        self._gain += self._faults.drift_per_hour * math.sqrt(hours) * float(self._randn(1))


def _blur_matrix(blur_m: float) -> Tensor:
    axis = np.linspace(*SHAPER_M, CONTROLS)
    if blur_m == 0:
        return torch.eye(CONTROLS)
    weights = np.exp(-0.5 * ((axis[:, None] - axis) / blur_m) ** 2)
    return torch.as_tensor(weights / weights.sum(0), dtype=torch.float32)
