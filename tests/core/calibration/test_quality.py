"""The quality card on devices whose faults are put in by hand: each has its verdict and its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.signal import lfilter
from torch import Tensor

from core.calibration.quality import QualityCard, error_by_level, quality_card, white_share
from core.calibration.shots import collect_shots
from core.ports import Axis
from core.twin.shots import ShotBatch, Shots
from tests.conftest import SquareSystem

SAMPLES = 64
AXIS = Axis("Time", "s", np.arange(SAMPLES) / 1e4)
INFO = replace(SquareSystem(SAMPLES).info, drive_axis=AXIS, response_axis=AXIS, signed_drive=True)
NOISE = 0.01


def ring(drive: Tensor, gain: float = 1.0) -> Tensor:
    """Return what a resonance of 8 samples makes of a drive: its gain, frequency and loss are known."""
    swing = 2 * drive - 1
    kernel = torch.from_numpy(
        lfilter([1.0], [1, -2 * 0.9 * np.cos(2 * np.pi / 8), 0.81], np.eye(1, SAMPLES)[0])
    ).float()
    spectrum = torch.fft.rfft(swing, 2 * SAMPLES) * torch.fft.rfft(kernel, 2 * SAMPLES)
    return gain * 0.4 * torch.fft.irfft(spectrum, 2 * SAMPLES)[:, :SAMPLES]


def device(fault: Callable[[Tensor], Tensor] = lambda response: response, *, seed: int = 1, gain: float = 1.0):
    noise = torch.Generator().manual_seed(seed)
    return lambda drive: fault(ring(drive, gain) + NOISE * torch.randn(drive.shape, generator=noise))


def card_of(twin: Callable[[Tensor], Tensor], measure: Callable[[Tensor], Tensor], **more: object) -> QualityCard:
    shots = more.pop("shots", None) or collect_shots(measure, INFO, 256, seed=0)
    assert isinstance(shots, Shots)
    return quality_card(twin, measure, INFO, shots, seed=3, **({"fitted_shots": 1000} | more))  # pyright: ignore


def test_the_device_itself_is_a_good_twin_and_its_error_is_the_noise():
    measure = device()
    card = card_of(ring, measure)
    shots = collect_shots(device(seed=5), INFO, 256, seed=0)
    signal = float((shots.responses - shots.responses.mean(0)).square().mean().sqrt())
    assert card.verdict == "good"
    assert card.nrmse == pytest.approx(NOISE / signal, rel=0.05)
    assert card.noise == pytest.approx(NOISE / signal, rel=0.15)
    assert card.alignment.low > 0.98
    assert card.alignment.gain == pytest.approx(1.0, abs=0.02)
    assert card.white == pytest.approx(0.95, abs=0.06)
    power = (shots.responses - shots.responses.mean(0)).square().mean(0).numpy()
    np.testing.assert_allclose(card.r2, 1 - NOISE**2 / power, atol=0.02)


@pytest.mark.parametrize(
    ("twin", "verdict", "reason"),
    [
        (lambda drive: -ring(drive), "refit", "gradient"),
        (lambda drive: ring(drive.flip(1)), "refit", "gradient"),
        (lambda drive: 1.2 * ring(drive), "usable", "more than noise"),
    ],
)
def test_a_wrong_twin_is_not_called_good(twin, verdict, reason):
    card = card_of(twin, device())
    assert card.verdict == verdict
    assert any(reason in text for text in card.reasons), card.reasons


def dead(response: Tensor) -> Tensor:
    response = response.clone()
    response[:, 7] = 0.25
    return response


def jumping(response: Tensor) -> Tensor:
    generator = torch.Generator().manual_seed(len(response))
    shifts = torch.randint(0, 6, (len(response),), generator=generator).tolist()
    return torch.stack([row.roll(shift) for row, shift in zip(response, shifts, strict=True)])


@pytest.mark.parametrize(
    ("fault", "verdict", "reason"),
    [
        (dead, "not identifiable", "1 of 64 outputs never change (the first is output 8)"),
        (lambda response: response.clamp(-0.3, 0.3), "refit", "clips"),
        (jumping, "refit", "latency changes"),
        (lambda response: 0 * response + 0.3, "not identifiable", "64 of 64 outputs"),
    ],
)
def test_a_device_with_a_fault_gets_a_clear_verdict(fault, verdict, reason):
    card = card_of(ring, device(fault))
    assert card.verdict == verdict
    assert any(reason in text for text in card.reasons), card.reasons
    assert all(np.isfinite([card.nrmse, card.noise, card.alignment.cosine, card.white, card.worst_error]))


def test_shots_of_another_unit_are_found_by_measuring_them_again():
    other = collect_shots(device(gain=1.3), INFO, 256, seed=0)
    card = card_of(lambda drive: ring(drive, 1.3), device(), shots=other)
    assert card.verdict == "refit"
    assert "another unit" in card.reasons[0]


def test_too_few_shots_are_not_judged():
    card = card_of(ring, device(), fitted_shots=8)
    assert card.verdict == "not identifiable"
    assert "8 shots are too few" in card.reasons[0]


def test_noise_alone_has_no_derivative():
    card = card_of(ring, device(lambda response: torch.randn_like(response)))
    assert card.verdict == "not identifiable"


def test_white_noise_is_white_and_an_autoregression_is_not():
    generator = np.random.default_rng(0)
    white = generator.standard_normal((400, 200))
    assert white_share(torch.from_numpy(white)) == pytest.approx(0.95, abs=0.04)
    assert white_share(torch.from_numpy(lfilter([1.0], [1, -0.6], white))) < 0.02


def test_the_error_is_largest_where_it_was_put():
    generator = torch.Generator().manual_seed(0)
    drives = 0.5 + torch.linspace(0.01, 0.5, 100)[:, None] * (2 * torch.rand(100, SAMPLES, generator=generator) - 1)
    responses = ring(drives)
    loud = torch.arange(100) >= 75
    predicted = responses * (1 + 0.5 * loud[:, None])
    edges, errors = error_by_level(INFO, Shots((ShotBatch(drives, responses),)), predicted)
    assert errors[:3] == pytest.approx(0.0, abs=1e-6)
    # A relative error of a half on that quarter's own power about the mean of all shots.
    power = (responses - responses.mean(0)).square()[75:].mean()
    assert errors[3] == pytest.approx(float(0.5 * (responses[75:].square().mean() / power).sqrt()), rel=1e-5)
    assert edges[-1] > edges[0]
