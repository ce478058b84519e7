"""The spectrum's line and its waterfall: sines stand where their frequency is, whatever the length of the trace."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
import numpy as np
from scipy import signal

from app.widgets.spectrum_view import WATERFALL_ROWS, SpectrumView, WaterfallView
from core.ports import Axis

RATE_HZ = 192e3


def time_axis(samples: int) -> Axis:
    return Axis("Time", "s", np.arange(samples) / RATE_HZ)


def sine(samples: int, line: int, amplitude: float = 1.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * line * np.arange(samples) / samples + 0.3)


@pytest.fixture
def view(qtbot) -> SpectrumView:
    made = SpectrumView()
    qtbot.addWidget(made)
    return made


def shown_peak(view: SpectrumView) -> tuple[float, float]:
    place = int(np.argmax(view.curve.y))
    return float(view.curve.x[place]), float(view.curve.y[place])


@pytest.mark.parametrize("place", range(4))
def test_every_window_shows_a_sine_of_full_scale_at_0_db(view: SpectrumView, place: int):
    view.windows.actions()[place].trigger()
    samples = 4800
    view.show_waveform(time_axis(samples), sine(samples, 111))
    assert shown_peak(view) == pytest.approx((111 * RATE_HZ / samples, 0.0), abs=0.1)
    name = {"Hann": "hann", "Blackman-Harris": "blackmanharris", "Flat top": "flattop", "Rectangular": "boxcar"}[
        view.windows.actions()[place].text()
    ]
    _, power = signal.periodogram(
        sine(samples, 111), RATE_HZ, signal.get_window(name, samples, fftbins=False), scaling="spectrum"
    )
    peak = slice(105, 118)
    np.testing.assert_allclose(view.curve.y[peak], np.maximum(10 * np.log10(2 * power[peak]), -120), atol=0.01)


def test_averages_are_those_of_power_and_peaks_are_held(view: SpectrumView):
    view.averages.actions()[1].trigger()  # four
    view.hold.setChecked(True)
    samples = 1000
    waves = [sine(samples, 100, amplitude) for amplitude in (1.0, 0.1, 0.2, 0.4, 0.1)]
    for wave in waves:
        view.show_waveform(time_axis(samples), wave)
    power = np.mean([signal.periodogram(wave, window="boxcar", scaling="spectrum")[1][100] for wave in waves[1:]])
    assert shown_peak(view)[1] == pytest.approx(10 * np.log10(2 * power), abs=0.02)
    assert view.peak.y.max() == pytest.approx(0.0, abs=0.02)


def test_a_logarithmic_axis_leaves_out_zero_frequency_alone(view: SpectrumView):
    samples = 1000
    view.show_waveform(time_axis(samples), sine(samples, 100))
    view.log.setChecked(True)
    view.show_waveform(time_axis(samples), sine(samples, 100))
    low, high = view.plot.plot_item.vb.viewRange()[0]
    assert (10**low, 10**high) == pytest.approx((RATE_HZ / samples, RATE_HZ / 2))


@pytest.mark.parametrize("samples", [1000, 100_000])
def test_a_waterfall_of_any_length_shows_a_sine_at_its_frequency(qtbot, view: SpectrumView, samples: int):
    waterfall = WaterfallView()
    qtbot.addWidget(waterfall)
    lines = (samples // 10, samples // 5)
    for line in lines:
        magnitude_db = view.show_waveform(time_axis(samples), sine(samples, line))
        assert magnitude_db is not None
        waterfall.add(time_axis(samples), magnitude_db)
    waterfall.draw()
    record = waterfall.record()
    assert record.image is not None
    assert len(record.image) == WATERFALL_ROWS
    left, right, _, _ = record.extent
    width_hz = (right - left) / record.image.shape[1]
    for row, line in zip(record.image[:2], reversed(lines), strict=True):
        assert row.max() == pytest.approx(0, abs=0.1)
        middle_hz = left + (np.argmax(row) + 0.5) * width_hz
        assert middle_hz == pytest.approx(line * RATE_HZ / samples, abs=width_hz / 2 + 1e-6)
    assert (record.image[2:] == -80).all()
