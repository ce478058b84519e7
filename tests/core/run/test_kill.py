"""A run killed at any moment: its file opens, no journalled shot is lost, and it ends as if it had not been killed.

`OVERTONE_KILLS=200 python -m pytest tests/core/run/test_kill.py` is the long campaign.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import h5py
import pytest

from core.ports import RunFileError
from core.run.folder import RunFolder
from core.run.journal import read_calls
from core.run.record import RunRecord
from core.run.session import resume_experiment, run_experiment
from core.training.control import ControlToken
from tests.core.run.test_resume import simulated

KILLS = int(os.environ.get("OVERTONE_KILLS", "6"))
MOST_CHILDREN = 12  # of one run: a machine under load starts slowly, and each begins where the last one ended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="forks")


def child(act: Callable[[], object]) -> int:
    """Start a process that does this and nothing else."""
    number = os.fork()
    if number == 0:
        try:
            act()
            os._exit(0)
        except BaseException:
            traceback.print_exc()  # into what the failed test shows
            sys.stderr.flush()
            os._exit(1)
    return number


def begin(parent: Path) -> None:
    parts = simulated("shg")
    run_experiment(parts, RunFolder.create(parent, parts.experiment), lambda event: None, ControlToken())


def go_on(path: Path) -> None:
    resume_experiment(simulated("shg"), path, lambda event: None, ControlToken())


def burn() -> None:
    while True:
        pass


@pytest.mark.timeout(0)
@pytest.mark.parametrize("loaded", [False, True], ids=["alone", "under load"])
def test_a_killed_run_loses_nothing_and_ends_alike(tmp_path, monkeypatch, loaded: bool):
    monkeypatch.setattr("core.run.session.EPOCH_CHECKPOINT_S", 0.0)  # forked children have it too
    monkeypatch.setattr("core.run.session.CHECKPOINT_S", 0.05)
    started = time.monotonic()
    assert os.waitpid(child(lambda: begin(tmp_path / "whole")), 0)[1] == 0
    whole_s = time.monotonic() - started
    (reference,) = (tmp_path / "whole").iterdir()
    expected = RunRecord(reference).result
    assert expected is not None
    moments, kills, opened = random.Random(loaded), 0, 0
    burners = [child(burn) for _ in range(2 * loaded)]
    try:
        while kills < KILLS // 2:
            parent = tmp_path / f"run{kills}"
            path = None
            for _ in range(MOST_CHILDREN):
                number = child(lambda: begin(parent) if path is None else go_on(path))  # noqa: B023, forked at once
                time.sleep(moments.uniform(0.0, whole_s))
                os.kill(number, signal.SIGKILL)
                status = os.waitpid(number, 0)[1]
                ended = status == 0  # before the signal came
                assert ended or os.WIFSIGNALED(status), f"{path} could not be gone on with"
                kills += not ended
                path = next((toml.parent for toml in parent.glob("*/experiment.toml")), None)
                if path is None:  # killed before there was a run
                    continue
                if not (path / "run.h5").stat().st_size:
                    continue
                opened += not ended
                assert_whole(path, ended=ended)
                if RunRecord(path).result is not None:  # killed after all was written, perhaps
                    break
            else:
                assert os.waitpid(child(lambda: go_on(path)), 0)[1] == 0  # noqa: B023
            result = RunRecord(path).result
            assert result is not None
            for key in ("weights_sha256", "test_accuracy", "twin_belief", "device_passes"):
                assert result[key] == expected[key]
    finally:
        for number in burners:
            os.kill(number, signal.SIGKILL)
            os.waitpid(number, 0)
    print(f"{kills} kills, {opened} files opened, all runs ended alike")


def assert_whole(path: Path, *, ended: bool) -> None:
    """The file opens as it lies there, and every call up to the last one is in it."""
    with h5py.File(path / "run.h5") as file:
        assert file["entry"].attrs["NX_class"] == "NXentry"
        journal = file["entry"].get("journal")
        calls = [] if journal is None else list(read_calls(journal.values()))
        steps = [] if "steps" not in file["entry"] else file["entry/steps/step"][:].tolist()
    numbers = [call.number for call in calls]
    assert numbers == list(range(1, len(numbers) + 1))  # this run fits into the window
    assert steps == list(range(1, len(steps) + 1))
    shots = sum(len(call.drive) for call in calls)
    training = sum(call.purpose == "training" for call in calls)
    layers, in_flight = 2, 1
    assert layers * len(steps) <= training <= layers * (len(steps) + in_flight) or ended
    try:
        result = RunRecord(path).result
    except RunFileError as error:
        raise AssertionError(f"{path} cannot be read after a kill") from error
    assert result is None or result["device_passes"] == shots
