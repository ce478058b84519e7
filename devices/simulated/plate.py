"""A simulated titanium plate on a speaker, with a microphone and a USB sound card."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.physics import plate_cubic
from core.physics.plate import (
    COMPRESSION,
    MODES_HZ,
    OUTPUT_SCALE,
    QUALITY,
    RATE_HZ,
    SAMPLES,
    WEIGHTS,
    PlateModel,
    compress,
    effective_modes,
    simulate,
)
from core.ports import Axis, SystemInfo
from devices.simulated.base import Imperfections, Roles, SimulatedSystem, imperfection

FREQUENCY_PER_KELVIN = -250e-6
RESTLESSNESS_K_PER_SQRT_H = 0.5  # room temperature, random walk (est.)
HARDENING_PER_SHIFT = 8 / 3  # Duffing: amplitude X rings faster by the fraction (3/8) β X²


@dataclass(frozen=True)
class PlateImperfections(Imperfections):
    """What a real set-up does that its data sheet does not say (est.); 0 switches an entry off."""

    size: float = imperfection(
        0.01, "Spread of the plate's size between units, relative: shifts all free-plate modes alike."
    )
    mode_scatter: float = imperfection(0.003, "Spread of each mode's frequency on top of that, relative.")
    quality: float = imperfection(0.3, "Spread of each quality factor between units, logarithmic.")
    weight: float = imperfection(0.1, "Spread of each mode's participation between units.")
    mount: float = imperfection(0.02, "Offset of the mount between units, relative: shifts suspension and rocking.")
    bl_compression: float = imperfection(
        0.02, "Even-order compression of the speaker's force, Bl(x), which the model does not know."
    )
    hardening: float = imperfection(
        0.002, "Hardening of suspension and mount: relative shift at full drive's static deflection."
    )
    temperature: bool = imperfection(
        True, "The room warms and cools at random, which moves all frequencies by -250 ppm/K."
    )
    gain_drift_per_hour: float = imperfection(0.003, "Random walk of the gain, relative.")
    noise: float = imperfection(0.01, "Noise of the microphone, rms of full scale.")
    start_jitter: int = imperfection(20, "Samples by which a USB sound card starts late at most.")
    align: bool = imperfection(True, "A sync chirp finds the start of a shot; without it the late start stays.")
    misaligned: float = imperfection(0.01, "Part of the shots that stay off by one sample after alignment.")
    converter_bits: float = imperfection(12.5, "Effective bits of both converters.")

    @property
    def roles(self) -> Roles:
        """Tell which entries are bits, noise and jitter, which is what alignment leaves of it."""
        return Roles(("converter_bits",), {"noise": 1}, {"misaligned" if self.align else "start_jitter": 1})


class SimulatedPlate(SimulatedSystem):
    """One plate: the serial number fixes its modes, the seed this session's noise."""

    wandering = ("_kelvin", "_gain")

    def __init__(self, serial_number: int = 1, seed: int = 0, imperfections: PlateImperfections | None = None) -> None:
        self._faults = faults = imperfections or PlateImperfections()
        super().__init__(serial_number, seed, faults)
        time_s = np.arange(SAMPLES) / RATE_HZ
        self.info = SystemInfo(
            kind="plate",
            name=f"Titanium plate #{serial_number}",
            status="simulated",
            serial_number=serial_number,
            drive_dim=SAMPLES,
            response_dim=SAMPLES,
            signed_drive=True,
            drive_axis=Axis("Time", "s", time_s),
            response_axis=Axis("Time", "s", time_s),
            drive_label="Speaker voltage",
            response_label="Microphone",
            shot_s=0.025,
        )
        draw, count = self.unit_generator.standard_normal, len(MODES_HZ)
        size, mount = draw(), draw()
        frequency, quality, weight, compression = draw(count), draw(count), draw(count), draw()
        spread = faults.unit_spread
        free = np.array(MODES_HZ) > 2000
        # Frequency goes as thickness over side squared; a plate 1 % larger all over is 1 % lower.
        common = np.where(free, -faults.size * size, faults.mount * mount)
        values = {
            "frequency": _tensor(MODES_HZ * np.exp(spread * (common + faults.mode_scatter * frequency))),
            "quality": _tensor(QUALITY * np.exp(spread * faults.quality * quality)),
            "weight": _tensor(np.array(WEIGHTS) + spread * faults.weight * weight),
            "compression": _tensor(max(COMPRESSION + 0.01 * spread * compression, 0.0)),
            "offset": _tensor(0.003 * spread * draw()),
        }
        self._hardening = _tensor(np.where(free, 0.0, HARDENING_PER_SHIFT * faults.hardening))
        self._kelvin, self._gain = 0.0, 1.0
        self._finish(values, PlateModel().fit_parameters)

    def ideal_response(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Compute the noise-free signal (batch, 784), differentiably, from the hidden modes."""
        return self._respond(drive, self._values).clamp(-1, 1)

    @property
    def _present(self) -> dict[str, Tensor]:
        values = self._values
        return values | {"frequency": values["frequency"] * (1 + FREQUENCY_PER_KELVIN * self._kelvin)}

    def _measure(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        faults, count = self._faults, drive.shape[0]
        response = self._gain * self._respond(self._quantise(drive, 1.0), self._present)
        response = self._jittered(response) + faults.noise * self._randn(count, SAMPLES)
        return self._quantise(response.clamp(-1, 1), 2.0)

    def _wander(self, hours: float) -> None:
        if self._faults.temperature:
            self._kelvin += RESTLESSNESS_K_PER_SQRT_H * math.sqrt(hours) * float(self._randn(1))
        self._gain *= 1 + self._faults.gain_drift_per_hour * math.sqrt(hours) * float(self._randn(1))

    def _respond(self, drive: Tensor, values: dict[str, Tensor]) -> Tensor:
        force = compress(2 * drive - 1, values["compression"])
        # The voice coil leaves the gap on one side earlier than on the other.
        force = force - self._faults.bl_compression * force**2
        if not self._faults.hardening:
            return simulate(force, effective_modes(values)) + values["offset"]
        weight = OUTPUT_SCALE * values["weight"]
        factors = plate_cubic.coefficients(values["frequency"], values["quality"], weight, self._hardening)
        return plate_cubic.simulate(force, factors) + values["offset"]

    def _jittered(self, response: Tensor) -> Tensor:
        faults, count = self._faults, response.shape[0]
        chance = torch.rand(count, generator=self.noise)
        late = torch.randint(0, round(faults.start_jitter) + 1, (count,), generator=self.noise)
        if faults.align:
            late = (chance < faults.misaligned / 2).long() - (chance > 1 - faults.misaligned / 2).long()
        if not bool(late.any()):
            return response
        index = torch.arange(SAMPLES) - late[:, None]
        shifted = response.gather(1, index.clamp(0, SAMPLES - 1))
        return torch.where((index >= 0) & (index < SAMPLES), shifted, torch.zeros_like(shifted))

    def _quantise(self, value: Tensor, full_scale: float) -> Tensor:
        if not self._faults.converter_bits:
            return value
        step = full_scale / 2**self._faults.converter_bits
        return ((value / step).round() * step).clamp(-full_scale, full_scale)


def _tensor(value: object) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float32)
