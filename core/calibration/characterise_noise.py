"""How far do repeated shots scatter, and how much of that moves many channels together?"""

from __future__ import annotations

import numpy as np
from scipy import signal

from core.calibration.characterise_probe import Array, Probe, Progress, ignore, over, rms_quantity, sample_interval_s
from core.calibration.events import Curve, Quantity, StepEnded
from core.calibration.excitation import mixed, uniform
from core.phrase import Phrase
from core.ports import Measure, SystemInfo

REPEATS = 128  # of one loud shot, for the covariance
REST_SHOTS = 64
POINTS, POINT_REPEATS = 8, 16
PERMUTATIONS = 20
GOOD, USABLE = 0.1, 0.5  # noise over signal


def noise_step(measure: Measure, info: SystemInfo, *, seed: int, progress: Progress = ignore) -> StepEnded:
    """Repeat shots: noise floor at rest, covariance at a loud shot and its common parts, noise over signal.

    Noise and signal are rms over the channels; the signal is the responses' scatter from drive to drive.
    """
    total = REST_SHOTS + REPEATS + POINTS * POINT_REPEATS
    probe = Probe("noise", measure, info, seed=seed, total=total, progress=progress)
    unit, axis = info.response_unit, info.response_axis
    still = deviations(probe.shoot(probe.at_rest(REST_SHOTS)))
    loud = probe.swung(uniform(1, info.drive_dim, probe.generator).numpy())
    scatter = deviations(probe.shoot(loud.repeat(REPEATS, axis=0)))
    drives = mixed(POINTS, info.drive_dim, info.signed_drive, probe.generator).numpy()
    answers = probe.shoot(np.tile(drives, (POINT_REPEATS, 1))).reshape(POINT_REPEATS, POINTS, -1)
    elsewhere = answers.std(0, ddof=1)

    floor, noise = (rms_quantity(np.square(shots).mean(1), unit) for shots in (still, scatter))
    noise_power = float(np.square(elsewhere).mean())
    signal_power = float(answers.mean(0).var(0, ddof=1).mean()) - noise_power / POINT_REPEATS
    rank, share = common_parts(scatter, np.random.default_rng(seed))
    figures: dict[str, Quantity] = {
        Phrase("Noise floor"): floor,
        Phrase("Noise of a loud shot"): noise,
        Phrase("Common parts of the noise"): Quantity(rank, "1"),
        Phrase("Noise power in common parts"): Quantity(share, "1"),
    }
    label = Phrase("rms noise")
    levels, noises = np.sqrt(np.square(answers.mean(0)).mean(1)), np.sqrt(np.square(elsewhere).mean(1))
    covariance = Phrase("Covariance")
    curves = [
        over(axis, Phrase("At rest"), label, unit, np.sqrt(np.square(still).mean(0))),
        over(axis, Phrase("Loud"), label, unit, np.sqrt(np.square(scatter).mean(0))),
        Curve(
            covariance,
            axis.quantity,
            axis.unit,
            covariance,
            f"{unit}²",
            axis.values,
            _covariance(scatter),
            kind="image",
        ),
        Curve(Phrase("Noise against level"), Phrase("rms response"), unit, label, unit, levels, noises, kind="points"),
    ]
    if (interval_s := sample_interval_s(info)) is not None:
        frequency, power = signal.periodogram(still, 1 / interval_s)
        density = np.sqrt(power.mean(0)[1:])
        curves.append(
            Curve(
                Phrase("Spectrum at rest"),
                Phrase("Frequency"),
                "Hz",
                Phrase("Noise density"),
                f"{unit}/√Hz",
                frequency[1:],
                density,
            )
        )
    if signal_power <= 0:
        text = Phrase("The response cannot be told from its noise; raise the drive or the gain.")
        return probe.ended("bad", text, figures, *curves)
    ratio = float(np.sqrt(noise_power / signal_power))
    figures[Phrase("Noise over signal")] = Quantity(ratio, "1")
    if ratio < GOOD:
        text = Phrase("Repeated shots scatter by {ratio:.1%} of the signal.", ratio=ratio)
        return probe.ended("good", text, figures, *curves)
    text = "Repeated shots scatter by {ratio:.1%} of the signal; raise the drive or the gain, or average."
    return probe.ended("warning" if ratio < USABLE else "bad", Phrase(text, ratio=ratio), figures, *curves)


def deviations(shots: Array) -> Array:
    """Return repeats (shot, channel) less their mean, scaled so that their mean square is the variance, unbiased."""
    return (shots - shots.mean(0)) * np.sqrt(len(shots) / (len(shots) - 1))


def common_parts(scatter: Array, generator: np.random.Generator) -> tuple[int, float]:
    """Count the components in which channels scatter together; return the part of the noise power that they hold.

    Components count whose singular value exceeds that of all copies in which each channel's repeats are shuffled by
    themselves: parallel analysis, Horn, Psychometrika 30, 179 (1965). All channels weigh alike.
    """
    spread = scatter.std(0)
    scaled = scatter[:, spread > 0] / spread[spread > 0]
    if not scaled.size:
        return 0, 0.0
    singular = np.linalg.svd(scaled, compute_uv=False)
    chance = max(np.linalg.svd(generator.permuted(scaled, axis=0), compute_uv=False)[0] for _ in range(PERMUTATIONS))
    rank = int((singular > chance).sum())
    rest = np.square(singular[rank:]).mean() if rank < len(singular) else 0.0
    return rank, float(np.sum(np.square(singular[:rank]) - rest) / np.sum(np.square(singular)))


def _covariance(scatter: Array) -> Array:
    return scatter.T @ scatter / len(scatter)
