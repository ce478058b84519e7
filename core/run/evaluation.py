"""A trained network measured again, on the unit it was trained on or on another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.ports import Ageing
from core.run.checkpoint import read_checkpoint, weights_sha256
from core.run.setup import Setup
from core.task.statistics import wilson_interval
from core.training.bench import Bench
from core.training.control import ControlToken
from core.training.trainer import evaluate


def evaluate_again(setup: Setup, folder: Path) -> dict[str, Any]:
    """Measure the test accuracy of a run's final network on `setup.system`, as old as the run's device was.

    Outputs are safe afterwards. Raises RunFileError when the run has no final checkpoint, and what the device raises.
    """
    experiment, task, info = setup.experiment, setup.task, setup.system.info
    network, age_h = setup.network, experiment.idle_h
    read_checkpoint(folder, "final").load_into(network, "network")
    bench = Bench(setup.system, lambda event: None)
    try:
        if age_h and isinstance(setup.system, Ageing):
            setup.system.age(age_h)
        score = evaluate(network, task.test, bench.measure, bench, ControlToken())
    finally:
        setup.system.safe_state()
    return {
        "run": folder.name,
        "preset": experiment.name,
        "estimator": experiment.training.estimator,
        "task": task.name,
        "seed": experiment.seed,
        "serial_number": info.serial_number,
        "test_accuracy": score.accuracy,
        "test_count": score.total,
        "test_interval95": list(wilson_interval(score.correct, score.total)),
        "device_passes": bench.shots,
        "weights_sha256": weights_sha256(network),
    }
