"""The whole program on a real X server with a window manager, worked by a mouse: from its start to a saved picture."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image, ImageGrab
from safetensors.numpy import load_file

from app.theme import DARK, LIGHT
from core.run.record import RunRecord
from tests.app.drawn import drawn_within, pdf_paths, svg_paths
from tests.gui.test_real_window import wait_for

ROOT = Path(__file__).resolve().parents[2]
WINDOW_MANAGER = "openbox"
TABLES = ("steps", "epochs")
VIEWS = ("Drive and response", "Spectrum", "Training", "Class map")
THEMES = (("dark", DARK, LIGHT), ("light", LIGHT, DARK))
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("Xvfb", "xdotool", WINDOW_MANAGER))),
    reason=f"Xvfb, xdotool and {WINDOW_MANAGER} are not all installed",
)


@pytest.fixture
def display():
    read, write = os.pipe()
    screen = ["-screen", "0", "1600x900x24"]
    server = subprocess.Popen(["Xvfb", "-displayfd", str(write), *screen], pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as numbers:
        name = f":{numbers.readline().strip()}"
    environment = {**os.environ, "DISPLAY": name}
    manager = subprocess.Popen([WINDOW_MANAGER], env=environment, stderr=subprocess.DEVNULL)
    desktops = ["xdotool", "get_num_desktops"]  # the manager tells once it holds keys and windows
    wait_for(lambda: not subprocess.run(desktops, capture_output=True, env=environment, check=False).returncode, "desk")
    yield name
    for process in (manager, server):
        process.terminate()
        process.wait(10)


class Program:
    """The program in a folder, and a hand that clicks on what it sees."""

    def __init__(self, display: str, folder: Path) -> None:
        self.display, self.folder, self.clicks = display, folder, 0
        self._environment = {
            **os.environ,
            "DISPLAY": display,
            "QT_QPA_PLATFORM": "xcb",
            "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": str(folder / "config"),
            "PYTHONPATH": str(ROOT),
        }
        self.errors = folder / f"errors-{time.monotonic_ns()}.txt"
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "tests" / "gui" / "guide.py")],
                cwd=folder,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    def find(self, kind: str, word: str) -> tuple[int, int, int, int] | None:
        self.process.stdin.write(f"{kind} {word}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def see(self, kind: str, word: str, deadline_s: float = 90.0) -> tuple[int, int, int, int]:
        return wait_for(lambda: self.find(kind, word), f"{kind} {word!r} is seen", deadline_s)

    def click(self, kind: str, word: str) -> None:
        """Click once it can be seen and has come to rest."""
        place = self.see(kind, word)
        while (later := self.see(kind, word)) != place:
            place = later
        self.xdotool("mousemove", "--sync", str(place[0]), str(place[1]), "click", "1")
        self.clicks += 1

    def xdotool(self, *arguments: str) -> str:
        command = ["xdotool", *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=self._environment, check=False).stdout

    def picture(self, kind: str, word: str) -> np.ndarray:
        """Return the pixels (height, width, 3) that the screen has of a thing."""
        x, y, width, height = self.see(kind, word)
        left, top = max(x - width // 2, 0), max(y - height // 2, 0)
        return np.asarray(ImageGrab.grab((left, top, left + width, top + height), xdisplay=self.display).convert("RGB"))

    def close(self) -> None:
        window = ["search", "--onlyvisible", "--name", "^Overtone$", "windowactivate", "--sync"]
        self.xdotool(*window, "key", "--clearmodifiers", "alt+F4")  # the window manager asks the window

    def end(self) -> None:
        assert self.process.wait(30) == 0, self.errors.read_text()
        assert "Traceback" not in self.errors.read_text()


@pytest.fixture
def start(display, tmp_path):
    programs: list[Program] = []

    def one() -> Program:
        programs.append(Program(display, tmp_path))
        return programs[-1]

    yield one
    for program in programs:
        program.process.kill()
        program.process.wait(10)


def runs(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.glob("runs/*/experiment.toml"))


def commonest(pixels: np.ndarray) -> str:
    ((red, green, blue), _), *_ = Counter(map(tuple, pixels.reshape(-1, 3).tolist())).most_common(1)
    return f"#{red:02X}{green:02X}{blue:02X}"


def share(pixels: np.ndarray, *colours: str) -> float:
    flat = pixels.reshape(-1, 3)
    wanted = [[int(colour[k : k + 2], 16) for k in (1, 3, 5)] for colour in colours]
    return float(np.mean(np.any([(flat == rgb).all(axis=1) for rgb in wanted], axis=0)))


def save_view(program: Program, view: str, kind: str) -> None:
    program.click("button", f"Menu of {view}")
    program.click("entry", "Save picture or data…")
    program.see("button", "Save")
    if kind != "PNG":
        program.click("box", "PNG (*.png)")
        program.click("entry", f"{kind} (*.{kind.lower()})")
    program.click("button", "Save")


def test_a_newcomer_trains_and_saves_a_picture_with_the_mouse_alone(start, tmp_path):
    began_s = time.monotonic()
    program = start()
    program.click("button", "Quick start")
    program.see("label", "Test accuracy on the device", 120)
    save_view(program, "Training", "PNG")
    (saved,) = wait_for(lambda: list(tmp_path.glob("*-training.png")), "a picture")
    program.see("label", f"Saved {saved}")
    print(f"\n{program.clicks} clicks and {time.monotonic() - began_s:.0f} s from the start to the saved picture")
    (run,) = runs(tmp_path)
    with Image.open(saved) as picture:
        picture.load()
        assert run.name in picture.info["Description"]
        assert len(np.unique(np.asarray(picture.convert("L")))) > 10

    for kind in ("CSV", "NPZ", "SVG", "PDF"):
        save_view(program, "Training", kind)
        program.see("label", f"Saved {saved.with_suffix('.' + kind.lower())}")
    program.close()
    program.end()
    with h5py.File(run / "run.h5") as stored:
        steps, epochs = ({name: group[name][:] for name in group} for group in map(stored["entry"].get, TABLES))
    epoch_ends = len(steps["step"]) / len(epochs["epoch"]) * epochs["epoch"]
    curves = {
        "batch accuracy": (steps["step"], 100 * steps["accuracy"]),
        "validation": (epoch_ends, 100 * epochs["validation_accuracy"]),
    }
    with np.load(saved.with_suffix(".npz"), allow_pickle=False) as data:
        places = {str(data[key]): key.removeprefix("name_") for key in data if key.startswith("name_")}
        for name, (x, y) in curves.items():
            np.testing.assert_array_equal(data[f"x_{places[name]}"], x)
            np.testing.assert_allclose(data[f"y_{places[name]}"], y, rtol=1e-12)
    head, *rows = [row for row in csv.reader(saved.with_suffix(".csv").open(newline="")) if not row[0].startswith("#")]
    for name, (x, y) in curves.items():
        column = head.index(f"{name}: Accuracy / %")
        written = np.array([row[column - 1 : column + 1] for row in rows if row[column]], float)
        np.testing.assert_allclose(written, np.transpose([x, y]), rtol=1e-12)
    for ending, paths_of in ((".svg", svg_paths), (".pdf", pdf_paths)):
        assert drawn_within(paths_of(saved.with_suffix(ending).read_bytes()), *curves["validation"]) < 0.01


def turn(program: Program, theme: str) -> None:
    program.click("button", "Theme and language")
    program.click("entry", f"Theme: {theme}")
    wait_for(lambda: not program.find("entry", f"Theme: {theme}"), "the menu is gone")


def test_the_theme_turns_while_a_run_goes_on(start):
    program = start()
    program.click("button", "Experiment")
    program.click("entry", "Plate: MNIST digits")  # lasts for as long as this test
    program.click("button", "Start training")
    program.see("label", "ETA", 120)
    for name, theme, other in THEMES:
        turn(program, name)
        for view in VIEWS:
            wait_for(lambda view=view, theme=theme: commonest(program.picture("view", view)) == theme.surface, view, 10)
        screen = program.picture("window", "Overtone")
        assert share(screen, theme.background, theme.surface, theme.raised) > 0.7
        assert share(screen, other.background, other.surface, other.raised) < 0.01
    program.click("button", "Pause")
    program.see("button", "Resume")
    program.click("button", "Resume")
    for view in VIEWS:  # each of them has another picture sooner or later
        before = program.picture("view", view)
        wait_for(lambda view=view, before=before: (program.picture("view", view) != before).any(), f"{view} moves", 10)
    assert program.find("label", "ETA")
    for page in ("Start", "Experiment", "Runs", "Log"):
        program.click("button", page)
        for name, theme, other in THEMES:
            turn(program, name)
            screen = program.picture("window", "Overtone")
            assert share(screen, theme.background, theme.surface, theme.raised) > 0.7, page
            assert share(screen, other.background, other.surface, other.raised) < 0.01, page


def test_closing_during_a_run_asks_and_keeps_it(start, tmp_path):
    program = start()
    program.click("button", "Experiment")
    program.click("entry", "Plate: MNIST digits")  # lasts for longer than the questions
    program.click("button", "Start training")
    wait_for(lambda: list(tmp_path.glob("runs/*/checkpoints/latest.safetensors")), "a trained epoch")
    program.close()
    program.click("button", "Let it go on")
    program.see("label", "ETA")
    program.close()
    program.click("button", "Stop it and close")
    program.end()
    (run,) = runs(tmp_path)
    assert RunRecord(run).state == "interrupted"
    assert load_file(run / "checkpoints" / "latest.safetensors")


def test_two_windows_train_into_one_folder(start, tmp_path):
    first, second = start(), start()
    for program in (first, second):
        program.see("button", "Quick start")
    second.click("button", "Quick start")
    second.see("label", "ETA", 120)
    second.xdotool("key", "alt+Tab")  # the window manager puts the first one on top
    first.click("button", "Quick start")
    for program in (first, second):
        program.see("label", "Test accuracy on the device", 120)
    records = [RunRecord(run) for run in runs(tmp_path)]
    assert [record.state for record in records] == ["finished", "finished"]
    assert records[0].result["test_accuracy"] == records[1].result["test_accuracy"]  # one seed, nothing shared
    for program in (first, second):
        assert not program.find("button", "Details")
        program.process.send_signal(signal.SIGTERM)
        program.end()
