"""The window with a real run behind it: opens without the engine, shows, pauses, stops, and closes safely."""

from __future__ import annotations

import faulthandler
import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import NoReturn

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
import numpy as np
from PySide6.QtCore import QByteArray, QSettings, Qt, QTimer, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.bridge import Bridge
from app.bug_report import catch_all
from app.engine import Engine, Order, new_run
from app.keeper import encoded
from app.theme import ThemeController
from app.window import EXPERIMENT, LIVE, LOG, RUNS, START, MainWindow
from core.training.trainer import rate_factor

QUICK_STEPS = 20 * 33
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def window(qtbot, tmp_path):
    themes = ThemeController(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    themes.set_mode("light")
    bridge = Bridge()
    engine = Engine(bridge)
    opened = MainWindow(bridge, engine, themes, tmp_path / "runs")
    opened.themes, opened.engine, opened.bridge = themes, engine, bridge
    qtbot.addWidget(opened)
    opened.show()
    opened.show_page(EXPERIMENT)
    yield opened
    engine.stop()
    qtbot.waitUntil(lambda: not engine.alive, timeout=60_000)


def start(window, qtbot, preset: str = "quick") -> None:
    window.setup.choose(preset)
    QTest.mouseClick(window.setup.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.run_bar.state == "training", timeout=120_000)
    assert window.pages.currentIndex() == LIVE


def test_an_idle_window_says_what_to_do(window, qtbot):
    assert window.run_bar.state == "ready"
    assert window.setup.list.count() == 6
    assert window.setup.start.isEnabled()
    assert not window.run_bar.stop.isEnabled()
    assert window.run_bar.stop.toolTip() == "Nothing is running."
    assert window.live.drive.empty
    assert "Start a run" in window.live.drive.hint
    window.show_page(START)
    assert window.start.quick.isEnabled()
    qtbot.waitUntil(lambda: "No runs yet" in window.start.empty.text(), timeout=30_000)


def test_the_picker_names_system_and_unit_before_anything_runs(window):
    window.setup.choose("circuit-mnist")
    window.setup.serial_number.setValue(77031)
    assert window.run_bar.system.text() == "Nonlinear oscillator #77031"
    assert window.run_bar.badge.text() == "SIMULATED"
    assert window.setup.choice.settings == ("system.serial_number=77031",)


def test_a_run_is_shown_paused_resumed_and_stopped(window, qtbot, tmp_path):
    start(window, qtbot)
    qtbot.waitUntil(lambda: not window.live.drive.empty and not window.live.response.empty, timeout=30_000)
    qtbot.waitUntil(lambda: len(window.live.training.series["batch accuracy"]) > 3, timeout=30_000)
    assert len(window.live.drive.curve.x) == 100
    assert len(window.live.response.curve.y) == 50
    assert not window.setup.start.isEnabled()
    assert "in progress" in window.setup.start.toolTip()
    assert window.run_bar.alignment.isVisible()
    assert "alignment" in window.run_bar.alignment.text()

    window.show_page(RUNS)
    QTest.keyClick(window.runs_page.search, Qt.Key.Key_Space)  # one types
    assert window.runs_page.search.text() == " "
    assert window.run_bar.state == "training"
    window.show_page(LIVE)
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert window.run_bar.state == "paused"
    QTest.qWait(300)
    steps = len(window.live.training.series["batch accuracy"])
    QTest.qWait(500)
    assert len(window.live.training.series["batch accuracy"]) <= steps + 1
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: len(window.live.training.series["batch accuracy"]) > steps + 2, timeout=30_000)

    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.run_bar.state == "stopping"
    qtbot.waitUntil(lambda: window.run_bar.state == "stopped", timeout=30_000)
    assert "safe state" in window.status.text()
    assert list((tmp_path / "runs").glob("*/checkpoints/latest.safetensors"))
    assert window.setup.start.isEnabled()


def test_the_window_answers_while_a_run_works(window, qtbot):
    """The theme turns and a field is typed into without waiting for the engine, which goes on meanwhile."""
    start(window, qtbot)
    window.themes.set_mode("dark")
    window.live.training.choice.setCurrentText("Loss")
    steps = len(window.live.training.series["batch accuracy"])
    qtbot.waitUntil(lambda: len(window.live.training.series["batch accuracy"]) > steps, timeout=30_000)
    assert window.run_bar.state == "training"
    qtbot.waitUntil(lambda: window.run_bar.eta.text().startswith("ETA "), timeout=10_000)


@pytest.mark.skipif(sys.platform != "linux", reason="only there each thread has a niceness")
def test_where_both_want_a_core_the_window_comes_before_the_engine(window, qtbot):
    start(window, qtbot)
    (engine,) = (thread for thread in threading.enumerate() if thread.name == "overtone-engine")
    niceness = [os.getpriority(os.PRIO_PROCESS, thread.native_id) for thread in (threading.main_thread(), engine)]
    window.controller.stop()
    assert niceness[0] < niceness[1]


