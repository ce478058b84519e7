"""How does the system change with time? The same few shots, the sentinels, tell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import stdtrit

from core.calibration.characterise_probe import Probe, Progress, ignore
from core.calibration.events import Curve, Quantity, StepEnded
from core.calibration.excitation import mixed
from core.phrase import Phrase
from core.ports import Measure, SystemInfo

VISITS = 16
SENTINELS, REPEATS = 8, 4
SLOW, FAST = 0.01, 0.1  # change an hour, of the signal
LEAST_CHANGE = 0.01  # of the signal: in a short time anything less may be fast and is none of a calibration's business
LEAST_HOURS, HOUR_S = 1e-9, 3600.0
CERTAIN = 4.0  # times the variance of a mean, since all channels may scatter together


def drift_step(
    measure: Measure,
    info: SystemInfo,
    *,
    seed: int,
    progress: Progress = ignore,
    between: Callable[[], None] = lambda: None,
    clock_s: Callable[[], float] | None = None,
    visits: int = VISITS,
) -> StepEnded:
    """Measure the sentinels again and again, `between` in between: how do their gain, offset and shape change?

    `clock_s` tells the time; without it the shots do, each `info.shot_s` long. A response is g s + o + rest with the
    sentinels' mean response s. What the noise adds to the change of shape is taken off.
    """
    probe = Probe("drift", measure, info, seed=seed, total=visits * SENTINELS * REPEATS, progress=progress)
    drives = mixed(SENTINELS, info.drive_dim, info.signed_drive, probe.generator).numpy()
    times, answers = list[float](), list[np.ndarray]()
    for visit in range(visits):
        if visit:
            between()
        answers.append(probe.shoot(np.tile(drives, (REPEATS, 1))).reshape(REPEATS, SENTINELS, -1))
        times.append(probe.passes * info.shot_s if clock_s is None else clock_s())
    shots = np.array(answers)  # (visit, repeat, sentinel, response)
    seconds = np.array(times) - times[0]
    hours = seconds / HOUR_S
    means = shots.mean(1)
    noise = float(shots.var(1, ddof=1).mean()) / REPEATS
    signal = means.mean(0) - means.mean((0, 1))
    power = max(float(np.square(signal).mean()), np.finfo(float).tiny)
    gains = np.einsum("vsr,sr->v", means, signal) / np.square(signal).sum()
    offsets = means.mean((1, 2))
    departure = np.square(means - means[0]).mean((1, 2)) - 2 * noise
    departure[0] = 0.0
    shape = np.sqrt(departure.clip(min=0) / power)

    label, time_axis = Phrase("Change of the signal"), (Phrase("Time"), "s")
    curves = (
        Curve(Phrase("Gain"), *time_axis, Phrase("Relative gain"), "1", seconds, gains / gains[0], kind="points"),
        Curve(Phrase("Change since the first visit"), *time_axis, label, "1", seconds, shape, kind="points"),
    )
    if hours[-1] < LEAST_HOURS:
        return probe.ended("skipped", Phrase("No time went by, so that nothing can be said about drift."), {}, *curves)
    slope, low, high = _slope(hours, gains / gains[0])
    offset = _slope(hours, offsets)
    figures: dict[str, Quantity] = {
        Phrase("Gain drift"): Quantity(slope, "1/h", low, high),
        Phrase("Offset drift"): Quantity(offset[0], f"{info.response_unit}/h", *offset[1:]),
        Phrase("Change since the first visit"): Quantity(float(shape[-1]), "1"),
        Phrase("Time"): Quantity(float(seconds[-1]), "s"),
    }
    told = {"change": float(shape[-1]), "time": _time(float(seconds[-1]))}
    surely = max(low, -high, 0.0)  # the slowest drift that the interval allows
    pace = max(surely, float(shape[-1] / hours[-1]) if departure[-1] > CERTAIN * noise else 0.0)
    if pace <= SLOW or pace * hours[-1] <= LEAST_CHANGE:
        return probe.ended("good", Phrase("No drift that matters in {time}.", **told), figures, *curves)
    text = "The response changes by {change:.1%} in {time}; calibrate again about as often, or let it warm up."
    return probe.ended("warning" if pace <= FAST else "bad", Phrase(text, **told), figures, *curves)


def _time(seconds: float) -> Phrase:
    if seconds < HOUR_S:
        return Phrase("{seconds:.3g} s", seconds=seconds)
    return Phrase("{hours:.2g} h", hours=seconds / HOUR_S)


def _slope(hours: np.ndarray, values: np.ndarray) -> tuple[float, float, float]:
    """Return a straight line's slope with its 95 % interval."""
    line, covariance = np.polyfit(hours, values, 1, cov=True)
    half = stdtrit(len(hours) - 2, 0.975) * np.sqrt(covariance[0, 0])
    return float(line[0]), float(line[0] - half), float(line[0] + half)
