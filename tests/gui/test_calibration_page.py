"""The calibration page: a checklist that follows the events, figures and plots as they were told, one job at a time."""

from __future__ import annotations

import math
import os
import re
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from app.bridge import CalibrationReady, Frame, Mailbox
from app.engine import Order
from app.spec_fields import spec_fields
from app.step_words import VERDICTS
from app.theme import LIGHT, blend
from app.views.calibration import CalibrationPage
from app.widgets.alignment_gauge import AlignmentGauge
from app.widgets.curves_view import CurveImage, CurvesView
from app.window import CALIBRATION, EXPERIMENT
from core.calibration.events import STEPS, CalibrationEnded, Curve, Quantity, StepBegun, StepEnded, StepProgress
from core.phrase import Phrase
from core.ports import DeviceLost
from core.training.control import ControlToken, StopRequested
from core.training.events import Stopped
from devices.catalogue import BUNDLED
from tests.gui import calibration_events as told
from tests.gui.test_window import window  # noqa: F401, the fixture  # pyright: ignore[reportUnusedImport]
from tests.gui.texts import catalogue

Job = Callable[..., None]


@pytest.fixture
def page(window, qtbot) -> CalibrationPage:  # noqa: F811
    window.setup.choose("plate-mnist")
    window.show_page(CALIBRATION)
    return window.calibration


def tell(page: CalibrationPage, until: str = "") -> None:
    """Hand a calibration to the page, up to the beginning of a step."""
    page.begin(page.choice)
    for event in told.events():
        if isinstance(event, StepProgress):
            page.show_frame(Frame(calibration=event))
        else:
            page.show_event(event)
        if isinstance(event, StepBegun) and event.step == until:
            return


def order(job: Job) -> Order:
    return Order("calibration", "", lambda: (CalibrationReady(BUNDLED["plate"].build(1, 0, {}).info), job), True)


def start(window, monkeypatch, job: Job) -> None:  # noqa: F811
    """Press the button, with this job in place of a real one."""
    monkeypatch.setattr("app.calibrations.calibration", lambda _source, _settings: order(job))
    QTest.mouseClick(window.calibration.begin_button, Qt.MouseButton.LeftButton)


def look(page: CalibrationPage, step: str) -> None:
    QTest.mouseClick(page.steps.buttons[step], Qt.MouseButton.LeftButton)


def test_an_idle_page_says_what_a_calibration_finds_out(page):
    assert page.view.purposes.isVisible()
    assert page.begin_button.isEnabled()
    assert set(page.steps.states.values()) == {"pending"}
    assert page.system.currentText() == "Titanium plate"
    look(page, "noise")
    assert not page.view.purposes.isVisible()
    assert page.view.title.text() == "Noise"
    assert "to come" in page.view.outcome.text()


def test_each_step_shows_what_was_told_of_it(page):
    tell(page)
    for step, ended in told.endings().items():
        assert page.steps.states[step] == ended.outcome
        look(page, step)
        assert list(page.view.figures.texts) == list(ended.figures)
        assert page.view.figures.isVisible() == bool(ended.figures)
        shown = [drawn for view in page.view.plots.shown for drawn in _drawn(view)]
        expected = [(c.name, c.x, c.y) for c in ended.curves]
        assert sorted(name for name, _, _ in shown) == sorted(name for name, _, _ in expected)
        for name, x, y in expected:
            ((_, found_x, found_y),) = [each for each in shown if each[0] == name]
            np.testing.assert_array_equal(found_y, y)
            np.testing.assert_allclose(found_x, x, atol=1e-12)
        if step != "verdict":
            assert page.view.text.text() == ended.text
    value, interval = page.view.figures.texts["Cosine"]
    assert (value.text(), interval.text()) == ("0.994", "95 % interval 0.991 to 0.997")


def _drawn(view: CurvesView | CurveImage) -> list[tuple[str, np.ndarray, np.ndarray]]:
    if isinstance(view, CurveImage):
        record = view.record()
        assert record.image is not None
        left, right, _, _ = record.extent
        columns = record.image.shape[1]
        middles = left + (np.arange(columns) + 0.5) * (right - left) / columns
        return [(view.title.partition(" (")[0], middles, record.image)]
    return [(curve.name, curve.x, curve.y) for curve in view.plot.canvas.curves]


