"""A plot's axes follow the values without being painted anew for each of them, and leave alone what the user zoomed."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

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
