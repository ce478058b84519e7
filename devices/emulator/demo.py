"""The demo bench: emulated instruments on loopback, each wired to a simulated system of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from devices.catalogue import BUNDLED, circuit_wiring
from devices.emulator.bench import wired
from devices.emulator.faults import FaultKind
from devices.emulator.table import Maker, Protocol, Table

PORTS: dict[tuple[Maker, Protocol], tuple[int, int]] = {
    ("keysight", "socket"): (5025, 5026),
    ("keysight", "hislip"): (4880, 4881),
    ("keysight", "vxi11"): (5027, 5028),
    ("siglent", "socket"): (5029, 5030),
    ("rigol", "socket"): (5031, 5032),
}


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

    With a fault, it strikes each instrument again and again, after `every` messages.
    """
    tables: dict[Maker, Table] = {
        maker: Table(wired(BUNDLED["circuit"].build(serial_number, seed, {}), circuit_wiring()), maker)
        for maker in ("keysight", "siglent", "rigol")
    }
    for table in tables.values():
        if fault is not None:
            table.generator.faults.arm(fault, every, every)
            table.scope.faults.arm(fault, every, every)

    def close() -> None:
        for table in tables.values():
            table.close()

    return DemoBench(tuple(_listening(tables)), close)


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