def test_long_figures_are_not_cut_at_the_side(page, qtbot):
    tell(page, until="range")
    long = {f"a figure with a long name {n}": Quantity(-1e-30, "s²", -5.3217e-28, 4.2718e-28) for n in range(30)}
    page.show_event(StepEnded("range", "good", "Done.", long))
    qtbot.wait(50)
    scroll = page.view.figures._scroll
    assert scroll.verticalScrollBar().isVisible()
    assert scroll.widget().width() <= scroll.viewport().width()
    _, interval = next(iter(page.view.figures.texts.values()))
    assert interval.height() >= interval.heightForWidth(interval.width())  # in as many lines as it takes


def test_the_page_goes_on_with_the_steps_unless_one_is_being_looked_at(page):
    tell(page, until="response")
    assert page.view.title.text() == "Response"
    assert "under way" in page.view.outcome.text()
    look(page, "noise")
    page.show_event(told.endings()["response"])
    page.show_event(StepBegun("linearity", "Next"))
    assert page.view.title.text() == "Noise"
    assert page.steps.states["response"] == "good"
    look(page, "linearity")
    page.show_event(told.endings()["linearity"])
    page.show_event(StepBegun("shots", "Next"))
    assert page.view.title.text() == "Shots"


def test_progress_is_shown_with_what_is_left_and_what_is_seen(page):
    tell(page, until="response")
    page.show_frame(Frame(calibration=StepProgress("response", 300, 1200, 74.0, told.transfer(40))))
    assert page.view.counted.text() == "300 of 1,200"
    assert page.view.progress.value() == 250
    assert page.view.eta.text() == "ETA 1:14"
    first, second = page.view.plots.shown
    np.testing.assert_array_equal(first.plot.canvas.curves[0].x, told.FREQUENCY_HZ[:40])
    page.show_frame(Frame(calibration=StepProgress("response", 600, 1200, 50.0, told.transfer(800))))
    assert page.view.plots.shown == [first, second]  # drawn again, not made anew
    assert len(first.plot.canvas.curves[0].x) == 800


def test_an_interval_is_drawn_and_saved_with_its_curve(page, qtbot):
    tell(page)
    look(page, "response")
    view = page.view.plots.shown[0]
    curve = told.transfer(800)[0]
    (line,) = view.record().lines
    assert line.band is not None
    np.testing.assert_array_equal(line.band[0], curve.low)
    np.testing.assert_array_equal(line.band[1], curve.high)
    qtbot.wait(50)
    canvas = view.plot.canvas
    picture = canvas.grab().toImage()
    tint = QColor(blend(LIGHT.series[0], LIGHT.surface, 0.75))
    shown = canvas._view
    ratio = picture.width() / canvas.width()
    inside, outside = [], []
    for x in (2e3, 8e3, 15e3):
        k = int(np.argmin(np.abs(curve.x - x)))
        across = float(shown.x_px(np.log10(curve.x[k])))
        for value, found in (
            (0.5 * (curve.y[k] + curve.high[k]), inside),
            (curve.high[k] + 3 * (curve.high[k] - curve.y[k]), outside),
        ):
            found.append(picture.pixelColor(int(ratio * across), int(ratio * float(shown.y_px(value)))))
    assert inside[-1] == tint
    assert tint not in outside


def test_the_verdict_has_its_word_its_reasons_and_the_angle(page):
    tell(page)
    card = page.view.card
    assert page.view.title.text() == "Verdict"
    assert card.isVisible()
    assert card.heading.text() == "A good twin"
    assert "agrees with the system's" in card.reasons.text()
    assert card.of.text() == "Physics twin of 256 shots · Titanium plate #1"
    assert "0.994" in card.cosine.text()
    assert f"{math.degrees(math.acos(0.994)):.1f}°" in card.gauge.toolTip()


