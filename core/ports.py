"""What the engine asks of the outside: the physical system's port, its facts, and the errors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:  # torch takes a second to start, and a list of runs, which knows these errors, needs none
    from jaxtyping import Float
    from torch import Tensor


class OvertoneError(Exception):
    """Base of every error whose message is meant for the user: what happened, with values, and what to do."""


class SpecError(OvertoneError):
    """The experiment specification asks for something that does not exist or is out of range."""


class DataError(OvertoneError):
    """A data set is missing, corrupt, or holds values that cannot be used."""


class RunFileError(OvertoneError):
    """A run folder cannot be read or written."""


class DiskFull(RunFileError):
    """There is no room left for what a run writes; with room, the same write succeeds."""


class SimulationDiverged(OvertoneError):
    """A simulated system left the range of finite numbers."""


class DeviceError(OvertoneError):
    """The physical system could not do what was asked."""


class DeviceTimeout(DeviceError):
    """The physical system did not answer within its deadline."""


class DeviceLost(DeviceError):
    """The physical system is gone; nothing more can be measured on it."""


class OutOfRange(DeviceError):
    """A control value lies outside the range that the physical system accepts."""


@dataclass(frozen=True)
class Axis:
    """The physical quantity along a drive or a response, for display and for files.

    `values` has the length of the drive or response, in `unit` (SI, without prefix).
    """

    quantity: str
    unit: str
    values: np.ndarray


@dataclass(frozen=True)
class Light:
    """What the drive and the response of an optical system stand for on its data sheet, for display alone.

    A drive d asks for the power d·G·d, G being `drive_power` (drive, drive), and for the spectral phase
    `drive_phase_rad` (drive,); a response r stands for the power r·w, w being `response_power` (response,). Both powers
    are in one unit.
    """

    drive_power: np.ndarray
    response_power: np.ndarray
    drive_phase_rad: np.ndarray


@dataclass(frozen=True)
class SystemInfo:
    """The facts of a physical system that a network, a twin and a view need.

    A shot takes `drive_dim` controls, each normalised to [0, 1], and returns `response_dim` numbers of order one.
    `parameter_shapes` names the physical parameters that all shots of a batch share (a coupling matrix, say),
    normalised to [0, 1] too; `run` takes them after the drive, in this order.
    `signed_drive` says that 0.5 is the rest position of a control (a voltage), otherwise it is 0 (an amplitude).
    Labels and units say what the numbers are and what they are fractions of, for display.
    `shot_s` is how long one shot lasts on the real apparatus. `light` is None where nobody knows it.
    """

    kind: str
    name: str
    status: Literal["simulated", "demo", "connected"]
    serial_number: int
    drive_dim: int
    response_dim: int
    signed_drive: bool
    drive_axis: Axis
    response_axis: Axis
    drive_label: str
    response_label: str
    shot_s: float
    parameter_shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    drive_unit: str = "full scale"
    response_unit: str = "full scale"
    light: Light | None = None


@runtime_checkable
class PhysicalSystem(Protocol):
    """Something that answers a batch of shots."""

    @property
    def info(self) -> SystemInfo:
        """Tell the facts of the system."""
        ...

    def run(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> Float[Tensor, "batch response"]:
        """Measure one shot per row of `drive`. Raise OutOfRange, DeviceTimeout or DeviceLost."""
        ...

    def safe_state(self) -> None:
        """Put every output into its safe state. Never raise."""
        ...

    def snapshot(self) -> dict[str, object]:
        """Tell identity, settings and state as plain data (numbers, strings, lists, dictionaries)."""
        ...


@runtime_checkable
class DifferentiableSystem(PhysicalSystem, Protocol):
    """A simulator that can also lend its own noise-free response, for the `ideal` upper bound alone."""

    def ideal_response(
        self, drive: Float[Tensor, "batch drive"], *parameters: Tensor
    ) -> Float[Tensor, "batch response"]:
        """Compute the response without noise, differentiably, from the hidden parameters."""
        ...


@runtime_checkable
class Resumable(PhysicalSystem, Protocol):
    """A system whose session can be kept and gone on with in another process, as if nothing had happened."""

    def state(self) -> dict[str, Tensor]:
        """Return everything that a session changes."""
        ...

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from a state. Raise DeviceError, with nothing changed, where it does not fit this system."""
        ...


@runtime_checkable
class Ageing(PhysicalSystem, Protocol):
    """A system that can be left idle for as long as an experiment asks, without anyone having to wait."""

    def age(self, hours: float) -> None:
        """Let time pass without shots. Raise DeviceError."""
        ...


@runtime_checkable
class Patient(PhysicalSystem, Protocol):
    """A system that connects again by itself, for `patience_s`, before it raises DeviceLost."""

    patience_s: float


Measure = Callable[..., "Tensor"]
"""Runs the device: tensors in, a tensor out."""
