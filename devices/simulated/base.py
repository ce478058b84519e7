"""What all simulated devices share: a seeded unit, a clock, an own noise stream, and the range check."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.ports import OutOfRange, SystemInfo


class SimulatedSystem(ABC):
    """A device made of equations, whose hidden truth never leaves it except as measured outputs.

    `serial_number` fixes the unit (its hidden parameters); `seed` fixes the noise of this session with it.
    Subclasses set `info`, draw their hidden parameters with `unit_generator` and implement `_measure` and
    `ideal_response`. `clock_s` is the simulated time since switch-on: every shot advances it by `info.shot_s`.
    """

    def __init__(self, serial_number: int, seed: int, imperfections: object) -> None:
        self.imperfections = imperfections
        self.unit_generator = np.random.default_rng([serial_number, 0x0E7])
        self.noise = torch.Generator().manual_seed((serial_number * 1_000_003 + seed) % 2**63)
        self.clock_s = 0.0
        self.shots = 0
        self.output_enabled = False

    info: SystemInfo

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Measure one shot per row of `drive` (batch, drive), each value in [0, 1]. Raise OutOfRange."""
        self._check("drive", drive, (drive.shape[0], self.info.drive_dim) if drive.ndim == 2 else (-1,))
        expected = self.info.parameter_shapes
        if len(parameters) != len(expected):
            raise OutOfRange(f"{self.info.name} takes {len(expected)} shared parameters, got {len(parameters)}.")
        for (name, shape), value in zip(expected.items(), parameters, strict=True):
            self._check(name, value, shape)
        with torch.no_grad():
            self.output_enabled = True
            response = self._measure(drive.detach().to("cpu", torch.float32), *(p.detach().cpu() for p in parameters))
        self.shots += drive.shape[0]
        self.clock_s += drive.shape[0] * self.info.shot_s
        return response.to(drive)

    def safe_state(self) -> None:
        """Switch the output off."""
        self.output_enabled = False

    def snapshot(self) -> dict[str, object]:
        """Tell identity, settings and state as plain data; hidden parameters stay hidden."""
        settings: dict[str, Any] = asdict(self.imperfections) if is_dataclass(self.imperfections) else {}  # pyright: ignore[reportArgumentType]
        return {
            "kind": self.info.kind,
            "name": self.info.name,
            "status": self.info.status,
            "serial_number": self.info.serial_number,
            "imperfections": settings,
            "clock_s": self.clock_s,
            "shots": self.shots,
        }

    @abstractmethod
    def _measure(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Answer checked controls with noise, drift, jitter and converters, as float32."""

    @abstractmethod
    def ideal_response(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Compute the response without noise, differentiably, from the hidden parameters."""

    def _randn(self, *shape: int) -> Tensor:
        return torch.randn(*shape, generator=self.noise)

    def _check(self, name: str, value: Tensor, shape: tuple[int, ...]) -> None:
        if tuple(value.shape) != tuple(shape):
            raise OutOfRange(f"{name} has shape {tuple(value.shape)}; {self.info.name} takes {self._shape_text(name)}.")
        low, high = (float(value.min()), float(value.max())) if value.numel() else (0.0, 0.0)
        if not (low >= 0.0 and high <= 1.0):  # written so that NaN fails too
            raise OutOfRange(
                f"{name} spans {low:.4g} … {high:.4g}, outside [0, 1]; nothing was sent to {self.info.name}. "
                "Clamp the controls before the device."
            )

    def _shape_text(self, name: str) -> str:
        if name == "drive":
            return f"(batch, {self.info.drive_dim})"
        return str(self.info.parameter_shapes[name])
