"""Characterisation of systems with waveforms: what is measured is what closed forms and SciPy say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal

from core.calibration.characterise import (
    CHARACTERISATION,
    connect_step,
    latency_step,
    linearity_step,
    noise_step,
    range_step,
    response_step,
)
from core.calibration.characterise_transfer import h1, impulse_response, memory, resonances, transfer, without_noise
from core.calibration.events import Curve, StepEnded, StepProgress
from tests.core.calibration.systems import RATE_HZ, SAMPLES, Lab


def figure(ended: StepEnded, name: str) -> float:
    return ended.figures[name].value


def curve(ended: StepEnded, name: str, y_quantity: str | None = None) -> Curve:
    (found,) = [c for c in ended.curves if c.name == name and y_quantity in (None, c.y_quantity)]
    return found


@pytest.mark.parametrize("name", CHARACTERISATION)
def test_a_step_tells_its_passes_and_ends_with_them(name):
    lab, told = Lab(noise=0.01), list[StepProgress]()
    ended = CHARACTERISATION[name](lab, lab.info, seed=1, progress=told.append)
    assert ended.step == name
    assert figure(ended, "Device passes") == lab.shots == told[-1].done == told[-1].total
    assert [event.done for event in told] == sorted(event.done for event in told)
    again = Lab(noise=0.01)
    repeated = CHARACTERISATION[name](again, again.info, seed=1)
    same = {key: value for key, value in ended.figures.items() if key != "Shots per second"}
    assert same == {key: value for key, value in repeated.figures.items() if key != "Shots per second"}


@pytest.mark.parametrize("name", CHARACTERISATION)
@pytest.mark.parametrize("samples", [16, 33, 64])
def test_short_records_are_characterised_too(name, samples):
    lab = Lab(noise=0.01, samples=samples)
    assert CHARACTERISATION[name](lab, lab.info, seed=1).outcome in ("good", "skipped")


def test_the_transfer_function_is_shown_as_soon_as_it_is_measured():
    lab, told = Lab(np.array([0.5, 0.3]), noise=0.01), list[StepProgress]()
    ended = response_step(lab, lab.info, seed=1, progress=told.append)
    shown = [[seen.name for seen in event.curves if seen.y_quantity == "Magnitude"] for event in told]
    assert shown == [[], [], ["Random"], ["Random", "Multi-sine"]]
    assert told[-1].curves[-2:] == ended.curves[:2]


# Connection and range


def test_a_system_that_answers_is_connected():
    lab = Lab(noise=0.01)
    assert connect_step(lab, lab.info, seed=0).outcome == "good"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda y: np.zeros_like(y), "does not depend on the drive"),
        (lambda y: y[:, :-3], "brings"),
        (lambda y: np.where(np.arange(SAMPLES) == 7, np.nan, y), "not finite"),
    ],
)
def test_a_system_that_is_not_there_is_told(change, words):
    lab = Lab(noise=0.01, change=change)
    ended = connect_step(lab, lab.info, seed=0)
    assert ended.outcome == "bad"
    assert words in ended.text


@pytest.mark.parametrize("noise", [0.0, 0.003, 0.1])
@pytest.mark.parametrize("bits", [0, 8, 14])
def test_a_sound_system_neither_clips_nor_has_dead_channels(noise, bits):
    step = 4 / 2**bits
    lab = Lab(np.array([0.6, 0.3, -0.2]), noise=noise, change=(lambda y: np.round(y / step) * step) if bits else None)
    if not bits:
        lab.change = lambda y: y
    ended = range_step(lab, lab.info, seed=0)
    assert ended.outcome == "good", ended.text


def test_clipping_is_found_with_the_share_that_was_clipped():
    """White drives: the loudest shots' response is that of the drive, of which |x| > 0.7 saturates."""
    seen = list[np.ndarray]()

    def clip(y: np.ndarray) -> np.ndarray:
        seen.append(np.abs(y) >= 0.7)
        return y.clip(-0.7, 0.7)

    lab = Lab(noise=0.01, change=clip)
    ended = range_step(lab, lab.info, seed=0)
    assert ended.outcome == "bad"
    assert "saturate" in ended.text
    loudest = np.concatenate(seen)[-64:]
    assert figure(ended, "Clipped values of loud shots") == pytest.approx(loudest.mean(), rel=0.01)


