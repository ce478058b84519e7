"""The linear response: transfer function, impulse response and memory of waveforms, else the small-signal matrix."""

from __future__ import annotations

import numpy as np
from scipy import signal

from core.calibration.characterise_probe import Array, Probe, Progress, ignore, over, sample_interval_s
from core.calibration.characterise_transfer import (
    TINY,
    Spectral,
    h1,
    impulse_response,
    memory,
    multi_sine,
    predicted,
    resonances,
    sign_pattern,
    small_signal_matrix,
    transfer,
    without_noise,
)
from core.calibration.events import Curve, Outcome, Quantity, StepEnded
from core.calibration.excitation import uniform
from core.phrase import Phrase
from core.ports import Measure, SystemInfo

LEVEL = 0.25  # of the drive's range: mostly linear, and well above noise
RANDOM_SHOTS, MULTI_SINES, SWEEPS, REST_SHOTS = 64, 32, 16, 32
SWEEP_BAND = (0.002, 0.45)  # of the sampling rate
SWEEP_SHARE = 0.75  # of a shot; in the rest it dies away
FORGOTTEN = 0.01  # of the impulse response's energy
STEP = 0.1  # of a control's range, to either side of its middle
GOOD, USABLE = 0.8, 0.4  # coherence
MOST_RESONANCES = 5
STILL = 3.0  # standard errors of a control's column that tell nothing
FREQUENCY, MAGNITUDE, COHERENCE = Phrase("Frequency"), Phrase("Magnitude"), Phrase("Coherence")
RANDOM, MULTI_SINE = Phrase("Random"), Phrase("Multi-sine")


def response_step(measure: Measure, info: SystemInfo, *, seed: int, progress: Progress = ignore) -> StepEnded:
    """Measure the linear response: as a transfer function between waveforms, else as a matrix between channels."""
    interval_s = sample_interval_s(info)
    if interval_s is None:
        return _matrix(measure, info, seed, progress)
    return _waveforms(measure, info, seed, progress, interval_s)


def _waveforms(measure: Measure, info: SystemInfo, seed: int, progress: Progress, interval_s: float) -> StepEnded:
    total = REST_SHOTS + RANDOM_SHOTS + MULTI_SINES + SWEEPS
    probe = Probe("response", measure, info, seed=seed, total=total, progress=progress)
    samples, period = info.drive_dim, info.drive_dim // 2
    unit = f"{info.response_unit}/{info.drive_unit}" if info.response_unit != info.drive_unit else "1"
    still = probe.shoot(probe.at_rest(REST_SHOTS)).mean(0)

    def answer(shape: Array) -> Array:
        return probe.shoot(probe.swung(LEVEL * shape)) - still

    noise = uniform(RANDOM_SHOTS, samples, probe.generator).numpy().astype(float)
    waves = np.tile(multi_sine(MULTI_SINES, period, np.random.default_rng(seed)), 2)
    sweep = np.zeros(samples)
    length = int(SWEEP_SHARE * samples)
    sweep[:length] = signal.chirp(np.arange(length), SWEEP_BAND[0], length, SWEEP_BAND[1], phi=-90)
    answers = answer(noise)
    raw, error = impulse_response(LEVEL * noise, answers)
    impulse = without_noise(raw, error)
    by_noise = transfer(impulse, LEVEL * noise, answers)
    probe.found = (_magnitude(RANDOM, by_noise, interval_s, unit),)
    steady = slice(samples - period, samples)
    waves = np.pad(waves, ((0, 0), (0, samples - waves.shape[1])), mode="wrap")
    by_waves = h1(LEVEL * waves[:, steady], answer(waves)[:, steady])
    probe.found = (*probe.found, _magnitude(MULTI_SINE, by_waves, interval_s, unit))
    sweeps = np.tile(sweep, (SWEEPS, 1))
    by_sweep = _within(h1(LEVEL * sweeps, answer(sweeps)), SWEEP_BAND)

    peaks, _ = resonances(impulse)
    heights = np.interp(peaks, by_noise.frequency, np.abs(by_noise.response))
    memory_s = interval_s * memory(impulse, FORGOTTEN)
    left, shots = np.square(answers - predicted(impulse, LEVEL * noise)).sum(), RANDOM_SHOTS
    explained = max(1 - left / max(np.square(answers).sum(), TINY) * shots / (shots - 1), 0.0)
    figures: dict[str, Quantity] = {
        COHERENCE: Quantity(float(explained), "1"),
        Phrase("Memory"): Quantity(memory_s, "s"),
        Phrase("Difference by multi-sine"): Quantity(_difference(by_waves, by_noise), "1"),
        Phrase("Difference by swept sine"): Quantity(_difference(by_sweep, by_noise), "1"),
    }
    for number, peak in enumerate(peaks[:MOST_RESONANCES], 1):
        figures[Phrase("Maximum {number}", number=number)] = Quantity(peak / interval_s, "Hz")
    named = ((RANDOM, by_noise), (MULTI_SINE, by_waves))
    curves = [
        *probe.found,
        _magnitude(Phrase("Swept sine"), by_sweep, interval_s, unit),
        Curve(Phrase("Maxima"), FREQUENCY, "Hz", MAGNITUDE, unit, peaks / interval_s, heights, kind="points"),
        *(Curve(n, FREQUENCY, "Hz", COHERENCE, "1", s.frequency / interval_s, s.coherence) for n, s in named),
        Curve(RANDOM, FREQUENCY, "Hz", Phrase("Phase"), "rad", *_phase(by_noise, interval_s)),
        over(
            info.response_axis,
            Phrase("Impulse response"),
            Phrase("Impulse response"),
            unit,
            raw,
            low=raw - 1.96 * error,
            high=raw + 1.96 * error,
        ),
    ]
    told = Phrase(
        "A linear response explains {coherence:.1%} at a quarter of the range; its memory is {memory:.2g} s.",
        coherence=explained,
        memory=memory_s,
    )
    return probe.ended(_outcome(float(explained)), told, figures, *curves)


