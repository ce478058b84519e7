"""A child process: run a preset as the command line does; tell when it has its first shot, or how long it trained."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(folder: str, preset: str = "", *settings: str) -> None:
    """Print a line at the first shot of the quick preset; of a named one, train and print how long it took."""
    from core.run.spec import load_experiment

    experiment = load_experiment(preset or "quick", settings)
    from app.compose import make_job
    from core.training.control import ControlToken
    from core.training.events import Event, PhaseChanged, ShotMeasured

    began_s: dict[str, float] = {}

    def listener(event: Event) -> None:
        if isinstance(event, ShotMeasured) and not preset:
            print("first shot", flush=True)
        if isinstance(event, PhaseChanged):
            began_s[event.phase] = time.perf_counter()

    _, job = make_job(experiment, Path(folder))
    job(listener, ControlToken())
    print(json.dumps({"training_s": began_s["evaluating"] - began_s["training"]}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
