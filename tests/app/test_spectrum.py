"""Spectra as the window shows them, against SciPy and sines of known amplitude."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import get_window

from app.spectrum import WINDOWS, RunningSpectrum, amplitude_spectrum, condensed, decibels, window

SCIPY_NAMES = {"Hann": "hann", "Blackman-Harris": "blackmanharris", "Flat top": "flattop", "Rectangular": "boxcar"}


@pytest.mark.parametrize("name", WINDOWS)
def test_windows_are_those_of_scipy(name):
    np.testing.assert_allclose(window(name, 101), get_window(SCIPY_NAMES[name], 101, fftbins=False), atol=1e-9)


@pytest.mark.parametrize("name", WINDOWS)
def test_a_sine_on_a_bin_has_its_amplitude(name):
    samples, rate_hz = 1000, 48e3
    time_s = np.arange(samples) / rate_hz
    wave = 0.3 + 0.5 * np.sin(2 * np.pi * 4800 * time_s)
    frequency_hz, amplitude = amplitude_spectrum(time_s, wave, name)
    assert frequency_hz[np.argmax(amplitude)] == pytest.approx(4800)
    assert amplitude.max() == pytest.approx(0.5, rel=0.01)
    assert decibels(amplitude).max() == pytest.approx(20 * np.log10(0.5), abs=0.1)


def test_a_flat_top_reads_a_sine_between_bins_too():
    time_s = np.arange(1000) / 48e3
    wave = np.sin(2 * np.pi * 4824 * time_s)  # half a bin off
    assert amplitude_spectrum(time_s, wave, "Flat top")[1].max() == pytest.approx(1, rel=0.005)
    assert amplitude_spectrum(time_s, wave, "Hann")[1].max() < 0.9


def test_averages_and_peaks():
    running = RunningSpectrum()
    running.count = 4
    rows = np.random.default_rng(1).random((6, 5))
    for row in rows:
        running.add(row)
    np.testing.assert_allclose(running.mean, np.sqrt((rows[-4:] ** 2).mean(0)))
    np.testing.assert_allclose(running.peak, rows.max(0))
    running.add(np.ones(3))  # another system
    np.testing.assert_allclose(running.mean, 1)


def test_too_short_a_waveform_has_no_spectrum():
    with pytest.raises(ValueError, match="four samples"):
        amplitude_spectrum(np.arange(3.0), np.zeros(3))


def test_another_number_of_averages_begins_anew():
    running = RunningSpectrum()
    running.add(np.full(5, 9.0))
    running.count = 16
    running.add(np.ones(5))
    np.testing.assert_allclose(running.mean, 1)
    np.testing.assert_allclose(running.peak, 1)


@pytest.mark.parametrize("lines", [3, 999, 1000, 1001, 50_001])
def test_condensed_lines_keep_every_peak(lines):
    values = np.zeros(lines)
    peak = lines // 3
    values[peak] = 1
    kept, each = condensed(values, 1000)
    assert len(kept) <= 1000
    assert np.argmax(kept) == peak // each
    assert kept.max() == 1
