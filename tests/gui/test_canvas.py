"""The canvas draws values where the axes say they are, loses no peak, and survives what is not finite."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from app.theme import DARK
from app.widgets.canvas import Level, View, polyline
from app.widgets.plot import Plot

VIEW = View(left=0.0, right=10.0, bottom=-1.0, top=1.0, rect=QRectF(0, 0, 200, 100))


def pixels(line) -> np.ndarray:
    return np.array([(point.x(), point.y()) for point in line.toList()])


@pytest.fixture
def plot(qtbot) -> Plot:
    made = Plot()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.apply_theme(DARK)
    made.fix_view("bottom", 0.0, 10.0)
    made.fix_view("left", -1.0, 1.0)
    with qtbot.waitExposed(made):
        made.show()
    qtbot.waitUntil(lambda: made.canvas.width() > 200)
    return made


def rows_of(plot: Plot, colour: str) -> np.ndarray:
    """Return the row of every pixel of a colour on the canvas."""
    image = plot.canvas.grab().toImage()
    wanted = QColor(colour)
    found = [y for y in range(image.height()) for x in range(image.width()) if image.pixelColor(x, y) == wanted]
    return np.array(found)


def test_points_are_mapped_as_the_view_says():
    line = pixels(polyline(np.array([0.0, 5.0, 10.0]), np.array([-1.0, 0.0, 1.0]), VIEW))
    assert line == pytest.approx(np.array([[0, 100], [100, 50], [200, 0]]))


def test_an_axis_may_be_counted_backwards():
    x, y = np.array([0.0, 5.0, 10.0]), np.array([-1.0, 0.5, 1.0])
    assert pixels(polyline(x[::-1], y[::-1], VIEW)) == pytest.approx(pixels(polyline(x, y, VIEW)))


def test_no_peak_of_a_long_trace_is_lost():
    y = np.zeros(100_000)
    y[54_321], y[76_543] = 0.9, -0.7
    line = pixels(polyline(np.linspace(0, 10, len(y)), y, VIEW))
    assert len(line) <= 4 * 200
    assert line[:, 1].min() == pytest.approx(5)
    assert line[:, 1].max() == pytest.approx(85)


def test_a_zoomed_view_keeps_the_neighbours_outside():
    x = np.arange(100.0)
    close = View(left=20.2, right=20.4, bottom=-1, top=1, rect=QRectF(0, 0, 200, 100))
    line = pixels(polyline(x, np.zeros(100), close))
    assert line[0, 0] < 0
    assert line[-1, 0] > 200


def test_what_is_not_finite_is_left_out_and_what_is_far_is_bounded():
    y = np.array([0.0, np.nan, np.inf, 1e300, 0.0])
    line = pixels(polyline(np.arange(5.0), y, VIEW))
    assert len(line) == 3
    assert np.isfinite(line).all()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_points(count: int):
    assert len(polyline(np.arange(float(count)), np.zeros(count), VIEW)) == count


def test_a_curve_is_painted_at_its_value_and_follows_the_axis(plot: Plot, qtbot):
    curve = plot.add_curve(1)
    plot.set_data(curve, np.array([0.0, 10.0]), np.array([0.5, 0.5]))
    height = plot.canvas.height()
    assert rows_of(plot, DARK.series[1]).mean() == pytest.approx(0.25 * height, abs=2)
    with qtbot.waitSignal(plot.plot_item.scene().changed):
        plot.fix_view("left", 0.0, 1.0)
    assert rows_of(plot, DARK.series[1]).mean() == pytest.approx(0.5 * height, abs=2)


def test_a_hidden_curve_is_not_painted(plot: Plot):
    curve = plot.add_curve(1)
    plot.set_data(curve, np.array([0.0, 10.0]), np.array([0.5, 0.5]))
    curve.visible = False
    assert not len(rows_of(plot, DARK.series[1]))


def test_names_of_close_levels_do_not_cover_one_another(plot: Plot):
    canvas = plot.canvas
    values = (0.10, 0.12, 0.11, 0.105, 0.98, 0.99, 1.0)
    canvas.levels = [Level(value, f"a level at {value}", plot.add_curve(0).pen) for value in values]
    drawn = [label for _, label in canvas.placed_levels()]
    assert all(canvas.rect().toRectF().contains(label) for label in drawn)
    assert not any(a.intersects(b) for place, a in enumerate(drawn) for b in drawn[:place])


def test_a_double_click_shows_all_again(plot: Plot, qtbot):
    from PySide6.QtCore import Qt

    plot.plot_item.vb.setRange(xRange=(2, 3), padding=0)
    plot.plot_item.vb.sigRangeChangedManually.emit([True, True])
    qtbot.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=plot.canvas.geometry().center())
    assert plot.plot_item.vb.viewRange()[0] == pytest.approx([0, 10])
