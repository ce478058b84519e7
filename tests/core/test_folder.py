"""A run on disk: flushed, atomic, readable by others, and nothing half-written."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import h5py
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from core.ports import RunFileError
from core.run.checkpoint import read_checkpoint, weights_sha256
from core.run.folder import RunFolder
from core.run.record import read_experiment
from core.run.spec import load_experiment
from core.training.events import EpochDone, StepDone

STEP = StepDone(1, 1, 0.1, 2.3, 0.1, 0.01, 64, 0.5, 1.0)


@pytest.fixture
def folder(tmp_path):
    made = RunFolder.create(tmp_path, load_experiment("quick"))
    yield made
    made.close()


def test_a_run_can_be_repeated_from_its_folder(folder):
    assert read_experiment(folder.path) == load_experiment("quick")


def test_records_are_nexus_tables_with_units(folder):
    folder.record("steps", STEP)
    folder.record("epochs", EpochDone(1, 3, 2.0, 0.2, None, 640, 2.0))
    folder.record("epochs", EpochDone(2, 3, 1.0, 0.5, 0.4, 1280, 4.0))
    folder.close()
    with h5py.File(folder.path / "run.h5") as file:
        assert file["entry"].attrs["NX_class"] == "NXentry"
        epochs = file["entry/epochs"]
        assert epochs.attrs["NX_class"] == "NXdata"
        assert epochs[epochs.attrs["axes"]][:].tolist() == [1, 2]
        assert epochs[epochs.attrs["signal"]][:].tolist() == [2.0, 1.0]
        assert epochs["wall_s"].attrs["units"] == "s"
        assert torch.isnan(torch.tensor(epochs["validation_accuracy"][0]))


def test_every_record_survives_a_kill(tmp_path):
    code = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from core.run.folder import RunFolder
        from core.run.spec import load_experiment
        from core.training.events import StepDone
        folder = RunFolder.create(Path({str(tmp_path)!r}), load_experiment("quick"))
        for step in range(50):
            folder.record("steps", StepDone(step, 1, 0.1, 2.3, 0.1, 0.01, 64, 0.5, 1.0))
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], check=False, timeout=120, cwd=root)
    assert done.returncode == -signal.SIGKILL
    (run,) = tmp_path.iterdir()
    with h5py.File(run / "run.h5") as file:
        assert file["entry/steps/step"][:].tolist() == list(range(50))


def test_a_checkpoint_brings_network_and_twin_back(folder):
    network, twin = nn.Linear(3, 2), nn.Linear(2, 2)
    tensors = {f"network.{key}": value for key, value in network.state_dict().items()}
    tensors |= {f"twin.{key}": value for key, value in twin.state_dict().items()}
    folder.save_checkpoint("final", tensors, {"step": 7})
    assert [path.name for path in (folder.path / "checkpoints").iterdir()] == ["final.safetensors"]
    again, twin_again = nn.Linear(3, 2), nn.Linear(2, 2)
    checkpoint = read_checkpoint(folder.path, "final")
    checkpoint.load_into(again, "network")
    checkpoint.load_into(twin_again, "twin")
    assert checkpoint.facts == {"step": 7}
    assert weights_sha256(again) == weights_sha256(network)
    assert weights_sha256(twin_again) == weights_sha256(twin)
    with torch.no_grad():
        again.weight[0, 0] += 1e-6
    assert weights_sha256(again) != weights_sha256(network)


def test_a_damaged_checkpoint_is_refused_in_one_line(folder):
    path = folder.save_checkpoint("final", nn.Linear(3, 2).state_dict(), {})
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(RunFileError, match=r"final\.safetensors cannot be used") as caught:
        read_checkpoint(folder.path, "final")
    assert "\n" not in str(caught.value)
    with pytest.raises(RunFileError, match="cannot be used"):
        read_checkpoint(folder.path, "missing")


def test_a_failed_checkpoint_leaves_the_last_one(folder, monkeypatch):
    path = folder.save_checkpoint("latest", nn.Linear(3, 2).state_dict(), {})
    before = path.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("core.run.files.os.fsync", full)
    with pytest.raises(RunFileError, match=r"disk is full.*--out"):
        folder.save_checkpoint("latest", nn.Linear(3, 2).state_dict(), {})
    assert path.read_bytes() == before
    assert [item.name for item in path.parent.iterdir()] == ["latest.safetensors"]
    assert load_file(path).keys() == {"weight", "bias"}


def test_a_folder_that_cannot_be_made_leaves_nothing(tmp_path):
    file = tmp_path / "occupied"
    file.write_text("a file")
    with pytest.raises(RunFileError, match="Cannot write to"):
        RunFolder.create(file, load_experiment("quick"))
    assert file.read_text() == "a file"


def test_a_full_disk_at_the_start_leaves_nothing(tmp_path, monkeypatch):
    def full(descriptor: int) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("core.run.files.os.fsync", full)
    with pytest.raises(RunFileError, match="disk is full"):
        RunFolder.create(tmp_path, load_experiment("quick"))
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_run_is_named(tmp_path):
    with pytest.raises(RunFileError, match="is not a run"):
        read_experiment(tmp_path)


def test_the_log_is_one_json_object_a_line(folder):
    folder.log("info", "first\nline")
    folder.log("error", "zweite Zeile: ü")
    lines = [json.loads(line) for line in (folder.path / "log.jsonl").read_text("utf-8").splitlines()]
    assert [(line["level"], line["text"]) for line in lines] == [
        ("info", "first\nline"),
        ("error", "zweite Zeile: ü"),
    ]
