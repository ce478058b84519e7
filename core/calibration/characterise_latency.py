"""How long after the drive does the response come, and does it come at the same time in every shot?

A chirp is the marker. Repeats of its response are r(t) = g m(t - τ) + o + noise, with one waveform m and each its own
gain g, shift τ and offset o. What the noise adds to the scatter of g and τ is known from its spectrum and taken off, so
that jitter is told apart from amplitude noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import ndimage, signal
from scipy.interpolate import make_interp_spline
from scipy.special import stdtrit
from scipy.stats import kruskal

from core.calibration.characterise_probe import Array, Probe, Progress, ignore, mean_interval, sample_interval_s
from core.calibration.events import Curve, Quantity, StepEnded
from core.phrase import Phrase
from core.ports import Measure, SystemInfo

REPEATS = 256
LEAST_SAMPLES = 64
BAND = (0.01, 0.2)  # of the sampling rate
LEVEL = 0.3
ITERATIONS = 3  # of Gauss-Newton, from the nearest sample
MARGIN = 8  # samples that interpolation leaves out at the ends
ARRIVED = 0.15  # of the envelope's maximum
HEARD = 8.0  # times its own median that a correlation's maximum exceeds
BLOCKS = 8
FALSE_ALARM = 1e-4  # chance that a steady latency passes for one that changes
CHANGED = 0.2  # samples between blocks of shots, at least, in a latency that changes
MUCH_JITTER = 1.0  # samples
MUCH_ERROR = 0.1  # of the signal


@dataclass(frozen=True)
class Alignment:
    """What repeats of one waveform differ by: shifts (shot,) in samples, gains (shot,), and their own scatter.

    `jitter` (samples) and `amplitude_noise` (relative) are standard deviations with the noise's part taken off;
    `slope` is |m'| / |m|, the relative error for a shift of one sample.
    """

    shifts: Array
    gains: Array
    jitter: float
    amplitude_noise: float
    slope: float


def latency_step(measure: Measure, info: SystemInfo, *, seed: int, progress: Progress = ignore) -> StepEnded:
    """Repeat a chirp: latency from its cross-correlation with the drive, jitter as a time shift, and its steadiness."""
    probe = Probe("latency", measure, info, seed=seed, total=REPEATS, progress=progress)
    interval_s = sample_interval_s(info)
    if interval_s is None:
        text = Phrase("Drive and response are not on one time axis, so that there is no latency to measure.")
        return probe.ended("skipped", text)
    if info.drive_dim < LEAST_SAMPLES:
        text = "A record of {samples} samples is too short for a marker; it takes {least}."
        return probe.ended("skipped", Phrase(text, samples=info.drive_dim, least=LEAST_SAMPLES))
    chirp = marker(info.drive_dim)
    shots = probe.shoot(np.tile(probe.swung(LEVEL * chirp), (REPEATS, 1)))
    delay, heard = correlation_delay(chirp, shots.mean(0))
    if not heard:
        text = Phrase("The chirp is not found in the response; check the cables and that both are triggered together.")
        return probe.ended("bad", text)
    found = align(shots)
    delays_s = interval_s * (delay + found.shifts - found.shifts.mean())
    middle, low, high = (float(value) for value in mean_interval(delays_s))
    jitter_s, error = interval_s * found.jitter, found.jitter * found.slope
    figures: dict[str, Quantity] = {
        Phrase("Latency"): Quantity(middle, "s", low, high),
        Phrase("Jitter"): Quantity(jitter_s, "s", *_jitter_interval(found, interval_s)),
        Phrase("Error by jitter"): Quantity(error, "1"),
        Phrase("Amplitude noise"): Quantity(found.amplitude_noise, "1"),
    }
    number, shot = np.arange(1, REPEATS + 1), Phrase("Shot")
    curves = (
        Curve(Phrase("Latency of each shot"), shot, "1", Phrase("Latency"), "s", number, delays_s, kind="points"),
        Curve(Phrase("Gain of each shot"), shot, "1", Phrase("Relative gain"), "1", number, found.gains, kind="points"),
    )
    blocks = np.array_split(found.shifts, BLOCKS)
    change = float(np.ptp([block.mean() for block in blocks]))
    if change > CHANGED and kruskal(*blocks).pvalue < FALSE_ALARM:
        text = "The latency changes during the measurement, by {change:.2g} samples; check clocks, trigger and buffers."
        return probe.ended("bad", Phrase(text, change=change), figures, *curves)
    if found.jitter > MUCH_JITTER:
        text = "Shots start {jitter:.2g} samples rms off; align each on a marker, or share one clock and trigger."
        return probe.ended("bad", Phrase(text, jitter=found.jitter), figures, *curves)
    words = {"latency": middle, "jitter": jitter_s, "error": error}
    if error > MUCH_ERROR:
        text = "Jitter of {jitter:.2g} s is an error of {error:.1%} of the signal; improve the trigger."
        return probe.ended("warning", Phrase(text, **words), figures, *curves)
    text = "The response follows after {latency:.2g} s, with a jitter of {jitter:.2g} s: {error:.1%} of the signal."
    return probe.ended("good", Phrase(text, **words), figures, *curves)


def marker(samples: int) -> Array:
    """Return a chirp over the band, faded in and out so that its correlation has no side lobes, of peak 1."""
    sweep = signal.chirp(np.arange(samples), BAND[0], samples, BAND[1], phi=-90)
    return sweep * signal.get_window("hann", samples, fftbins=False)


def correlation_delay(drive: Array, response: Array) -> tuple[float, bool]:
    """Return the delay (samples) of the response's arrival, and whether it stands out from the rest.

    It arrives when the envelope of its cross-correlation with the drive reaches a part of the maximum; that of the
    drive with itself is the zero. What rings on after the arrival does not matter, and neither does polarity.
    """
    arrivals = list[float]()
    envelope = drive
    for heard in (drive, response - response.mean()):
        envelope = np.abs(signal.hilbert(signal.correlate(heard, drive, method="fft")))
        threshold = ARRIVED * envelope.max()
        first = int((envelope >= threshold).argmax())
        before = envelope[first - 1] if first else 0.0
        arrivals.append(first - (envelope[first] - threshold) / (envelope[first] - before))
    return arrivals[1] - arrivals[0], bool(envelope.max() > HEARD * np.median(envelope))


def align(shots: Array) -> Alignment:
    """Find how repeats (shot, sample) of one waveform are shifted and scaled."""
    samples = shots.shape[1]
    shifts = _whole_samples(shots)
    reach = min(MARGIN + int(np.ptp(shifts)) + 1, samples // 4)
    inside = slice(reach, samples - reach)
    fit = _fitted(shots, shifts, inside)
    for _ in range(ITERATIONS - 1):
        fit = _fitted(shots, fit.shifts, inside)
    length = fit.left.shape[1]
    power = np.square(np.abs(np.fft.fft(fit.left))).mean(0) * length / (length - 3)
    # A linear combination w of stationary noise has the variance Σ_f S(f) |W(f)|² / N².
    noise = (power * np.square(np.abs(np.fft.fft(fit.inverse))).mean(0)).sum(1) / length**2
    gain_variance, shift_variance = fit.gains.var(ddof=1) - noise[0], fit.shifts.var(ddof=1) - noise[1]
    return Alignment(
        shifts=fit.shifts,
        gains=fit.gains / fit.gains.mean(),
        jitter=float(np.sqrt(max(shift_variance, 0.0))),
        amplitude_noise=float(np.sqrt(max(gain_variance, 0.0)) / abs(fit.gains.mean())),
        slope=fit.slope,
    )


class _Fit(NamedTuple):
    """Shifts and gains (shot,), the rows (shot, 2, sample) that give gain and shift, what is left, and |m'| / |m|."""

    shifts: Array
    gains: Array
    inverse: Array
    left: Array
    slope: float


