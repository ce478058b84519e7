"""A simulated bench of coupled pendula: release mechanism, springs, position read-out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.physics.model import FitParameter
from core.physics.pendula import (
    COUPLING_RANGE,
    PAIRS,
    PARAMETER_SHAPES,
    PENDULA,
    SHOT_S,
    PendulaModel,
    respond,
)
from core.ports import Axis, SystemInfo
from devices.simulated.base import Imperfections, Roles, SimulatedSystem, imperfection

READOUT_RANGE = 8.0  # the read-out's full scale, ±, in units of the largest release: beyond it saturates


@dataclass(frozen=True)
class PendulaImperfections(Imperfections):
    """What a real bench does that its data sheet does not say (est.); 0 switches an entry off."""

    coupling_error: float = imperfection(
        0.03, "Error of each coupling by itself, relative, between units, which the model does not know."
    )
    release_noise: float = imperfection(
        0.003, "Noise of the initial positions from shot to shot, relative to the largest, rms."
    )
    readout_noise: float = imperfection(0.005, "Noise of the measured positions, relative to the largest release, rms.")
    release_bits: int = imperfection(12, "Bits of the release.")
    readout_bits: int = imperfection(12, "Bits of the read-out.")
    drift_per_hour: float = imperfection(0.005, "Random walk of all natural frequencies together, relative.")

    @property
    def roles(self) -> Roles:
        """Tell which entries are bits, noise and jitter."""
        return Roles(("release_bits", "readout_bits"), {"release_noise": 1, "readout_noise": 1})


class SimulatedPendula(SimulatedSystem):
    """One bench: the serial number fixes its pendula and springs, the seed this session's noise."""

    wandering = ("_drift",)

    def __init__(
        self, serial_number: int = 1, seed: int = 0, imperfections: PendulaImperfections | None = None
    ) -> None:
        self._faults = faults = imperfections or PendulaImperfections()
        super().__init__(serial_number, seed, faults)
        axis = Axis("Pendulum", "", np.arange(1, PENDULA + 1, dtype=float))
        self.info = SystemInfo(
            kind="pendula",
            name=f"Coupled pendula #{serial_number}",
            status="simulated",
            serial_number=serial_number,
            drive_dim=PENDULA,
            response_dim=PENDULA,
            signed_drive=False,
            drive_axis=axis,
            response_axis=axis,
            drive_label="Initial position",
            response_label="Final position",
            drive_unit="largest release",
            response_unit="largest release",
            shot_s=SHOT_S,
            parameter_shapes=PARAMETER_SHAPES,
        )
        items = PendulaModel().fit_parameters
        values = {item.name: self._draw(item) for item in items}
        errors = faults.unit_spread * faults.coupling_error * self.unit_generator.standard_normal(PAIRS)
        self._coupling_factors = torch.as_tensor(1 + errors, dtype=torch.float32)
        self._drift = 1.0
        self._finish(values, items)

    def ideal_response(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Compute the noise-free positions (batch, 206), differentiably, from the hidden pendula and springs."""
        return self._respond(drive, *parameters, drift=1.0)

    def _measure(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        faults, count = self._faults, drive.shape[0]
        released = _quantise(drive, 1.0, faults.release_bits) + faults.release_noise * self._randn(count, PENDULA)
        response = self._respond(released, *parameters, drift=self._drift)
        response = response + faults.readout_noise * self._randn(count, PENDULA)
        if faults.readout_bits:
            response = _quantise(response + READOUT_RANGE, 2 * READOUT_RANGE, faults.readout_bits) - READOUT_RANGE
        return response

    def _wander(self, hours: float) -> None:
        self._drift += self._faults.drift_per_hour * math.sqrt(hours) * float(self._randn(1))

    def _respond(self, drive: Tensor, coupling: Tensor, force: Tensor, *, drift: float) -> Tensor:
        values = {name: value.to(drive) for name, value in self._values.items()}
        values["natural_frequency"] = drift * values["natural_frequency"]
        strained = self._coupling_factors.to(drive) * COUPLING_RANGE * (2 * coupling - 1)
        return respond(values, drive, strained, force)

    def _draw(self, item: FitParameter) -> Tensor:
        nominal = np.asarray(item.nominal)
        change = self._faults.unit_spread * np.asarray(item.spread) * self.unit_generator.standard_normal(nominal.shape)
        value = nominal * np.exp(change) if item.scale == "log" else nominal + change
        return torch.as_tensor(value, dtype=torch.float32)


def _quantise(value: Tensor, full_scale: float, bits: int) -> Tensor:
    """Round to the steps of a converter from 0 to `full_scale`, saturating at its ends; 0 bits pass the value on."""
    if not bits:
        return value
    step = full_scale / (2**bits - 1)
    return (value / step).round().clamp(0, 2**bits - 1) * step
