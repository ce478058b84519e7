"""What is connected to this computer: one bus after the other, each in a process of its own that a deadline ends.

A vendor's library may hang, print, or crash; nothing of that reaches the program. Where a bus is absent, a sentence
says what to install or change. `python -m app.discovery BUS` is such a process.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from core.phrase import Phrase
from core.ports import OvertoneError

DEADLINE_S = 20.0  # of one bus, with the start of its process; a scan of a network takes seconds
ANSWER_S = 2.0  # of one instrument that is asked who it is
MOST_FOUND = 64
MARK = "overtone found: "  # libraries print what they like on standard output
ASKED = ("TCPIP", "USB", "GPIB", "VXI", "PXI", "VICP")  # not what sits at a serial port: it may be anything


@dataclass(frozen=True)
class Found:
    """An instrument: its address, what it says of itself, and what it may be used for, "" where nobody knows."""

    address: str
    identity: str = ""
    role: str = ""


@dataclass(frozen=True)
class BusReport:
    """What a bus was found to hold; `problem` says why nothing was found, and what to do."""

    bus: str
    found: tuple[Found, ...] = ()
    problem: str = ""


class BusAbsent(Exception):
    """A bus that this computer does not have; its one argument is a phrase that says what to install or change."""


@dataclass(frozen=True)
class Bus:
    """A kind of connection: how its instruments are listed, what it says where there are none, its library."""

    title: str
    scan: Callable[[], list[Found]]
    nothing: str
    library: str
    install: str


def identify(address: str, deadline_s: float = ANSWER_S) -> Found:
    """Ask what is at an address who it is, and which driver is for it. Raise SpecError, DeviceError."""
    from devices.drivers import BUNDLED_DRIVERS, find_driver

    driver = find_driver(address)
    if driver is not BUNDLED_DRIVERS["visa"]:
        return Found(address, "", driver.title)
    from devices.recorder import told
    from devices.visa.generators import GENERATORS
    from devices.visa.link import Ask, open_link
    from devices.visa.scopes import SCOPES
    from devices.wire import Deadline

    deadline = Deadline(deadline_s, address)
    link = open_link(address, deadline)
    try:
        identity = told(link.exchange([Ask(b"*IDN?", "line")], deadline)[0])
    finally:
        link.close()
    for role, dialects in (("generator", GENERATORS), ("oscilloscope", SCOPES)):
        if any(re.match(dialect.models, identity, re.IGNORECASE) for dialect in dialects):
            return Found(address, identity, role)
    return Found(address, identity)


def scan(name: str) -> BusReport:
    """List what is on a bus, here and now; whatever its library raises is a problem in words."""
    bus = BUSES[name]
    if find_spec(bus.library) is None:
        missing = Phrase("{library} is not installed: {install}", library=bus.library, install=bus.install)
        return BusReport(name, problem=missing)
    try:
        found = tuple(bus.scan()[:MOST_FOUND])
    except BusAbsent as absent:
        return BusReport(name, problem=absent.args[0])
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return BusReport(name, problem=Phrase("{library} failed. {reason}", library=bus.library, reason=reason))
    return BusReport(name, found, "" if found else Phrase(bus.nothing))


def command(name: str) -> list[str]:
    """Return the program and arguments of the process that looks at a bus."""
    return [sys.executable, "-m", "app.discovery", name]


def read_report(name: str, output: str) -> BusReport:
    """Read what such a process has printed before it ended, or was ended."""
    for line in output.splitlines():
        if line.startswith(MARK):
            told: Any = json.loads(line.removeprefix(MARK))
            problem = Phrase(told["problem"], **told["values"]) if told["problem"] else ""
            return BusReport(name, tuple(Found(*item) for item in told["found"]), problem)
    library = BUSES[name].library
    return BusReport(name, problem=Phrase("{library} did not answer: it hung or crashed.", library=library))


def scan_all(names: list[str]) -> list[BusReport]:
    """Look at buses side by side, for `DEADLINE_S` at most."""

    def apart(name: str) -> BusReport:
        try:
            done = subprocess.run(command(name), capture_output=True, timeout=DEADLINE_S, check=False)
        except subprocess.TimeoutExpired:
            return read_report(name, "")
        return read_report(name, done.stdout.decode("utf-8", "replace"))

    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(apart, names))


def _visa() -> list[Found]:
    import pyvisa

    try:
        manager: Any = pyvisa.ResourceManager()
        addresses: list[str] = list(manager.list_resources("?*"))
    except Exception as error:  # of whichever library PyVISA finds
        raise BusAbsent(Phrase("VISA cannot start. {reason}", reason=" ".join(str(error).split()))) from None
    found: list[Found] = []
    for address in addresses[:MOST_FOUND]:
        try:
            found.append(identify(address) if address.upper().startswith(ASKED) else Found(address))
        except OvertoneError:
            found.append(Found(address))
    return found


def _daq() -> list[Found]:
    from nidaqmx.errors import DaqNotFoundError, DaqNotSupportedError
    from nidaqmx.system import System

    try:
        cards: Any = System.local().devices
        return [Found(f"ni://{card.name}", f"{card.product_type} {card.serial_num:X}", "card") for card in cards]
    except DaqNotFoundError:
        text = (
            "The driver NI-DAQmx is not installed: get it from ni.com/downloads. A card in another computer needs "
            "none: its gRPC device server is at ni-grpc://HOST:31763/Dev1."
        )
    except DaqNotSupportedError:
        text = (
            "There is no driver NI-DAQmx for this system. A card in another computer needs none: its gRPC device "
            "server is at ni-grpc://HOST:31763/Dev1."
        )
    raise BusAbsent(Phrase(text))


def _sound() -> list[Found]:
    try:
        import sounddevice
    except OSError:
        text = "PortAudio is missing. On Debian and Ubuntu: sudo apt install libportaudio2"
        raise BusAbsent(Phrase(text)) from None
    cards: Any = sounddevice.query_devices()
    return [
        Found(f"AUDIO::{card['name']}", f"{card['default_samplerate']:.0f} Hz", "sound card")
        for card in cards
        if card["max_input_channels"] and card["max_output_channels"]
    ]


def _spectrometers() -> list[Found]:
    from seabreeze.spectrometers import list_devices

    devices: Any = list_devices()
    return [Found(f"OCEAN::{device.serial_number}", str(device.model), "spectrometer") for device in devices]


BUSES = {
    "visa": Bus(
        "VISA: network, USB, GPIB",
        _visa,
        "None answers. Instruments at raw sockets are never listed: type the address.",
        "pyvisa",
        "pip install pyvisa pyvisa-py",
    ),
    "daq": Bus(
        "NI-DAQmx cards",
        _daq,
        "The driver knows no card. Look into NI MAX.",
        "nidaqmx",
        "pip install 'nidaqmx[grpc]'",
    ),
    "sound": Bus(
        "Sound cards",
        _sound,
        "None has an output and an input. Plug in a speaker and a microphone.",
        "sounddevice",
        "pip install sounddevice",
    ),
    "spectrometers": Bus(
        "Spectrometers",
        _spectrometers,
        "None is plugged in, or its access rights are missing: run seabreeze_os_setup once.",
        "seabreeze",
        "pip install 'seabreeze[pyseabreeze]'",
    ),
}


def _main() -> None:
    report = scan(sys.argv[1])
    problem = Phrase(report.problem)
    values = {name: str(value) for name, value in problem.values.items()}
    found = [(item.address, item.identity, item.role) for item in report.found]
    print(f"\n{MARK}{json.dumps({'found': found, 'problem': problem.template, 'values': values})}", flush=True)


if __name__ == "__main__":
    _main()
