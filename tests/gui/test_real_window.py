"""The program as a newcomer starts it, on a real X server, moved by real keys."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
needs_x = pytest.mark.skipif(
    not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="Xvfb and xdotool are not installed"
)


def wait_for(condition, what: str, deadline_s: float = 90.0):
    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} within {deadline_s:.0f} s")


@pytest.fixture
def display(tmp_path):
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x720x24"], pass_fds=(write,), stderr=subprocess.DEVNULL
    )
    os.close(write)
    with os.fdopen(read) as numbers:
        yield f":{numbers.readline().strip()}"
    server.terminate()
    server.wait(10)


@needs_x
def test_a_key_starts_a_run_and_a_signal_ends_it_safely(display, tmp_path):
    environment = {
        **os.environ,
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "PYTHONPATH": str(ROOT),
    }
    program = subprocess.Popen(
        [sys.executable, "-m", "app"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True
    )

    def xdotool(*arguments: str) -> str:
        command = ["xdotool", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False).stdout.strip()

    try:
        window = wait_for(lambda: xdotool("search", "--onlyvisible", "--name", "^Overtone$"), "a window").split()[0]
        xdotool("windowfocus", "--sync", window)
        xdotool("key", "--clearmodifiers", "ctrl+2")
        time.sleep(0.5)
        xdotool("key", "--clearmodifiers", "ctrl+Return")
        wait_for(lambda: list(tmp_path.glob("runs/*/checkpoints/latest.safetensors")), "a trained epoch")
        program.send_signal(signal.SIGTERM)
        _, errors = program.communicate(timeout=30)
        assert program.returncode == 0, errors
        assert list(tmp_path.glob("runs/*/checkpoints/latest.safetensors"))
        assert "Traceback" not in errors
    finally:
        program.kill()
