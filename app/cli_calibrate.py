"""The verb that calibrates a unit of a system without a window: its twin, its parameters, and the verdict."""

from __future__ import annotations

import json
import queue
import signal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.terminal import EXIT_FAILED, EXIT_INTERRUPTED, Json, one_line_errors, print_result, say

if TYPE_CHECKING:
    from core.training.worker import Job

verbs = typer.Typer()


class Twin(StrEnum):
    """The kinds of twin."""

    PHYSICS = "physics"
    NEURAL = "neural"
    HYBRID = "hybrid"
    ENSEMBLE = "ensemble"


@verbs.command()
def calibrate(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="The kind of system: plate, circuit, shg, pendula.")],
    shots: Annotated[int, typer.Option(min=8, max=1_000_000, help="Shots to measure.")] = 1024,
    twin: Annotated[Twin, typer.Option(help="What is fitted to them.")] = Twin.PHYSICS,
    serial_number: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="The simulated unit.")] = 1,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any key of system: address, connection, imperfections."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of shots, noise and fit.")] = 0,
    reveal: Annotated[bool, typer.Option("--reveal", help="Print a simulated unit's hidden parameters too.")] = False,
    search: Annotated[
        int, typer.Option(min=0, max=1000, help="Neural twins of different shape to try (needs Optuna).")
    ] = 0,
    check: Annotated[
        Path | None, typer.Option(help="Judge the twin in this file, which a calibration saved, in place of a new one.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Save the twin in this file (.safetensors).")] = None,
    as_json: Json = False,
) -> None:
    """Fit a digital twin to one unit of a system, and say how far it can be trusted."""
    with one_line_errors():
        from app.compose import calibration_job
        from core.calibration.job import CalibrationSettings
        from core.run.spec import load_experiment

        unit = [f"system.kind={json.dumps(system)}", f"system.serial_number={serial_number}"]
        spec = load_experiment("quick", [*unit, *(settings or [])]).system
        chosen = CalibrationSettings(twin.value, shots, seed=seed, search=search)
        _, job = calibration_job(spec, chosen, reveal=reveal, check=check, out=out)
    _follow(job, as_json)


def _follow(job: Job, as_json: bool) -> None:
    """Run a calibration in the worker thread and print what it finds; an interrupt leaves the outputs safe."""
    from core.calibration.events import CalibrationEnded, StepBegun, StepEnded
    from core.training.events import Event, Failed, Stopped
    from core.training.worker import Worker

    events: queue.Queue[Event] = queue.Queue()
    worker = Worker(job, events.put)
    handlers = {
        number: signal.signal(number, lambda _number, _frame: worker.control.stop())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    worker.start()
    try:
        while True:
            try:
                event = events.get(timeout=0.2)
            except queue.Empty:
                continue
            if isinstance(event, StepBegun):
                say(f"{event.text} ...")
            elif isinstance(event, StepEnded):
                say(f"  {event.outcome}: {event.text}")
            elif isinstance(event, Failed):
                say(f"overtone: {event.text}")
                raise typer.Exit(EXIT_FAILED)
            elif isinstance(event, Stopped):
                say("overtone: interrupted; the outputs are safe.")
                raise typer.Exit(EXIT_INTERRUPTED)
            elif isinstance(event, CalibrationEnded):
                break
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        worker.join(5.0)
    for line in _lines(event.result):
        say(line)
    print_result(event.result, as_json)


def _lines(result: dict[str, Any]) -> list[str]:
    low, high = result["alignment_interval95"]
    lines = [
        f"Verdict: {result['verdict']}.",
        *(f"  {reason}" for reason in result["reasons"]),
        f"Held-out error {result['nrmse']:.2%} of the signal (noise floor {result['noise_floor']:.2%}), "
        f"gradient alignment {result['alignment_cosine']:.4f} [{low:.4f}, {high:.4f}], {result['wall_s']:.1f} s.",
    ]
    hidden = result.get("hidden", {})
    for name, item in result["parameters"].items():
        if isinstance(item["value"], list):
            continue
        mark = "" if item["determined"] else "  (not determined by the shots)"
        truth = f"  hidden {hidden[name]:.6g}" if name in hidden else ""
        lines.append(f"  {name:18} {item['value']:.6g} ± {item['standard_error']:.2g} {item['unit']}{truth}{mark}")
    return lines
