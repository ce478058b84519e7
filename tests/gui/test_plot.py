"""A plot's axes follow the values without being painted anew for each of them, and leave alone what the user zoomed."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
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
