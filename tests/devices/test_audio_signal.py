"""Shots are found again in what a microphone recorded: late, filtered, noisy, slipped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import fftconvolve

from devices.audio.signal import (
    MARKER_SAMPLES,
    Heard,
    Layout,
    coarse_delay,
    find_markers,
    layout,
    listen,
    loudness_within,
    unit_marker,
    unit_sweep,
)

PLACE = Layout(784, 3200)
SLOTS = 6


def resonances(random: np.random.Generator) -> np.ndarray:
    """An impulse response that begins at once and rings loudest somewhat later, as a plate's does."""
    time = np.arange(3000)
    modes = sum(
        random.uniform(0.5, 1) * np.sin(random.uniform(0.2, 2.5) * time + random.uniform(0, 1)) * np.exp(-time / 300)
        for _ in range(6)
    )
    return np.where(time == 0, 1.5 * np.abs(modes).max(), modes)


def room(signal: np.ndarray, impulse: np.ndarray, delay: int, noise: float, random: np.random.Generator) -> np.ndarray:
    heard = np.zeros(len(signal) + 24_000)
    heard[delay : delay + len(signal)] = fftconvolve(signal, impulse)[: len(signal)]
    return heard + noise * heard.std() * random.standard_normal(len(heard))


def learnt(impulse: np.ndarray, delay: int, noise: float, random: np.random.Generator) -> Heard:
    signal = PLACE.played(np.tile(unit_sweep(784), (SLOTS, 1)), unit_marker())
    record = room(signal, impulse, delay, noise, random)
    return listen(record, PLACE, unit_sweep(784), SLOTS, coarse_delay(record, signal))


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(600, 9_000), st.floats(0, 0.1))
def test_the_delay_is_that_of_the_first_sound(seed: int, delay: int, noise: float):
    random = np.random.default_rng(seed)
    assert learnt(resonances(random), delay, noise, random).delay == delay


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(-200, 200), st.integers(0, SLOTS))
def test_a_slip_of_the_stream_is_seen_where_it_is(seed: int, slip: int, slot: int):
    random = np.random.default_rng(seed)
    impulse = resonances(random)
    heard = learnt(impulse, 1537, 0.05, random)
    shots = random.uniform(-1, 1, (SLOTS, 784))
    record = room(PLACE.played(shots, unit_marker()), impulse, 1537, 0.05, random)
    at = slot * PLACE.slot + 1537 + PLACE.shot_at - 1500
    slipped = np.concatenate([record[:at], np.zeros(max(slip, 0)), record[at + max(-slip, 0) :]])
    late, correlation, gain = find_markers(slipped, PLACE, heard, SLOTS)
    np.testing.assert_array_equal(late, np.where(np.arange(SLOTS + 1) > slot, slip, 0))
    assert correlation.min() > 0.7
    np.testing.assert_allclose(gain, 1, atol=0.2)


def test_a_marker_is_a_chirp_through_its_band_and_no_sample_of_it_is_silent():
    marker = unit_marker()
    power = np.abs(np.fft.rfft(marker, 8192)) ** 2
    frequency = np.fft.rfftfreq(8192)
    assert power[(frequency > 1 / 14) & (frequency < 1 / 2.8)].sum() > 0.999 * power.sum()
    assert (marker[[0, -1]] != 0).all()
    assert np.abs(marker).max() <= 1


@pytest.mark.parametrize("peak_v", [0.1, 1.0])
@pytest.mark.parametrize("slew_v_per_s", [100.0, 1e9])
def test_markers_and_sweeps_keep_the_limits(peak_v: float, slew_v_per_s: float):
    for unit in (unit_marker(), unit_sweep(784)):
        played = unit * loudness_within(unit, peak_v, slew_v_per_s, 48e3)
        assert np.abs(played).max() <= peak_v
        assert np.abs(np.diff(played, prepend=0, append=0)).max() * 48e3 <= slew_v_per_s * (1 + 1e-9)


def test_markers_rest_as_long_as_their_duty_asks():
    """The mean square over a marker and its rest is at most the duty's part of the largest."""
    marker = 0.7 * unit_marker()
    assert np.square(marker).sum() / layout(784, 1000, 0.001).rest_samples <= 0.001
    assert layout(784, 3200, 1.0) == PLACE


def test_a_transfer_is_markers_and_shots_apart_by_the_rest():
    shots = np.random.default_rng(0).uniform(0.1, 1, (3, 784))
    played = PLACE.played(shots, unit_marker())
    sounding = played != 0
    np.testing.assert_array_equal(played[PLACE.shot_at :][:784], shots[0])
    assert sounding[: 3 * PLACE.slot + MARKER_SAMPLES].sum() == shots.size + 4 * np.count_nonzero(unit_marker())
    assert len(played) == 3 * PLACE.slot + PLACE.shot_at
