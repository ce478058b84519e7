"""The command line as a user meets it: exit codes, one-line errors, a result in JSON, an interrupt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from safetensors.torch import load_file

from app.cli import command_line

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--set", "training.epochs=2", "--set", "calibration.steps=20", "--set", "calibration.shots=64"]
RESULT_KEYS = {
    "run", "preset", "estimator", "task", "seed", "serial_number", "test_accuracy", "test_count", "test_interval95",
    "twin_belief", "baselines", "digital_parameters", "digital_macs", "physical_layers", "device_passes",
    "weights_sha256", "wall_s", "peak_memory_mb",
}  # fmt: skip


class Done(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def command(monkeypatch, capsys) -> Callable[..., Done]:
    """Run a command line in this process, which has loaded the engine already."""

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["overtone", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_info:
            command_line()
        return Done(int(exit_info.value.code or 0), *capsys.readouterr())

    return run


def overtone(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


@pytest.fixture(scope="module")
def quick(tmp_path_factory) -> tuple[dict, Path]:
    out = tmp_path_factory.mktemp("runs")
    done = overtone("run", "quick", *SMALL, "--seed", "5", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), out


def test_a_run_ends_with_its_result_as_one_json_line(quick):
    result, out = quick
    assert result.keys() >= RESULT_KEYS
    low, high = result["test_interval95"]
    assert 0 <= low <= result["test_accuracy"] <= high <= 1
    assert 0 <= result["twin_belief"] <= 1
    assert result["seed"] == 5
    assert result["device_passes"] > 64 + 2 * 3 * 500
    assert (out / result["run"] / "experiment.toml").is_file()


def test_the_same_command_gives_the_same_weights(quick, tmp_path):
    done = overtone("run", "quick", *SMALL, "--seed", "5", "--out", str(tmp_path), "--json")
    again = json.loads(done.stdout)
    for key in ("weights_sha256", "test_accuracy", "twin_belief", "device_passes"):
        assert again[key] == quick[0][key]


def test_a_run_repeats_from_its_own_specification(quick, tmp_path, command):
    result, out = quick
    done = command("run", str(out / result["run"] / "experiment.toml"), "--out", str(tmp_path), "--json")
    assert json.loads(done.stdout)["weights_sha256"] == result["weights_sha256"]


def test_evaluate_measures_the_same_weights_on_the_same_and_on_another_unit(quick, command):
    result, out = quick
    folder = str(out / result["run"])
    same = json.loads(command("evaluate", folder, "--json").stdout)
    other = json.loads(command("evaluate", folder, "--serial-number", "77", "--json").stdout)
    assert same["weights_sha256"] == other["weights_sha256"] == result["weights_sha256"]
    assert (same["serial_number"], other["serial_number"]) == (1, 77)
    assert same["test_count"] == result["test_count"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["run", "quik"], 2, "No preset is called 'quik'"),
        (["run", "quick", "--set", "training.epoch=3"], 2, "no key 'training.epoch'"),
        (["run", "quick", "--set", "training.epochs=-3"], 2, "training.epochs = -3"),
        (["run", "quick", "--set", "system.kind=laser"], 2, "No system is of kind 'laser'"),
        (["run", "quick", "--set", "system.imperfections.dust=1"], 2, "no key 'dust'"),
        (["run", "quick", "--set", "system.imperfections.unit_spread=-1"], 2, "negative"),
        (["run", "quick", "--set", "training.estimator=magic"], 2, "No estimator is called 'magic'"),
        (["run", "quick", "--set", "network.architecture=pendula"], 2, "network.architecture"),
        (["run", "quick", "--set", "task.name=table", "--set", "task.path=missing.csv"], 1, "missing.csv"),
        (["evaluate", "nowhere"], 1, "is not a run"),
        (["fly"], 2, "No such command 'fly'"),
        (["run"], 2, "Missing argument"),
        (["run", "quick", "--set"], 2, "unexpected extra argument"),  # it took --out for a setting
        (["run", "quick", "--seed", "x"], 2, "'--seed'"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, code, message, tmp_path, command):
    out = ["--out", str(tmp_path / "runs")] if arguments[0] == "run" else []
    done = command(*arguments, *out)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.rglob("*.h5"))


def test_a_table_with_a_nan_never_starts_a_run(tmp_path, command):
    table = tmp_path / "mine.csv"
    table.write_text("a,b,label\n" + "".join(f"{i},{i % 7},{'xy'[i % 2]}\n" for i in range(60)) + "nan,1,x\n")
    done = command(
        "run", "quick", "--set", "task.name=table", "--set", f"task.path={table}", "--out", str(tmp_path / "r")
    )
    assert done.returncode == 1
    assert "62" in done.stderr  # the line of the file that holds it
    assert not (tmp_path / "r").exists()


def test_missing_data_says_what_to_do(tmp_path, command, monkeypatch):
    monkeypatch.setenv("OVERTONE_DATA", str(tmp_path / "empty"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    done = command("run", "shg-vowels", "--out", str(tmp_path / "r"))
    assert done.returncode == 1
    assert "OVERTONE_DATA" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_interrupt_writes_a_checkpoint_and_exits_130(tmp_path):
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "app",
            "run",
            "quick",
            "--set",
            "training.epochs=5000",
            *SMALL[2:],
            "--out",
            str(tmp_path),
        ],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("*/checkpoints/latest.safetensors")):
        assert time.monotonic() < deadline, "training did not start"
        assert process.poll() is None
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "overtone resume" in errors
    (checkpoint,) = tmp_path.glob("*/checkpoints/latest.safetensors")
    assert any(name.startswith("network.") for name in load_file(checkpoint))


def test_a_twin_from_the_data_sheet_is_not_fitted(quick, tmp_path, command):
    result, out = quick
    settings = ["--set", "training.epochs=1", "--set", "calibration.twin=datasheet"]
    done = command("run", "quick", *settings, "--out", str(tmp_path))
    assert "data sheet's values: it leaves" in done.stderr
    (checkpoint,) = tmp_path.glob("*/checkpoints/final.safetensors")

    def deviations(path: Path) -> list[float]:
        tensors = load_file(path)
        return [float(z.abs().sum()) for name, z in tensors.items() if name.startswith("twin.deviations")]

    assert not any(deviations(checkpoint))
    assert all(deviations(out / result["run"] / "checkpoints/final.safetensors"))


def test_help_names_every_verb():
    done = overtone("--help")
    assert done.returncode == 0
    for verb in ("run", "evaluate", "sweep", "tables", "presets", "doctor", "meta"):
        assert verb in done.stdout


def test_meta_check_agrees_with_the_closed_form(command):
    done = command("meta", "check", "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 0
    assert [item["computed"] for item in result["results"]] == [-28.0] * 4


def test_no_display_is_one_line():
    environment = {**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    done = subprocess.run(
        [sys.executable, "-m", "app"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=ROOT,
        env=environment,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("overtone: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_doctor_finishes_and_names_what_it_looked_at():
    done = overtone("doctor", "--json", QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 0
    assert {"python", "torch", "window", "systems"} <= json.loads(done.stdout).keys()


def test_doctor_looks_at_a_run_and_saves_what_can_be_read(quick, tmp_path, command):
    result, out = quick
    run = str(out / result["run"])
    found = json.loads(command("doctor", run, "--json").stdout)
    assert all(item["ok"] for item in found.values())
    saved = json.loads(command("doctor", run, "--out", str(tmp_path), "--json").stdout)["saved"]["finding"]
    again = json.loads(command("evaluate", saved, "--json").stdout)
    assert again["weights_sha256"] == result["weights_sha256"]
    assert command("doctor", str(tmp_path / "nowhere")).returncode == 1
    assert command("doctor", "--out", str(tmp_path)).returncode == 2
