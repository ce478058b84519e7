"""Is the system there, do all of its channels answer, and does anything saturate?"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
from scipy.ndimage import median_filter
from scipy.stats import f as f_distribution

from core.calibration.characterise_probe import LEVEL, Array, Probe, Progress, ignore, over
from core.calibration.events import Curve, Quantity, StepEnded
from core.calibration.excitation import low_pass, uniform
from core.phrase import Phrase
from core.ports import Measure, SystemInfo

CONNECT_SHOTS = 8
LEVELS = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0)
SHOTS_PER_LEVEL = 16
LOUDEST_SHOTS = 64
REST_SHOTS = 32
FALSE_ALARM = 1e-4  # chance that a channel without signal passes for one that answers
LIVELY = 10.0  # signal over noise of neighbours beside which a silent channel is a dead one
AT_ONE_END = 5  # values exactly at one end that are no coincidence
MUCH_CLIPPED = 0.01  # of the loudest shots' values
MOST_NAMED = 5


def connect_step(measure: Measure, info: SystemInfo, *, seed: int, progress: Progress = ignore) -> StepEnded:
    """Ask for a few shots, at rest and at random: is what comes back a response, and does the drive change it?"""
    probe = Probe("connect", measure, info, seed=seed, total=2 * CONNECT_SHOTS, progress=progress)
    start_s = time.perf_counter()
    still = probe.shoot(probe.at_rest(CONNECT_SHOTS))
    driven = probe.shoot(probe.swung(uniform(CONNECT_SHOTS, info.drive_dim, probe.generator).numpy()))
    rate = Quantity(probe.passes / (time.perf_counter() - start_s), "Hz")
    figures: dict[str, Quantity] = {
        Phrase("Controls"): Quantity(info.drive_dim, "1"),
        Phrase("Responses"): Quantity(info.response_dim, "1"),
        Phrase("Shots per second"): rate,
    }
    shape = still.shape[1:]
    if shape != (info.response_dim,):
        text = "A shot brings {found} values, not {expected}; check the length of the record."
        return probe.ended("bad", Phrase(text, found=str(shape), expected=info.response_dim), figures)
    if not (np.isfinite(still).all() and np.isfinite(driven).all()):
        text = Phrase("The response holds values that are not finite; check the input and its range.")
        return probe.ended("bad", text, figures)
    curves = [
        over(info.response_axis, name, info.response_label, info.response_unit, shots.mean(0))
        for name, shots in ((Phrase("At rest"), still), (Phrase("Driven at random"), driven))
    ]
    noise, change = still.var(0, ddof=1).sum(), driven.var(0, ddof=1).sum()
    if not change > 2 * noise:
        text = Phrase("The response does not depend on the drive; check the cables, the outputs and the gain.")
        return probe.ended("bad", text, figures, *curves)
    text = Phrase("Answers with {rate:.0f} shots per second.", rate=rate.value)
    return probe.ended("good", text, figures, *curves)


def range_step(measure: Measure, info: SystemInfo, *, seed: int, progress: Progress = ignore) -> StepEnded:
    """Drive the system from quiet to loud; find channels that are dead or saturate, and the dynamic range.

    The dynamic range is the largest response's distance from rest over the channels' rms noise there.
    """
    counts = [*[SHOTS_PER_LEVEL] * (len(LEVELS) - 1), LOUDEST_SHOTS]
    probe = Probe("range", measure, info, seed=seed, total=REST_SHOTS + sum(counts), progress=progress)
    still = probe.shoot(probe.at_rest(REST_SHOTS))
    shapes = [level * _shapes(probe, count) for level, count in zip(LEVELS, counts, strict=True)]
    driven = [probe.shoot(probe.swung(shape) if info.signed_drive else shape) for shape in shapes]
    rest, noise, everything = still.mean(0), still.std(0, ddof=1), np.concatenate([still, *driven])

    spread = everything.std(0, ddof=1)
    limit = f_distribution.isf(FALSE_ALARM, len(everything) - 1, REST_SHOTS - 1)
    silent = spread**2 <= limit * noise**2
    with np.errstate(divide="ignore", invalid="ignore"):
        liveliness = np.where(spread > 0, spread / noise, 0.0)
    stuck = (np.ptp(everything, axis=0) == 0) & (_neighbours(noise) > 0)
    dead = stuck | (silent & (_neighbours(liveliness) > LIVELY))
    clipped = at_rails(driven[-1], rest)
    share = float(clipped.mean())
    reach = np.abs(everything - rest).max(0)
    noise_rms = float(np.sqrt(np.square(noise).mean()))

    figures: dict[str, Quantity] = {
        Phrase("Largest response"): Quantity(float(everything.max()), info.response_unit),
        Phrase("Smallest response"): Quantity(float(everything.min()), info.response_unit),
        Phrase("Dead channels"): Quantity(int(dead.sum()), "1"),
        Phrase("Channels without signal"): Quantity(int(silent.sum()), "1"),
        Phrase("Clipped values of loud shots"): Quantity(share, "1"),
    }
    if noise_rms:
        figures[Phrase("Dynamic range")] = Quantity(float(reach.max()) / noise_rms, "1")
    loudness = np.array([np.sqrt(np.square(shots - rest).mean()) for shots in driven])
    label, unit, loud = info.response_label, info.response_unit, driven[-1]
    curves = (
        over(info.response_axis, Phrase("Range"), label, unit, loud.mean(0), low=loud.min(0), high=loud.max(0)),
        Curve(Phrase("Loudness"), LEVEL, "1", Phrase("rms response"), unit, np.array(LEVELS), loudness, kind="points"),
    )
    if silent.all():
        text = Phrase("No channel answers to the drive; check the cables, the outputs and the gain.")
        return probe.ended("bad", text, figures, *curves)
    if dead.any():
        text = "{count} of {all} channels do not answer ({names}); check the sensor, or leave them out."
        phrase = Phrase(text, count=int(dead.sum()), all=len(dead), names=_named(np.flatnonzero(dead)))
        return probe.ended("bad", phrase, figures, *curves)
    if share:
        channels = np.flatnonzero(clipped.any(0))
        text = "{share:.2%} of the loudest shots' values saturate (channels {names}); lower the gain or the drive."
        outcome = "bad" if share > MUCH_CLIPPED else "warning"
        return probe.ended(outcome, Phrase(text, share=share, names=_named(channels)), figures, *curves)
    return probe.ended("good", Phrase("All channels answer and none saturates."), figures, *curves)


def _neighbours(values: Array) -> Array:
    """Return the median of each channel and of the two beside it on either side: a dark edge has dark neighbours."""
    return median_filter(values, 5, mode="mirror")


def at_rails(values: Array, rest: Array) -> Array:
    """Tell which values (shot, channel) lie at an end, their channel's or that of all, where values pile up.

    An end is a rail when several values are exactly there, more than twice as many as at the next value, and when it is
    not where the channel rests: a dark detector's zero is none.
    """
    rails = np.zeros(values.shape, dtype=bool)
    for side in (1.0, -1.0):
        signed, still = side * values, side * rest
        rails |= _piled(signed, still)
        rails |= _piled(signed.reshape(-1, 1), np.full(1, np.median(still))).reshape(values.shape)
    return rails


def _piled(values: Array, rest: Array) -> Array:
    """Tell which values (shot, channel) pile up at their channel's upper end."""
    end, span = values.max(0), np.ptp(values, axis=0)
    same = 1e-6 * span
    at_end = values >= end - same
    following = np.where(at_end, -np.inf, values).max(0)
    next_count = (~at_end & (values >= following - same)).sum(0)
    count = at_end.sum(0)
    return at_end & (count >= AT_ONE_END) & (count > 2 * next_count) & (end - rest > 0.1 * span)


def _shapes(probe: Probe, count: int) -> Array:
    """Return white, low-pass and nearly constant shapes of peak about 1, of which no two have the same peak."""
    dim, draw = probe.info.drive_dim, probe.generator
    half = count // 2
    shapes = torch.cat([uniform(half, dim, draw), low_pass(count - half, dim, draw)])
    shapes[0], shapes[-1] = 1.0, -1.0
    shapes = shapes * (0.9 + 0.1 * torch.rand(shapes.shape, generator=draw))  # or a drive's own end would be a rail
    return (shapes if probe.info.signed_drive else 0.5 + 0.5 * shapes).numpy().astype(float)


def _named(channels: Sequence[int] | Array) -> str:
    """Name the first few channels, counted from 1."""
    shown = ", ".join(str(channel + 1) for channel in channels[:MOST_NAMED])
    return f"{shown}, …" if len(channels) > MOST_NAMED else shown
