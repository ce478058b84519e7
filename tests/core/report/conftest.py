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
