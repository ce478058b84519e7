"""The plate against scipy's exact discretisation of the same modes, and against what a resonance is."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.signal import cont2discrete, dlsim

from core.physics.plate import (
    MODES_HZ,
    OUTPUT_SCALE,
    QUALITY,
    RATE_HZ,
    SAMPLES,
    WEIGHTS,
    PlateModel,
    compress,
    convolve,
    effective_kernel,
    modal_impulse_response,
)


def values(**changes: object) -> dict[str, torch.Tensor]:
    model = PlateModel()
    nominal = {item.name: torch.as_tensor(item.nominal, dtype=torch.float64) for item in model.fit_parameters}
    return nominal | {name: torch.as_tensor(value, dtype=torch.float64) for name, value in changes.items()}


def scipy_response(force: np.ndarray, frequency: list[float], quality: list[float], weight: list[float]) -> np.ndarray:
    """Accelerations of all modes after each held sample of force, by scipy.signal."""
    total = np.zeros(len(force))
    for f, q, c in zip(frequency, quality, weight, strict=True):
        w = 2 * math.pi * f
        a, b = np.array([[0.0, 1.0], [-w * w, -w / q]]), np.array([[0.0], [1.0]])
        c_row, d = np.array([[-w * w, -w / q]]), np.array([[1.0]])
        discrete = cont2discrete((a, b, c_row, d), 1 / RATE_HZ, method="zoh")
        _, _, states = dlsim(discrete, np.append(force, 0.0))
        # At the end of an interval the force is still the one that was held over it.
        total += c * ((states[1:] @ c_row.T)[:, 0] + force)
    return total


def test_it_is_scipys_exact_discretisation_of_the_modes():
    force = np.random.default_rng(0).uniform(-1, 1, 300)
    kernel = modal_impulse_response(*(torch.tensor(x, dtype=torch.float64) for x in (MODES_HZ, QUALITY, WEIGHTS)), 300)
    ours = convolve(torch.tensor(force)[None], kernel)[0].numpy()
    reference = scipy_response(force, list(MODES_HZ), list(QUALITY), list(WEIGHTS))
    np.testing.assert_allclose(ours, reference, atol=1e-10 * np.abs(reference).max())


def test_a_mode_rings_at_its_frequency_and_decays_with_its_quality():
    frequency, quality, count = 3200.0, 80.0, 2400
    kernel = modal_impulse_response(*(torch.tensor([x], dtype=torch.float64) for x in (frequency, quality, 1.0)), count)
    # Two free decays apart by whole periods (15 samples each at 48 kS/s) differ by exp(-ω t / 2Q) alone.
    early, late = kernel[15:915], kernel[15 + 900 : 915 + 900]
    damped = frequency * math.sqrt(1 - 1 / (4 * quality**2))
    spectrum = torch.fft.rfft(kernel * torch.hann_window(count, dtype=torch.float64), 16 * count).abs()
    assert float(spectrum.argmax()) * RATE_HZ / (16 * count) == pytest.approx(damped, abs=3.0)
    decay = math.exp(-2 * math.pi * frequency * (900 / RATE_HZ) / (2 * quality))
    assert float(late.norm() / early.norm()) == pytest.approx(decay, rel=1e-3)


def test_without_compression_a_layer_is_a_convolution_with_the_effective_kernel():
    linear = values(compression=0.0, offset=0.0)
    generator = torch.Generator().manual_seed(1)
    u = 0.1 * torch.randn(3, SAMPLES, generator=generator, dtype=torch.float64)
    response = PlateModel().response(linear, 0.5 + 0.5 * u)
    kernel = effective_kernel(linear).numpy()
    expected = np.stack([np.convolve(row.numpy(), kernel)[:SAMPLES] for row in u])
    np.testing.assert_allclose(response.numpy(), expected, atol=1e-12)
    impulse = torch.zeros(1, SAMPLES, dtype=torch.float64)
    impulse[0, 0] = 1.0
    np.testing.assert_allclose(convolve(impulse, torch.tensor(kernel))[0], kernel, atol=1e-14)


def test_compression_is_odd_and_as_strong_as_it_says():
    u = torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0], dtype=torch.float64)
    squeezed = compress(u, torch.tensor(0.03))
    torch.testing.assert_close(squeezed, -compress(-u, torch.tensor(0.03)))
    assert float(squeezed[-1]) == pytest.approx(1 / 1.03)


def test_the_signal_ends_at_full_scale():
    loud = PlateModel().response(values(weight=100 * torch.tensor(WEIGHTS)), torch.rand(2, SAMPLES).double())
    assert float(loud.abs().max()) == 1.0


def test_gradients_agree_with_central_differences():
    torch.manual_seed(0)
    drive = (0.3 + 0.4 * torch.rand(2, 24, dtype=torch.float64)).requires_grad_()
    modes = {
        "frequency": torch.tensor([900.0, 4800.0], dtype=torch.float64),
        "quality": torch.tensor([20.0, 60.0], dtype=torch.float64),
        "weight": torch.tensor([0.7, -1.0], dtype=torch.float64),
        "compression": torch.tensor(0.03, dtype=torch.float64),
        "offset": torch.tensor(0.001, dtype=torch.float64),
    }
    for value in modes.values():
        value.requires_grad_()

    def response(drive: torch.Tensor, *rest: torch.Tensor) -> torch.Tensor:
        return PlateModel().response(dict(zip(modes, rest, strict=True)), drive) / OUTPUT_SCALE

    assert torch.autograd.gradcheck(response, (drive, *modes.values()), eps=1e-5, atol=1e-6, rtol=1e-4)
