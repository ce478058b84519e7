"""Whatever the files of a run hold, reading them ends soon, in one line, and harms neither process nor memory.

OVERTONE_FUZZ multiplies the number of inputs.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import core.run.journal
from core.ports import OvertoneError, RunFileError
from core.report.export_network import export_network
from core.report.make import make_report
from core.run.checkpoint import pack_checkpoint, read_checkpoint
from core.run.folder import RunFolder
from core.run.index import INDEX, list_runs
from core.run.outcome import record_system
from core.run.probe import check_endurance
from core.run.record import RunRecord
from core.run.salvage import examine_run
from core.run.session import run_experiment
from core.run.setup import Setup
from core.run.soundness import check_soundness
from core.run.spec import JournalSpec, load_experiment
from core.training.bench import Call
from core.training.control import ControlToken
from core.training.events import EpochDone, StepDone
from tests.core.run.hostile import garbled, mutated, offences
from tests.core.run.test_index import make_run
from tests.core.run.test_session import setup

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="reads in forked processes")
FACTOR = int(os.environ.get("OVERTONE_FUZZ", "1"))


@pytest.fixture(scope="module", params=["window", "all"])
def run(request, tmp_path_factory) -> Path:
    """A finished run, small enough that most of its bytes mean something."""
    parts = setup(journal=JournalSpec(keep=request.param, compression=4))
    usual, core.run.journal.SEGMENT_BYTES = core.run.journal.SEGMENT_BYTES, 6000
    folder = RunFolder.create(tmp_path_factory.mktemp("runs"), parts.experiment)
    try:
        run_experiment(parts, folder, lambda event: None, ControlToken())
    finally:
        core.run.journal.SEGMENT_BYTES = usual
    return folder.path


@pytest.fixture
def copy(run, tmp_path) -> Path:
    return Path(shutil.copytree(run, tmp_path / "run"))


def read_all(path: Path) -> None:
    """Read a run in every way there is; what cannot be read has to say so by an error of ours."""
    record = RunRecord(path)
    for read in (
        lambda: (record.result, record.provenance, record.state, record.size_bytes()),
        lambda: record.experiment,
        *(lambda name=name: record.arrays(name) for name in ("steps", "epochs", "calibration", "twin", "examples")),
        *(lambda name=name: record.attributes(name) for name in ("system", "twin", "test")),
        lambda: list(record.calls()),
        record.log,
    ):
        try:
            read()
        except OvertoneError as error:
            one_line(error)


def test_a_file_that_was_sound_is_looked_at_again_when_it_has_changed(copy):
    path = copy / "run.h5"
    os.utime(path, (1e9, 1e9))
    for _ in range(2):
        check_soundness(path)
    content = bytearray(path.read_bytes())
    struct.pack_into("<H6xQ", content, content.index(b"GCOL") + 16, 0, 0)
    path.write_bytes(content)
    for then in (2e9, 1e9 + 1):  # just now, and long ago
        os.utime(path, (then, then))
        with pytest.raises(OSError, match="heap"):
            check_soundness(path)


def one_line(error: Exception) -> None:
    assert len(str(error).splitlines()) == 1, repr(error)


def campaign(read: Callable[[int], object], count: int) -> None:
    assert offences(read, range(count * FACTOR)) == {}


def test_a_mutated_run_h5(copy):
    content = (copy / "run.h5").read_bytes()

    def read(seed: int) -> None:
        (copy / "run.h5").write_bytes(mutated(content, seed))
        read_all(copy)
        if seed % 4 == 0:
            examine_run(copy)

    campaign(read, 40)


def test_a_mutated_network_that_is_exported(copy):
    path = copy / "checkpoints" / "final.safetensors"
    content = path.read_bytes()

    def read(seed: int) -> None:
        path.write_bytes(mutated(content, seed))
        export_network(setup(), copy)

    campaign(read, 10)


def test_a_mutated_run_h5_that_is_gone_on_with(copy):
    content = (copy / "run.h5").read_bytes()
    parts = setup(journal=JournalSpec(keep="all"))

    def read(seed: int) -> None:
        (copy / "run.h5").write_bytes(mutated(content, 10**6 + seed))
        go_on(copy, parts)

    campaign(read, 25)


def go_on(path: Path, parts: Setup) -> None:
    """Change a run's file in the ways in which a run that goes on does."""
    folder = RunFolder.reopen(path)
    try:
        journal = core.run.journal.ShotJournal(folder, parts.system.info, parts.experiment.journal)
        record_system(folder, parts.system.info)
        folder.cut({"steps": 2, "epochs": 1})
        journal.remember_after(9)
        journal.forget_after(5)
        drive = torch.rand(4, 6)
        journal.write(Call(6, "training", 0, drive, (), drive))
        folder.record("steps", StepDone(3, 1, 0.1, 2.3, 0.1, 0.01, 64, 0.5, 1.0))
        folder.record("epochs", EpochDone(2, 8, 1.0, 0.5, 0.5, 100, 1.0))
        folder.save_result({"test_accuracy": 0.5}, {})
    finally:
        folder.close()
        (path / "run.damaged.h5").unlink(missing_ok=True)


