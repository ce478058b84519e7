"""The program as one folder: OVERTONE_FROZEN names the folder, or is "build" to have it built first (minutes)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.gui.test_real_window import display, needs_x, wait_for  # noqa: F401, the fixture  # pyright: ignore

ROOT = Path(__file__).resolve().parents[2]
CHOSEN = os.environ.get("OVERTONE_FROZEN", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not CHOSEN, reason="OVERTONE_FROZEN names no folder"),
    pytest.mark.skipif(CHOSEN == "build" and not find_spec("PyInstaller"), reason="PyInstaller is not installed"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    if CHOSEN != "build":
        return Path(CHOSEN).absolute() / "overtone"
    folder = tmp_path_factory.mktemp("frozen")
    where = ["--distpath", folder / "dist", "--workpath", folder / "work"]
    command = [sys.executable, "-m", "PyInstaller", *where, ROOT / "resources" / "desktop" / "overtone.spec"]
    subprocess.run(command, check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=1500)
    return folder / "dist" / "overtone" / "overtone"


@pytest.fixture
def alone(tmp_path) -> dict[str, str]:
    """The environment of a machine without Python, network or earlier starts, as far as this one can be that."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG", "OMP_NUM_THREADS") if key in os.environ}
    nowhere = {f"{scheme}_proxy": "http://127.0.0.1:9" for scheme in ("http", "https")}
    return {**kept, **nowhere, "HOME": str(tmp_path / "home")}


def output(program: Path, *arguments: str, folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, cwd=folder, env=environment, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    return done.stdout


def test_it_helps_and_finds_what_it_needs(program, alone, tmp_path):
    assert "resume" in output(program, "--help", folder=tmp_path, environment=alone)
    found = json.loads(output(program, "doctor", "--json", folder=tmp_path, environment=alone).splitlines()[-1])
    assert found["torch"]["ok"]
    assert "shg" in found["systems"]["finding"]


def test_it_trains_keeps_its_kernels_and_goes_on(program, alone, tmp_path):
    run = ("run", "quick", "--set", "training.epochs=2", "--json")
    result = json.loads(output(program, *run, folder=tmp_path, environment=alone).splitlines()[-1])
    assert result["test_count"] > 0
    (cache,) = (tmp_path / "home" / ".cache" / "overtone").glob("kernels-*")
    kept = {path: path.stat().st_mtime_ns for path in cache.rglob("*.nb?")}
    assert kept
    again = json.loads(output(program, *run, folder=tmp_path, environment=alone).splitlines()[-1])
    assert again["weights_sha256"] == result["weights_sha256"]
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.nb?")} == kept  # loaded, not compiled anew
    output(program, "report", f"runs/{result['run']}", folder=tmp_path, environment=alone)
    output(program, "sweep", "quick", "--set", "training.epochs=1", "--seeds", "1", folder=tmp_path, environment=alone)


def test_it_needs_no_folder_to_keep_kernels_in(program, alone, tmp_path):
    shutil.rmtree(tmp_path / "home", ignore_errors=True)
    (tmp_path / "home").write_text("a file where a home should be")
    run = ("run", "quick", "--set", "training.epochs=1", "--json")
    result = json.loads(output(program, *run, folder=tmp_path, environment=alone).splitlines()[-1])
    assert result["test_count"] > 0


@needs_x
def test_its_window_opens_and_trains(program, alone, display, tmp_path):  # noqa: F811
    environment = {**alone, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}

    def xdotool(*arguments: str) -> str:
        command = ["xdotool", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stdout.strip()

    window = subprocess.Popen([program], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        number = wait_for(lambda: xdotool("search", "--onlyvisible", "--name", "^Overtone$"), "a window").split()[0]
        xdotool("windowfocus", "--sync", number)
        xdotool("key", "--clearmodifiers", "ctrl+2", "ctrl+Return")
        wait_for(lambda: list(tmp_path.glob("runs/*/checkpoints/latest.safetensors")), "a trained epoch", 240)
        window.send_signal(signal.SIGTERM)
        _, errors = window.communicate(timeout=30)
        assert window.returncode == 0, errors
        assert "Traceback" not in errors
    finally:
        window.kill()