@pytest.mark.parametrize("degrees", [0, 30, 60, 90, 150])
def test_the_needle_of_the_gauge_lies_at_the_angle(qtbot, degrees):
    gauge = AlignmentGauge(148)
    qtbot.addWidget(gauge)
    gauge.apply_theme(LIGHT)
    cosine = math.cos(math.radians(degrees))
    gauge.show_alignment(cosine, cosine, cosine, "good")
    picture = gauge.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows, columns = picture.height(), picture.width()
    pixels = np.frombuffer(picture.constBits(), np.uint8).reshape(rows, columns, 4)[..., 2::-1].astype(int)
    ink = [int(LIGHT.text[k : k + 2], 16) for k in (1, 3, 5)]
    y, x = np.nonzero(np.abs(pixels - ink).sum(2) < 30)
    hub = columns / 2, gauge._margins[1] + columns / 2 - gauge._margins[0]
    far = np.hypot(x - hub[0], y - hub[1])
    needle = (far > 8) & (far < 36)  # beyond lie the degrees, written in the same ink
    assert needle.sum() > 10
    angles = np.degrees(np.arctan2(hub[1] - y[needle], x[needle] - hub[0]))
    assert abs(float(np.median(angles)) - degrees) < 4


def test_the_twin_is_used_by_the_next_run_and_that_can_be_undone(page, window):  # noqa: F811
    page.twin.setCurrentIndex(page.twin.findData("neural"))
    page.shots.setValue(777)
    tell(page)
    page.use.click()
    used = window.setup.choice.experiment().calibration
    assert (used.twin, Path(used.file).read_bytes()) == ("saved", told.TWIN)
    assert Path(used.file).name == "plate-1-neural-777.safetensors"
    assert page.twin.currentData() == "neural"  # a next calibration is as this one was
    assert page.shots.value() == 777
    assert "The next run takes it: Neural twin of 777 shots" in window.status.text()
    window.experiment.draft.history.undo()
    assert window.setup.choice.settings == ()


@pytest.mark.parametrize(
    ("key", "value"),
    [("system.serial_number", 9), ("system.address", "TCPIP::127.0.0.1::5025::SOCKET"), ("system.kind", "shg")],
)
def test_a_used_twin_is_dropped_with_its_unit(page, window, key, value):  # noqa: F811
    tell(page)
    page.use.click()
    draft = window.experiment.draft
    draft.set(next(field for field in spec_fields() if field.key == key), value)
    assert draft.choice.values["calibration.twin"] == "physics"
    assert draft.choice.values["calibration.file"] == ""
    draft.history.undo()
    assert draft.choice.values["calibration.twin"] == "saved"


def test_a_twin_that_cannot_be_kept_is_not_used(page, window, tmp_path):  # noqa: F811
    window.calibrations.folder = tmp_path / "file"
    window.calibrations.folder.write_text("in the way")
    tell(page)
    page.use.click()
    assert "cannot be kept in" in window.notice.text.text()
    assert window.setup.choice.settings == ()


def test_a_twin_of_another_unit_is_not_used(page, window):  # noqa: F811
    tell(page)
    assert page.use.isEnabled()
    page.unit.setValue(9)
    assert not page.use.isEnabled()
    assert "Titanium plate #1" in page.use.toolTip()
    page.unit.setValue(1)
    window.setup.choose("circuit-mnist")
    assert not page.use.isEnabled()
    assert page.system.currentText() == "Nonlinear oscillator"


def test_another_system_is_the_experiment_s_too(page, window):  # noqa: F811
    page._choose_system("shg")
    assert window.setup.choice.kind == "shg"
    assert page.choice.kind == "shg"
    page.unit.setValue(5)  # a change that another preset would lose: the experiment page asks first
    page._choose_system("plate")
    assert window.pages.currentIndex() == EXPERIMENT
    assert page.system.currentText() == "SHG bench"


