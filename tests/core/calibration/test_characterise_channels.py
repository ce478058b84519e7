"""Characterisation of systems without a time axis, and of drift: closed forms again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from core.calibration.characterise import (
    CHARACTERISATION,
    drift_step,
    latency_step,
    linearity_step,
    range_step,
    response_step,
)
from core.calibration.characterise_transfer import sign_pattern, small_signal_matrix
from core.calibration.events import StepEnded
from tests.core.calibration.systems import Lab, channel_info


def figure(ended: StepEnded, name: str) -> float:
    return ended.figures[name].value


class Map:
    """response = M d + b (M d)² + noise."""

    def __init__(self, matrix: np.ndarray, *, bend: float = 0.0, noise: float = 0.0) -> None:
        self.matrix, self.bend, self.noise = torch.as_tensor(matrix), bend, noise
        self.info = channel_info(matrix.shape[1], matrix.shape[0])
        self.generator = torch.Generator().manual_seed(2)

    def __call__(self, drive: Tensor) -> Tensor:
        straight = drive.double() @ self.matrix.T
        noise = torch.randn(straight.shape, generator=self.generator, dtype=torch.float64)
        return straight + self.bend * straight**2 + self.noise * noise


MATRIX = np.random.default_rng(0).standard_normal((12, 20)) / np.sqrt(20)


@pytest.mark.parametrize("name", CHARACTERISATION)
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (3, 2)])
def test_systems_of_few_channels_are_characterised_too(name, shape):
    system = Map(np.ones(shape), noise=1e-3)
    assert CHARACTERISATION[name](system, system.info, seed=1).outcome in ("good", "skipped")


def test_every_two_controls_are_orthogonal_over_the_sign_pattern():
    for controls in (1, 7, 8, 100):
        pattern = sign_pattern(controls, np.random.default_rng(1))
        assert len(pattern) > controls
        np.testing.assert_array_equal(pattern.T @ pattern, len(pattern) * np.eye(controls))


def test_the_small_signal_matrix_is_the_derivative_about_the_middle():
    """Of y = s + b s², with s = M d: (1 + 2 b s) M; a cubic part alone would disturb a central difference."""
    system = Map(MATRIX, bend=0.3, noise=1e-4)
    ended = response_step(system, system.info, seed=0)
    (matrix,) = [curve for curve in ended.curves if curve.kind == "image"]
    slope = 1 + 2 * 0.3 * MATRIX @ np.full(20, 0.5)
    np.testing.assert_allclose(matrix.y, slope[:, None] * MATRIX, atol=1e-3)
    assert figure(ended, "Coherence") > 0.999
    assert figure(ended, "Rank above noise") == 12
    singular = np.linalg.svd(slope[:, None] * MATRIX, compute_uv=False)
    assert figure(ended, "Largest singular value") == pytest.approx(singular[0], rel=1e-3)


def test_its_standard_errors_are_those_of_a_simulation():
    pattern, generator = sign_pattern(20, np.random.default_rng(0)), np.random.default_rng(1)
    scatter, errors = [], []
    for _ in range(200):
        slopes = pattern @ MATRIX.T + 0.5 * generator.standard_normal((len(pattern), 12))
        matrix, error, _ = small_signal_matrix(pattern, slopes)
        scatter.append(matrix - MATRIX)
        errors.append(error)
    assert np.std(scatter) == pytest.approx(np.mean(errors), rel=0.05)


@pytest.mark.parametrize("rank", [1, 4])
def test_the_rank_above_noise_is_that_of_the_matrix(rank):
    generator = np.random.default_rng(3)
    low = generator.standard_normal((40, rank)) @ generator.standard_normal((rank, 30)) / np.sqrt(30)
    system = Map(low, noise=0.02)
    assert figure(response_step(system, system.info, seed=0), "Rank above noise") == rank


def test_controls_without_effect_are_counted():
    matrix = MATRIX.copy()
    matrix[:, [3, 11, 19]] = 0.0
    system = Map(matrix, noise=1e-3)
    ended = response_step(system, system.info, seed=0)
    assert figure(ended, "Controls without effect") == 3


def test_the_even_part_of_a_bent_map_is_its_distortion():
    """About the middle, y = s + b s²: even part b (Mv)² ε², odd part (1 + 2 b s0) Mv ε."""
    system = Map(np.eye(10), bend=0.2, noise=1e-5)
    ended = linearity_step(system, system.info, seed=0)
    expected = 0.2 * 0.5**2 / ((1 + 2 * 0.2 * 0.5) * 0.5)
    assert figure(ended, "Distortion at full drive") == pytest.approx(expected, rel=0.01)
    assert figure(ended, "Compression at full drive") == pytest.approx(0.0, abs=1e-3)


def test_without_a_time_axis_there_is_no_latency():
    system = Map(MATRIX)
    ended = latency_step(system, system.info, seed=0)
    assert ended.outcome == "skipped"
    assert figure(ended, "Device passes") == 0


def test_dark_channels_at_the_edge_of_a_spectrum_are_no_dead_ones():
    """A peak over 60 channels falls into the noise on both sides; one channel missing near its top is dead."""
    profile = np.exp(-0.5 * ((np.arange(60) - 30) / 6) ** 2)
    system = Map(np.outer(profile, np.ones(20) / 20), noise=0.005)
    ended = range_step(system, system.info, seed=0)
    assert ended.outcome == "good"
    assert figure(ended, "Channels without signal") > 10
    profile[28] = 0.0
    system = Map(np.outer(profile, np.ones(20) / 20), noise=0.005)
    ended = range_step(system, system.info, seed=0)
    assert ended.outcome == "bad"
    assert "29" in ended.text


@pytest.mark.parametrize("channel", [0, 1, 30, 59])
@pytest.mark.parametrize("noise", [0.0, 0.005])
def test_a_stuck_channel_is_found_at_the_ends_too(channel, noise):
    gains = np.ones(60)
    gains[channel] = 0.0
    system = Map(np.outer(gains, np.ones(20) / 20), noise=noise)
    ended = range_step(lambda drive: system(drive) * torch.as_tensor(gains), system.info, seed=0)
    assert ended.outcome == "bad"
    assert f"({channel + 1})" in ended.text


def test_a_dark_edge_that_a_coarse_converter_reads_as_nothing_is_not_dead():
    profile = np.exp(-0.5 * ((np.arange(60) - 30) / 6) ** 2)
    system = Map(np.outer(profile, np.ones(20) / 20))
    ended = range_step(lambda drive: (system(drive) * 255).round() / 255, system.info, seed=0)
    assert ended.outcome == "good"


# Drift


class Ageing:
    """A lab whose gain and offset move with the time that its clock tells."""

    def __init__(self, gain_per_h: float = 0.0, offset_per_h: float = 0.0, noise: float = 0.01) -> None:
        self.lab, self.hours = Lab(noise=noise, samples=64), 0.0
        self.info = self.lab.info
        self.lab.change = lambda y: y * (1 + gain_per_h * self.hours) + offset_per_h * self.hours

    def wait(self) -> None:
        self.hours += 0.2


def drifted(device: Ageing) -> StepEnded:
    clock = {"between": device.wait, "clock_s": lambda: 3600 * device.hours}
    return drift_step(device.lab, device.info, seed=0, **clock)


def test_the_drift_of_gain_and_offset_are_recovered():
    ended = drifted(Ageing(gain_per_h=-0.03, offset_per_h=0.02))
    assert ended.figures["Gain drift"].low < -0.03 < ended.figures["Gain drift"].high
    assert figure(ended, "Gain drift") == pytest.approx(-0.03, rel=0.1)
    assert figure(ended, "Offset drift") == pytest.approx(0.02, rel=0.1)
    assert ended.outcome == "warning"


def test_a_steady_system_does_not_drift_and_a_fast_one_is_bad():
    assert drifted(Ageing()).outcome == "good"
    assert drifted(Ageing(noise=0.1)).outcome == "good"
    assert drifted(Ageing(gain_per_h=0.2)).outcome == "bad"


def test_without_a_clock_the_shots_tell_the_time():
    lab = Lab(noise=0.01, samples=64)
    ended = drift_step(lab, lab.info, seed=0)
    assert figure(ended, "Time") == pytest.approx(15 * 32 * lab.info.shot_s)
    assert drift_step(lab, replace(lab.info, shot_s=0.0), seed=0).outcome == "skipped"
