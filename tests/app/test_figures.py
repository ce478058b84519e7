"""Numbers as a physicist writes them: a prefix that suits them, as many digits as their interval bears."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.curve_groups import axis_of, grouped, titles_of, wants_log
from app.figures import interval_written, parameter_figures, written
from core.calibration.events import Curve, Quantity

X = np.linspace(1.0, 100.0, 50)


@pytest.mark.parametrize(
    ("quantity", "text", "interval"),
    [
        (Quantity(3214.2, "Hz", 3210.3, 3218.1), "3.214 kHz", "3.210 to 3.218"),
        (Quantity(3214.2, "Hz", 3212.9, 3215.5), "3.2142 kHz", "3.2129 to 3.2155"),
        (Quantity(2.134e-3, "V", 2.05e-3, 2.22e-3), "2.13 mV", "2.05 to 2.22"),
        (Quantity(4.7e-9, "F"), "4.7 nF", ""),
        (Quantity(3.3e-6, "V/√Hz"), "3.3 µV/√Hz", ""),
        (Quantity(3.3e-6, "V²"), "3.3e-06 V²", ""),  # a prefix would be squared too
        (Quantity(0.0123456, "full scale"), "0.01235 full scale", ""),
        (Quantity(0.0123456, "1/h"), "0.01235 1/h", ""),
        (Quantity(0.994, "1", 0.992, 0.996), "0.9940", "0.9920 to 0.9960"),
        (Quantity(512, "1"), "512", ""),
        (Quantity(12345, "1"), "12,345", ""),
        (Quantity(0.0, "V", -0.002, 0.002), "0.0000 V", "-0.0020 to 0.0020"),
        (Quantity(0.0, "V"), "0 V", ""),
        (Quantity(math.nan, "s"), "— s", ""),
        (Quantity(math.inf, "1", 1.0, math.inf), "∞", "1 to ∞"),
        (Quantity(-4.2e-12, "s"), "-4.2 ps", ""),
    ],
)
def test_a_number_is_written_as_its_interval_bears(quantity, text, interval):
    assert written(quantity) == text
    assert interval_written(quantity) == (f"95 % interval {interval}" if interval else "")


def curve(name: str, x: np.ndarray = X, unit: str = "s", y: str = "Response", **more) -> Curve:
    return Curve(name, "Time" if unit == "s" else "Number", unit, y, "V", x, np.ones_like(x), **more)


def test_curves_of_one_quantity_over_another_share_a_plot_and_images_none():
    square = np.ones((3, 3))
    images = [Curve(name, "Time", "s", "Response", "V", np.arange(3.0), square, kind="image") for name in "ab"]
    curves = [curve("measured"), curve("error", y="Residual"), images[0], curve("twin"), images[1]]
    groups = [tuple(each.name for each in group) for group in grouped(curves)]
    assert groups == [("measured", "twin"), ("error",), ("a",), ("b",)]


def test_a_plot_is_called_after_its_only_curve_unless_that_name_stands_elsewhere():
    groups = grouped([curve("twin"), curve("error", y="Residual"), curve("random", y="Phase"), curve("measured"),
                      curve("random", y="Coherence")])  # fmt: skip
    assert titles_of(groups) == ["Response", "error", "Phase", "Coherence"]


@pytest.mark.parametrize(
    ("x", "unit", "log"),
    [
        (np.linspace(20, 20e3, 100), "Hz", True),
        (np.linspace(0, 20e3, 100), "Hz", False),  # nothing at zero has a logarithm
        (np.linspace(15e3, 20e3, 100), "Hz", False),
        (np.linspace(1e-5, 1e-2, 100), "s", False),
        (2.0 ** np.arange(4, 12), "1", True),
        (np.arange(1.0, 401), "1", False),
    ],
)
def test_frequencies_and_geometric_series_lie_on_a_logarithmic_axis(x, unit, log):
    assert wants_log((curve("a", x, unit),)) is log


def test_a_plain_number_has_no_unit():
    assert axis_of("Magnitude", "dB") == ("Magnitude", "dB")
    assert axis_of("Time", "s") == ("Time", "s")
    assert axis_of("Coherence", "1") == ("Coherence", "")
    assert axis_of("Signal", "full scale") == ("Signal", "full scale")


def test_parameters_have_their_intervals_and_numbers_and_a_matrix_is_left_out():
    found = {
        "walk_off": {"value": 1.03e-13, "standard_error": 1e-15, "unit": "s"},
        "frequency": {"value": [3200.0, 4800.0], "standard_error": [1.0, 2.0], "unit": "Hz"},
        "transconductance": {"value": 9.6e-4, "standard_error": 4e-5, "unit": "A/V2"},
        "coupling": {"value": [[0.0] * 30] * 30, "standard_error": [[1.0] * 30] * 30, "unit": "1"},
    }
    figures = parameter_figures(found)
    assert list(figures) == ["walk off", "frequency 1", "frequency 2", "transconductance"]
    assert written(figures["walk off"]) == "103.0 fs"
    assert interval_written(figures["frequency 1"]) == "95 % interval 3.1980 to 3.2020"
    assert written(figures["transconductance"]) == "960 µA/V²"
