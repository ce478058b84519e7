"""A run whose journal has kept every shot, written (`make FOLDER`) and then opened by a fresh program (`open RUN`)."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

LEAST_BYTES = 120_000_000
STEPS, EPOCHS, SHOTS = 5000, 20, 256


def make(folder: Path) -> Path:
    """Write a finished run that looks as if nobody had touched it for a while; return its folder."""
    import torch

    from core.calibration.excitation import middle_parameters
    from core.run.folder import RunFolder
    from core.run.journal import ShotJournal
    from core.run.outcome import record_system
    from core.run.spec import load_experiment
    from core.training.bench import Call
    from core.training.events import EpochDone, StepDone
    from devices.catalogue import find_system

    experiment = load_experiment("plate-mnist", ["journal.keep=all"])
    info = find_system(experiment.system.kind).build(1, 0, {}).info
    run = RunFolder.create(folder, experiment)
    record_system(run, info)
    journal = ShotJournal(run, info, experiment.journal)
    shared = middle_parameters(info)
    for number in range(1, LEAST_BYTES // (4 * SHOTS * (info.drive_dim + info.response_dim)) + 2):
        drive, response = torch.rand(SHOTS, info.drive_dim), torch.rand(SHOTS, info.response_dim)
        journal.write(Call(number, "training", 0, drive, shared, response))
    for step in range(1, STEPS + 1):
        run.record("steps", StepDone(step, 1, step / STEPS, 2.3, 0.1, 0.01, SHOTS, 0.5, 1.0))
    for epoch in range(1, EPOCHS + 1):
        run.record("epochs", EpochDone(epoch, EPOCHS, 1.0, 0.5, 0.5, SHOTS, 1.0))
    figures = {"test_accuracy": 0.9, "test_interval95": [0.8, 1.0], "baselines": [], "device_passes": 1, "wall_s": 1.0}
    run.save_result(figures, {})
    run.close()
    then = time.time() - 60
    os.utime(run.path / "run.h5", (then, then))
    return run.path


def open_run(path: Path) -> int:
    """Read what a window shows of a run, settings, result and curves; return how many numbers its curves have."""
    from core.run.record import RunRecord

    record = RunRecord(path)
    assert record.experiment.model_dump()
    assert record.result
    tables = [record.table(name) for name in ("steps", "epochs", "alignment", "calibration")]
    return sum(column.size for table in tables for column in table.values())


if __name__ == "__main__":
    verb, place = sys.argv[1], Path(sys.argv[2])
    print(make(place) if verb == "make" else open_run(place))
