"""The error by the number of shots: the law is found again, and least squares follows its textbook formula."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.calibration.worth import LearningCurve, PowerLaw, error_interval, learning_curve, power_law, worth_words
from core.twin.shots import ShotBatch, Shots

SHOTS = np.array([32.0, 64.0, 128.0, 256.0])


def curve(errors: np.ndarray) -> LearningCurve:
    return LearningCurve(SHOTS, errors, 0.9 * errors, 1.1 * errors)


@pytest.mark.parametrize(("exponent", "floor"), [(0.5, 0.0), (0.5, 0.02), (1.0, 0.01), (0.25, 0.05)])
def test_the_law_that_made_the_errors_is_found_again(exponent, floor):
    errors = np.sqrt(floor**2 + (0.8 * SHOTS**-exponent) ** 2)
    law = power_law(curve(errors))
    np.testing.assert_allclose(law.error(SHOTS), errors, rtol=1e-4)
    beyond = np.array([512.0, 1024.0, 2048.0])
    np.testing.assert_allclose(law.error(beyond), np.sqrt(floor**2 + (0.8 * beyond**-exponent) ** 2), rtol=0.02)


def test_shots_pay_until_a_doubling_takes_less_than_a_twentieth():
    law = PowerLaw(1.0, 0.5, 0.05)  # e² = 0.0025 + 1/n; doubling gains 5 % where 1/(2n) = 0.0975 (0.0025 + 1/n)
    limit = (0.5 - 0.0975) / (0.0975 * 0.0025)
    assert limit == pytest.approx(1651, rel=1e-3)
    assert law.worth(512) == 2048  # from 1024 it pays, from 2048 no more
    assert law.worth(1024) == 2048
    assert law.worth(2048) == 2048
    assert "not worth it" in worth_words(law, 2048)
    assert "up to about 2,048" in worth_words(law, 512)


def test_flat_errors_ask_for_no_more_shots():
    law = power_law(curve(np.full(4, 0.3)))
    assert law.worth(256) == 256


def test_least_squares_errs_as_its_formula_says():
    """With p controls and independent normal drives the mean square error is σ² (1 + p / (n - p - 1))."""
    controls, noise, batches = 10, 0.5, 200
    generator = torch.Generator().manual_seed(3)
    weights = torch.randn(controls, 1, generator=generator, dtype=torch.float64)

    def shots(count: int) -> Shots:
        drives = torch.randn(count, controls, generator=generator, dtype=torch.float64)
        scatter = noise * torch.randn(count, 1, generator=generator, dtype=torch.float64)
        return Shots((ShotBatch(drives, drives @ weights + scatter),))

    def fit(part: Shots):
        (batch,) = part.batches
        solution = torch.linalg.lstsq(batch.drives, batch.responses).solution
        return lambda drive: drive @ solution

    check = shots(20_000)
    samples = [shots(256) for _ in range(batches)]
    found = [learning_curve(fit, fit(sample), sample, check) for sample in samples]
    counts = np.array([32, 64, 128, 256])
    assert found[0].shots.tolist() == counts.tolist()
    squares = np.mean([each.errors**2 for each in found], 0) * float(check.responses.var(correction=0))
    expected = noise**2 * (1 + controls / (counts - controls - 1))
    np.testing.assert_allclose(squares, expected, rtol=0.04)


def test_an_error_s_interval_covers_the_true_one_as_often_as_it_says():
    """The true mean square error of a twin that errs by a constant 0.3 on normal responses is 0.09 + 0.16 of noise."""
    generator = torch.Generator().manual_seed(5)
    inside = 0
    for _ in range(400):
        drive = torch.randn(60, 1, generator=generator, dtype=torch.float64)
        check = Shots((ShotBatch(drive, drive + 0.4 * torch.randn(60, 1, generator=generator, dtype=torch.float64)),))
        _, low, high = error_interval(lambda drive: drive + 0.3, check)
        truth = (0.25 / float(check.responses.var(correction=0))) ** 0.5
        inside += low <= truth <= high
    assert 0.91 <= inside / 400 <= 0.98  # a χ²'s tail costs a little of the 95 %