def test_every_view_of_an_oscillator_is_fed(window, qtbot, tmp_path):
    small = ("network.branches=1", "training.epochs=2", "calibration.shots=32", "calibration.steps=5")
    window._start(new_run("circuit-mnist", small, tmp_path / "runs"))
    live = window.live
    qtbot.waitUntil(lambda: window.run_bar.state == "training", timeout=120_000)
    for name in ("waterfall", "phase", "matrix", "layers"):
        live.docks[name].raise_()
        qtbot.waitUntil(lambda name=name: not live.panels[name].empty, timeout=30_000)
    for name in ("timing", "confusion"):
        live.docks[name].raise_()
    qtbot.waitUntil(lambda: window.run_bar.state == "finished", timeout=120_000)
    shown = ("traces", "spectrum", "waterfall", "matrix", "layers", "training", "confusion")
    assert [name for name in shown if live.panels[name].empty] == []
    assert live.traces.curve.x[-1] == pytest.approx(783e-6)
    assert len(live.traces.plot.canvas.bands) >= 10
    assert live.confusion.matrix.counts.sum() == 1000
    assert "of 1,000 right" in live.confusion.readout.text()
    record = live.panels["matrix"].record()
    assert record.image.shape == (784, 784)
    assert np.allclose(np.triu(record.image, 1), 0, atol=1e-6)  # no answer before its drive


def test_steps_and_a_new_learning_rate(window, qtbot):
    start(window, qtbot)
    training = window.live.training
    assert training.rate.text() == "0.1"
    qtbot.waitUntil(lambda: len(training.series["learning rate"]) > 2, timeout=30_000)
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert window.run_bar.state == "paused"
    steps = -1
    while steps != len(training.series["learning rate"]):  # until the step that was under way is shown
        steps = len(training.series["learning rate"])
        QTest.qWait(1000)
    training.rate.setText("nonsense")
    training.rate.editingFinished.emit()
    assert training.rate.text() == "0.1"
    training.rate.setText("0.05")
    training.rate.editingFinished.emit()
    for number in (1, 2):
        window.controller.step()
        qtbot.waitUntil(lambda number=number: len(training.series["learning rate"]) == steps + number, timeout=20_000)
    assert window.run_bar.state == "paused"
    rates = training.series["learning rate"].against(0)[1]
    before, after = (rate_factor((number - 1) / QUICK_STEPS, 0.05) for number in (steps, steps + 2))
    assert rates[-1] / rates[-3] == pytest.approx(0.5 * after / before, rel=1e-6)


def test_an_earlier_run_with_another_gradient_is_drawn_beside(window, qtbot, tmp_path):
    small = ("training.epochs=2", "calibration.shots=32", "calibration.steps=5")
    window._start(new_run("quick", (*small, "training.estimator=in_silico"), tmp_path / "runs", estimator="in_silico"))
    qtbot.waitUntil(lambda: window.run_bar.state == "finished" and not window.engine.alive, timeout=120_000)
    qtbot.waitUntil(lambda: any(run.state == "finished" for run in window.runs.runs), timeout=30_000)
    window._start(new_run("quick", small, tmp_path / "runs"))
    qtbot.waitUntil(lambda: "earlier in silico" in window.live.training.series, timeout=30_000)
    window.live.training.along.setCurrentText("Epoch")
    qtbot.waitUntil(lambda: window.run_bar.state == "finished", timeout=120_000)
    assert "earlier in silico" in window.live.training.plot.canvas.legend
    epochs, accuracy = window.live.training.series["earlier in silico"].against(1)
    assert epochs.tolist() == [1, 2]
    assert ((accuracy >= 0) & (accuracy <= 100)).all()
    assert "run.h5" in window.status_line.kept.text() or window.status_line.kept.text() == ""


def test_a_paused_view_stays_and_says_so(window, qtbot):
    start(window, qtbot)
    qtbot.waitUntil(lambda: not window.live.response.empty, timeout=30_000)
    window.live.response.pause_action.setChecked(True)
    before = window.live.response.curve.y.copy()
    steps = len(window.live.training.series["batch accuracy"])
    qtbot.waitUntil(lambda: len(window.live.training.series["batch accuracy"]) > steps + 3, timeout=30_000)
    assert (window.live.response.curve.y == before).all()
    assert window.live.response._note.text() == "paused"


def test_a_layout_is_kept_for_each_kind_of_system_and_a_corrupt_one_is_left(window, qtbot):
    live = window.live
    live.docks["matrix"].setFloating(True)
    kept = live.layouts_as_kept()
    live.arrange("plate")
    assert not live.docks["matrix"].isFloating()
    live.restore_layouts({**kept, "circuit": encoded(QByteArray(b"rubbish"))})
    live.arrange("circuit")
    assert live.docks["phase"].isVisibleTo(live)
    live.arrange("")
    assert live.docks["matrix"].isFloating()
    live.reset_layout()