def _fitted(shots: Array, shifts: Array, inside: slice) -> _Fit:
    """Take a Gauss-Newton step from these shifts, with the mean of the shots shifted back as the waveform."""
    time, shifts = np.arange(shots.shape[1]), shifts - shifts.mean()
    back = zip(shots, shifts, strict=True)
    waveform = np.mean([ndimage.shift(shot, -shift, order=5, mode="nearest") for shot, shift in back], axis=0)
    spline = make_interp_spline(time, waveform, k=5)
    moved = (time[inside] - shifts[:, None]).clip(0, time[-1])
    shape, slope = spline(moved), spline.derivative()(moved)
    design = np.stack([shape, -slope, np.ones_like(shape)], axis=2)
    inverse = np.linalg.pinv(design)
    solution = np.einsum("spt,st->sp", inverse, shots[:, inside])
    gains, steps = solution[:, 0], solution[:, 1] / solution[:, 0]
    left = shots[:, inside] - np.einsum("stp,sp->st", design, solution)
    relative = np.square(slope).mean() / np.square(shape - shape.mean(1, keepdims=True)).mean()
    return _Fit(shifts + steps.clip(-0.5, 0.5), gains, inverse[:, :2], left, float(np.sqrt(relative)))


def _whole_samples(shots: Array) -> Array:
    """Return the shifts to the nearest sample, up to a quarter of a shot, by cross-correlation with the first shots."""
    centred = shots - shots.mean(1, keepdims=True)
    template, shifts = centred[0], np.zeros(len(shots))
    lags = signal.correlation_lags(shots.shape[1], shots.shape[1])
    near = np.abs(lags) <= shots.shape[1] // 4
    for _ in range(2):  # the second time against what the first has aligned
        correlations = signal.correlate(centred, template[None], method="fft")[:, near]
        shifts = lags[near][correlations.argmax(1)].astype(float)
        aligned = [np.roll(shot, -int(shift)) for shot, shift in zip(centred, shifts, strict=True)]
        template = np.mean(aligned, axis=0)
    return shifts


def _jitter_interval(found: Alignment, interval_s: float) -> tuple[float, float]:
    """Return the 95 % interval (s) of the jitter, from the scatter of the squared shifts: jitter may be rare jumps."""
    squares = np.square(found.shifts - found.shifts.mean())
    count = len(squares)
    half = float(stdtrit(count - 1, 0.975) * squares.std(ddof=1) / np.sqrt(count))
    middle = found.jitter**2
    return interval_s * np.sqrt(max(middle - half, 0.0)), interval_s * np.sqrt(middle + half)
