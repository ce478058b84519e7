"""Estimators of a linear response: by least squares from shots that start at rest, H1, and a small-signal matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import linalg, signal
from scipy.stats import chi2

Array = np.ndarray
TINY = float(np.finfo(float).tiny)
FINER = 32  # of a transfer function, in which maxima are looked for
FALSE_ALARM = 1e-5  # chance that a tail of noise passes for a response
CERTAIN = 1e6  # variances, at most, that a sample counts
PROMINENT = 0.03  # of the largest magnitude
BELOW_NYQUIST = 0.95


@dataclass(frozen=True)
class Spectral:
    """A transfer function (frequency,) with its coherence, at frequencies in cycles per sample."""

    frequency: Array
    response: Array
    coherence: Array


def impulse_response(drives: Array, responses: Array) -> tuple[Array, Array]:
    """Return the causal impulse response (sample,) of shots that start at rest, and its standard error.

    Least squares over all shots, y[t] = Σ h[k] x[t - k]: what rings on past a shot's end does no harm, as it would in a
    quotient of spectra.
    """
    shots, samples = drives.shape
    size = 2 * samples
    spectra = np.fft.rfft(drives, size), np.fft.rfft(responses, size)
    right = np.fft.irfft(np.sum(spectra[1] * spectra[0].conj(), 0), size)[:samples]
    normal = np.empty((samples, samples))
    for lag in range(samples):
        products = np.sum(drives[:, lag:] * drives[:, : samples - lag], 0).cumsum()
        rows = np.arange(samples - lag)
        normal[rows, rows + lag] = normal[rows + lag, rows] = products[::-1]
    factor = linalg.cho_factor(normal)
    impulse = linalg.cho_solve(factor, right)
    left = responses - predicted(impulse, drives)
    variance = np.square(left).sum() / max((shots - 1) * samples, 1)
    return impulse, np.sqrt(variance * np.diag(linalg.cho_solve(factor, np.eye(samples))))


def predicted(impulse: Array, drives: Array) -> Array:
    """Return what an impulse response makes of drives (shot, sample) from rest."""
    return signal.fftconvolve(drives, impulse[None], axes=1)[:, : drives.shape[1]]


def transfer(impulse: Array, drives: Array, responses: Array) -> Spectral:
    """Return an impulse response's transfer function, and which part of the response it explains at each frequency.

    That part is 1 - S_ee / S_yy with the residual e, which is the coherence where shots are stationary.
    """
    samples, shots = len(impulse), len(drives)
    left = responses - predicted(impulse, drives)
    frequency, spectra = signal.periodogram(np.stack([left, responses]), window="hann")
    error, power = spectra.mean(1)
    explained = 1 - error / np.maximum(power, TINY) * shots / max(shots - 1, 1)
    return Spectral(frequency, np.fft.rfft(impulse, samples), explained.clip(0, 1))


def h1(drives: Array, responses: Array) -> Spectral:
    """Return H1 = S_xy / S_xx and the coherence from records (record, sample) that are periodic or die away."""
    samples = drives.shape[1]
    x, y = drives.ravel(), responses.ravel()
    frequency, cross = signal.csd(x, y, window="boxcar", nperseg=samples, noverlap=0)
    power = signal.welch(x, window="boxcar", nperseg=samples, noverlap=0)[1]
    coherence = signal.coherence(x, y, window="boxcar", nperseg=samples, noverlap=0)[1]
    present = power > 1e-6 * power.max()
    return Spectral(frequency[present], cross[present] / power[present], coherence[present].clip(0, 1))


def multi_sine(count: int, period: int, generator: np.random.Generator) -> Array:
    """Return periods (count, period) of all harmonics with one amplitude and random phases, of peak 1."""
    spectrum = np.exp(2j * np.pi * generator.random((count, period // 2 + 1)))
    spectrum[:, [0, -1]] = 0.0
    wave = np.fft.irfft(spectrum, period)
    return wave / np.abs(wave).max(1, keepdims=True)


def resonances(impulse: Array) -> tuple[Array, Array]:
    """Return frequency (cycles per sample) and magnitude of the prominent maxima, the largest first.

    The impulse response is faded out, so that what its end cuts off raises no side maxima.
    """
    samples = len(impulse)
    fade = signal.get_window("hann", 2 * samples + 1, fftbins=False)[samples : 2 * samples]
    magnitude = np.abs(np.fft.rfft(impulse * fade, FINER * samples))
    frequency = np.fft.rfftfreq(FINER * samples)
    magnitude = magnitude[frequency < BELOW_NYQUIST / 2]
    at, _ = signal.find_peaks(magnitude, prominence=PROMINENT * magnitude.max())
    at = at[np.argsort(-magnitude[at])]
    return frequency[at], magnitude[at]


def without_noise(impulse: Array, error: Array) -> Array:
    """Return the impulse response with 0 from where on nothing is told from its standard errors any more.

    Its last samples have the largest errors, since only the first ones of a drive reach them.
    """
    squares = np.minimum(np.square(impulse) / np.maximum(np.square(error), TINY), CERTAIN)
    tail, count = squares[::-1].cumsum()[::-1], np.arange(len(impulse), 0, -1)
    told = int(np.flatnonzero(tail > chi2.isf(FALSE_ALARM, count)).max(initial=-1)) + 1
    return np.where(np.arange(len(impulse)) < told, impulse, 0.0)


def memory(impulse: Array, share: float) -> int:
    """Return the samples after which less than a share of the impulse response's energy is still to come."""
    left = np.square(impulse)[::-1].cumsum()[::-1]
    return int(np.flatnonzero(left > share * left[0]).max(initial=-1)) + 1


def sign_pattern(controls: int, generator: np.random.Generator) -> Array:
    """Return directions (direction, control) of ±1, every two controls orthogonal over them: Hadamard's matrix."""
    rows = 2 ** int(np.ceil(np.log2(controls + 1)))
    matrix = linalg.hadamard(rows)[:, 1 : controls + 1]
    return (matrix * generator.choice((-1, 1), controls))[generator.permutation(rows)].astype(float)


def small_signal_matrix(directions: Array, slopes: Array) -> tuple[Array, Array, Array]:
    """Return the matrix (response, control) with slopes = directions · matrixᵀ, its standard errors (response,), and
    the multiple coherence (response,), from the directions that are more than there are controls.
    """
    count, controls = directions.shape
    matrix = (directions.T @ slopes / count).T
    left = slopes - directions @ matrix.T
    variance = np.square(left).sum(0) / (count - controls)
    power = np.square(slopes).mean(0)
    return matrix, np.sqrt(variance / count), (1 - variance / np.maximum(power, TINY)).clip(0, 1)
