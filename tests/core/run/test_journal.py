"""The journal: every shot once, whole or not at all, as much of it as was asked for."""

from __future__ import annotations

import errno
import shutil
import subprocess
import threading

import h5py
import numpy as np
import pytest
import torch

from core.ports import DiskFull, SystemInfo
from core.run.folder import RunFolder
from core.run.journal import SEGMENT_BYTES, JournalledCall, ShotJournal, read_calls
from core.run.spec import JournalSpec
from core.run.staged_file import StagedFile
from core.training.bench import Call
from tests.conftest import SquareSystem
from tests.core.run.test_session import EXPERIMENT

DIM = 2000
ROW_BYTES = 4 * 2 * DIM


@pytest.fixture
def folder(tmp_path):
    made = RunFolder.create(tmp_path, EXPERIMENT)
    yield made
    made.close()


def info(dim: int = DIM, **shared: tuple[int, ...]) -> SystemInfo:
    return SquareSystem(dim, shared=shared).info


def call(number: int, shots: int, facts: SystemInfo) -> Call:
    generator = torch.Generator().manual_seed(number)
    drive = torch.rand(shots, facts.drive_dim, generator=generator)
    parameters = [torch.rand(shape, generator=generator) for shape in facts.parameter_shapes.values()]
    return Call(number, "training", number % 3, drive, parameters, drive.sqrt())


def written(folder: RunFolder) -> list[JournalledCall]:
    with h5py.File(folder.path / "run.h5") as file:  # as another program sees it at this moment
        return list(read_calls(file["entry/journal"].values()))


def assert_as_measured(calls: list[JournalledCall], facts: SystemInfo, shots: int) -> None:
    for item in calls:
        original = call(item.number, shots, facts)
        np.testing.assert_array_equal(item.drive, original.drive)
        np.testing.assert_array_equal(item.response, original.response)
        assert (item.purpose, item.layer) == (original.purpose, original.layer)
        for stored, parameter in zip(item.parameters, original.parameters, strict=True):
            np.testing.assert_array_equal(stored, parameter)


@pytest.mark.parametrize("compression", [0, 1])
def test_a_journal_that_keeps_all_grows_over_many_segments(folder, compression: int):
    facts = info(b=(3, 2), a=(4,))
    journal = ShotJournal(folder, facts, JournalSpec(keep="all", compression=compression))
    shots, count = 100, 3 * SEGMENT_BYTES // (100 * ROW_BYTES)
    for number in range(1, count + 1):
        journal.write(call(number, shots, facts))
    calls = written(folder)
    assert [item.number for item in calls] == list(range(1, count + 1))
    assert_as_measured(calls, facts, shots)


def test_a_window_keeps_the_latest_shots_in_a_file_that_does_not_grow(folder):
    facts = info()
    spec = JournalSpec(keep="window", window_mb=16)
    journal = ShotJournal(folder, facts, spec)
    shots, count, sizes = 100, 8 * SEGMENT_BYTES // (100 * ROW_BYTES), []
    for number in range(1, count + 1):
        journal.write(call(number, shots, facts))
        sizes.append((folder.path / "run.h5").stat().st_size)
    calls = written(folder)
    assert calls[-1].number == count
    assert [item.number for item in calls] == list(range(calls[0].number, count + 1))
    assert SEGMENT_BYTES <= sum(len(item.drive) for item in calls) * ROW_BYTES <= spec.window_mb * 1e6
    assert max(sizes) < spec.window_mb * 1e6 * 1.1
    assert_as_measured(calls, facts, shots)


def test_a_call_larger_than_a_segment_gets_one_of_its_own(folder):
    facts = info()
    journal = ShotJournal(folder, facts, JournalSpec(keep="window", window_mb=8))
    large = 2 * SEGMENT_BYTES // ROW_BYTES
    for number, shots in enumerate((10, large, 10, large, large + 1, 10, large + 2), 1):
        journal.write(call(number, shots, facts))
    last = written(folder)[-1]
    assert (last.number, len(last.drive)) == (7, large + 2)
    np.testing.assert_array_equal(last.drive, call(7, large + 2, facts).drive)


