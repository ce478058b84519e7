"""The devices page: the demo bench, a test shot, limits, what is remembered, and a run that loses its instrument."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from dataclasses import replace

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest

from app.bridge import Bridge
from app.device_book import Device, DeviceBook
from app.discovery import BUSES, BusReport, Found
from app.engine import Engine
from app.theme import ThemeController
from app.views.devices import DevicesPage
from app.window import DEVICES, LIVE, MainWindow
from core.phrase import Phrase
from core.run.connection import ConnectionSpec
from core.run.record import RunRecord
from core.run.spec import SystemSpec
from devices.catalogue import BUNDLED, circuit_wiring
from devices.emulator.bench import wired
from devices.emulator.table import Table

SMALL = {
    "task.name": "vowels1952",
    "training.epochs": 6,
    "calibration.shots": 64,
    "calibration.steps": 10,
    "network.branches": 1,
    "journal.keep": "all",
}


NEEDS_SOUND = pytest.mark.skipif(shutil.which("jackd") is None, reason="needs the JACK sound server")


@pytest.fixture
def table():
    made = Table(wired(BUNDLED["circuit"].build(3, 0, {}), circuit_wiring()))
    made.addresses = made.listen("socket")
    yield made
    made.close()


@pytest.fixture
def page(qtbot, tmp_path):
    made = DevicesPage(DeviceBook(tmp_path / "devices.json"))
    made.problems = []
    made.problem.connect(made.problems.append)
    qtbot.addWidget(made)
    made.resize(1100, 640)
    made.show()
    yield made
    made.stop()
    qtbot.waitUntil(lambda: not made.scanner.active, timeout=10_000)


@pytest.fixture
def window(qtbot, tmp_path):
    themes = ThemeController(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    bridge = Bridge()
    engine = Engine(bridge)
    opened = MainWindow(bridge, engine, themes, tmp_path / "runs")
    qtbot.addWidget(opened)
    opened.show()
    opened.show_page(DEVICES)
    yield opened
    engine.stop()
    qtbot.waitUntil(lambda: not engine.alive, timeout=60_000)


def click(button) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def known(page: DevicesPage, table: Table, **connection: object) -> Device:
    """Add the instruments of a table to the page."""
    generator, scope = table.addresses
    spec = SystemSpec(
        kind="circuit", address=generator, connection=ConnectionSpec(recorder=scope, deadline_s=2.0, **connection)
    )
    device = Device(alias="Left table", system=spec)
    page._append(device)
    return device


def shoot(page: DevicesPage, qtbot) -> None:
    click(page.shoot)
    assert "test shot is in progress" in page.busy
    assert not page.shoot.isEnabled()
    qtbot.waitUntil(lambda: not page.busy, timeout=60_000)


def type_into(page: DevicesPage, key: str, text: str) -> None:
    editor = page.form.rows[key].editor
    editor.selectAll()
    QTest.keyClicks(editor, text)


def test_an_empty_page_says_what_to_do_and_why_nothing_can_be_done(page):
    assert "start the demo bench" in page.view.traces.hint
    assert page.form.isHidden()
    for button in (page.ask, page.shoot, page.use, page.remove):
        assert not button.isEnabled()
        assert "No instrument is chosen" in button.toolTip()
    click(page.add)
    assert page.chosen.alias == "Bench 1"
    assert "Type its address" in page.shoot.toolTip()
    assert page.badge.text() == "NOT TESTED"


def test_a_test_shot_is_drawn_and_what_it_tells_is_remembered(page, qtbot, table, tmp_path):
    known(page, table)
    shoot(page, qtbot)
    assert page.problems == []
    assert not page.view.traces.empty
    assert len(page.view.traces.curve.y) == len(page.view.traces.drive.y) == 784
    assert page.badge.text() == "DEMO"
    assert "output up to ±10 V" in page.view.facts.text()
    assert not table.generator.output_on
    book = DeviceBook(tmp_path / "devices.json")
    qtbot.waitUntil(lambda: book.file.exists() and book.read()[0].output_v == 10.0, timeout=10_000)
    again = DevicesPage(book)
    qtbot.addWidget(again)
    assert again.chosen == page.chosen
    assert again.known(table.addresses[0]) == ("demo", page.chosen)


def test_a_limit_beyond_the_instruments_is_marked_where_it_stands_and_changes_nothing(page, qtbot, table):
    known(page, table)
    shoot(page, qtbot)
    key = "system.connection.limit_v"
    type_into(page, key, "11")
    assert "Out of range" in page.form.rows[key].reason.text()
    assert page.chosen.system.connection.limit_v == 0.0
    assert "wrong" in page.shoot.toolTip()
    assert not page.use.isEnabled()
    type_into(page, key, "9")
    assert page.chosen.system.connection.limit_v == 9.0
    assert page.use.isEnabled()
    type_into(page, "system.connection.drive_v", "nan")
    assert page.chosen.system.connection.drive_v == 0.0


def test_another_address_is_another_instrument(page, qtbot, table):
    known(page, table)
    shoot(page, qtbot)
    type_into(page, "system.address", "TCPIP::127.0.0.1::1::SOCKET")
    assert (page.chosen.status, page.chosen.output_v) == ("untested", 0.0)
    assert page.badge.text() == "NOT TESTED"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"address": "carrier pigeon"}, "Addresses are like"),
        ({"address": "TCPIP::127.0.0.1::1::SOCKET"}, "No instrument answers"),
        ({"kind": "pendula"}, "simulated only"),
    ],
)
def test_what_cannot_be_shot_at_is_one_sentence_and_moves_nothing(page, qtbot, table, changes: dict, told: str):
    device = known(page, table)
    page._put(device.model_copy(update={"system": device.system.model_copy(update=changes)}))
    shoot(page, qtbot)
    (problem,) = page.problems
    assert told in problem
    assert len(problem.splitlines()) == 1
    assert table.bench.frames == 0
    assert page.shoot.isEnabled()


def test_instruments_are_asked_who_they_are(page, qtbot, table):
    known(page, table)
    click(page.ask)
    qtbot.waitUntil(lambda: not page.busy, timeout=10_000)
    assert "33522B" in page.view.facts.text()
    assert "oscilloscope" in page.view.facts.text()
    assert table.bench.frames == 0


def test_what_is_found_is_taken_into_the_form(page):
    for role, address in (("generator", "TCPIP::a::INSTR"), ("oscilloscope", "TCPIP::b::INSTR")):
        page.buses.show_report(BusReport("visa", (Found(address, "Maker,Model,1,2", role),)))
    for button in list(page.buses.take):
        button.click()
    assert len(page.devices) == 1
    assert page.chosen.system.address == "TCPIP::a::INSTR"
    assert page.chosen.system.connection.recorder == "TCPIP::b::INSTR"


def test_buses_are_looked_at_without_waiting_and_say_why_nothing_is_there(page, qtbot, monkeypatch):
    code = "import sys, time; time.sleep(60 if sys.argv[1] == 'daq' else 0)"
    monkeypatch.setattr("app.scanner.command", lambda name: [sys.executable, "-c", code, name])
    page.scanner._deadline.setInterval(1500)
    click(page.scan)
    assert {label.text() for label in page.buses.told.values()} == {"Looking …"}
    assert not page.scan.isEnabled()
    qtbot.waitUntil(lambda: not page.scanner.active, timeout=20_000)
    for name in BUSES:
        assert "hung or crashed" in page.buses.told[name].text()
    assert page.scan.isEnabled()
    page.buses.show_report(BusReport("sound", problem=Phrase("PortAudio is missing.")))
    assert page.buses.told["sound"].text() == "PortAudio is missing."


def test_a_damaged_book_is_told_once_and_not_overwritten(qtbot, tmp_path):
    file = tmp_path / "devices.json"
    file.write_text("{")
    page, problems = DevicesPage(DeviceBook(file)), []
    page.problem.connect(problems.append)
    qtbot.addWidget(page)
    qtbot.waitUntil(lambda: problems != [], timeout=5000)
    click(page.add)
    page.stop()
    QTest.qWait(200)
    assert "move it away" in problems[0]
    assert file.read_text() == "{"


def test_the_demo_bench_trains_from_the_window_and_a_lost_instrument_is_waited_for(
    window, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setattr("core.run.outcome.baselines", lambda *_, **__: [])  # most of so small a run's time
    page, bar = window.devices, window.run_bar
    click(page.bench)
    qtbot.waitUntil(lambda: len(page.demos) > 0, timeout=60_000)
    assert page.badge.text() == "DEMO"
    type_into(page, "alias", "Demo table")
    page.form.sections["Measurement"].set_open(True)
    type_into(page, "system.connection.deadline_s", "0.5")
    shoot(page, qtbot)
    assert not page.view.traces.empty
    click(page.use)
    assert window.setup.choice.kind == "circuit"
    assert (bar.system.text(), bar.badge.text()) == ("Demo table", "DEMO")
    draft = window.experiment.draft
    choice = replace(draft.choice, changes={**draft.choice.changes, **SMALL})
    draft.put(choice)

    window.start_run()
    assert window.pages.currentIndex() == LIVE
    qtbot.waitUntil(lambda: bar.state == "training", timeout=120_000)
    assert bar.badge.text() == "DEMO"
    window.show_page(DEVICES)
    assert "run is in progress" in page.shoot.toolTip()
    assert not page.shoot.isEnabled()
    process = page.demo_bench._process.processId()
    os.kill(process, signal.SIGSTOP)
    qtbot.waitUntil(lambda: bar.state == "waiting", timeout=30_000)
    assert bar.pause.text() == "Try now"
    assert "is lost" in window.notice.text.text()
    assert window.notice.isVisible()
    os.kill(process, signal.SIGCONT)
    click(bar.pause)
    qtbot.waitUntil(lambda: bar.state != "waiting", timeout=30_000)
    assert not window.notice.isVisible()
    qtbot.waitUntil(lambda: bar.state == "finished", timeout=200_000)
    (run,) = (tmp_path / "runs").glob("*circuit*")
    record = RunRecord(run)
    numbers = [call.number for call in record.calls()]
    assert numbers == list(range(1, len(numbers) + 1))
    assert sum(len(call.drive) for call in record.calls()) == record.result["device_passes"]
    assert record.attributes("system")["status"] == "demo"
    click(page.bench)
    assert page.demos == []
    assert bar.badge.text() in {"DEMO", "NOT TESTED"}


@pytest.mark.parametrize(
    ("kind", "part"), [pytest.param("plate", "Sound card", marks=NEEDS_SOUND), ("shg", "Pulse shaper")]
)
def test_sound_and_light_of_the_demo_bench_train_from_the_window(window, qtbot, tmp_path, kind: str, part: str):
    """Two classes of twenty rows, told apart by their first feature: sound takes a tenth of a second for each shot."""
    random = np.random.default_rng(0)
    rows = [f"{x + k % 2:.4f},{y:.4f},{'ab'[k % 2]}" for k, (x, y) in enumerate(0.5 * random.random((40, 2)))]
    (tmp_path / "two.csv").write_text("\n".join(["x,y,kind", *rows]))
    page, bar = window.devices, window.run_bar
    click(page.bench)
    qtbot.waitUntil(lambda: len(page.demos) > 0, timeout=60_000)
    (place,) = (place for place, device in enumerate(page.demos) if device.system.kind == kind)
    item = page.list.list.item(len(page.devices) + place)
    page.list.list.scrollToItem(item)
    QTest.mouseClick(
        page.list.list.viewport(), Qt.MouseButton.LeftButton, pos=page.list.list.visualItemRect(item).center()
    )
    assert part in page.title.text()
    assert page.badge.text() == "DEMO"
    shoot(page, qtbot)
    assert not page.view.traces.empty
    click(page.use)
    assert (window.setup.choice.kind, bar.badge.text()) == (kind, "DEMO")
    draft = window.experiment.draft
    changes = {
        "task.name": "table",
        "task.path": str(tmp_path / "two.csv"),
        "network.layers": 1,
        "network.branches": 1,
        "calibration.shots": 16,
        "calibration.steps": 20,
        "training.epochs": 2,
        "training.batch_size": 16,
        "training.monitor_share": 0.0,
    }
    draft.put(replace(draft.choice, changes={**draft.choice.changes, **changes}))
    window.start_run()
    qtbot.waitUntil(lambda: bar.state == "training", timeout=120_000)
    assert bar.badge.text() == "DEMO"
    qtbot.waitUntil(lambda: bar.state == "finished", timeout=120_000)
    (run,) = (tmp_path / "runs").glob("*")
    record = RunRecord(run)
    assert record.attributes("system")["status"] == "demo"
    assert record.result["test_accuracy"] > 0.5
    click(page.bench)


def test_a_run_on_a_bench_that_is_off_fails_with_what_to_do(window, qtbot):
    device = Device(alias="Off", system=SystemSpec(kind="circuit", address="TCPIP::127.0.0.1::1::SOCKET"))
    device = device.model_copy(
        update={
            "system": device.system.model_copy(update={"connection": ConnectionSpec(recorder="TCPIP::a::1::SOCKET")})
        }
    )
    window.instruments.use(device)
    assert window.run_bar.badge.text() == "NOT TESTED"
    window.start_run()
    qtbot.waitUntil(lambda: window.run_bar.state == "failed", timeout=120_000)
    assert "No instrument answers" in window.notice.text.text()
    window.experiment.draft.history.undo()
    assert window.run_bar.badge.text() == "SIMULATED"
