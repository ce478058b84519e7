"""How straight is the response: harmonics and compression against the drive level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from core.calibration.characterise_probe import LEVEL, Array, Probe, Progress, ignore, sample_interval_s
from core.calibration.characterise_transfer import multi_sine
from core.calibration.events import Curve, Quantity, StepEnded
from core.calibration.excitation import uniform
from core.phrase import Phrase
from core.ports import Measure, SystemInfo

LEVELS = np.geomspace(0.05, 1.0, 8)
REPEATS = 8
SEARCH_SHOTS, SEARCH_LEVEL = 8, 0.1
HARMONICS = (2, 3, 4, 5)
SPACING = 8  # bins between harmonics, at least: twice the window's main lobe
LEAST_SAMPLES = 128  # in which a sine and its harmonics are told apart
RISE = 0.25  # of a shot, in which the sine fades in, lest it strike other resonances
DIRECTIONS = 4
SURE = 3.0  # standard deviations of noise that a distortion must exceed
QUARTER = 0.25


def linearity_step(measure: Measure, info: SystemInfo, *, seed: int, progress: Progress = ignore) -> StepEnded:
    """Raise the level of a sine, or of changes about the controls' middle: distortion and compression.

    The distortion of a waveform is √(Σ harmonics² 2 to 5) / fundamental (IEC 60268-3), that of other responses the even
    part over the odd one. Compression is 1 - gain / gain of the quiet levels.
    """
    interval_s = sample_interval_s(info) if info.drive_dim >= LEAST_SAMPLES else None
    passes = 2 * len(LEVELS) * DIRECTIONS * REPEATS + REPEATS
    if interval_s is not None:
        passes = SEARCH_SHOTS + len(LEVELS) * REPEATS
    probe = Probe("linearity", measure, info, seed=seed, total=passes, progress=progress)
    found = _by_changes(probe) if interval_s is None else _by_sine(probe, interval_s)
    levels, gains, distortion, curves = LEVELS, found.gains, found.distortion, found.curves
    half = slice(len(levels) // 2)
    quiet = float(np.linalg.norm((gains * levels)[half]) / np.linalg.norm(levels[half]))
    compression = 1 - gains / quiet if quiet else np.zeros_like(gains)
    figures: dict[str, Quantity] = {
        Phrase("Distortion at full drive"): Quantity(float(distortion[-1]), "1"),
        Phrase("Distortion at a quarter"): Quantity(float(np.interp(QUARTER, levels, distortion)), "1"),
        Phrase("Compression at full drive"): Quantity(float(compression[-1]), "1"),
        Phrase("Gain of quiet drives"): Quantity(quiet, "1"),
    }
    label = Phrase("Part of the response")
    curves = (
        Curve(Phrase("Distortion"), LEVEL, "1", label, "1", levels, distortion),
        Curve(Phrase("Compression"), LEVEL, "1", label, "1", levels, compression),
        *curves,
    )
    told = {"distortion": float(distortion[-1]), "change": -float(compression[-1])}
    if not quiet:
        text = Phrase("The response to quiet drives cannot be told from noise; raise the gain or the drive.")
        return probe.ended("bad", text, figures, *curves)
    text = "At full drive {distortion:.1%} of the response is distortion, and the gain differs by {change:+.1%}."
    return probe.ended("good", Phrase(text, **told), figures, *curves)


@dataclass(frozen=True)
class _Found:
    """Gain and distortion at each level, with the noise's part taken off."""

    gains: Array
    distortion: Array
    curves: tuple[Curve, ...] = ()


def _by_sine(probe: Probe, interval_s: float) -> _Found:
    samples, unit = probe.info.drive_dim, probe.info.response_unit
    rise = int(RISE * samples)
    length = samples - rise
    cycles = _loud_cycles(probe, length)
    envelope = np.ones(samples)
    envelope[:rise] = signal.get_window("hann", 2 * rise + 1, fftbins=False)[:rise]
    sine = envelope * np.sin(2 * np.pi * cycles / length * (np.arange(samples) - rise))
    drives = probe.swung(np.repeat(LEVELS[:, None] * sine, REPEATS, axis=0))
    answers = probe.shoot(drives).reshape(len(LEVELS), REPEATS, samples)[:, :, rise:]
    window = np.asarray(signal.get_window("blackmanharris", length))
    power = np.square(np.abs(np.fft.rfft(window * answers)) / (window.sum() / 2)).mean(1)
    bins = np.arange(power.shape[1])
    elsewhere = (bins % cycles >= SPACING // 2) & (bins % cycles <= cycles - SPACING // 2)
    noise = np.median(power[:, elsewhere], axis=1) / np.log(2)  # of an exponential distribution, as |noise|² has
    fundamental = (power[:, cycles] - noise).clip(0)
    harmonics = sum(power[:, number * cycles] - noise for number in HARMONICS)
    harmonics = np.where(harmonics > SURE * noise * np.sqrt(len(HARMONICS) / REPEATS), harmonics, 0.0)
    frequency = bins / (length * interval_s)
    spectrum = Curve(
        Phrase("Spectrum at full drive"),
        Phrase("Frequency"),
        "Hz",
        Phrase("Amplitude"),
        unit,
        frequency,
        np.sqrt(power[-1]),
    )
    return _Found(np.sqrt(fundamental) / LEVELS, _ratio(harmonics, fundamental), (spectrum,))


def _loud_cycles(probe: Probe, length: int) -> int:
    """Return how many cycles in `length` samples the system answers loudest, with the harmonics below Nyquist."""
    samples = probe.info.drive_dim
    period = samples // 2
    waves = multi_sine(SEARCH_SHOTS, period, np.random.default_rng(0))
    drives = np.pad(waves, ((0, 0), (0, samples - period)), mode="wrap")
    steady = probe.shoot(probe.swung(SEARCH_LEVEL * drives))[:, samples - period :]
    power = np.square(np.abs(np.fft.rfft(steady))).mean(0)
    choices = np.arange(SPACING, max(int(0.45 * length) // HARMONICS[-1], SPACING) + 1)
    return int(choices[power[np.round(choices * period / length).astype(int)].argmax()])


def _by_changes(probe: Probe) -> _Found:
    directions = np.sign(uniform(DIRECTIONS, probe.info.drive_dim, probe.generator).numpy().astype(float))
    middle = probe.shoot(np.full((REPEATS, probe.info.drive_dim), 0.5))
    changes = 0.5 * LEVELS[:, None, None] * directions
    drives = 0.5 + np.stack([changes, -changes])  # (side, level, direction, control)
    answers = probe.shoot(np.tile(drives.reshape(-1, probe.info.drive_dim), (REPEATS, 1)))
    up, down = answers.reshape(REPEATS, *drives.shape[:3], -1).swapaxes(0, 1)
    noise = np.concatenate([up, down]).reshape(2, *up.shape).var(1, ddof=1).mean((0, 2, 3)) / REPEATS  # (level,)
    odd, even = (up - down).mean(0) / 2, (up + down).mean(0) / 2 - middle.mean(0)
    odd_power = (np.square(odd).mean((1, 2)) - noise / 2).clip(0)
    floor = noise / 2 + middle.var(0, ddof=1).mean() / REPEATS
    even_power = np.square(even).mean((1, 2)) - floor
    even_power = np.where(even_power > SURE * floor / np.sqrt(DIRECTIONS), even_power, 0.0)
    return _Found(np.sqrt(odd_power) / LEVELS, _ratio(even_power, odd_power))


def _ratio(part: Array, whole: Array) -> Array:
    return np.sqrt(np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0))
