"""Which drivers there are, by the beginning of an instrument's address: the bundled ones and what plug-ins add."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module

from core.ports import DeviceError, SpecError
from core.run.connection import ConnectionSpec
from devices.plugins import with_plugins
from devices.recorder import Plan, Recorder

DRIVER_GROUP = "overtone.drivers"


@dataclass(frozen=True)
class Driver:
    """A way to instruments: what addresses begin with, one for example, and `open(address, plan, connection)`."""

    title: str
    prefixes: tuple[str, ...]
    example: str
    open: Callable[[str, Plan, ConnectionSpec], Recorder]


def _bundled(module: str, title: str, prefixes: tuple[str, ...], example: str) -> Driver:
    """A driver whose module has a function `open_recorder`; it is imported when an instrument is opened."""

    def open_recorder(address: str, plan: Plan, connection: ConnectionSpec) -> Recorder:
        try:
            return import_module(module).open_recorder(address, plan, connection)
        except ModuleNotFoundError as error:
            raise DeviceError(
                f"{title}: the Python library {error.name} is not installed. See what to install: overtone doctor"
            ) from None

    return Driver(title, prefixes, example, open_recorder)


BUNDLED_DRIVERS = {
    "visa": _bundled(
        "devices.visa.recorder",
        "Waveform generator and oscilloscope (VISA)",
        ("TCPIP", "USB", "GPIB", "VXI", "ASRL", "PXI", "VICP"),
        "TCPIP::192.168.1.5::5025::SOCKET",
    ),
    "daq": _bundled(
        "devices.daq.recorder", "NI card (NI-DAQmx)", ("NI://", "NI-GRPC://"), "ni-grpc://192.168.1.5:31763/Dev1"
    ),
    "optics": _bundled(
        "devices.optics.recorder", "Pulse shaper and spectrometer", ("SCREEN::", "MASK::"), "SCREEN::HDMI-2"
    ),
    "audio": _bundled("devices.audio.recorder", "Sound card", ("AUDIO::", "JACK::"), "AUDIO::default"),
}


def find_drivers() -> tuple[dict[str, Driver], dict[str, str]]:
    """List the usable drivers by name, and the plug-ins that cannot be used with the reason."""
    return with_plugins(BUNDLED_DRIVERS, DRIVER_GROUP, Driver)


def find_driver(address: str) -> Driver:
    """Return the driver for an address. Raises SpecError naming how addresses begin."""
    found, broken = find_drivers()
    for driver in found.values():
        if address.upper().startswith(driver.prefixes):
            return driver
    examples = ", ".join(driver.example for driver in found.values())
    unusable = "".join(f" The plug-in {name} is broken: {reason}." for name, reason in broken.items())
    raise SpecError(f"No driver knows the address {address!r}. Addresses are like {examples}.{unusable}")


def opener(address: str, plan: Plan, connection: ConnectionSpec) -> Callable[[], Recorder]:
    """Return what opens the instrument at an address, again and again. Raises SpecError."""
    return partial(find_driver(address).open, address, plan, connection)
