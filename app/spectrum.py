"""The magnitude spectrum that a view shows of a waveform."""

from __future__ import annotations

import numpy as np

FLOOR_DB = -120.0


def magnitude_spectrum(time_s: np.ndarray, waveform: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency in Hz and magnitude in dB of a full-scale sine, Hann-windowed, without the mean.

    Both inputs are (samples,), evenly spaced, at least four samples; `time_s` in seconds. The magnitude of a sine of
    amplitude 1 on a bin is 0 dB; values end at -120 dB.
    """
    samples = len(waveform)
    if samples < 4 or len(time_s) != samples:
        raise ValueError(f"A spectrum needs at least four samples on their times, got {samples} on {len(time_s)}.")
    step_s = (time_s[-1] - time_s[0]) / (samples - 1)
    window = np.hanning(samples)
    amplitude = 2 * np.abs(np.fft.rfft((waveform - waveform.mean()) * window)) / window.sum()
    floor = 10 ** (FLOOR_DB / 20)
    return np.fft.rfftfreq(samples, step_s), 20 * np.log10(np.maximum(amplitude, floor))
