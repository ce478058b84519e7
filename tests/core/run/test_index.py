"""The list of runs: what it says of each, that its cache can be lost or wrong, and that it needs no engine."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import h5py
import pytest

from core.ports import RunFileError
from core.run import index
from core.run.folder import RunFolder
from core.run.index import INDEX, list_runs
from core.run.notes import Notes, read_notes, set_notes
from core.run.spec import load_experiment
from core.training.events import EpochDone

ROOT = Path(__file__).resolve().parents[3]
RESULT = {
    "test_accuracy": 0.75,
    "test_interval95": [0.7, 0.8],
    "baselines": [{"name": "linear", "test_accuracy": 0.6}, {"name": "perceptron", "test_accuracy": 0.9}],
    "wall_s": 12.5,
}


def make_run(parent: Path, *settings: str, epochs: int = 2, result: dict | None = RESULT) -> Path:
    folder = RunFolder.create(parent, load_experiment("quick", settings))
    for epoch in range(epochs):
        folder.record("epochs", EpochDone(epoch + 1, 8, 1.0, 0.5, 0.5, 100, 1.0))
    if result is not None:
        folder.save_result(result, {})
    folder.close()
    age(folder.path)
    return folder.path


def age(run: Path, seconds: float = 60.0) -> None:
    """Let a run's files look as if nobody had touched them for a while."""
    then = time.time() - seconds
    for path in run.iterdir():
        os.utime(path, (then, then))


@pytest.fixture
def reads(monkeypatch) -> list[str]:
    """The names of the runs that were read from their folders."""
    names: list[str] = []
    read = index.read_summary
    monkeypatch.setattr(index, "read_summary", lambda path: (names.append(path.name), read(path))[1])
    return names


def test_a_summary_says_what_the_files_say(tmp_path):
    run = make_run(tmp_path, "seed=3", "system.serial_number=7", "training.estimator=in_silico", "training.epochs=8")
    set_notes(run, [" first  light ", "kept", "kept", " "], "Line one\nLine two")
    (summary,) = list_runs(tmp_path)
    assert summary.name == run.name
    assert summary.path == run
    assert summary.state == "finished"
    assert (summary.preset, summary.estimator, summary.task, summary.system) == (
        "quick",
        "in_silico",
        "vowels1952",
        "shg",
    )
    assert (summary.seed, summary.serial_number, summary.epochs_done, summary.epochs) == (3, 7, 2, 8)
    assert (summary.test_accuracy, summary.test_interval95, summary.best_baseline) == (0.75, (0.7, 0.8), 0.9)
    assert summary.wall_s == 12.5
    with h5py.File(run / "run.h5") as file:
        assert summary.started == file["entry"].attrs["start_time"]
    assert summary.size_bytes == sum(path.stat().st_size for path in run.rglob("*") if path.is_file())
    assert (summary.tags, summary.notes) == (("first light", "kept"), "Line one\nLine two")


def test_only_changed_runs_are_read_again_and_gone_ones_are_dropped(tmp_path, reads):
    first, second, third = (make_run(tmp_path, f"seed={seed}") for seed in range(3))
    assert len(list_runs(tmp_path)) == len(reads) == 3
    reads.clear()
    before = list_runs(tmp_path)
    assert reads == []

    with h5py.File(second / "run.h5", "r+") as file:
        file["entry"].attrs["result"] = json.dumps(RESULT | {"test_accuracy": 0.5})
    age(second, 30.0)
    set_notes(third, ["good"], "")
    shutil.rmtree(first)
    after = {run.path: run for run in list_runs(tmp_path)}
    assert sorted(reads) == sorted([second.name, third.name])
    assert after.keys() == {second, third}
    assert after[second].test_accuracy == 0.5
    assert after[third].tags == ("good",)
    assert first in {run.path for run in before}
    with sqlite3.connect(tmp_path / INDEX) as database:
        assert database.execute(f"SELECT count(*) FROM {index.TABLE} WHERE name = ?", [os.fsencode(first.name)]) \
            .fetchone() == (0,)  # fmt: skip