def test_one_saturating_channel_is_found_and_named():
    lab = Lab(noise=0.01, change=lambda y: np.where(np.arange(SAMPLES) == 99, y.clip(max=0.3), y))
    ended = range_step(lab, lab.info, seed=0)
    assert ended.outcome == "warning"
    assert "(channels 100)" in ended.text


@pytest.mark.parametrize("stuck", [lambda y: 0.0, lambda y: 0.25, lambda y: 0.02 * np.sin(1e4 * y)])
def test_a_dead_channel_is_found_and_named(stuck):
    """Stuck at zero, at another value, or only noise."""
    lab = Lab(noise=0.01, change=lambda y: np.where(np.isin(np.arange(SAMPLES), [40, 200]), stuck(y), y))
    ended = range_step(lab, lab.info, seed=0)
    assert ended.outcome == "bad"
    assert "2 of 512" in ended.text
    assert "41, 201" in ended.text


def test_the_dynamic_range_is_the_reach_over_the_noise():
    lab = Lab(noise=0.005)
    ended = range_step(lab, lab.info, seed=0)
    assert figure(ended, "Dynamic range") == pytest.approx(1 / 0.005, rel=0.05)
    assert figure(ended, "Largest response") == pytest.approx(1.0, abs=0.05)


# Noise


@pytest.mark.parametrize("noise", [0.003, 0.05])
def test_the_noise_floor_is_the_noise(noise):
    lab = Lab(noise=noise)
    ended = noise_step(lab, lab.info, seed=0)
    floor = ended.figures["Noise floor"]
    assert floor.value == pytest.approx(noise, rel=0.02)
    assert floor.low < noise < floor.high
    assert figure(ended, "Common parts of the noise") == 0


def test_the_covariance_of_coloured_noise_is_that_of_its_filter():
    colour = np.array([1.0, 2.0, 1.0])
    lab = Lab(noise=0.02, colour=colour)
    ended = noise_step(lab, lab.info, seed=0)
    covariance = curve(ended, "Covariance").y
    expected = np.convolve(colour, colour) / np.sum(colour**2) * 0.02**2
    for lag in range(5):
        diagonal = np.diag(covariance, lag)[4:-4]
        wanted = expected[2 + lag] if lag < 3 else 0.0
        assert diagonal.mean() == pytest.approx(wanted, abs=0.02 * 0.02**2)
    spectrum = curve(ended, "Spectrum at rest")
    _, response = signal.freqz(colour / np.linalg.norm(colour), worN=2 * np.pi * spectrum.x / RATE_HZ)
    density = 0.02 * np.abs(response) * np.sqrt(2 / RATE_HZ)
    middle = slice(10, 150)
    assert np.median(spectrum.y[middle] / density[middle]) == pytest.approx(1.0, abs=0.03)


def test_amplitude_noise_is_the_one_common_part_with_its_share_of_the_power():
    lab = Lab(noise=0.02, gain_noise=0.05)
    ended = noise_step(lab, lab.info, seed=0)
    assert figure(ended, "Common parts of the noise") == 1
    loud = figure(ended, "Noise of a loud shot")
    assert loud == pytest.approx(np.hypot(0.02, 0.05 / np.sqrt(3)), rel=0.1)  # of a uniform white drive
    assert figure(ended, "Noise floor") == pytest.approx(0.02, rel=0.02)  # which rest does not show


def test_noise_over_signal_decides():
    outcomes = []
    for noise in (0.001, 0.1, 2.0):
        lab = Lab(noise=noise)
        outcomes.append(noise_step(lab, lab.info, seed=0).outcome)
    assert outcomes == ["good", "warning", "bad"]


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_a_response_of_noise_alone_is_told(noise):
    silent = [Lab(np.zeros(1), noise=noise, session=session) for session in range(4)]
    outcomes = {noise_step(lab, lab.info, seed=0).outcome for lab in silent}
    assert outcomes == {"bad"}


# Latency and jitter


@pytest.mark.parametrize("delay", [0, 3, 40])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_latency_of_a_delay_line_is_its_delay(delay, sign):
    impulse = np.zeros(delay + 1)
    impulse[-1] = sign
    lab = Lab(impulse, noise=0.01)
    ended = latency_step(lab, lab.info, seed=0)
    assert ended.outcome == "good"
    assert figure(ended, "Latency") == pytest.approx(delay / RATE_HZ, abs=0.1 / RATE_HZ)


