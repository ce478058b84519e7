"""What is typed and arranged survives a kill; a damaged file is one line of notice and costs only what is damaged."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QByteArray, QObject, QSettings

from app.bridge import Bridge
from app.engine import Engine
from app.keeper import Keeper, decoded, encoded
from app.presets import PresetFolder, bundled_presets
from app.theme import ThemeController
from app.views.experiment import ExperimentPage
from app.views.live import LivePage
from app.window import MainWindow

ROOT = Path(__file__).resolve().parents[2]
TYPING = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication
from app.bridge import Bridge
from app.engine import Engine
from app.theme import ThemeController
from app.window import MainWindow
folder = Path(sys.argv[1])
app = QApplication([])
bridge = Bridge()
themes = ThemeController(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
window = MainWindow(bridge, Engine(bridge), themes, folder / "runs", folder)
window.resize(1100, 660)
window.show()
window.setup.choose("plate-mnist")
window.setup.seed.setValue(1234)
window.live.arrange("plate")
window.live.docks["kernel"].setFloating(True)
def look():
    if (folder / "window.json").exists() and "1234" in (folder / "window.json").read_text():
        print("kept", flush=True)
timer = QTimer()
timer.timeout.connect(look)
timer.start(50)
app.exec()
"""


def open_window(qtbot, folder: Path) -> MainWindow:
    themes = ThemeController(QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat))
    bridge = Bridge()
    window = MainWindow(bridge, Engine(bridge), themes, folder / "runs", folder)
    qtbot.addWidget(window)
    window.show()
    return window


def test_a_killed_window_is_there_again_with_its_draft_and_its_layout(qtbot, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", TYPING, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "kept"
        child.send_signal(signal.SIGKILL)
    window = open_window(qtbot, tmp_path)
    choice = window.setup.choice
    assert (choice.preset.name, dict(choice.changes)) == ("plate-mnist", {"seed": 1234})
    assert window.setup.seed.value() == 1234
    assert not window.notice.isVisible()
    assert window.height() == 660  # the offscreen screen is narrower than the window
    window.live.arrange("plate")
    assert window.live.docks["kernel"].isFloating()
    window.live.reset_layout()
    window.close()


class Pages(QObject):
    """The two pages whose state is kept, and a keeper that is made anew for each file."""

    def __init__(self, qtbot, folder: Path) -> None:
        super().__init__()
        self.experiment, self.live = ExperimentPage(bundled_presets(), PresetFolder(folder / "presets")), LivePage()
        for page in (self.experiment, self.live):
            qtbot.addWidget(page)
        self.file = folder / "window.json"
        self.place = "at first"

    def take_up(self) -> str:
        self.keeper = Keeper(self.file, self)
        self.keeper._timer.timeout.disconnect()

        def put(place: str) -> None:
            self.place = place + ""

        told = self.keeper.begin(
            {
                "place": (lambda: self.place, put),
                "layout": (self.live.layouts_as_kept, self.live.restore_layouts),
                "draft": (self.experiment.draft_as_kept, self.experiment.restore_draft),
            }
        )
        self.keeper._timer.stop()
        return told


@pytest.fixture
def pages(qtbot, tmp_path) -> Pages:
    made = Pages(qtbot, tmp_path)
    assert made.take_up() == ""
    made.place = "moved"
    made.experiment.setup.choose("circuit-mnist")
    made.experiment.setup.seed.setValue(77)
    made.keeper.close()
    return made


def test_the_file_before_is_the_backup(pages: Pages):
    first = pages.file.read_bytes()
    assert not pages.keeper.backup.exists()
    pages.experiment.setup.seed.setValue(78)
    pages.keeper.close()
    assert pages.keeper.backup.read_bytes() == first
    assert json.loads(pages.file.read_bytes())["draft"]["changes"] == {"seed": 78}
    pages.file.write_bytes(b"{ half of")
    pages.experiment.setup.seed.setValue(5)
    told = pages.take_up()
    assert "window.json cannot be used" in told
    assert "backup" in told
    assert pages.experiment.draft.choice.changes == {"seed": 77}
    pages.keeper.close()
    assert pages.keeper.backup.read_bytes() == first  # a damaged file never takes a good one's place
    assert pages.take_up() == ""


ANY = (None, 5, [], [1])
DRAFTS = (
    {"preset": 3, "changes": {}},
    {"preset": "no such preset", "changes": {}},
    {"preset": "quick"},
    {"preset": "quick", "changes": {"training.epochs": -1}},
    {"preset": "quick", "changes": {"training.epochs": float("nan")}},
    {"preset": "quick", "changes": {"no.such.key": 1}},
    {"preset": "quick", "changes": [1, 2]},
)
LAYOUTS = ({"plate": "00000000 AAAA"}, {"plate": "not base64"}, {"plate": 7})
JUNK = [("place", junk) for junk in ANY] + [("layout", junk) for junk in (*ANY, *LAYOUTS)]
JUNK += [("draft", junk) for junk in (*ANY, *DRAFTS)]


@pytest.mark.parametrize(("name", "junk"), JUNK)
def test_a_bad_object_costs_only_itself(pages: Pages, name: str, junk: object):
    stored = json.loads(pages.file.read_bytes())
    stored[name] = junk
    pages.file.write_text(json.dumps(stored))
    pages.place = "elsewhere"
    pages.experiment.setup.choose("quick")
    told = pages.take_up()
    assert told.startswith(f"The {name} as it was kept cannot be used (")
    assert "\n" not in told
    assert (pages.place == "moved") == (name != "place")
    assert (pages.experiment.draft.choice.changes == {"seed": 77}) == (name != "draft")


def test_no_damaged_file_hurts(pages: Pages):
    dice, whole = random.Random(5), pages.file.read_bytes()
    used = 0
    for _ in range(400):
        damaged = bytearray(whole)
        for _ in range(dice.choice((1, 1, 2, 8))):
            place = dice.randrange(len(damaged))
            match dice.randrange(4):
                case 0:
                    damaged[place] = dice.randrange(256)
                case 1:
                    del damaged[place : place + dice.randrange(60)]
                case 2:
                    damaged[place:place] = dice.randbytes(dice.randrange(30))
                case _:
                    damaged[place:place] = damaged[: dice.randrange(200)]
        pages.file.write_bytes(damaged)
        told = pages.take_up()
        assert "\n" not in told
        pages.experiment.draft.choice.experiment()  # what is in force is always a valid specification
        used += not told
    assert 0 < used < 400
    for content in (b"", b"\x00" * 50, b"[" * 100_000, b'{"draft": ' * 5000, b"9" * 5000, b"x" * 2_000_000):
        pages.file.write_bytes(content)
        assert "cannot be used" in pages.take_up()
    pages.file.unlink()
    pages.file.mkdir()
    assert "cannot be used" in pages.take_up()


def test_bytes_come_back_or_are_refused():
    blob = QByteArray(bytes(range(256)))
    text = encoded(blob)
    assert decoded(text) == blob
    for place in range(len(text)):
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(ValueError, match=r"checksum|base64|padding|data"):
            decoded(text[:place] + other + text[place + 1 :])


def test_a_folder_that_cannot_be_written_is_told_and_nothing_else(qtbot, tmp_path):
    (tmp_path / "file").write_text("")
    owner, value, told = QObject(), ["a"], []
    keeper = Keeper(tmp_path / "file" / "window.json", owner)
    keeper.problem.connect(told.append)
    assert keeper.begin({"thing": (lambda: value[0], lambda _: None)}) == ""
    value[0] = "b"
    keeper.close()
    assert len(told) == 1
    assert "Cannot write" in told[0]
