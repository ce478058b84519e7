"""The demo bench: emulated instruments on loopback, each wired to a simulated system of its own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import torch

from core.ports import DeviceError
from core.run.connection import ConnectionSpec
from devices.audio.signal import layout
from devices.catalogue import BUNDLED, circuit_wiring, plate_wiring
from devices.emulator.bench import Bench, wired
from devices.emulator.faults import FaultKind, Faults
from devices.emulator.ocean import EmulatedOcean, OceanServer, shine_on
from devices.emulator.room import CLIENT, SERVER, Room, SoundServer
from devices.emulator.table import Maker, Protocol, Table
from devices.simulated.shg import SATURATION

if TYPE_CHECKING:
    from devices.emulator.daq import DaqServer

DEADLINE_S: float = ConnectionSpec().deadline_s
PORTS: dict[tuple[Maker, Protocol], tuple[int, int]] = {
    ("keysight", "socket"): (5025, 5026),
    ("keysight", "hislip"): (4880, 4881),
    ("keysight", "vxi11"): (5027, 5028),
    ("siglent", "socket"): (5029, 5030),
    ("rigol", "socket"): (5031, 5032),
}


CARD_PORT = 31763  # of NI's gRPC device server
LIGHT_PORT = 57357  # of Ocean's spectrometers


@dataclass(frozen=True)
class DemoInstrument:
    """A way to a system on the bench: which system, through what, and the keys of a specification that lead to it."""

    kind: str
    title: str
    settings: dict[str, str]


@dataclass(frozen=True)
class DemoBench:
    """What runs: its instruments, and how to stop them."""

    instruments: tuple[DemoInstrument, ...]
    close: Callable[[], None]


def start_demo_bench(
    serial_number: int = 1, seed: int = 0, fault: FaultKind | None = None, every: int = 1000
) -> DemoBench:
    """Start all emulators; the usual ports are taken where they are free.

    With a fault, it strikes each instrument again and again, after `every` messages. A card needs NI's own package, and
    a room the JACK sound server.
    """
    _warm_up()

    def circuit() -> Bench:
        return wired(BUNDLED["circuit"].build(serial_number, seed, {}), circuit_wiring())

    tables: dict[Maker, Table] = {maker: Table(circuit(), maker) for maker in ("keysight", "siglent", "rigol")}
    for table in tables.values():
        if fault is not None:
            table.generator.faults.arm(fault, every, every)
            table.scope.faults.arm(fault, every, every)

    server = _serve_card(circuit(), fault, every) if find_spec("nidaqmx") and find_spec("grpc") else None
    cards = () if server is None else (_card(server),)

    light = _serve_light(EmulatedOcean(shine_on(BUNDLED["shg"].build(serial_number, seed, {}), SATURATION)))
    stack = ExitStack()
    for close in (light.stop, *(table.close for table in tables.values()), *((server.close,) if server else ())):
        stack.callback(close)
    rooms = list[DemoInstrument]()
    with suppress(DeviceError):  # this computer has no sound server
        plate = wired(BUNDLED["plate"].build(serial_number, seed, {}), plate_wiring())
        room, address = _open_room(plate, stack)
        rooms.append(
            DemoInstrument("plate", "Sound card in a room", {"system.kind": "plate", "system.address": address})
        )
        if fault is not None:
            room.faults.arm(fault, every, every)
    if fault is not None:
        light.instrument.faults.arm(fault, every, every)
    return DemoBench((*_listening(tables), *cards, _light(light), *rooms), stack.close)


def _warm_up() -> None:
    """Let the solvers be compiled now: no instrument keeps its first shot waiting for that."""
    for kind in ("circuit", "shg", "plate"):
        system = BUNDLED[kind].build(0, 0, {})
        system.run(torch.full((1, system.info.drive_dim), 0.5))


def _listening(tables: dict[Maker, Table]) -> Iterator[DemoInstrument]:
    for (maker, protocol), ports in PORTS.items():
        table = tables[maker]
        generator, scope = table.listen(protocol, ports)
        models = " and ".join(item.identity.split(",")[1] for item in (table.generator, table.scope))
        yield DemoInstrument(
            "circuit",
            f"{maker.capitalize()} {models}, {protocol}",
            {"system.kind": "circuit", "system.address": generator, "system.connection.recorder": scope},
        )


def _serve_card(bench: Bench, fault: FaultKind | None, every: int) -> DaqServer:
    from devices.emulator.card import DaqCard
    from devices.emulator.daq import DaqServer

    faults = Faults() if fault else None
    if faults and fault:
        faults.arm(fault, every, every)
    try:
        return DaqServer(DaqCard(bench), CARD_PORT, faults, late_s=DEADLINE_S + 1)
    except OSError:  # another program has this port
        return DaqServer(DaqCard(bench), 0, faults, late_s=DEADLINE_S + 1)


def _card(server: DaqServer) -> DemoInstrument:
    settings = {"system.kind": "circuit", "system.address": server.address}
    return DemoInstrument("circuit", f"NI {server.card.model}, gRPC device server", settings)


def _serve_light(instrument: EmulatedOcean) -> OceanServer:
    try:
        return OceanServer(instrument, LIGHT_PORT)
    except OSError:  # another program has this port
        return OceanServer(instrument)


def _light(server: OceanServer) -> DemoInstrument:
    settings = {
        "system.kind": "shg",
        "system.address": server.mask_address,
        "system.connection.recorder": server.address,
    }
    return DemoInstrument("shg", "Pulse shaper and Ocean HDX, Ocean's protocol", settings)


def _open_room(bench: Bench, stack: ExitStack) -> tuple[Room, str]:
    """Open a room on a sound server of its own; return it and its address. Raise DeviceError."""
    try:
        server = stack.enter_context(SoundServer())
    except DeviceError:  # another bench has this name, or there is no such program
        server = stack.enter_context(SoundServer(f"{SERVER}-{secrets.token_hex(2)}"))
    wiring = plate_wiring()
    room = Room(bench, layout(wiring.info.drive_dim, wiring.rest_samples, 1.0), server.name)
    stack.callback(room.close)
    return room, f"JACK::{server.name}::{CLIENT}"
