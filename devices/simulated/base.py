"""What all simulated devices share: a seeded unit, a clock, an own noise stream, and the range check."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from core.physics.model import FitParameter
from core.ports import DeviceError, DeviceLost, OutOfRange, SpecError, SystemInfo

LONGEST_AGEING_H = 1e5  # eleven years
WANDERING_STEP_S = 3600.0  # a gain multiplies itself by a Gaussian factor, which must stay near 1
BITS_LESS = 2

Worsening = Literal["bits", "noise", "jitter"]


@dataclass(frozen=True)
class Roles:
    """Which imperfections are a converter's bits, and which grow with the rms of noise or jitter, to which power."""

    bits: tuple[str, ...] = ()
    noise: Mapping[str, int] = field(default_factory=dict[str, int])
    jitter: Mapping[str, int] = field(default_factory=dict[str, int])


def imperfection(default: float, description: str) -> Any:
    """Declare an entry of `Imperfections` with its default and what it does, which the window shows."""
    return field(default=default, metadata={"description": description})


@dataclass(frozen=True)
class Imperfections:
    """What every simulated device does that its data sheet does not say; 0 switches an entry off.

    With `parameter_drift_per_hour` each hidden parameter that a twin can fit moves steadily, each (and each element)
    in its own direction: by this part of its value where its scale is logarithmic, by this part of its tolerance where
    it is linear (angles, shifts, offsets, weights).
    """

    unit_spread: float = imperfection(1.0, "Scales all differences between units.")
    parameter_drift_per_hour: float = imperfection(
        0.0, "Steady drift of each hidden parameter in its own direction, relative (angles, shifts: of the tolerance)."
    )

    @property
    def roles(self) -> Roles:
        """Tell which entries are bits, noise and jitter."""
        return Roles()

    def worsened(self, what: Worsening) -> dict[str, float]:
        """Return the entries that change with two bits less, or with twice the noise or jitter.

        Raises SpecError where there is nothing to change.
        """
        names = {"bits": "converter bits", "noise": "noise", "jitter": "jitter"}
        entries: Sequence[str] = list(getattr(self.roles, what))
        present = {name: getattr(self, name) for name in entries if getattr(self, name)}
        if not present:
            off = f": {', '.join(f'{name} = 0' for name in entries)}" if entries else ""
            raise SpecError(f"The system has no {names[what]}{off}.")
        if what != "bits":
            powers: Mapping[str, int] = getattr(self.roles, what)
            return {name: value * 2 ** powers[name] for name, value in present.items()}
        if min(present.values()) <= BITS_LESS:
            shown = ", ".join(f"{name} = {value:g}" for name, value in present.items())
            raise SpecError(f"With {BITS_LESS} bits less than {shown} nothing is left of a converter.")
        return {name: value - BITS_LESS for name, value in present.items()}