def test_a_failure_is_one_notice_with_its_details(window, qtbot, tmp_path):
    (tmp_path / "runs").write_text("a file where the runs should be")
    window.setup.choose("quick")
    window.start_run()
    qtbot.waitUntil(lambda: window.run_bar.state == "failed", timeout=60_000)
    assert window.rail.buttons[LOG].text() == "Log 1"
    window.show_page(LOG)
    assert window.rail.buttons[LOG].text() == "Log"
    assert "Choose another --out" in window.notice.text.text()
    assert "Traceback" in window.notice.details.toPlainText()
    assert window.notice.isVisible()
    assert not window.notice.details.isVisible()
    assert window.setup.start.isEnabled()


def test_an_exception_that_nobody_caught_is_a_notice(window, qtbot, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    catch_all(window.bridge.report)
    try:
        thread = threading.Thread(target=lambda: 1 / 0, name="a-thread")
        thread.start()
        thread.join()
        qtbot.waitUntil(lambda: window.notice.isVisible(), timeout=5000)
        assert "ZeroDivisionError" in window.notice.text.text()
        assert "a-thread" in window.notice.text.text()
        window.log_page.copy.click()
        assert "torch" in QGuiApplication.clipboard().text()
        assert "1 / 0" in QGuiApplication.clipboard().text()
    finally:
        qInstallMessageHandler(None)
        faulthandler.disable()


def test_an_interrupted_run_is_offered_and_goes_on(window, qtbot, tmp_path):
    start(window, qtbot)
    qtbot.waitUntil(lambda: list((tmp_path / "runs").glob("*/checkpoints/latest.safetensors")) != [], timeout=60_000)
    window.controller.stop()
    qtbot.waitUntil(lambda: not window.engine.alive and window.start.go_on.isEnabled(), timeout=30_000)
    window.show_page(START)
    qtbot.waitUntil(lambda: window.start.recover.isVisible(), timeout=30_000)
    QTest.mouseClick(window.start.go_on, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.run_bar.state in {"training", "evaluating", "finished"}, timeout=60_000)
    assert any("Going on after step" in window.log.line(row).text for row in range(window.log.rowCount()))
    assert len(list((tmp_path / "runs").glob("*/experiment.toml"))) == 1


def test_chain_and_cost_follow_the_choice(window, qtbot):
    window.setup.choose("pendula-mnist")
    qtbot.waitUntil(lambda: window.experiment.chain.stages != (), timeout=60_000)
    widths = [stage.width for stage in window.experiment.chain.stages]
    assert widths[0] == 196
    assert widths[-2] == 10


def test_both_themes_paint_every_view(window, qtbot):
    for mode, surface in (("dark", "#1b2129"), ("light", "#ffffff")):
        window.themes.set_mode(mode)
        QTest.qWait(50)
        assert window.live.drive.plot.backgroundBrush().color().name() == surface
        image = window.grab().toImage()
        assert image.pixelColor(20, 10).name() == surface


def test_closing_asks_and_stops_the_run_first(window, qtbot, tmp_path):
    start(window, qtbot)
    window.close()
    assert window.run_bar.state == "training"
    assert window.closing.question.isVisible()
    QTest.keyClick(window.closing.question, Qt.Key.Key_Escape)
    assert not window.closing.question.isVisible()
    assert window.run_bar.state == "training"  # Esc answered the question, it was not the safe stop
    window.close()
    QTest.mouseClick(window.closing.question.yes, Qt.MouseButton.LeftButton)
    assert window.run_bar.state == "stopping"
    qtbot.waitUntil(lambda: not window.engine.alive, timeout=30_000)
    assert list((tmp_path / "runs").glob("*/checkpoints/latest.safetensors"))


def test_a_device_that_hangs_cannot_keep_the_window_open(window, qtbot, monkeypatch):
    monkeypatch.setattr("app.closing.PATIENCE_S", 0.2)
    answered, late = threading.Event(), list[bool]()

    def hang() -> NoReturn:
        answered.wait(60)
        raise RuntimeError("the call came back at last")

    window._start(Order("hanging", "pat", hang))
    window.closing.begin()
    watchdog = QTimer()
    watchdog.setSingleShot(True)
    watchdog.timeout.connect(lambda: (late.append(True), QApplication.exit()))
    watchdog.start(10_000)
    QApplication.exec()  # as the program runs it: it has to come back by itself
    alive = window.engine.alive
    answered.set()
    assert alive
    assert late == []


def test_the_window_opens_without_loading_the_engine():
    code = "import sys, app.window; print(sorted({'torch', 'scipy', 'numba'} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, timeout=60
    )
    assert done.stdout.strip() == "[]"