def test_a_job_is_followed_paused_resumed_and_ends(page, window, qtbot, monkeypatch):  # noqa: F811
    start(window, monkeypatch, partial(told.job, pause_s=0.02))
    qtbot.waitUntil(lambda: window.run_bar.state == "calibrating", timeout=60_000)
    assert not page.begin_button.isEnabled()
    assert not window.setup.start.isEnabled()
    reasons = {page.begin_button.toolTip(), window.setup.start.toolTip(), window.start.quick.toolTip()}
    assert reasons == {"A calibration is in progress: stop it first."}
    window.start_run()
    assert window.controller.calibrates
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert window.run_bar.state == "paused"
    QTest.qWait(100)
    at = [page._records[step].state for step in STEPS], page.view.progress.value()
    QTest.qWait(200)
    assert ([page._records[step].state for step in STEPS], page.view.progress.value()) == at
    window.controller.step()  # a calibration has none
    assert window.run_bar.state == "paused"
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.run_bar.state == "finished", timeout=30_000)
    assert [page.steps.states[step] for step in STEPS] == [told.endings()[step].outcome for step in STEPS]
    assert page.begin_button.isEnabled()
    assert window.setup.start.isEnabled()
    assert "A good twin" in window.result.text()
    lines = [(line.level, line.text) for line in map(window.log.line, range(window.log.rowCount()))]
    assert ("warning", "Linearity: The third harmonic is 30 % of the first one: drive it less.") in lines


def test_esc_ends_a_calibration_safely(page, window, qtbot, monkeypatch):  # noqa: F811
    start(window, monkeypatch, _stoppable)
    qtbot.waitUntil(lambda: page.steps.states["noise"] == "current", timeout=60_000)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.run_bar.state == "stopping"
    qtbot.waitUntil(lambda: window.run_bar.state == "stopped", timeout=30_000)
    assert page.steps.states["noise"] == "pending"
    assert page.steps.states["range"] == "warning"
    assert page.begin_button.isEnabled()


def _stoppable(listener, control: ControlToken) -> None:
    try:
        told.job(listener, control, 0.02)
    except StopRequested:
        listener(Stopped(""))


def test_a_lost_device_is_told_and_lets_the_next_one_begin(page, window, qtbot, monkeypatch):  # noqa: F811
    def lose(listener, control: ControlToken) -> None:
        listener(StepBegun("connect", "Asking"))
        raise DeviceLost("The plate does not answer: check its cable.")

    start(window, monkeypatch, lose)
    qtbot.waitUntil(lambda: window.run_bar.state == "failed", timeout=60_000)
    assert window.notice.isVisible()
    assert window.notice.text.text() == "The plate does not answer: check its cable."
    assert "calibration failed" in window.status.text()
    assert page.steps.states["connect"] == "pending"
    qtbot.waitUntil(lambda: not window.engine.alive, timeout=30_000)
    start(window, monkeypatch, told.job)
    qtbot.waitUntil(lambda: window.run_bar.state == "finished", timeout=30_000)


def test_nothing_is_calibrated_while_a_run_lasts(page, window, qtbot, monkeypatch):  # noqa: F811
    held = threading.Event()

    def hold(listener, control: ControlToken) -> None:
        held.wait(30)
        listener(Stopped(""))

    info = BUNDLED["plate"].build(1, 0, {}).info
    window.controller.start(Order("run", "pat", lambda: (CalibrationReady(info), hold)))
    assert not page.begin_button.isEnabled()
    assert page.begin_button.toolTip() == "A run is in progress: stop it first."
    window.calibrations.begin()
    assert page.steps.states["connect"] == "pending"
    held.set()
    qtbot.waitUntil(lambda: page.begin_button.isEnabled(), timeout=60_000)


def test_a_flood_of_progress_costs_one_frame(window):  # noqa: F811
    frames: list[Frame] = []
    window.bridge.frame.connect(frames.append)
    for done in range(10_000):
        window.bridge.post(StepProgress("shots", done, 10_000))
    window.bridge.flush()
    assert [frame.calibration.done for frame in frames if frame.calibration is not None] == [9_999]


def test_a_closing_window_says_what_is_lost(page, window, qtbot, monkeypatch):  # noqa: F811
    start(window, monkeypatch, partial(_stoppable))
    qtbot.waitUntil(lambda: window.run_bar.state == "calibrating", timeout=60_000)
    window.close()
    assert window.closing.question.isVisible()
    assert "calibration" in window.closing.question.text.text()
    QTest.mouseClick(window.closing.question.no, Qt.MouseButton.LeftButton)
    window.controller.stop()