@pytest.mark.parametrize("jitter", [0.05, 0.4, 3.0])
@pytest.mark.parametrize("gain_noise", [0.0, 0.05])
def test_jitter_is_told_apart_from_amplitude_noise(jitter, gain_noise):
    lab = Lab(noise=0.01, jitter=jitter, gain_noise=gain_noise, colour=np.ones(4))
    ended = latency_step(lab, lab.info, seed=0)
    assert figure(ended, "Jitter") == pytest.approx(np.std(lab.shifts, ddof=1) / RATE_HZ, rel=0.03)
    assert figure(ended, "Amplitude noise") == pytest.approx(gain_noise, abs=0.008)
    assert ended.outcome == ("bad" if jitter > 1 else "warning" if jitter > 0.1 else "good")


def test_the_interval_of_the_jitter_holds_the_truth_in_most_sessions():
    """At 95 %, 4 misses in 12 have a chance of 0.2 %."""
    inside = 0
    for session in range(12):
        lab = Lab(noise=0.02, jitter=0.3, session=session)
        found = latency_step(lab, lab.info, seed=0).figures["Jitter"]
        inside += found.low < 0.3 / RATE_HZ < found.high
    assert inside > 8


@pytest.mark.parametrize("colour", [np.ones(1), np.ones(8)])
def test_noise_alone_is_no_jitter(colour):
    """Noise that makes each shift uncertain by 0.1 samples leaves less than half of that as jitter."""
    lab = Lab(noise=0.05, colour=colour)
    assert figure(latency_step(lab, lab.info, seed=0), "Jitter") < 0.03 / RATE_HZ


def test_the_error_by_jitter_of_a_narrow_band_is_2_pi_f_times_the_shift():
    resonator = signal.dimpulse((*signal.iirpeak(10e3, 30, fs=RATE_HZ), 1), n=400)[1][0].ravel()
    lab = Lab(resonator, noise=1e-4, jitter=0.2)
    ended = latency_step(lab, lab.info, seed=0)
    assert figure(ended, "Error by jitter") == pytest.approx(2 * np.pi * 10e3 * 0.2 / RATE_HZ, rel=0.15)


@pytest.mark.parametrize(
    "late",
    [
        lambda number: np.where(number > 150, 1.0, 0.0),  # a buffer slipped
        lambda number: number / 128,  # clocks that run apart
        lambda number: 5.0 * (number % 128 > 64),
    ],
)
def test_a_latency_that_changes_is_bad(late):
    lab = Lab(noise=0.01, jitter=0.02, late=late)
    ended = latency_step(lab, lab.info, seed=0)
    assert ended.outcome == "bad"
    assert "changes" in ended.text


def test_a_chirp_that_does_not_come_back_is_bad():
    lab = Lab(np.zeros(1), noise=0.05)
    ended = latency_step(lab, lab.info, seed=0)
    assert ended.outcome == "bad"
    assert "not found" in ended.text


# Linear response


def test_all_excitations_agree_with_the_transfer_function_of_a_filter():
    taps = signal.firwin(41, [0.1, 0.3], pass_zero=False) * np.linspace(1, 0.2, 41)
    lab = Lab(taps, noise=0.002)
    ended = response_step(lab, lab.info, seed=0)
    assert ended.outcome == "good"
    for name in ("Random", "Multi-sine", "Swept sine"):
        measured = curve(ended, name, "Magnitude")
        _, expected = signal.freqz(taps, worN=2 * np.pi * measured.x / RATE_HZ)
        assert np.sqrt(np.mean((measured.y - np.abs(expected)) ** 2)) < 0.01 * np.abs(expected).max()
    impulse = curve(ended, "Impulse response")
    inside = (impulse.low[:41] <= taps) & (taps <= impulse.high[:41])
    assert inside.mean() > 0.8  # a 95 % band
    assert figure(ended, "Difference by multi-sine") < 0.05


def test_the_coherence_is_the_signal_s_part_of_the_power():
    """White drive of power x² / 3 through a unit gain: γ² = S / (S + N)."""
    noise = 0.1
    lab = Lab(noise=noise)
    ended = response_step(lab, lab.info, seed=0)
    power = 0.25**2 / 3
    expected = power / (power + noise**2)
    assert figure(ended, "Coherence") == pytest.approx(expected, abs=0.03)
    by_frequency = curve(ended, "Random", "Coherence").y
    assert by_frequency[5:-5].mean() == pytest.approx(expected, abs=0.05)


