"""A disk that another program fills at any moment of a run: it waits, outputs safe, and ends as if nothing had been.

`OVERTONE_FULL_DISKS=200 python -m pytest tests/core/run/test_full_disk.py` is the long campaign.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from torch import Tensor

from core.ports import DiskFull
from core.run.checkpoint import read_checkpoint
from core.run.folder import RunFolder
from core.run.record import RunRecord
from core.run.session import resume_experiment, run_experiment
from core.training.control import ControlToken
from core.training.events import Event, Finished, PhaseChanged, Stopped
from tests.conftest import SquareSystem
from tests.core.run.test_session import EXPERIMENT, setup

DISKS = int(os.environ.get("OVERTONE_FULL_DISKS", "20"))
SIZE_BYTES = 2**23
SEGMENT_BYTES = 20_000  # several in a run
PAGE_BYTES = 4096

# reads all of each file that it is asked for, and answers with a line
READER = """
import sys, h5py
for line in sys.stdin:
    try:
        with h5py.File(line.rstrip("\\n"), "r") as file:
            file.visititems(lambda name, item: item[()] if isinstance(item, h5py.Dataset) else None)
            dict(file["entry"].attrs)
        print("whole", flush=True)
    except Exception as error:
        print(repr(error), flush=True)
"""
Read = Callable[[Path], str]


@pytest.fixture
def read() -> Iterator[Read]:
    """Read all of a file in another process; return what was wrong with it, or `whole`."""
    command = [sys.executable, "-c", READER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        asked, answers = process.stdin, process.stdout
        assert asked is not None
        assert answers is not None

        def answer(path: Path) -> str:
            print(path, file=asked, flush=True)
            return answers.readline().strip()

        yield answer


class Disk:
    """A small disk of its own, which can be filled."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "someone else's.dat"

    def fill(self, left_bytes: int = 0) -> None:
        """Take all room but this."""
        with self._filler.open("wb", buffering=0) as file:
            with suppress(OSError):
                for _ in range(SIZE_BYTES):
                    file.write(bytes(PAGE_BYTES))
            assert os.statvfs(self.path).f_bavail == 0
            file.truncate(max(0, file.tell() - left_bytes))

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)


@pytest.fixture
def disk(tmp_path) -> Iterator[Disk]:
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES}", "none", str(path)]
    if sys.platform != "linux" or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs a disk of its own, and mounting one is not allowed here")
    yield Disk(path)
    subprocess.run(["umount", "-l", str(path)], check=True)


@pytest.fixture(autouse=True)
def small_and_quick(monkeypatch):
    monkeypatch.setattr("core.run.session.EPOCH_CHECKPOINT_S", 0.0)
    monkeypatch.setattr("core.run.outcome.baselines", lambda *_, **__: [])  # most of so small a run's time
    monkeypatch.setattr("core.run.journal.SEGMENT_BYTES", SEGMENT_BYTES)


class DrivenSystem(SquareSystem):
    """A system whose outputs are not safe again once it has been driven; it tells of each call."""

    def __init__(self, on_call: Callable[[], None] = lambda: None) -> None:
        super().__init__()
        self.on_call = on_call

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        self.safe = False
        self.on_call()
        return super().run(drive, *parameters)


def moments_and_result(parent: Path) -> tuple[int, dict]:
    """Count the moments of an undisturbed run, its calls and events up to the evaluation; return them and its end."""
    moments, events = 0, list[Event]()

    def count() -> None:
        nonlocal moments
        moments += not any(isinstance(event, PhaseChanged) and event.phase == "evaluating" for event in events)

    def listener(event: Event) -> None:
        events.append(event)
        count()

    parts = setup(DrivenSystem(count))
    run_experiment(parts, RunFolder.create(parent, parts.experiment), listener, ControlToken())
    assert isinstance(events[-1], Finished)
    return moments, events[-1].result


class Impatient(ControlToken):
    """Tells when the run waits for room, and how often it has already, instead of letting it wait."""

    def __init__(self, on_wait: Callable[[int], None]) -> None:
        super().__init__()
        self.waits = 0
        self._on_wait = on_wait

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.waits += 1
        assert self.waits < 10
        self._on_wait(self.waits)
        super().wait(0)


