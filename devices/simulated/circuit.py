"""A simulated nonlinear oscillator on a breadboard, between a waveform generator and a digitiser."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.physics.circuit import RATE_HZ, SAMPLES, CircuitModel
from core.ports import Axis, SystemInfo
from devices.simulated.base import Imperfections, Roles, SimulatedSystem, imperfection

THRESHOLD_V_PER_KELVIN = -2e-3
RESTLESSNESS_K_PER_SQRT_H = 1.0  # temperature inside the box, random walk (est.)


@dataclass(frozen=True)
class CircuitImperfections(Imperfections):
    """What a real circuit does that its data sheet does not say (est.); 0 switches an entry off."""

    inductance: float = imperfection(0.05, "Tolerance of the inductance, log-normal, between units.")
    resistance: float = imperfection(0.05, "Tolerance of the resistance, log-normal, between units.")
    capacitance: float = imperfection(0.1, "Tolerance of the capacitance, log-normal, between units.")
    transconductance: float = imperfection(
        0.3, "Tolerance of the transistor's transconductance, log-normal, between units."
    )
    threshold_v: float = imperfection(0.05, "Spread of the transistor's threshold between units.")
    hysteresis: float = imperfection(
        0.01, "Saturation of the coil's core, a cubic loss of drive, which the model does not know."
    )
    temperature: bool = imperfection(True, "The box warms and cools at random, which moves the threshold by -2 mV/K.")
    gain_drift_per_hour: float = imperfection(0.005, "Random walk of the gain, relative.")
    noise: float = imperfection(0.05, "Noise of the response, relative to its typical rms.")
    trigger_jitter_s: float = imperfection(0.1e-6, "Time shift of a whole shot, rms.")
    converter_bits: float = imperfection(12.5, "Effective bits of generator and digitiser.")

    @property
    def roles(self) -> Roles:
        """Tell which entries are bits, noise and jitter."""
        return Roles(("converter_bits",), {"noise": 1}, {"trigger_jitter_s": 1})


class SimulatedCircuit(SimulatedSystem):
    """One circuit: the serial number fixes its components, the seed this session's noise."""

    wandering = ("_kelvin", "_gain")

    def __init__(
        self, serial_number: int = 1, seed: int = 0, imperfections: CircuitImperfections | None = None
    ) -> None:
        self._faults = faults = imperfections or CircuitImperfections()
        super().__init__(serial_number, seed, faults)
        time_s = np.arange(SAMPLES) / RATE_HZ
        self.info = SystemInfo(
            kind="circuit",
            name=f"Nonlinear oscillator #{serial_number}",
            status="simulated",
            serial_number=serial_number,
            drive_dim=SAMPLES,
            response_dim=SAMPLES,
            signed_drive=True,
            drive_axis=Axis("Time", "s", time_s),
            response_axis=Axis("Time", "s", time_s),
            drive_label="Generator voltage",
            response_label="Capacitor voltage",
            shot_s=1e-3,
        )
        self._model = CircuitModel()
        unit = faults.unit_spread * self.unit_generator.standard_normal(9)
        nominal = {item.name: float(np.asarray(item.nominal)) for item in self._model.fit_parameters}
        spread = {
            "inductance": faults.inductance,
            "capacitance": faults.capacitance,
            "resistance": faults.resistance,
            "parallel": 0.2,
            "transconductance": faults.transconductance,
            "drive_gain": 0.02,
            "gain": 0.02,
        }
        values = {
            name: nominal[name] * math.exp(width * z) for (name, width), z in zip(spread.items(), unit, strict=False)
        }
        values["threshold"] = nominal["threshold"] + faults.threshold_v * unit[7]
        values["offset"] = 0.003 * unit[8]
        tensors = {name: torch.tensor(value, dtype=torch.float32) for name, value in values.items()}
        self._kelvin, self._gain = 0.0, 1.0
        self._finish(tensors, self._model.fit_parameters)

    def ideal_response(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Compute the noise-free voltage (batch, 784), differentiably, from the hidden components."""
        return self._respond(drive, self._values)

    @property
    def _present(self) -> dict[str, Tensor]:
        values = self._values
        return values | {"threshold": values["threshold"] + THRESHOLD_V_PER_KELVIN * self._kelvin}

    def _measure(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        faults, count = self._faults, drive.shape[0]
        response = self._gain * self._respond(self._quantise(drive, 1.0), self._present)
        response = self._shifted(response) + faults.noise * TYPICAL_RMS * self._randn(count, SAMPLES)
        return self._quantise(response.clamp(-1, 1), 2.0)

    def _wander(self, hours: float) -> None:
        if self._faults.temperature:
            self._kelvin += RESTLESSNESS_K_PER_SQRT_H * math.sqrt(hours) * float(self._randn(1))
        self._gain *= 1 + self._faults.gain_drift_per_hour * math.sqrt(hours) * float(self._randn(1))

    def _respond(self, drive: Tensor, values: dict[str, Tensor]) -> Tensor:
        swing = 2 * drive - 1
        swing = swing - self._faults.hysteresis * swing**3
        return self._model.response(values, 0.5 + 0.5 * swing)

    def _shifted(self, response: Tensor) -> Tensor:
        if not self._faults.trigger_jitter_s:
            return response
        shift = self._faults.trigger_jitter_s * RATE_HZ * self._randn(response.shape[0], 1)
        padded = torch.nn.functional.pad(response, (0, SAMPLES))
        angle = -2 * math.pi * torch.fft.rfftfreq(2 * SAMPLES) * shift
        turn = torch.polar(torch.ones(()).expand_as(angle), angle)  # torch.exp of a complex number is ten times slower
        return torch.fft.irfft(torch.fft.rfft(padded) * turn, 2 * SAMPLES)[:, :SAMPLES]

    def _quantise(self, value: Tensor, full_scale: float) -> Tensor:
        if not self._faults.converter_bits:
            return value
        step = full_scale / 2**self._faults.converter_bits
        return ((value / step).round() * step).clamp(-full_scale, full_scale)


TYPICAL_RMS = 0.17  # of full scale: the response to random drives