@pytest.mark.parametrize(("first", "count"), [(8, 16), (24, 4), (24, 1), (32, 8)])
def test_a_table_whose_chunks_are_lost_does_not_kill_who_goes_on(copy, first, count):
    """Neighbours, size or place of a chunk in the trees by which HDF5 finds them (File Format 3.0, III.A.1)."""
    content = bytearray((copy / "run.h5").read_bytes())
    at = content.find(b"TREE\1")
    assert at > 0
    while at > 0:
        content[at + first : at + first + count] = bytes(count)
        at = content.find(b"TREE\1", at + 1)
    (copy / "run.h5").write_bytes(content)
    assert offences(lambda _: go_on(copy, setup(journal=JournalSpec(keep="all"))), [0]) == {}


def test_a_file_that_hdf5_cannot_change_is_put_aside_unchanged(copy):
    path = copy / "run.h5"
    sound = path.read_bytes()
    check_endurance(path)
    assert path.read_bytes() == sound
    content = bytearray(sound)
    name = b"drive_label\0"
    at = content.index(name) + len(name) // 8 * 8 + 8  # its type, after the name (File Format 3.0, IV.A.2.m)
    content[at : at + 8] = b"\xff" * 8
    path.write_bytes(content)
    with pytest.raises(OSError, match="cannot change"):
        check_endurance(path)
    assert path.read_bytes() == content
    assert offences(lambda _: RunFolder.reopen(copy).close(), [0]) == {}
    assert (copy / "run.damaged.h5").read_bytes() == content
    assert RunRecord(copy).state == "interrupted"


def test_absurd_entries_of_the_journal(copy):
    content = (copy / "run.h5").read_bytes()
    with h5py.File(copy / "run.h5") as file:
        places = sorted(file["entry/journal"])

    def read(seed: int) -> None:
        generator = np.random.default_rng(seed)
        absurd = (0, 1, 2**31, 2**62, 2**63 - 1, 2**63, 2**64 - 1, int(generator.integers(2**63)))
        with h5py.File(copy / "run.h5", "r+") as file:
            calls = file["entry/journal"][places[generator.integers(len(places))]]["calls"]
            entries = calls[:]
            words = entries[int(generator.integers(len(entries))) :][:1].view(np.uint64)
            words[generator.integers(len(words))] = absurd[generator.integers(len(absurd))]
            calls[:] = entries
        read_all(copy)
        if seed % 20 == 0:
            (copy / "run.h5").write_bytes(content)

    campaign(read, 20)


def test_a_mutated_checkpoint(tmp_path):
    path = tmp_path / "checkpoints" / "latest.safetensors"
    path.parent.mkdir()
    tensors = {
        "network.weight": torch.randn(3, 2),
        "bench.calls": torch.tensor(3),
        "random.torch": torch.ones(9).byte(),
    }
    content = pack_checkpoint(tensors, {"lengths": {"steps": 3}, "wall_s": 2.5})

    def read(seed: int) -> None:
        path.write_bytes(mutated(content, seed))
        read_checkpoint(tmp_path, "latest").load_into(torch.nn.Linear(2, 3), "network")

    campaign(read, 600)


@pytest.mark.parametrize("kind", ["header", "tensor", "nested", "pipe", "zeros"])
def test_a_checkpoint_that_asks_for_more_than_there_is(tmp_path, kind):
    path = tmp_path / "checkpoints" / "latest.safetensors"
    path.parent.mkdir()
    tensor = {"a": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}
    nested = {"__metadata__": {"facts": "[" * 100_000}}
    header = json.dumps(nested if kind == "nested" else tensor).encode()

    def read(_seed: int) -> None:
        if kind == "pipe":
            os.mkfifo(path)
        elif kind == "zeros":
            with path.open("wb") as file:
                file.truncate(2**40)
        else:
            path.write_bytes(struct.pack("<Q", 2**63 if kind == "header" else len(header)) + header)
        with pytest.raises(RunFileError, match="cannot be used"):
            read_checkpoint(tmp_path, "latest")

    assert offences(read, [0]) == {}


def test_a_mutated_specification(tmp_path):
    path = tmp_path / "mine.toml"
    contents = [load_experiment(name).toml() for name in ("quick", "shg-vowels")]

    def read(seed: int) -> None:
        text = garbled(contents[seed % len(contents)], seed)
        path.write_bytes(mutated(text, seed) if seed % 3 == 0 else text)
        load_experiment(str(path)).toml().encode()

    campaign(read, 600)


