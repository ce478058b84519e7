"""Real runs to report on: a finished one with a sibling trained in silico, and one that was stopped in training."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from app.compose import make_job
from core.report.make import make_report
from core.run.spec import load_experiment
from core.training.control import ControlToken
from core.training.events import EpochDone, Event

SMALL = ["training.epochs=2", "calibration.steps=20", "calibration.shots=64"]

ONE = {"condition": "nominal", "change": "unit 1", "accuracy": 0.7, "interval95": [0.65, 0.75]}
CARD = {
    "schema_version": 1,
    "made": "2026-01-01T00:00:00+00:00",
    "run": "a-run",
    "system": "SHG bench #1",
    "weights_sha256": "0",
    "test_samples": 300,
    "test_samples_there_are": 500,
    "nominal": ONE
    | {"sessions": [{"serial_number": 1, "seed": 1, "accuracy": 0.7}], "device_passes": 600, "wall_s": 0.5},
    "rows": [
        {
            "condition": "twice the noise",
            "change": "noise = 0.02",
            "sessions": [{"serial_number": unit, "seed": 1, "accuracy": unit / 1000} for unit in (650, 600)],
            "accuracy": 0.625,
            "interval95": [0.58, 0.67],
            "device_passes": 1200,
            "wall_s": 1.0,
            "difference": -0.075,
            "difference95": [-0.09, -0.06],
        },
        {"condition": "twice the jitter", "reason": "The system has no jitter."},
    ],
    "device_passes": 1800,
    "wall_s": 1.5,
}


def run(out: Path, *settings: str, listener: Callable[[Event, ControlToken], None] = lambda *_: None) -> Path:
    """Run the preset quick, made small; return its folder, the only new one of `out`."""
    earlier = set(out.iterdir())
    control = ControlToken()
    _, job = make_job(load_experiment("quick", [*SMALL, *settings]), out)
    job(lambda event: listener(event, control), control)
    (path,) = set(out.iterdir()) - earlier
    return path


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("runs")
    run(out, "training.estimator=in_silico")
    run(out, "training.estimator=ideal", "seed=9")  # no sibling: another seed
    return run(out)


@pytest.fixture(scope="session")
def stopped(tmp_path_factory) -> Path:
    """Stopped after its first epoch, when a report had been made of it."""
    out = tmp_path_factory.mktemp("runs")

    def stop(event: Event, control: ControlToken) -> None:
        if isinstance(event, EpochDone):
            (path,) = out.iterdir()
            make_report(path, ["html", "json"], path / "while-running")
            control.stop()

    return run(out, listener=stop)


@pytest.fixture
def copied(finished, tmp_path) -> Path:
    """A copy of the finished run, to be spoilt."""
    return Path(shutil.copytree(finished, tmp_path / "runs" / finished.name))