def test_a_run_that_may_still_change_within_its_time_stamp_is_not_trusted_to_the_index(tmp_path, reads):
    run = make_run(tmp_path)
    os.utime(run / "run.h5")
    list_runs(tmp_path)
    list_runs(tmp_path)
    assert reads == [run.name, run.name]


def test_a_run_is_running_while_its_owner_lives_and_interrupted_after(tmp_path):
    folder = RunFolder.create(tmp_path, load_experiment("quick"))
    age(folder.path)
    assert [run.state for run in list_runs(tmp_path)] == ["running"]
    assert [run.state for run in list_runs(tmp_path)] == ["running"]
    folder.close()
    age(folder.path)
    (run,) = list_runs(tmp_path)
    assert (run.state, run.test_accuracy, run.epochs_done) == ("interrupted", None, 0)
    assert run.started[:13] == f"{run.name[:4]}-{run.name[4:6]}-{run.name[6:8]}T{run.name[9:11]}"


def _empty(run: Path) -> None:
    (run / "run.h5").write_bytes(b"")


def _torn(run: Path) -> None:
    (run / "run.h5").write_bytes((run / "run.h5").read_bytes()[:3000])


def _newer(run: Path) -> None:
    with h5py.File(run / "run.h5", "r+") as file:
        file.attrs["schema_version"] = 99


def _odd_result(run: Path) -> None:
    with h5py.File(run / "run.h5", "r+") as file:
        file["entry"].attrs["result"] = '{"test_accuracy": "<b>high</b>"}'


def _no_result_dictionary(run: Path) -> None:
    with h5py.File(run / "run.h5", "r+") as file:
        file["entry"].attrs["result"] = "[1, 2"


def _no_toml(run: Path) -> None:
    (run / "experiment.toml").write_text("name = [", "utf-8")


def _odd_toml(run: Path) -> None:
    (run / "experiment.toml").write_text("system = 3", "utf-8")


def _missing_toml(run: Path) -> None:
    (run / "experiment.toml").unlink()


@pytest.mark.parametrize(
    "harm", [_empty, _torn, _newer, _odd_result, _no_result_dictionary, _no_toml, _odd_toml, _missing_toml]
)
def test_a_damaged_run_is_listed_with_a_reason_and_hides_no_other(tmp_path, harm):
    good, bad = make_run(tmp_path, "seed=1"), make_run(tmp_path, "seed=2")
    harm(bad)
    age(bad)
    for _ in range(2):
        runs = {run.path: run for run in list_runs(tmp_path)}
        assert runs[good].state == "finished"
        assert runs[bad].state == "unreadable"
        assert runs[bad].reason
        assert "\n" not in runs[bad].reason


def test_damaged_notes_are_told_and_cost_nothing_else(tmp_path):
    run = make_run(tmp_path)
    (run / "notes.toml").write_text('tags = "one"', "utf-8")
    (summary,) = list_runs(tmp_path)
    assert summary.state == "finished"
    assert "notes.toml" in summary.reason
    with pytest.raises(RunFileError, match="no list"):
        read_notes(run)
    set_notes(run, ["two"], "text")
    assert read_notes(run) == Notes(("two",), "text")


def test_notes_keep_any_text(tmp_path):
    run = make_run(tmp_path)
    text = "quotes \"\"\" ''' backslash \\ tab\t bell \x07 DROP TABLE runs_1; -- 光 \U0001f52c\r\n"
    set_notes(run, ["x'); DROP TABLE runs_1; --"], text)
    age(run)
    for _ in range(2):  # read from the folder, then from the index
        assert [(item.tags, item.notes) for item in list_runs(tmp_path)] == [(("x'); DROP TABLE runs_1; --",), text)]
    with pytest.raises(RunFileError, match="not a run"):
        set_notes(tmp_path, [], "")


def test_folders_of_any_name_are_listed(tmp_path):
    run = make_run(tmp_path)
    names = ["a'); DROP TABLE runs_1; --", "spaces and 光", os.fsdecode(b"not-utf8-\xff")]
    for name in names:
        shutil.copytree(run, tmp_path / name)
        age(tmp_path / name)
    (tmp_path / "no run").mkdir()
    for _ in range(2):
        assert {item.name for item in list_runs(tmp_path)} == {run.name, *names}


