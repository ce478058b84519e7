"""The magnitude spectrum that a view shows of waveforms: windows, averages, peaks held."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

FLOOR_DB = -120.0
# Σ (-1)^k a_k cos(2πkn/(N-1)): Hann; Blackman-Harris, minimum 4-term; flat top, as in MATLAB's and SciPy's
WINDOWS = {
    "Hann": (0.5, 0.5),
    "Blackman-Harris": (0.35875, 0.48829, 0.14128, 0.01168),
    "Flat top": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
    "Rectangular": (1.0,),
}
AVERAGES = (1, 4, 16, 64)


@lru_cache(maxsize=16)
def window(name: str, samples: int) -> np.ndarray:
    """Return a window (samples,) by its name in WINDOWS."""
    phase = 2 * np.pi * np.arange(samples) / (samples - 1)
    return np.sum([(-1) ** k * a * np.cos(k * phase) for k, a in enumerate(WINDOWS[name])], axis=0)


def amplitude_spectrum(
    time_s: np.ndarray, waveform: np.ndarray, window_name: str = "Hann"
) -> tuple[np.ndarray, np.ndarray]:
    """Return frequency in Hz and amplitude, 1 for a sine of amplitude 1 on a bin; the mean is taken away.

    Both inputs are (samples,), evenly spaced, `time_s` in seconds. Raises ValueError with fewer than four samples.
    """
    samples = len(waveform)
    if samples < 4 or len(time_s) != samples:
        raise ValueError(f"A spectrum needs at least four samples on their times, got {samples} on {len(time_s)}.")
    step_s = (time_s[-1] - time_s[0]) / (samples - 1)
    weights = window(window_name, samples)
    amplitude = 2 * np.abs(np.fft.rfft((waveform - waveform.mean()) * weights)) / weights.sum()
    return np.fft.rfftfreq(samples, step_s), amplitude


def decibels(amplitude: np.ndarray) -> np.ndarray:
    """Return amplitudes in dB of a full-scale sine, not below FLOOR_DB."""
    return 20 * np.log10(np.maximum(amplitude, 10 ** (FLOOR_DB / 20)))


def condensed(values: np.ndarray, most: int) -> tuple[np.ndarray, int]:
    """Return the highest of every so many values (n,), at most `most` of them, and how many are in each."""
    each = -(-len(values) // most)
    return np.maximum.reduceat(values, np.arange(0, len(values), each)), each


class RunningSpectrum:
    """The mean power of the last spectra, and the highest of each line since the last reset."""

    def __init__(self) -> None:
        self._count = AVERAGES[0]
        self.reset()

    @property
    def count(self) -> int:
        """How many spectra are averaged; another number begins anew."""
        return self._count

    @count.setter
    def count(self, count: int) -> None:
        self._count = count
        self.reset()

    def reset(self) -> None:
        """Forget all spectra."""
        self._powers, self._taken = np.empty((0, 0)), 0
        self._peak = np.empty(0)

    def add(self, amplitude: np.ndarray) -> None:
        """Take another spectrum (lines,); one of another length begins anew."""
        if self._powers.shape[1] != len(amplitude):
            self.reset()
            self._powers, self._peak = np.empty((self._count, len(amplitude))), amplitude
        np.square(amplitude, out=self._powers[self._taken % self._count])
        self._taken += 1
        self._peak = np.maximum(self._peak, amplitude)

    @property
    def mean(self) -> np.ndarray:
        """Return the root of the mean power of the last `count` spectra."""
        return np.sqrt(self._powers[: self._taken].mean(axis=0))

    @property
    def peak(self) -> np.ndarray:
        """Return the highest amplitude of each line."""
        return self._peak