def disturbed(
    disk: Disk, read: Read, moment: int, left_bytes: int, on_wait: Callable[[int, ControlToken], None]
) -> list[Event]:
    """Run, and fill the disk at a moment; `on_wait` is told how often the run has found it full."""
    events, passed = list[Event](), 0

    def passing() -> None:
        nonlocal passed
        if passed == moment:
            disk.fill(left_bytes)
        passed += 1

    def waiting(waits: int) -> None:
        assert system.safe
        told = events[-1]
        assert isinstance(told, PhaseChanged)
        assert told.phase == "waiting"
        assert "disk is full" in told.text
        assert len(told.text.splitlines()) == 1
        assert read(folder.path / "run.h5") == "whole"
        on_wait(waits, control)

    def listener(event: Event) -> None:
        events.append(event)
        passing()
        assert passed < moment or read(folder.path / "run.h5") == "whole"

    control, system = Impatient(waiting), DrivenSystem(passing)
    parts = setup(system)
    folder = RunFolder.create(disk.path, parts.experiment)
    run_experiment(parts, folder, listener, control)
    assert read(folder.path / "run.h5") == "whole"
    assert system.safe
    assert control.waits
    return events


def assert_whole(path: Path, result: dict, expected: dict) -> None:
    """The run ended as the undisturbed one, and all of its files are there and whole."""
    for key in ("weights_sha256", "test_accuracy", "twin_belief", "device_passes"):
        assert result[key] == expected[key]
    record = RunRecord(path)
    assert record.result is not None
    assert record.result["weights_sha256"] == expected["weights_sha256"]
    calls = list(record.calls())
    assert [call.number for call in calls] == list(range(1, len(calls) + 1))
    assert sum(len(call.drive) for call in calls) == expected["device_passes"]
    assert record.table("steps")["step"].tolist() == list(range(1, 7))
    assert len(read_checkpoint(path, "final").tensors) > 0
    assert all(entry["level"] in {"info", "warning"} for entry in record.log())
    files = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}
    assert files == {"experiment.toml", "run.h5", "log.jsonl", "owner.lock", *CHECKPOINTS}


CHECKPOINTS = ("checkpoints/latest.safetensors", "checkpoints/final.safetensors")


def points() -> Iterator[tuple[random.Random, int]]:
    """Draw how much room is left at each full disk."""
    for seed in range(DISKS):
        generator = random.Random(seed)
        yield generator, generator.choice([0, 0, PAGE_BYTES, 3 * PAGE_BYTES])


@pytest.mark.timeout(0)
def test_a_run_waits_for_room_and_ends_alike(disk, read, tmp_path):
    moments, expected = moments_and_result(tmp_path)
    for generator, left_bytes in points():
        patience = generator.randint(1, 4)

        def on_wait(waits: int, control: ControlToken, patience: int = patience) -> None:
            if waits == patience:
                disk.free()

        events = disturbed(disk, read, generator.randrange(moments), left_bytes, on_wait)
        assert isinstance(events[-1], Finished)
        phases = [event.phase for event in events if isinstance(event, PhaseChanged)]
        at = phases.index("waiting")
        assert phases[at + 1] == phases[at - 1]  # as before
        assert_whole(Path(events[-1].folder), events[-1].result, expected)
        shutil.rmtree(events[-1].folder)
        disk.free()


@pytest.mark.timeout(0)
def test_a_run_that_waits_can_be_stopped_and_gone_on_with(disk, read, tmp_path):
    moments, expected = moments_and_result(tmp_path)
    for generator, left_bytes in points():
        moment = generator.randrange(moments)
        events = disturbed(disk, read, moment, left_bytes, lambda waits, control: control.stop())
        assert isinstance(events[-1], Stopped)
        path = Path(events[-1].folder)
        assert RunRecord(path).state == "interrupted"
        assert read(path / "run.h5") == "whole"
        disk.free()
        resume_experiment(setup(), path, events.append, ControlToken())
        assert isinstance(events[-1], Finished)
        assert_whole(path, events[-1].result, expected)
        shutil.rmtree(path)


def test_a_run_that_finds_no_room_to_begin_says_so_and_leaves_nothing(disk):
    table = b"x,kind\n" * 2000
    RunFolder.create(disk.path, EXPERIMENT, table).close()
    (whole,) = disk.path.iterdir()
    pages = [-(-file.stat().st_size // PAGE_BYTES) for file in whole.rglob("*") if file.is_file()]
    shutil.rmtree(whole)
    for left in range(sum(pages)):
        disk.fill(left * PAGE_BYTES)
        with pytest.raises(DiskFull, match=r"disk is full.*--out") as caught:
            RunFolder.create(disk.path, EXPERIMENT, table)
        assert len(str(caught.value).splitlines()) == 1
        assert [item.name for item in disk.path.iterdir()] == ["someone else's.dat"]
