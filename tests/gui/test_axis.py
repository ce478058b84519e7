"""A logarithmic axis is numbered with round figures in its unit, few enough to be read."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
import numpy as np

from app.widgets.plot import Plot


@pytest.fixture
def axis(qtbot):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.set_log(True)
    plot.set_axis("bottom", "Frequency", "Hz")
    return plot.plot_item.getAxis("bottom"), plot  # which is kept alive


def numbers(made, low_hz: float, high_hz: float, size: int) -> dict[str, float]:
    axis = made[0]
    axis.setRange(np.log10(low_hz), np.log10(high_hz))
    levels = axis.tickValues(np.log10(low_hz), np.log10(high_hz), size)
    scale = axis.autoSIPrefixScale
    return {
        text: 10**place
        for spacing, places in levels
        for text, place in zip(axis.tickStrings(places, scale, spacing), places, strict=True)
        if text
    }


def test_decades_are_numbered_in_the_units_of_the_axis(axis):
    shown = numbers(axis, 40, 96e3, 300)
    assert shown == pytest.approx({"0.1": 100, "1": 1e3, "10": 10e3})
    assert axis[0].labelUnitPrefix == "k"


def test_a_long_decade_has_two_more_numbers(axis):
    assert set(numbers(axis, 1e3, 50e3, 400)) == {"1", "2", "5", "10", "20", "50"}


def test_less_than_a_decade_is_numbered_like_a_linear_axis(axis):
    shown = numbers(axis, 1_010, 1_290, 300)
    assert 2 <= len(shown) <= 8
    steps = np.diff(sorted(shown.values()))
    assert steps == pytest.approx(np.full(len(steps), steps[0]))
    assert all(float(text) * 1e3 == pytest.approx(value) for text, value in shown.items())


def test_a_plot_turned_logarithmic_shows_its_points_at_once(qtbot):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.set_data(plot.add_curve(0), np.arange(0.0, 50_001), np.zeros(50_001))
    plot.fix_view("bottom", 0.0, 50e3)
    plot.set_log(True)
    assert plot.plot_item.vb.viewRange()[0] == pytest.approx([0, np.log10(50e3)])
    plot.set_log(False)
    assert plot.plot_item.vb.viewRange()[0] == pytest.approx([0, 50e3])


@pytest.mark.parametrize(
    ("unit", "limits", "title", "scale", "told"),
    [
        ("V", (0.0, 4e-3), "Signal / mV", 1e3, "2 mV"),
        ("full scale", (0.0, 0.4), "Signal / full scale", 1.0, "0.002 full scale"),
        ("full scale", (-4e-5, 1e-5), "Signal / 10⁻⁵ full scale", 1e5, "0.002 full scale"),
        ("", (0.0, 4e-5), "Signal / 10⁻⁵", 1e5, "0.002"),
        ("", (0.0, 3e7), "Signal / 10⁷", 1e-7, "0.002"),
        ("dB", (0.0, 1e-4), "Signal / dB", 1.0, "0.002 dB"),
        ("V²", (0.0, 4e-5), "Signal / 10⁻⁵ V²", 1e5, "0.002 V²"),  # a prefix would be squared too
    ],
)
def test_an_axis_without_prefix_has_a_power_of_ten(qtbot, unit, limits, title, scale, told):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.show()
    axis = plot.plot_item.getAxis("left")
    plot.set_axis("left", "signal", "s")  # whose prefix must not stay
    plot.fix_view("left", 0.0, 1e-9)
    plot.set_axis("left", "signal", unit)
    plot.fix_view("left", *limits)
    assert axis.label.toPlainText() == title
    assert axis.autoSIPrefixScale == pytest.approx(scale)
    assert axis.written(2e-3) == told


def test_a_title_stays_in_the_middle_when_it_changes(qtbot):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.resize(500, 400)
    plot.show()
    qtbot.wait(50)
    axis = plot.plot_item.getAxis("left")
    for title in ("A quantity with a long name", "Error"):
        plot.set_axis("left", title, "V")
        label = axis.label.mapRectToScene(axis.label.boundingRect()).center()
        assert label.y() == pytest.approx(axis.mapRectToScene(axis.rect()).center().y(), abs=3)


@pytest.mark.parametrize(("height", "whole"), [(140, False), (600, True)])
def test_a_title_is_as_long_as_its_axis_at_most_and_keeps_its_unit(qtbot, height, whole):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.set_axis("left", "Second harmonic of the fundamental", "reference")
    plot.resize(300, height)
    with qtbot.waitExposed(plot):
        plot.show()
    axis = plot.plot_item.getAxis("left")
    qtbot.waitUntil(lambda: 0 < axis.size().height() < height)
    title = axis.label.toPlainText()
    assert axis.label.boundingRect().width() <= axis.size().height() + 10
    assert title.endswith(" / reference")
    assert title.startswith("Second harmonic of the fundamental") is whole
