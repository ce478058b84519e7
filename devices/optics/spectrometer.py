"""The port of a spectrometer, and how an address names one."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from core.ports import SpecError
from devices.wire import Deadline

SPECTROMETERS = "OCEAN::HOST::PORT, SEABREEZE::SERIAL, SEABREEZE::first or SEABREEZE::HOST::PORT"


class Spectrometer(Protocol):
    """A spectrometer, connected."""

    wavelengths_m: np.ndarray

    @property
    def name(self) -> str:
        """Return the model."""
        ...

    def identity(self) -> dict[str, object]:
        """Tell model and serial number."""
        ...

    def settings(self) -> dict[str, object]:
        """Tell how it is set."""
        ...

    def read(self, deadline: Deadline) -> np.ndarray:
        """Return a spectrum (pixel,), in parts of the largest count, that was wholly exposed after the call."""
        ...

    def check(self, deadline: Deadline) -> None:
        """See that it is still what it was, set as it was. Raise DeviceLost."""
        ...

    def close(self) -> None:
        """Let go of it. Never raise."""
        ...


def open_spectrometer(address: str, deadline: Deadline) -> Spectrometer:
    """Open the spectrometer at an address. Raise SpecError, DeviceError."""
    way, *rest = address.split("::")
    if way.upper() == "OCEAN" and len(rest) == 2 and rest[1].isdigit():
        from devices.optics.ocean import OceanSpectrometer

        return OceanSpectrometer(rest[0], int(rest[1]), deadline)
    if way.upper() == "SEABREEZE" and (len(rest) == 1 or (len(rest) == 2 and rest[1].isdigit())):
        from devices.optics.seabreeze_child import LibrarySpectrometer

        return LibrarySpectrometer(rest, deadline)
    raise SpecError(f"system.connection.recorder = {address!r} is no spectrometer. Addresses are like {SPECTROMETERS}.")