class SimulatedSystem(ABC):
    """A device made of equations, whose hidden truth never leaves it except as measured outputs.

    `serial_number` fixes the unit (its hidden parameters); `seed` fixes the noise of this session with it.
    Subclasses set `info`, draw their hidden parameters with `unit_generator`, hand them to `_finish` after the last
    draw, and implement `_measure`, `_wander` and `ideal_response`; they name in `wandering` the numbers that walk at
    random. `clock_s` is the simulated time since switch-on: every shot advances it by `info.shot_s`, and a batch of
    shots is measured as the system is at its end.
    """

    info: SystemInfo
    wandering: ClassVar[tuple[str, ...]] = ()

    def __init__(self, serial_number: int, seed: int, imperfections: Imperfections) -> None:
        self.imperfections = imperfections
        self.unit_generator = np.random.default_rng([serial_number, 0x0E7])
        self.noise = torch.Generator().manual_seed((serial_number * 1_000_003 + seed) % 2**63)
        self.clock_s = 0.0
        self.shots = 0
        self.output_enabled = False

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Measure one shot per row of `drive` (batch, drive), each value in [0, 1]. Raise OutOfRange, DeviceLost."""
        self._check("drive", drive, (drive.shape[0], self.info.drive_dim) if drive.ndim == 2 else (-1,))
        expected = self.info.parameter_shapes
        if len(parameters) != len(expected):
            raise OutOfRange(f"{self.info.name} takes {len(expected)} shared parameters, got {len(parameters)}.")
        for (name, shape), value in zip(expected.items(), parameters, strict=True):
            self._check(name, value, shape)
        self._elapse(drive.shape[0] * self.info.shot_s)
        with torch.no_grad():
            self.output_enabled = True
            response = self._measure(drive.detach().to("cpu", torch.float32), *(p.detach().cpu() for p in parameters))
        self.shots += drive.shape[0]
        return response.to(drive)

    def age(self, hours: float) -> None:
        """Let simulated time pass without shots: the clock and all drifts go on. Raise DeviceError."""
        if not 0.0 <= hours <= LONGEST_AGEING_H:
            raise DeviceError(f"{self.info.name} cannot age by {hours:g} h; choose from 0 to {LONGEST_AGEING_H:g} h.")
        if hours:  # no time takes nothing from the noise to come
            self._elapse(3600 * hours)

    def safe_state(self) -> None:
        """Switch the output off."""
        self.output_enabled = False

    def snapshot(self) -> dict[str, object]:
        """Tell identity, settings and state as plain data; hidden parameters stay hidden."""
        return {
            "kind": self.info.kind,
            "name": self.info.name,
            "status": self.info.status,
            "serial_number": self.info.serial_number,
            "imperfections": asdict(self.imperfections),
            "clock_s": self.clock_s,
            "shots": self.shots,
        }

    def hidden(self) -> dict[str, Any]:
        """Tell the hidden parameters as they are now, as plain data, for `--reveal` and for tests alone."""
        return {name: value.tolist() for name, value in self._present.items()}

    def state(self) -> dict[str, Tensor]:
        """Return everything that a session changes: the noise to come, the clock, the count of shots and the drifts.

        Whether the output is on is left out: a restored system is silent until its next shot.
        """
        unit = torch.tensor(self.info.serial_number)
        numbers = {key: torch.from_numpy(np.asarray(getattr(self, name))) for key, name in self._numbers().items()}
        return {self._key("serial_number"): unit, self._key("noise"): self.noise.get_state(), **numbers}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state of the same unit. Raise DeviceError, with nothing changed, where it is not one."""
        name, own = self.info.name, self.state()
        if state.keys() != own.keys():
            raise DeviceError(f"{name} is described by {', '.join(own)}, not by {', '.join(state) or 'nothing'}.")
        for key, value in own.items():
            given = state[key]
            if (given.shape, given.dtype) != (value.shape, value.dtype):
                was, needed = (f"{item.dtype} {tuple(item.shape)}" for item in (given, value))
                raise DeviceError(f"{key} is {was}; the state of {name} needs {needed}.")
            if not bool(given.isfinite().all()):
                raise DeviceError(f"{key} = {given.tolist()} is not finite; this state of {name} cannot be used.")
        unit = int(state[self._key("serial_number")])
        if unit != self.info.serial_number:
            raise DeviceError(f"The state is that of unit #{unit}, not of {name}.")
        try:
            self.noise.set_state(state[self._key("noise")])
        except RuntimeError as error:
            raise DeviceError(f"The state's noise generator cannot be used for {name}: {error}") from None
        for key, attribute in self._numbers().items():
            setattr(self, attribute, state[key].item())

    @abstractmethod
    def _measure(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Answer checked controls with noise, drift, jitter and converters, as float32."""

    @abstractmethod
    def _wander(self, hours: float) -> None:
        """Let the numbers in `wandering` take a random step, at most an hour long."""

    @abstractmethod
    def ideal_response(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Compute the response without noise, differentiably, from the hidden parameters."""

    def _finish(self, values: dict[str, Tensor], items: tuple[FitParameter, ...]) -> None:
        """Keep the hidden parameters, as they are at switch-on, and draw in which direction each of them drifts."""
        self._new, self._change_per_hour = values, dict[str, Tensor]()
        for item in items:
            value = values[item.name].double()
            direction = torch.as_tensor(self.unit_generator.choice((-1.0, 1.0), tuple(value.shape)))
            unit = value if item.scale == "log" else torch.as_tensor(item.spread)
            self._change_per_hour[item.name] = self.imperfections.parameter_drift_per_hour * direction * unit

    @property
    def _values(self) -> dict[str, Tensor]:
        """The hidden parameters at the present clock."""
        if not self.imperfections.parameter_drift_per_hour:
            return self._new
        hours = self.clock_s / 3600
        return {name: (value + hours * self._change_per_hour[name]).to(value) for name, value in self._new.items()}

    @property
    def _present(self) -> dict[str, Tensor]:
        """The hidden parameters at the present clock and temperature."""
        return self._values

    def _elapse(self, seconds: float) -> None:
        hours, rate = (self.clock_s + seconds) / 3600, self.imperfections.parameter_drift_per_hour
        if rate * hours >= 1:
            raise DeviceLost(
                f"{self.info.name} has drifted away: after {hours:.4g} h at {rate:.4g} an hour nothing is left of some "
                "of its parameters. Lower system.imperfections.parameter_drift_per_hour, or let less time pass."
            )
        self.clock_s += seconds
        steps = max(1, math.ceil(seconds / WANDERING_STEP_S))
        for _ in range(steps):
            self._wander(seconds / steps / 3600)

    def _numbers(self) -> dict[str, str]:
        """Map the state's keys to the attributes that shots change."""
        return {self._key(name.lstrip("_")): name for name in ("clock_s", "shots", *self.wandering)}

    def _key(self, name: str) -> str:
        return f"{self.info.kind}.{name}"

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