KEYS = st.one_of(
    st.sampled_from(["seed", "name", "title", "system.imperfections.dust", "task.path", "network.layers", "full", ""]),
    st.text(max_size=12),
    st.lists(st.sampled_from(["system", "task", "network", "training", "journal", "path", ""]), max_size=4).map(
        ".".join
    ),
)
VALUES = st.one_of(
    st.text(max_size=20),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(["[" * 5000, "9" * 5000, "{a=1}", "1979-05-27", "''", '"\\u0000"', "[[1]]", "\udcff"]),
)


@settings(max_examples=200 * FACTOR, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.builds("{}={}".format, KEYS, VALUES) | st.text(max_size=10), max_size=3))
@example(["title=\udcff"])  # bytes of another encoding on a command line
@example(["system.imperfections.\udcff=1"])
def test_any_setting_is_taken_or_refused_in_one_line(chosen):
    try:
        load_experiment("quick", chosen).toml().encode()
    except OvertoneError as error:
        one_line(error)


def test_a_mutated_index(tmp_path):
    runs = {make_run(tmp_path, f"seed={seed}") for seed in range(3)}
    assert {run.path for run in list_runs(tmp_path)} == runs
    content = (tmp_path / INDEX).read_bytes()

    def read(seed: int) -> None:
        for file in tmp_path.glob("index.*"):
            file.unlink()
        (tmp_path / INDEX).write_bytes(mutated(content, seed))
        if seed % 3 == 0:
            (tmp_path / f"{INDEX}-wal").write_bytes(mutated(content, seed + 1))
        for _ in range(2):
            listed = list_runs(tmp_path)
            assert {run.path for run in listed} == runs
            assert all(len(run.reason.splitlines()) < 2 for run in listed)

    campaign(read, 60)


def test_a_mutated_log_or_lock(copy):
    content = (copy / "log.jsonl").read_bytes()

    def read(seed: int) -> None:
        (copy / "log.jsonl").write_bytes(mutated(content, seed) + b"[" * (seed % 2 * 100_000))
        (copy / "owner.lock").write_bytes(mutated(content, seed + 1))
        record = RunRecord(copy)
        assert record.state == "finished"
        assert all(entry.keys() == {"time", "level", "text"} for entry in record.log())

    campaign(read, 100)


