"""The verbs for instruments: what is there, whether a shot goes through, and a bench of emulated ones."""

from __future__ import annotations

import json
import os
import signal
import threading
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.terminal import EXIT_USAGE, Json, one_line_errors, print_result, printable, say

if TYPE_CHECKING:
    from core.run.spec import SystemSpec

verbs = typer.Typer()
PRESETS = {"circuit": "circuit-mnist", "plate": "plate-mnist", "shg": "shg-vowels"}


@verbs.command()
def devices(
    scan: Annotated[bool, typer.Option("--scan", help="Look at all buses for instruments.")] = False,
    test: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Send one quiet shot to an instrument, by address or by known name.")
    ] = "",
    kind: Annotated[str, typer.Option(help="With --test: the kind of system behind the instrument.")] = "circuit",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="With --test: any key of system.connection."),
    ] = None,
    as_json: Json = False,
) -> None:
    """List drivers and known instruments, look for others, or send one a test shot."""
    result: dict[str, Any] = {}
    if test:
        with one_line_errors():
            result["test"] = _test(_spec(test, kind, settings or []))
    else:
        with one_line_errors(engine=False):
            result |= _known()
    if scan:
        with one_line_errors(engine=False):
            result["buses"] = _scan()
    print_result(result, as_json)


@verbs.command("demo-bench")
def demo_bench(
    serial_number: Annotated[int, typer.Option(min=0, help="The simulated unit behind the instruments.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of its noise.")] = 0,
    fault: Annotated[
        str | None, typer.Option(help="Let this go wrong again and again: stall, reset, unplug, …")
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="With --fault: after so many messages.")] = 1000,
    attached: Annotated[
        bool, typer.Option("--attached", hidden=True, help="End with the program that starts it.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Start emulated instruments on this computer, each wired to a simulated system, and print their addresses."""
    with one_line_errors():
        from devices.emulator.demo import start_demo_bench
        from devices.emulator.faults import FAULTS, FaultKind

        known: dict[str, FaultKind] = {kind: kind for kind in FAULTS}
        kind = known.get(fault or "")
        if fault is not None and kind is None:
            say(f"overtone: no fault is called {fault!r}. Choose from {', '.join(FAULTS)}.")
            raise typer.Exit(EXIT_USAGE)
        ended = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda _number, _frame: ended.set())
        bench = start_demo_bench(serial_number, seed, kind, every)
        for item in bench.instruments:
            say(f"\n{item.title}")
            settings = " ".join(f"--set {key}={text}" for key, text in item.settings.items())
            say(f"  overtone run {PRESETS[item.kind]} {settings}")
        say("\nThese instruments exist on this computer only. Stop them with Ctrl-C.")
        print_result([{"kind": item.kind, "title": item.title, **item.settings} for item in bench.instruments], as_json)
        parent = os.getppid()
        while not ended.wait(0.5):  # without a time-out no signal would be seen on Windows
            if attached and os.getppid() != parent:
                break
        bench.close()


def _known() -> dict[str, Any]:
    from app.device_book import DeviceBook
    from devices.drivers import find_drivers

    drivers, broken = find_drivers()
    for name, driver in drivers.items():
        say(f"driver  {name:14} {driver.title}, for example {driver.example}")
    for name, reason in broken.items():
        say(f"broken  {name:14} {printable(reason)}")
    known = DeviceBook().read()
    for device in known:
        say(f"known   {printable(device.alias):14} {device.status}, {device.system.kind} at {device.system.address}")
    return {
        "drivers": {name: {"title": driver.title, "example": driver.example} for name, driver in drivers.items()},
        "broken": broken,
        "known": [device.model_dump(exclude_defaults=True) for device in known],
    }


def _scan() -> dict[str, Any]:
    from app.discovery import BUSES, scan_all

    buses: dict[str, Any] = {}
    for report in scan_all(list(BUSES)):
        say(f"bus     {BUSES[report.bus].title}: {printable(report.problem) or f'{len(report.found)} found'}")
        for item in report.found:
            say(f"found   {printable(item.address)}  {printable(item.identity)}  {item.role}".rstrip())
        found = [{"address": item.address, "identity": item.identity, "role": item.role} for item in report.found]
        buses[report.bus] = {"found": found, "problem": str(report.problem)}
    return buses


def _spec(address: str, kind: str, settings: list[str]) -> SystemSpec:
    """Return a known instrument's system, or one at an address, with settings over it. Raises SpecError."""
    from app.device_book import DeviceBook
    from core.run.spec import load_experiment

    for device in DeviceBook().read():
        if address in {device.alias, device.system.address} and not settings:
            return device.system
    stated = [f"system.kind={json.dumps(kind)}", f"system.address={json.dumps(address)}"]
    return load_experiment("quick", [*stated, *settings]).system


def _test(spec: SystemSpec) -> dict[str, Any]:
    from app.device_shot import take_shot

    shot = take_shot(spec)
    low, high = float(shot.response.min()), float(shot.response.max())
    name, count = f"{shot.info.name}, {shot.info.status}", len(shot.response)
    say(f"{printable(name)}: {count:,} samples from {low:.3f} to {high:.3f} of full scale")
    say(f"{1e3 * shot.wall_s:.1f} ms with ramp and transfer; the output is off again")
    return {"drive": shot.drive.tolist(), "response": shot.response.tolist(), "snapshot": dict(shot.snapshot)}