def _matrix(measure: Measure, info: SystemInfo, seed: int, progress: Progress) -> StepEnded:
    generator = np.random.default_rng(seed)
    directions = sign_pattern(info.drive_dim, generator)
    probe = Probe("response", measure, info, seed=seed, total=2 * len(directions), progress=progress)
    pairs = probe.shoot(0.5 + STEP * np.stack([directions, -directions], 1).reshape(-1, info.drive_dim))
    slopes = (pairs[::2] - pairs[1::2]) / (2 * STEP)
    matrix, error, coherence = small_signal_matrix(directions, slopes)
    singular = np.linalg.svd(matrix, compute_uv=False)
    # Noise alone has singular values up to about σ(√m + √n): Marchenko and Pastur.
    edge = float(np.sqrt(np.square(error).mean()) * (np.sqrt(matrix.shape[0]) + np.sqrt(matrix.shape[1])))
    sensitivity = np.sqrt(np.square(matrix).sum(0))
    chance = np.square(error).sum() * (1 + STILL * np.sqrt(2 / len(error)))
    power = np.square(slopes).mean(0).sum()
    total = float(np.sum(coherence * np.square(slopes).mean(0)) / power) if power else 0.0
    figures: dict[str, Quantity] = {
        COHERENCE: Quantity(total, "1"),
        Phrase("Rank above noise"): Quantity(int((singular > edge).sum()), "1"),
        Phrase("Largest singular value"): Quantity(float(singular[0]), "1"),
        Phrase("Controls without effect"): Quantity(int((np.square(sensitivity) <= chance).sum()), "1"),
    }
    unit = info.response_unit if info.response_unit != info.drive_unit else "1"
    drive, response = info.drive_axis, info.response_axis
    value, slope, number = Phrase("Singular value"), Phrase("Slope"), np.arange(1, len(singular) + 1)
    name, columns = Phrase("Small-signal matrix"), (drive.quantity, drive.unit)
    curves = (
        Curve(name, *columns, slope, unit, drive.values, matrix, kind="image"),
        over(drive, Phrase("Sensitivity to each control"), Phrase("Sensitivity"), unit, sensitivity),
        over(response, COHERENCE, COHERENCE, "1", coherence),
        Curve(Phrase("Singular values"), Phrase("Number"), "1", value, unit, number, singular, kind="points"),
    )
    told = "The controls' small changes explain {coherence:.1%} of the response's; {rank} of {all} directions count."
    rank = int((singular > edge).sum())
    phrase = Phrase(told, coherence=total, rank=rank, all=len(singular))
    return probe.ended(_outcome(total), phrase, figures, *curves)


def _within(found: Spectral, band: tuple[float, float]) -> Spectral:
    """Return the part of a transfer function in a band, at whose ends the excitation begins and stops."""
    inside = (found.frequency > 2 * band[0]) & (found.frequency < band[1] - band[0])
    return Spectral(found.frequency[inside], found.response[inside], found.coherence[inside])


def _difference(found: Spectral, reference: Spectral) -> float:
    """Return the rms difference of two transfer functions at the first one's frequencies, over the second's rms."""
    at = np.interp(found.frequency, reference.frequency, reference.response)
    return float(np.sqrt(np.square(np.abs(found.response - at)).mean() / np.square(np.abs(at)).mean()))


def _magnitude(name: str, found: Spectral, interval_s: float, unit: str) -> Curve:
    return Curve(name, FREQUENCY, "Hz", MAGNITUDE, unit, found.frequency / interval_s, np.abs(found.response))


def _phase(found: Spectral, interval_s: float) -> tuple[Array, Array]:
    return found.frequency / interval_s, np.unwrap(np.angle(found.response))


def _outcome(coherence: float) -> Outcome:
    return "good" if coherence > GOOD else "warning" if coherence > USABLE else "bad"
