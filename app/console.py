"""A run in the terminal: progress on standard error, the result on standard output."""

from __future__ import annotations

import json
import queue
import signal
import sys
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from core.training.events import (
    CalibrationPoint,
    EpochDone,
    Event,
    Failed,
    Finished,
    Message,
    PhaseChanged,
    StepDone,
    Stopped,
)
from core.training.worker import Job, Worker

EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED = 0, 1, 130


def follow(job: Job, *, as_json: bool) -> int:
    """Run a job in the worker thread, show its progress, return the exit code.

    The first interrupt asks the engine to write a checkpoint and end, the second one leaves at once.
    """
    events: queue.Queue[Event] = queue.Queue()
    worker = Worker(job, events.put)
    interrupts = 0

    def interrupt(number: int, frame: object) -> None:
        nonlocal interrupts
        interrupts += 1
        worker.control.stop()
        if interrupts > 1:
            raise KeyboardInterrupt

    handlers = {name: signal.signal(name, interrupt) for name in (signal.SIGINT, signal.SIGTERM)}
    worker.start()
    try:
        with _Display() as display:
            while True:
                try:
                    event = events.get(timeout=0.2)
                except queue.Empty:
                    continue
                display.show(event)
                if isinstance(event, Finished | Failed | Stopped):
                    break
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    finally:
        for name, handler in handlers.items():
            signal.signal(name, handler)
    worker.join(5.0)
    if isinstance(event, Failed):
        print(f"overtone: {event.text}", file=sys.stderr)
        return EXIT_FAILED
    if isinstance(event, Stopped):
        print(f"overtone: interrupted. Go on with: overtone resume {event.folder}", file=sys.stderr)
        return EXIT_INTERRUPTED
    display.summary(event)
    if as_json:
        print(json.dumps(event.result), flush=True)
    return EXIT_DONE


class _Display:
    """One progress bar on a terminal, one line an epoch elsewhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %  {task.fields[note]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("Connecting", total=1.0, note="")

    def __enter__(self) -> _Display:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, event: Event) -> None:
        if isinstance(event, PhaseChanged):
            self._bar.reset(self._task, description=event.phase.capitalize(), note="")
            self._console.print(event.text)
        elif isinstance(event, Message):
            self._console.print(event.text)
        elif isinstance(event, CalibrationPoint):
            note = "" if event.held_out_error is None else f"held-out error {event.held_out_error:.1%}"
            self._bar.update(self._task, completed=event.step / event.steps, note=note)
        elif isinstance(event, StepDone):
            self._bar.update(self._task, completed=event.fraction, note=f"loss {event.loss:.3f}")
        elif isinstance(event, EpochDone):
            validation = event.validation_accuracy
            text = "" if validation is None else f", validation {validation:.1%}"
            self._console.print(
                f"epoch {event.epoch}/{event.epochs}: loss {event.loss:.3f}, accuracy {event.accuracy:.1%}{text}"
            )

    def summary(self, event: Finished) -> None:
        result: dict[str, Any] = event.result
        low, high = result["test_interval95"]
        table = Table(title=f"{result['preset']}: test accuracy", title_justify="left")
        table.add_column("what")
        table.add_column("accuracy", justify="right")
        table.add_row(
            f"physical network, measured ({result['estimator']}, unit {result['serial_number']})",
            f"{result['test_accuracy']:.1%}",
        )
        table.add_row(f"  95 % interval over {result['test_count']} test samples", f"{low:.1%} – {high:.1%}")
        table.add_row("the same network as its twin believes it", f"{result['twin_belief']:.1%}")
        for baseline in result["baselines"]:
            name = f"digital: {baseline['name']} ({baseline['parameters']:,} parameters)"
            table.add_row(name, f"{baseline['test_accuracy']:.1%}")
        self._console.print(table)
        self._console.print(
            f"{result['physical_layers']} physical layers, {result['device_passes']:,} device passes, "
            f"{result['digital_parameters']:,} digital parameters, {result['digital_macs']:,} digital "
            f"multiply-accumulates an inference, {result['wall_s']:.1f} s. Saved in {event.folder}"
        )
