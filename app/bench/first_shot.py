"""A child process: run the quick preset as the command line does, and tell when its first shot has been measured."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(folder: str, whole: bool) -> None:
    """Print a line at the first shot; with `whole`, train to the end and print how long the training took."""
    from core.run.spec import load_experiment

    experiment = load_experiment("quick", ["training.epochs=12"])
    from app.compose import make_job
    from core.training.control import ControlToken
    from core.training.events import Event, PhaseChanged, ShotMeasured

    began_s: dict[str, float] = {}

    def listener(event: Event) -> None:
        if isinstance(event, ShotMeasured) and not whole:
            print("first shot", flush=True)
        if isinstance(event, PhaseChanged):
            began_s[event.phase] = time.perf_counter()

    _, job = make_job(experiment, Path(folder))
    job(listener, ControlToken())
    print(json.dumps({"training_s": began_s["evaluating"] - began_s["training"]}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], "whole" in sys.argv[2:])