def test_single_shots_fill_the_list_of_calls_first_and_none_is_lost(folder):
    facts = info(4)
    journal = ShotJournal(folder, facts, JournalSpec(keep="all"))
    # so that the list of calls of two segments is full
    count = 2 * (SEGMENT_BYTES // (4 * 2 * 4) // 8) + 5
    answer = call(1, 1, facts)
    for number in range(1, count + 1):
        journal.write(Call(number, "test", 0, answer.drive, (), answer.response))
    assert [item.number for item in written(folder)] == list(range(1, count + 1))


def test_nothing_is_kept_where_nothing_is_asked_for_and_all_of_what_is_real(folder):
    ShotJournal(folder, info(), JournalSpec(keep="none")).write(call(1, 2, info()))
    folder.commit()
    assert written(folder) == []
    real = SystemInfo(**(vars(info()) | {"status": "connected"}))
    journal = ShotJournal(folder, real, JournalSpec())
    shots, count = 200, 4 * SEGMENT_BYTES // (200 * ROW_BYTES)
    for number in range(1, count + 1):
        journal.write(call(number, shots, real))
    assert len(written(folder)) == count


def test_of_a_demo_instrument_the_latest_shots_are_kept_as_of_the_simulator_behind_it(folder):
    demo = SystemInfo(**(vars(info()) | {"status": "demo"}))
    journal = ShotJournal(folder, demo, JournalSpec())
    shots, count = 200, 8 * SEGMENT_BYTES // (200 * ROW_BYTES)
    for number in range(1, count + 1):
        journal.write(call(number, shots, demo))
    assert (folder.path / "run.h5").stat().st_size < 1.1e6 * JournalSpec().window_mb
    assert written(folder)[-1].number == count


def test_a_window_that_has_lost_what_a_run_goes_on_from_answers_nothing_and_is_measured_anew(folder):
    facts, spec = info(), JournalSpec(keep="window")
    journal = ShotJournal(folder, facts, spec)
    count = 8 * SEGMENT_BYTES // (100 * ROW_BYTES)
    for number in range(1, count + 1):
        journal.write(call(number, 100, facts))
    assert written(folder)[0].number > 3
    again = ShotJournal(folder, facts, spec)
    assert again.remember_after(1) == 0
    anew = [call(1000 + number, 100, facts) for number in range(2, count + 1)]  # the device's noise is another one
    for number, item in enumerate(anew, 2):
        assert again.recall(number, item.drive, item.parameters) is None
        again.write(Call(number, "training", 0, item.drive, (), item.response))
    kept = written(folder)
    assert [item.number for item in kept] == list(range(kept[0].number, count + 1))
    for item in kept:
        np.testing.assert_array_equal(item.drive, anew[item.number - 2].drive)


def test_a_call_that_was_not_written_whole_does_not_count(folder):
    facts = info()
    journal = ShotJournal(folder, facts, JournalSpec(keep="all"))
    for number in (1, 2, 3):
        journal.write(call(number, 5, facts))
    folder.close()
    with h5py.File(folder.path / "run.h5", "r+") as file:
        file["entry/journal/open/response"][7, 11] += 1e-3  # of the second call
    assert [item.number for item in written(folder)] == [1, 3]


def test_a_call_that_found_no_room_is_written_by_the_runs_own_thread_when_there_is_some(folder, monkeypatch):
    facts, write, full, waits = info(b=(2,)), StagedFile.write_through, [True], []

    def refuse(file: StagedFile, offset: int, data: memoryview) -> None:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(file, offset, data)

    def wait(reason: DiskFull | None) -> None:
        waits.append((reason is None, threading.current_thread()))
        full.clear()

    monkeypatch.setattr(StagedFile, "write_through", refuse)
    folder.wait_for_room = wait
    journal = ShotJournal(folder, facts, JournalSpec(keep="all"))
    first = call(1, 10, facts)
    journal.write(first)
    for parameter in first.parameters:
        parameter.zero_()  # as an optimiser may before the room is there
    assert journal.recall(2, first.drive, first.parameters) is None
    assert waits == [(False, threading.current_thread()), (True, threading.current_thread())]
    calls = written(folder)
    assert len(calls) == 1
    assert_as_measured(calls, facts, 10)


def test_what_is_measured_again_is_struck_out(folder):
    facts = info()
    journal = ShotJournal(folder, facts, JournalSpec(keep="all"))
    count = 2 * SEGMENT_BYTES // (100 * ROW_BYTES) + 3
    for number in range(1, count + 1):
        journal.write(call(number, 100, facts))
    journal.forget_after(4)
    assert [item.number for item in written(folder)] == [1, 2, 3, 4]
    again = ShotJournal(folder, facts, JournalSpec(keep="all"))
    for number in range(5, count + 20):
        again.write(call(number, 100, facts))
    calls = written(folder)
    assert [item.number for item in calls] == list(range(1, count + 20))
    assert_as_measured(calls, facts, 100)


def test_only_the_same_controls_are_answered_from_the_journal(folder):
    facts = info(a=(4,))
    journal = ShotJournal(folder, facts, JournalSpec(keep="all"))
    calls = {number: call(number, 3, facts) for number in (1, 2, 3, 4)}
    for item in calls.values():
        journal.write(item)
    again = ShotJournal(folder, facts, JournalSpec(keep="all"))
    assert again.remember_after(1) == 3
    assert again.recall(1, calls[1].drive, calls[1].parameters) is None  # before the checkpoint
    answer = again.recall(2, calls[2].drive, calls[2].parameters)
    assert answer is not None
    assert torch.equal(answer, calls[2].response)
    assert again.recall(2, calls[2].drive, calls[2].parameters) is None  # once
    assert again.recall(3, calls[3].drive + 1e-6, calls[3].parameters) is None
    assert again.recall(4, calls[4].drive, [value + 1e-6 for value in calls[4].parameters]) is None


@pytest.mark.skipif(shutil.which("h5dump") is None, reason="needs hdf5-tools")
def test_other_programs_read_the_file(folder):
    facts = info(4)
    journal = ShotJournal(folder, facts, JournalSpec(keep="all"))
    journal.write(call(7, 2, facts))
    path = str(folder.path / "run.h5")
    header = subprocess.run(["h5dump", "-H", path], capture_output=True, text=True, check=True).stdout
    assert '"entry"' in header
    assert '"training"' in header  # the purpose is an enumeration with names
    dump = subprocess.run(["h5dump", "-d", "/entry/journal/open/response", path], capture_output=True, text=True)
    assert dump.returncode == 0
    first = float(call(7, 2, facts).response[0, 0])
    assert f"{first:.5g}"[:6] in dump.stdout