def test_a_bad_image_or_an_empty_curve_spoils_nothing(page):
    page.begin(page.choice)
    page.show_event(StepBegun("range", "Now"))
    empty, gaps = np.empty(0), np.array([1.0, np.nan, 3.0])
    axes = "Time", "s", "Response", "V"
    curves = (
        Curve("empty", *axes, empty, empty),
        Curve("gaps", *axes, gaps, gaps, low=gaps - 1, high=np.array([2.0, 3.0, np.nan])),
        Curve("level", "Number", "1", "Error", "1", np.array([5.0]), np.array([0.5]), kind="points"),
        Curve("nothing", "Time", "s", "Matrix", "1", np.arange(2.0), np.full((2, 2), np.nan), kind="image"),
        Curve("one", "Time", "s", "Matrix", "1", np.array([0.0]), np.ones((1, 1)), kind="image"),
    )
    page.show_event(StepEnded("range", "bad", "Nothing came.", {}, curves))
    assert len(page.view.plots.shown) == 3
    for view in page.view.plots.shown:
        view.grab()
    result = {**told.RESULT, "alignment_cosine": math.nan, "alignment_interval95": [-1.0, 1.0]}
    page.show_event(CalibrationEnded("refit", ("Too few shots.",), result))
    assert page.view.card.heading.text() == "To be fitted again"


def test_a_real_system_is_calibrated_from_connect_to_a_verdict(page, window, qtbot, monkeypatch):  # noqa: F811
    events, seen = [], []
    window.bridge.calibration.connect(events.append)
    put = Mailbox.put
    monkeypatch.setattr(Mailbox, "put", lambda mailbox, event: (seen.append(event), put(mailbox, event)))
    window.setup.choose("quick")
    page.shots.setValue(96)
    QTest.mouseClick(page.begin_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.run_bar.state in {"finished", "failed"}, timeout=240_000)
    assert window.run_bar.state == "finished", window.notice.text.text()
    assert "pending" not in page.steps.states.values()
    assert "current" not in page.steps.states.values()
    end = events[-1]
    assert page.view.card.heading.text() == VERDICTS[end.verdict][0]
    cosine = end.result["alignment_cosine"]
    assert f"{cosine:.3f}" in page.view.card.cosine.text()
    assert f"{math.degrees(math.acos(cosine)):.1f}°" in page.view.card.gauge.toolTip()
    seen = [event for event in seen if isinstance(event, StepProgress)]
    assert {"shots", "fit"} <= {each.step for each in seen if each.curves}  # told while they go on
    for event in events:
        if isinstance(event, StepEnded):
            look(page, event.step)
            drawn = {curve.name for view in page.view.plots.shown if isinstance(view, CurvesView)
                     for curve in view.plot.canvas.curves}  # fmt: skip
            assert drawn == {curve.name for curve in event.curves if curve.kind != "image"}
    assert untranslated(events, seen) == set()


def test_a_real_calibration_is_held_and_stopped(page, window, qtbot):  # noqa: F811
    window.setup.choose("quick")
    QTest.mouseClick(page.begin_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.steps.states["noise"] == "good", timeout=120_000)
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.wait(300)  # for the device call that is under way
    states, told_before = dict(page.steps.states), window.log.rowCount()
    qtbot.wait(300)
    assert (page.steps.states, window.log.rowCount()) == (states, told_before)
    assert window.run_bar.state == "paused"
    QTest.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.run_bar.state == "stopped", timeout=30_000)
    assert page.steps.states["noise"] == "good"
    assert page.steps.states["verdict"] == "pending"
    assert not page.use.isEnabled()
    assert window.setup.start.isEnabled()


def untranslated(events: list, seen: list[StepProgress]) -> set[str]:
    """Return what a calibration said that the Chinese catalogue lacks."""
    said: set[str] = set()
    for event in (*events, *seen):
        said |= {getattr(event, "text", ""), *getattr(event, "figures", {}), *getattr(event, "reasons", ())}
        for curve in getattr(event, "curves", ()):
            said |= {curve.name, curve.x_quantity, curve.y_quantity}
    templates = {template for text in said for template in templates_of(text)}
    return {text for text in templates if re.search("[A-Za-z]{2}", re.sub(r"{[^}]*}", "", text))} - catalogue().keys()


def templates_of(text: str) -> set[str]:
    phrase = Phrase(text)
    inner = (value for value in phrase.values.values() if isinstance(value, Phrase))
    return {phrase.template}.union(*map(templates_of, inner))
