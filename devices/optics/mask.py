"""The port of a pulse shaper's mask: a row of columns, each with a grey level, which is a screen as a rule."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol

import numpy as np

from core.ports import DeviceError, SpecError
from devices.optics import obp
from devices.optics.ocean import OceanLink
from devices.wire import Deadline

MASKS = "SCREEN::NAME of a second monitor, MASK::HOST::PORT on the demo bench"
DEMO_COLUMNS, DEMO_LEVELS = 1920, 1024


class Mask(Protocol):
    """A mask: black where nothing passes. Its grey levels are proportional to the amplitude that passes."""

    name: str
    demo: bool
    columns: int
    levels: int

    def show(self, pattern: np.ndarray, deadline: Deadline) -> None:
        """Show grey levels (column,) from 0 to `levels` - 1, and return when light has them. Raise DeviceError."""
        ...

    def close(self) -> None:
        """Turn black and let go of it. Never raise."""
        ...


OpenScreen = Callable[[str, Deadline], Mask]
_screens: list[OpenScreen] = []


def offer_screens(open_screen: OpenScreen) -> None:
    """Let masks be shown on screens: the window, which has them, tells how one is opened by its name."""
    _screens[:] = [open_screen]


def open_mask(address: str, deadline: Deadline) -> Mask:
    """Open the mask at an address. Raise SpecError, DeviceError."""
    way, *rest = address.split("::")
    if way.upper() == "SCREEN" and len(rest) == 1 and rest[0]:
        if not _screens:
            raise DeviceError(f"The mask on screen {rest[0]} needs Overtone's window: train from there.")
        return _screens[0](rest[0], deadline)
    if way.upper() == "MASK" and len(rest) == 2 and rest[1].isdigit():
        return DemoMask(rest[0], int(rest[1]), deadline)
    raise SpecError(f"{address!r} is no mask. Addresses are like {MASKS}.")


class MemoryMask:
    """A mask that nobody sees; `shown` is its pattern."""

    name, demo = "Mask in memory", True

    def __init__(self, columns: int = DEMO_COLUMNS, levels: int = DEMO_LEVELS) -> None:
        self.columns, self.levels = columns, levels
        self.shown = np.zeros(columns, np.uint16)

    def show(self, pattern: np.ndarray, deadline: Deadline) -> None:
        """Remember a pattern."""
        self.shown = pattern.copy()

    def close(self) -> None:
        """Turn black."""
        self.shown = np.zeros(self.columns, np.uint16)


class DemoMask:
    """The mask of the demo bench, whose light the emulated spectrometer sees: a screen that is reached by TCP."""

    name, demo = "overtone demo mask", True
    columns, levels = DEMO_COLUMNS, DEMO_LEVELS

    def __init__(self, host: str, port: int, deadline: Deadline) -> None:
        self._link = OceanLink(host, port, deadline)

    def show(self, pattern: np.ndarray, deadline: Deadline) -> None:
        """Send a pattern and wait until it is shown."""
        self._link.tell(obp.SET_MASK, deadline, struct.pack("<H", self.levels) + pattern.astype("<u2").tobytes())

    def close(self) -> None:
        """Let go of it; the demo bench turns it black when nobody holds it."""
        self._link.close()