def foreign(kind: str, path: Path) -> None:
    """Make a run.h5 that another program, or an attacker, might."""
    outside = path.with_name("outside.h5")
    with h5py.File(outside, "w") as file:
        file["loss"] = np.arange(3.0)
        file.create_group("group")["loss"] = np.arange(3.0)
    with h5py.File(path, "w") as file:
        file.attrs["schema_version"] = {"version": "two", "versions": [1, 2]}.get(kind, 2)
        entry = file.create_group("entry")
        entry.attrs["result"] = {"attribute": "[1]", "nested": "[" * 100_000, "number": 3}.get(kind, "{}")
        steps = entry.create_group("steps") if kind not in {"dataset", "link", "cycle", "pipe"} else None
        if kind == "dataset":
            entry["steps"] = 3
        elif kind == "link":
            entry["steps"] = h5py.ExternalLink(str(outside), "group")
        elif kind == "pipe":
            os.mkfifo(path.with_name("pipe"))
            entry["steps"] = h5py.ExternalLink(str(path.with_name("pipe")), "group")
        elif kind == "cycle":
            entry["steps"] = h5py.SoftLink("/entry/other")
            entry["other"] = h5py.SoftLink("/entry/steps")
        elif steps is None:
            return
        elif kind == "cycle of groups":
            steps["loss"] = entry
        elif kind == "linked array":
            steps["loss"] = h5py.ExternalLink(str(outside), "loss")
        elif kind == "outside":
            steps.create_dataset("loss", (3,), "f8", external=[(str(outside), 0, 24)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((3,), "f8")
            layout[:] = h5py.VirtualSource(str(outside), "loss", shape=(3,))
            steps.create_virtual_dataset("loss", layout)
        elif kind == "text":
            steps["loss"] = ["a", "b"]
        elif kind == "fixed text":
            steps["loss"] = np.array([b"a", b"b"])
        elif kind == "ragged":
            steps.create_dataset("loss", (2,), h5py.vlen_dtype(np.float64))
        elif kind == "compound":
            steps["loss"] = np.zeros(2, [("a", "f8"), ("b", "S8")])
        elif kind == "empty":
            steps["loss"] = h5py.Empty("f8")
        elif kind == "huge":
            steps.create_dataset("loss", (2**40,), "f8", chunks=(1024,))
        elif kind == "huge cell":
            steps.create_dataset("loss", (2,), np.dtype(("f8", (2**27,))), chunks=(1,))
        elif kind == "bomb":
            steps.create_dataset("loss", (40_000_000,), "f8", chunks=(2**20,), compression=9, fillvalue=0.0)[:] = 0
        elif kind == "large chunk":
            steps.create_dataset("loss", (1,), "f8", maxshape=(None,), chunks=(2**28,))
        elif kind == "many":
            for number in range(60):
                steps.create_dataset(f"loss{number}", (40_000_000,), "f4", chunks=(2**20,))


REFUSED = [
    "version", "versions", "attribute", "nested", "number", "dataset", "link", "pipe", "cycle", "cycle of groups",
    "linked array", "outside", "virtual", "text", "fixed text", "ragged", "compound", "empty", "huge", "huge cell",
    "large chunk", "many",
]  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_a_foreign_file_is_refused_in_one_line(tmp_path, kind):
    (tmp_path / "experiment.toml").write_text(load_experiment("quick").toml())

    def read(_seed: int) -> None:
        foreign(kind, tmp_path / "run.h5")
        record = RunRecord(tmp_path)
        with pytest.raises(RunFileError, match=r"cannot be read|schema version") as caught:
            record.result if kind in {"attribute", "nested", "number"} else record.arrays("steps")
        assert "\n" not in str(caught.value)
        examine_run(tmp_path)

    assert offences(read, [0]) == {}


RESULT = {
    "run": "x",
    "test_accuracy": 0.5,
    "test_interval95": [0.4, 0.6],
    "test_count": 30,
    "twin_belief": 0.5,
    "baselines": [{"name": "linear", "test_accuracy": 0.6, "parameters": 3, "macs": 2}],
    "device_passes": 30,
    "wall_s": 1.5,
}


@pytest.mark.parametrize("wrong", [None, "<b>", math.nan, -1, 2**70, [], [[1, 2], 3], {"a": 1}, "missing"])
@pytest.mark.parametrize("key", [*RESULT, "device_s", "peak_memory_mb", "shots_per_inference"])
def test_a_result_of_another_form_is_no_result(copy, tmp_path, key, wrong):
    changed = {name: value for name, value in RESULT.items() if name != key}
    if wrong != "missing":
        changed[key] = wrong
    with h5py.File(copy / "run.h5", "r+") as file:
        file["entry"].attrs["result"] = json.dumps(changed)
    problem = ""
    try:
        make_report(copy, ["json", "csv"], tmp_path / "report")
    except RunFileError as error:
        problem = str(error)
    if problem:
        assert len(problem.splitlines()) == 1
        assert key in problem
    assert (tmp_path / "report").exists() != bool(problem)
    if wrong == "missing":
        assert bool(problem) == (key in RESULT)
    elif key in RESULT:
        assert bool(problem) != ((key, wrong) in [("run", "<b>"), ("baselines", []), ("wall_s", 2**70)])


def test_a_well_packed_table_is_no_bomb(tmp_path):
    def read(_seed: int) -> None:
        foreign("bomb", tmp_path / "run.h5")
        assert len(RunRecord(tmp_path).arrays("steps")["loss"]) == 40_000_000

    assert offences(read, [0], deadline_s=60) == {}


def test_a_text_whose_type_is_damaged_is_refused_before_hdf5_dies_of_it(copy):
    content = (copy / "run.h5").read_bytes()
    places = [at for at in range(len(content) - 1) if content[at : at + 2] == b"\x19\x01"]  # variable length, of text
    assert len(places) > 10

    def read(place: int) -> None:
        damaged = bytearray(content)
        damaged[place + 1] = 2
        (copy / "run.h5").write_bytes(damaged)
        read_all(copy)

    assert offences(read, places) == {}


@pytest.mark.parametrize("size", [0, 2**64 - 16, 2**40])
@pytest.mark.parametrize("index", [0, 1])
def test_a_torn_heap_of_strings_is_found_before_hdf5_never_returns_from_it(copy, index, size):
    check_soundness(copy / "run.h5")
    content = bytearray((copy / "run.h5").read_bytes())
    at = content.index(b"GCOL") + 16
    if (index, size) == (1, 0):
        struct.pack_into("<Q", content, at - 8, 2**50)  # longer than the file: HDF5 itself refuses
    struct.pack_into("<H6xQ", content, at, index, size)
    (copy / "run.h5").write_bytes(content)

    def read(_seed: int) -> None:
        with pytest.raises(RunFileError, match=r"heap of strings at byte \d+ is damaged|cannot be read"):
            assert RunRecord(copy).result is None

    assert offences(read, [0]) == {}
