"""What can be saved of a damaged run is saved elsewhere, and the damaged folder stays as it is."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

from core.ports import RunFileError
from core.run.folder import RunFolder
from core.run.record import RunRecord
from core.run.salvage import Finding, examine_run, save_run
from core.run.session import resume_experiment, run_experiment
from core.run.spec import JournalSpec
from core.run.staged_file import HEADER, MARK, PIECE, pending_path
from core.training.control import ControlToken
from core.training.events import Event, Finished, StepDone
from tests.core.run.test_session import setup

KEEP = JournalSpec(keep="all")


def go(parent: Path, stop_after: int = 0) -> tuple[Path, list[Event]]:
    parts, control, events = setup(journal=KEEP), ControlToken(), list[Event]()

    def listener(event: Event) -> None:
        events.append(event)
        if isinstance(event, StepDone) and event.step == stop_after:
            control.stop()

    folder = RunFolder.create(parent, parts.experiment)
    run_experiment(parts, folder, listener, control)
    return folder.path, events


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, list[Event]]:
    return go(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory) -> Path:
    return go(tmp_path_factory.mktemp("interrupted"), stop_after=3)[0]


@pytest.fixture
def copy(finished, tmp_path) -> Path:
    return Path(shutil.copytree(finished[0], tmp_path / finished[0].name))


def fingerprint(path: Path) -> dict[str, tuple[str, int]]:
    files = [item for item in path.rglob("*") if item.is_file()]
    return {str(item): (hashlib.sha256(item.read_bytes()).hexdigest(), item.stat().st_mtime_ns) for item in files}


def by_subject(findings: list[Finding]) -> dict[str, Finding]:
    return {item.subject: item for item in findings}


def test_all_of_a_whole_run_is_whole_and_copied_byte_for_byte(finished, tmp_path):
    path, events = finished
    before = fingerprint(path)
    target, findings = save_run(path, tmp_path / "saved")
    assert all(item.whole for item in findings)
    assert "overtone evaluate" in by_subject(findings)["next"].text
    assert (target / "run.h5").read_bytes() == (path / "run.h5").read_bytes()
    assert RunRecord(target).result == events[-1].result
    assert fingerprint(path) == before


def test_nothing_is_overwritten_and_what_is_no_run_is_refused(finished, tmp_path):
    path, _ = finished
    for parent in (path.parent, tmp_path / "saved", tmp_path / "saved"):
        if parent == path.parent or (parent / path.name).exists():
            with pytest.raises(RunFileError, match="is there already"):
                save_run(path, parent)
        else:
            save_run(path, parent)
    with pytest.raises(RunFileError, match="is not a folder"):
        examine_run(tmp_path / "nowhere")
    owned = RunFolder.reopen(tmp_path / "saved" / path.name)
    try:
        with pytest.raises(RunFileError, match="in use"):
            examine_run(owned.path)
    finally:
        owned.close()


def test_without_run_h5_a_run_goes_on_from_what_was_saved_to_the_same_weights(finished, interrupted, tmp_path):
    damaged = Path(shutil.copytree(interrupted, tmp_path / interrupted.name))
    (damaged / "run.h5").write_bytes((damaged / "run.h5").read_bytes()[:900])
    before = fingerprint(damaged)
    target, findings = save_run(damaged, tmp_path / "saved")
    assert not by_subject(findings)["run.h5"].whole
    assert "overtone resume" in by_subject(findings)["next"].text
    assert fingerprint(damaged) == before
    events: list[Event] = []
    resume_experiment(setup(journal=KEEP), target, events.append, ControlToken())
    assert isinstance(events[-1], Finished)
    assert events[-1].result["weights_sha256"] == finished[1][-1].result["weights_sha256"]


def test_a_lost_column_costs_that_column_alone(copy, tmp_path):
    whole = RunRecord(copy).arrays("steps")
    with h5py.File(copy / "run.h5", "r+") as file:
        del file["entry/steps/loss"]
        file["entry/steps/loss"] = ["no", "numbers"]
    target, findings = save_run(copy, tmp_path / "saved")
    assert not by_subject(findings)["run.h5 steps"].whole
    saved = RunRecord(target)
    assert np.isnan(saved.arrays("steps").pop("loss")).all()
    for name, column in saved.arrays("steps").items():
        assert name == "loss" or np.array_equal(column, whole[name])
    for name in ("epochs", "calibration", "twin", "test", "examples", "system"):
        left, right = saved.arrays(name), RunRecord(copy).arrays(name)
        assert left.keys() == right.keys()
        assert all(np.array_equal(left[key], right[key], equal_nan=True) for key in left)
        assert saved.attributes(name) == RunRecord(copy).attributes(name)
    assert saved.result == RunRecord(copy).result
    assert [call.number for call in saved.calls()] == [call.number for call in RunRecord(copy).calls()]


def test_a_torn_call_is_counted_and_the_others_are_saved(copy, tmp_path):
    with h5py.File(copy / "run.h5", "r+") as file:
        file["entry/journal/open/response"][3, 0] += 1
        file["entry/test/extra"] = ["of another program"]
    target, findings = save_run(copy, tmp_path / "saved")
    count = len(list(RunRecord(copy).calls()))
    assert by_subject(findings)["run.h5 journal"].text == f"{count} calls whole, 1 torn"
    for ours, theirs in zip(RunRecord(target).calls(), RunRecord(copy).calls(), strict=True):
        assert (ours.number, ours.purpose, ours.layer, ours.time_s) == (
            theirs.number,
            theirs.purpose,
            theirs.layer,
            theirs.time_s,
        )
        assert np.array_equal(ours.drive, theirs.drive)
        assert np.array_equal(ours.response, theirs.response)


def test_a_write_that_a_kill_cut_off_is_finished_in_the_copy_alone(copy, tmp_path):
    content = bytearray((copy / "run.h5").read_bytes())
    body = PIECE.pack(100, 400) + bytes(content[100:500])
    header = HEADER.pack(MARK, len(content), len(body), zlib.crc32(body))
    pending_path(copy / "run.h5").write_bytes(header + body)
    content[100:500] = bytes(400)
    (copy / "run.h5").write_bytes(content)
    before = fingerprint(copy)
    target, findings = save_run(copy, tmp_path / "saved")
    assert by_subject(findings)["run.h5.pending"].whole
    assert by_subject(findings)["run.h5"].whole
    assert fingerprint(copy) == before
    assert RunRecord(target).result is not None
    assert not pending_path(target / "run.h5").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs pipes and links")
def test_what_is_no_file_is_named_and_left_alone(copy, tmp_path):
    os.mkfifo(copy / "checkpoints" / "pipe.safetensors")
    (copy / "passwords").symlink_to("/etc/passwd")
    (copy / "checkpoints" / "final.safetensors").write_bytes(b"short")
    with (copy / "log.jsonl").open("a") as log:
        log.write('{"time": "2026')
    (copy / "experiment.toml").write_text("name = ")
    target, findings = save_run(copy, tmp_path / "saved")
    found = by_subject(findings)
    lost = {name for name, item in found.items() if not item.whole}
    assert lost == {
        "checkpoints/pipe.safetensors", "passwords", "checkpoints/final.safetensors", "log.jsonl", "experiment.toml",
        "next",
    }  # fmt: skip
    assert found["log.jsonl"].text.startswith("6 of 7 lines")
    saved = {str(item.relative_to(target)) for item in target.rglob("*") if not item.is_dir()}
    assert saved == {"run.h5", "checkpoints/latest.safetensors", "log.jsonl"}
