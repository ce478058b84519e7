"""Noise and shots that are none of it: what many repeats show, what was put in by hand, what nobody can tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from core.ports import Axis
from core.twin.noise import NoiseTwin
from core.twin.repeats import Repeats
from core.twin.shots import ShotBatch, Shots
from tests.conftest import SquareSystem

SAMPLES, NOISE = 64, 0.02
AXIS = Axis("Time", "s", np.arange(SAMPLES) / 1e4)
INFO = replace(SquareSystem(SAMPLES).info, drive_axis=AXIS, response_axis=AXIS)


def clean(drive: Tensor) -> Tensor:
    """Return the drive, a little smoothed."""
    return (drive + drive.roll(1, 1) + drive.roll(-1, 1)) / 3


class Bench:
    """White noise, a shot's own gain, and now and then a shot that begins some samples late."""

    def __init__(self, noise: float = NOISE, gain: float = 0.0, late: float = 0.0, samples: int = 3) -> None:
        self.noise, self.gain, self.late, self.samples = noise, gain, late, samples
        self.generator = torch.Generator().manual_seed(1)
        self.shots, self.outlying = 0, 0

    def __call__(self, drive: Tensor) -> Tensor:
        late = torch.rand(len(drive), 1, generator=self.generator) < self.late
        self.shots, self.outlying = self.shots + len(drive), self.outlying + int(late.sum())
        response = torch.where(late, clean(drive).roll(self.samples, 1), clean(drive))
        response = response * (1 + self.gain * torch.randn(len(drive), 1, generator=self.generator))
        return response + self.noise * torch.randn(response.shape, generator=self.generator)


def repeated(measure: Callable[[Tensor], Tensor], drives: int, repeats: int, seed: int = 0) -> Shots:
    drive = torch.rand(drives, SAMPLES, generator=torch.Generator().manual_seed(seed))
    return Shots(tuple(ShotBatch(drive, measure(drive)) for _ in range(repeats)))


def fitted(measure: Callable[[Tensor], Tensor], drives: int, repeats: int) -> NoiseTwin:
    twin = NoiseTwin(clean, INFO)
    twin.fit(repeated(measure, drives, repeats))
    return twin


@pytest.mark.parametrize(("drives", "repeats"), [(200, 2), (16, 16), (4, 64)])
@pytest.mark.parametrize("late", [0.0, 0.01, 0.03])
def test_shots_that_start_late_have_a_rate_and_no_part_in_the_scatter(drives: int, repeats: int, late: float):
    bench = Bench(late=late)
    twin = fitted(bench, drives, repeats)
    (predicted,) = twin(torch.rand(1, SAMPLES, generator=torch.Generator().manual_seed(9))).stddev.detach().numpy()
    assert np.sqrt(np.mean(predicted**2)) == pytest.approx(NOISE, rel=0.05)
    assert float(twin.outlying) == pytest.approx(bench.outlying / bench.shots, abs=0.006)  # both of a pair may be late


def test_a_gain_that_scatters_is_no_outlier():
    """One shot in 16,000 is beyond four standard deviations."""
    twin = fitted(Bench(gain=0.1), 16, 64)
    assert float(twin.outlying) == 0.0
    assert float(twin.common[0]) == pytest.approx(0.1, rel=0.05)


def test_a_check_on_other_repeats_covers_one_and_finds_what_has_changed():
    twin = fitted(Bench(gain=0.05), 32, 16)
    bench = Bench(gain=0.05, late=0.02)
    same = twin.check(repeated(bench, 32, 8, seed=5))
    assert same.low < 1 < same.high
    assert same.ratio == pytest.approx(1, abs=0.1)
    assert same.measured == pytest.approx(np.sqrt(NOISE**2 + 0.05**2 * np.mean(0.5**2 + 1 / 36)), rel=0.1)
    assert same.outlying == pytest.approx(bench.outlying / bench.shots, abs=0.004)
    louder = twin.check(repeated(Bench(noise=1.5 * NOISE, gain=0.075), 32, 8, seed=5))
    assert louder.high < 1
    assert louder.ratio == pytest.approx(1 / 1.5, rel=0.1)


def test_a_device_without_noise_has_none_and_no_ratio():
    twin = fitted(clean, 8, 3)
    check = twin.check(repeated(clean, 8, 3, seed=4))
    assert check.predicted < 1e-6
    assert check.measured == 0
    assert np.isnan([check.ratio, check.low, check.high]).all()
    silent = NoiseTwin(lambda drive: 0 * drive, INFO)
    silent.fit(repeated(lambda drive: 0 * drive, 8, 3))
    assert silent.strength(torch.rand(2, SAMPLES)) < 1e-6


def test_the_strength_is_the_norm_of_a_response_s_noise():
    twin = fitted(Bench(), 64, 8)
    assert twin.strength(torch.rand(5, SAMPLES)) == pytest.approx(NOISE * SAMPLES**0.5, rel=0.05)


def test_repeats_are_shots_of_the_same_drive_and_the_same_shared_parameters():
    drives, one, two = torch.rand(3, 4), torch.zeros(2, 2), torch.ones(2, 2)
    answers = torch.rand(4, 3, 5)
    shots = Shots(
        (
            ShotBatch(drives, answers[0], (one,)),
            ShotBatch(drives, answers[1], (two,)),
            ShotBatch(drives[:2], answers[2][:2], (one,)),
            ShotBatch(drives[1:2], answers[3][:1], (one,)),
        )
    )
    repeats = Repeats(shots)
    assert repeats.rows.tolist() == [0, 1, 6, 7, 8]
    groups = repeats.groups.tolist()
    assert groups[0] == groups[2] != groups[1] == groups[3] == groups[4]
    three = torch.stack([answers[0, 1], answers[2, 1], answers[3, 0]]).double()
    everything = torch.ones(5, dtype=torch.bool)
    torch.testing.assert_close(repeats.medians()[1], three.median(0).values)
    torch.testing.assert_close(repeats.means(everything)[1], three.mean(0))
    variance = repeats.weights(everything)[:, None] * (repeats.responses - repeats.means(everything)).square()
    torch.testing.assert_close(variance[[1, 3, 4]].mean(0), three.var(0))


def test_shots_that_were_measured_once_tell_nothing():
    with pytest.raises(ValueError, match="measured twice"):
        fitted(Bench(), 5, 1)
