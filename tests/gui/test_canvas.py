"""The canvas draws values where the axes say they are, loses no peak, and survives what is not finite."""

from __future__ import annotations

import os

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPen

from app.theme import DARK
from app.widgets.canvas import Band, Curve, Level
from app.widgets.pixels import View, polyline
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
    assert len(line) <= 4 * 200 + 4  # and those at the rim
    assert line[:, 1].min() == pytest.approx(5)
    assert line[:, 1].max() == pytest.approx(85)


@pytest.mark.parametrize("spacing", ["even", "logarithmic", "random"])
def test_each_column_of_pixels_spans_the_values_that_lie_in_it(spacing: str):
    random = np.random.default_rng(4)
    count = 100_000
    x = {
        "even": np.linspace(0, 10, count),
        "logarithmic": np.log10(np.linspace(1, 1e10, count)),  # a few points at the left, most at the right
        "random": np.sort(10 * random.random(count)),
    }[spacing]
    y = 0.1 * random.standard_normal(count)
    y[random.integers(0, count, 40)] = random.choice([-0.9, 0.9], 40)
    line = pixels(polyline(x, y, VIEW))
    assert len(line) <= 4 * 200 + 4
    columns, wanted = np.floor(line[:, 0]), np.minimum(np.floor(20 * x), 200)
    for column in np.unique(wanted):
        values, drawn = y[wanted == column], (50 - line[columns == column, 1]) / 50
        assert (drawn.min(), drawn.max()) == pytest.approx((values.min(), values.max()))


@pytest.mark.parametrize("log", [False, True])
def test_a_spike_of_one_sample_in_a_hundred_thousand_is_painted_where_it_is(plot: Plot, qtbot, log: bool):
    curve, x = plot.add_curve(1), np.arange(1.0, 100_001)
    with qtbot.waitSignal(plot.plot_item.scene().changed):
        plot.set_log(log)
        plot.fix_view("bottom", 1.0, 1e5)
    for spike in (5, 40, 3_210, 54_321, 99_990):
        y = np.full(len(x), -0.5)
        y[spike] = 0.8
        plot.set_data(curve, x, y)
        image = plot.canvas.grab().toImage()
        row, wanted = round(0.2 * plot.canvas.height()), QColor(DARK.series[1])
        found = [column for column in range(image.width()) if image.pixelColor(column, row) == wanted]
        place = np.log10(x[spike]) / 5 if log else x[spike] / 1e5
        assert found
        assert np.abs(np.array(found) - place * plot.canvas.width()).min() <= 2


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


@pytest.mark.parametrize("where", [(9.0, 0.8), (9.0, -0.8), (1.0, 0.8)])
def test_a_legend_without_a_place_of_its_own_hides_no_point(plot, where):
    colours, canvas = ("#ff0000", "#00ff00"), plot.canvas
    x, y = (np.full(3, value) + np.linspace(0, 0.01, 3) for value in where)
    points = [Curve(QPen(QColor(colour)), line=False, points=True, x=x, y=y) for colour in colours]
    canvas.curves, canvas.legend, canvas.legend_edge = points[1:], {"Measured": points[0]}, None
    assert len(rows_of(plot, colours[0])) > 0  # the legend
    assert len(rows_of(plot, colours[1])) > 0  # the points
    canvas.legend = {}
    alone = rows_of(plot, colours[1])
    canvas.legend = {"Measured": points[0]}
    assert rows_of(plot, colours[1]).tolist() == alone.tolist()


def test_bands_go_when_the_next_run_has_none(plot: Plot):
    shade = QColor(plot.canvas.shade).name()
    plot.canvas.show_bands([Band(0.0, 5.0, "a"), Band(5.0, 10.0, "b")])
    assert len(rows_of(plot, shade)) > 0
    plot.canvas.show_bands([])
    assert not len(rows_of(plot, shade))
