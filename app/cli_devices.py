"""The verbs for instruments."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from app.terminal import EXIT_USAGE, Json, one_line_errors, print_result, say

verbs = typer.Typer()
PRESETS = {"circuit": "circuit-mnist", "plate": "plate-mnist", "shg": "shg-vowels"}


@verbs.command("demo-bench")
def demo_bench(
    serial_number: Annotated[int, typer.Option(min=0, help="The simulated unit behind the instruments.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of its noise.")] = 0,
    fault: Annotated[
        str | None, typer.Option(help="Let this go wrong again and again: stall, reset, unplug, …")
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="With --fault: after so many messages.")] = 1000,
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
        while not ended.wait(0.5):  # without a time-out no signal would be seen on Windows
            pass
        bench.close()
