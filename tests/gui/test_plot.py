"""A plot's axes follow the values without being painted anew for each of them, and leave alone what the user zoomed."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.widgets.plot import REMEMBERED_FRAMES, Plot


@pytest.fixture
def plot(qtbot) -> Plot:
    made = Plot()
    qtbot.addWidget(made)
    made.keep_in_view("left", 0.0, 1.0)
    return made


def shown(plot: Plot) -> tuple[float, float]:
    low, high = plot.plot_item.vb.viewRange()[1]
    return low, high


def test_all_values_are_in_view_with_some_air(plot: Plot):
    low, high = shown(plot)
    assert -0.1 < low < 0.0
    assert 1.0 < high < 1.1


def test_small_changes_move_nothing(plot: Plot):
    before = shown(plot)
    plot.keep_in_view("left", 0.02, 0.9)
    plot.keep_in_view("left", float("nan"), 2.0)
    assert shown(plot) == before


def test_values_that_leave_widen_at_once(plot: Plot):
    plot.keep_in_view("left", -3.0, 1.0)
    assert shown(plot)[0] < -3.0


def test_values_that_shrink_narrow_when_they_stay_small(plot: Plot):
    before = shown(plot)
    for _ in range(REMEMBERED_FRAMES - 1):
        plot.keep_in_view("left", 0.4, 0.6)
        assert shown(plot) == before
    plot.keep_in_view("left", 0.4, 0.6)
    assert 0.3 < shown(plot)[0] < 0.4
    assert 0.6 < shown(plot)[1] < 0.7


def test_what_the_user_zoomed_stays_until_it_is_forgotten(plot: Plot):
    plot.plot_item.vb.sigRangeChangedManually.emit([True, True])
    before = shown(plot)
    plot.keep_in_view("left", 0.0, 50.0)
    assert shown(plot) == before
    plot.forget_view()
    plot.keep_in_view("left", 0.0, 50.0)
    assert shown(plot)[1] > 50.0


def test_cursors_are_moved_by_the_mouse_and_tell_differences(plot: Plot, qtbot):
    plot.resize(600, 300)
    plot.show()
    plot.set_axis("bottom", "Time", "s")
    curve = plot.add_curve(0, name="response")
    time_s = np.linspace(0, 1e-3, 101)
    plot.set_data(curve, time_s, time_s * 1000)
    plot.fix_view("bottom", 0.0, 1e-3)
    plot.show_cursors(True)
    plot.move_cursor(1, 0.75e-3)
    at, wanted = (plot.mapFromScene(QPointF(plot._scene_x(x), 100)) for x in (plot.canvas.cursors[0], 0.25e-3))
    view = plot.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseMove(view, wanted)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=wanted)
    assert plot.canvas.cursors == pytest.approx([0.25e-3, 0.75e-3], abs=1.1e-5)
    assert any("1 / (B - A)" in line and "kHz" in line for line in plot.canvas.words)
    plot.show_cursors(False)
    assert plot.canvas.cursors == []


def test_cursors_on_a_logarithmic_axis_are_at_true_values(plot: Plot):
    curve = plot.add_curve(0)
    frequency_hz = np.geomspace(10, 1e5, 41)
    plot.set_axis("bottom", "Frequency", "Hz")
    plot.set_log(True)
    plot.set_data(curve, frequency_hz, np.zeros(41))
    plot.fix_view("bottom", 10.0, 1e5)
    assert plot.plot_item.vb.viewRange()[0] == pytest.approx([1, 5])
    plot.show_cursors(True)
    plot.move_cursor(0, 99.0)
    plot.move_cursor(1, 9_900.0)
    assert plot.canvas.cursors == pytest.approx([100, 10_000])
    assert "9.9 kHz" in plot.canvas.words[2]
    assert plot.canvas.words[3] == "B / A  100,  2.000 decades"


def test_the_cross_hair_tells_the_nearest_curve_with_its_own_unit(plot: Plot, qtbot):
    plot.resize(600, 300)
    plot.readout = QLabel()
    qtbot.addWidget(plot.readout)
    plot.set_axis("left", "Signal", "V")
    plot.set_axis("bottom", "Time", "s")
    low, high, phase = (plot.add_curve(number, name=name) for number, name in enumerate(("low", "high", "phase")))
    plot.set_second(phase, "Phase", "rad", (-3.0, 3.0))
    x = np.linspace(0.0, 10.0, 11)
    plot.set_data(low, x, np.full(11, 0.1))
    plot.set_data(high, x, np.full(11, 0.9))
    plot.set_data(phase, x, np.where(x == 5, np.nan, 0.0))
    plot.fix_view("bottom", 0.0, 10.0)
    plot.fix_view("left", 0.0, 1.0)
    with qtbot.waitExposed(plot):
        plot.show()
    qtbot.waitUntil(lambda: plot.canvas.width() > 200)
    for value, told in ((0.88, "high:  2 s,  0.9 V"), (0.13, "low:  2 s,  0.1 V"), (0.52, "phase:  2 s,  0 rad")):
        plot._hover(plot.plot_item.vb.mapViewToScene(QPointF(2.2, value)))
        assert plot.readout.text() == told
    plot._hover(plot.plot_item.vb.mapViewToScene(QPointF(4.9, 0.52)))
    assert plot.readout.text() == "phase:  4 s,  0 rad"  # none at 5 s
    assert not plot.canvas.grab().isNull()
    plot.hide()


def test_cursors_tell_each_curve(plot: Plot):
    for number, name in enumerate(("drive", "response")):
        plot.set_data(plot.add_curve(number, name=name), np.arange(11.0), (number + 1) * np.arange(11.0))
    plot.fix_view("bottom", 0.0, 10.0)
    plot.show_cursors(True)
    plot.move_cursor(0, 2.0)
    plot.move_cursor(1, 7.0)
    assert plot.canvas.words == [
        "A  2,  drive:  2,  response:  4",
        "B  7,  drive:  7,  response:  14",
        "B - A  5,  drive:  5,  response:  10",
    ]