def _garbage(path: Path) -> None:
    path.write_bytes(b"not a database" * 1000)


def _foreign(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE accounts (name)")
        database.execute("INSERT INTO accounts VALUES ('mine')")
    database.close()


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000] + bytes(5000))


def _other_table(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute(f"DROP TABLE {index.TABLE}")
        database.execute(f"CREATE TABLE {index.TABLE} (name)")
    database.close()


def _no_text(path: Path) -> None:
    """SQLite's complaint quotes the damaged statement, and is no UTF-8 then."""
    content = path.read_bytes()
    assert b"CREATE TABLE" in content
    path.write_bytes(content.replace(b"CREATE TABLE", b"CREATE \xffABLE"))


@pytest.mark.parametrize("harm", [_garbage, _foreign, _cut, _other_table, _no_text])
def test_a_damaged_or_foreign_index_is_put_aside_and_made_again(tmp_path, reads, harm):
    make_run(tmp_path)
    expected = list_runs(tmp_path)
    for suffix in ("", "-wal", "-shm"):
        if harm in (_garbage, _foreign):
            (tmp_path / f"{INDEX}{suffix}").unlink(missing_ok=True)
    harm(tmp_path / INDEX)
    content = (tmp_path / INDEX).read_bytes()
    assert list_runs(tmp_path) == expected
    (aside,) = tmp_path.glob("index.*.damaged.sqlite")
    if harm in (_garbage, _foreign):
        assert aside.read_bytes() == content
    reads.clear()
    assert list_runs(tmp_path) == expected
    assert reads == []


def test_a_damaged_row_is_read_again_from_the_folder(tmp_path):
    make_run(tmp_path)
    expected = list_runs(tmp_path)
    with sqlite3.connect(tmp_path / INDEX) as database:
        database.execute(f"UPDATE {index.TABLE} SET summary = '{{\"state\": 5}}'")
    database.close()
    assert list_runs(tmp_path) == expected


def test_without_a_place_for_the_index_the_list_is_the_same(tmp_path):
    run = make_run(tmp_path)
    (tmp_path / INDEX).mkdir()
    assert [item.path for item in list_runs(tmp_path)] == [run]
    assert not list(tmp_path.glob("*.damaged.sqlite"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_cannot_be_written_to_is_listed(tmp_path):
    run = make_run(tmp_path)
    tmp_path.chmod(0o555)
    try:
        assert [item.path for item in list_runs(tmp_path)] == [run]
        assert not (tmp_path / INDEX).exists()
    finally:
        tmp_path.chmod(0o755)


def test_a_missing_folder_is_an_error_in_one_line(tmp_path):
    with pytest.raises(RunFileError, match="cannot be listed") as caught:
        list_runs(tmp_path / "none")
    assert "\n" not in str(caught.value)
    assert list_runs(tmp_path) == []
    assert not (tmp_path / INDEX).exists()


def test_two_processes_list_at_once_without_torch(tmp_path):
    for seed in range(20):
        make_run(tmp_path, f"seed={seed}", epochs=0)
    code = (
        "import sys; from pathlib import Path; from core.run.index import list_runs, INDEX\n"
        "for _ in range(15):\n"
        "    (Path(sys.argv[1]) / INDEX).unlink(missing_ok=True)\n"
        "    assert len({run.seed for run in list_runs(Path(sys.argv[1]))}) == 20\n"
        "assert 'torch' not in sys.modules\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert len(list_runs(tmp_path)) == 20


def test_a_long_list_from_the_index_costs_little(tmp_path):
    run = make_run(tmp_path)
    (run / "checkpoints").rmdir()
    for number in range(300):
        shutil.copytree(run, tmp_path / f"copy-{number}")
    assert len(list_runs(tmp_path)) == 301
    start_s = time.process_time()
    assert len(list_runs(tmp_path)) == 301
    assert time.process_time() - start_s < 0.1  # measured: 0.045 s for 1,000