def test_what_rings_on_past_the_end_of_a_shot_is_measured_all_the_same():
    """A resonator that keeps half its amplitude to the end: the estimator sees its impulse response undistorted."""
    time = np.arange(SAMPLES)
    ring = np.exp(-0.7 * time / SAMPLES) * np.sin(2 * np.pi * 0.11 * time)
    generator = np.random.default_rng(0)
    drives = generator.uniform(-1, 1, (16, SAMPLES))
    answers = np.array([np.convolve(row, ring)[:SAMPLES] for row in drives])
    found, _ = impulse_response(drives, answers)
    np.testing.assert_allclose(found, ring, atol=1e-8)
    assert resonances(found)[0][0] == pytest.approx(0.11, abs=1e-4)
    assert transfer(found, drives, answers).coherence.min() > 0.999


def test_h1_is_scipy_s_on_periodic_records():
    generator = np.random.default_rng(0)
    periods = generator.standard_normal((32, 64))
    taps = np.array([0.5, -0.25, 0.1])
    answers = np.array([np.convolve(np.tile(row, 2), taps)[64:128] for row in periods])
    found = h1(periods, answers)
    _, expected = signal.freqz(taps, worN=2 * np.pi * found.frequency)
    np.testing.assert_allclose(found.response, expected, atol=1e-9)
    np.testing.assert_allclose(found.coherence, 1.0, atol=1e-9)


@pytest.mark.parametrize("samples", [5.0, 30.0])
def test_the_memory_of_a_decay_is_its_time_to_one_percent_of_energy(samples):
    """Energy e^{-2t/τ}: 1 % is left at t = τ ln 10."""
    time = np.arange(SAMPLES)
    decay = np.exp(-time / samples)
    assert memory(decay, 0.01) == pytest.approx(samples * np.log(10), abs=1.0)
    lab = Lab(decay[:400] / samples, noise=0.002)
    ended = response_step(lab, lab.info, seed=0)
    assert figure(ended, "Memory") * RATE_HZ == pytest.approx(samples * np.log(10), rel=0.2, abs=2)


def test_what_noise_alone_makes_of_an_impulse_response_s_end_is_left_out():
    generator = np.random.default_rng(1)
    truth, error = np.exp(-np.arange(SAMPLES) / 10), np.linspace(0.01, 0.1, SAMPLES)
    kept = without_noise(truth + error * generator.standard_normal(SAMPLES), error)
    assert 20 < np.flatnonzero(kept).max() < 120
    assert (without_noise(truth, np.zeros(SAMPLES)) == truth).all()


# Linearity


@pytest.mark.parametrize("third", [0.2, -0.2])
def test_a_cubic_law_has_the_third_harmonic_and_the_compression_of_its_coefficient(third):
    """x + c x³ at amplitude A: fundamental A + 3cA³/4, third harmonic cA³/4."""
    lab = Lab(curve=lambda x: x + third * x**3, noise=1e-4)
    ended = linearity_step(lab, lab.info, seed=0)
    levels = curve(ended, "Distortion").x
    fundamental = 1 + 0.75 * third * levels**2
    loud = levels > 0.2
    expected = np.abs(third) * levels**2 / 4 / fundamental
    np.testing.assert_allclose(curve(ended, "Distortion").y[loud], expected[loud], rtol=0.03)
    quiet = np.mean(fundamental[:4])  # 0.5 % apart at most
    np.testing.assert_allclose(curve(ended, "Compression").y[loud], 1 - fundamental[loud] / quiet, atol=0.005)


def test_a_square_law_has_the_second_harmonic_of_its_coefficient():
    """x + b x² at amplitude A: second harmonic bA²/2 over A."""
    lab = Lab(curve=lambda x: x + 0.3 * x**2, noise=1e-4)
    ended = linearity_step(lab, lab.info, seed=0)
    assert figure(ended, "Distortion at full drive") == pytest.approx(0.15, rel=0.02)
    assert abs(figure(ended, "Compression at full drive")) < 0.005


def test_noise_is_not_taken_for_distortion():
    lab = Lab(noise=0.05)
    ended = linearity_step(lab, lab.info, seed=0)
    assert figure(ended, "Distortion at full drive") < 0.01
    assert figure(ended, "Gain of quiet drives") == pytest.approx(1.0, abs=0.05)
