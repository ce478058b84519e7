"""The plate against scipy's exact discretisation of the same modes, and against what a resonance is."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.signal import cont2discrete, dlsim

from core.physics.kernels import plate as compiled
from core.physics.kernels.pool import set_threads
from core.physics.plate import (
    MODES_HZ,
    OUTPUT_SCALE,
    QUALITY,
    RATE_HZ,
    SAMPLES,
    WEIGHTS,
    PlateModel,
    coefficients,
    compress,
    convolve,
    effective_kernel,
    modal_impulse_response,
    reference,
    simulate,
)


def values(**changes: object) -> dict[str, torch.Tensor]:
    model = PlateModel()
    nominal = {item.name: torch.as_tensor(item.nominal, dtype=torch.float64) for item in model.fit_parameters}
    return nominal | {name: torch.as_tensor(value, dtype=torch.float64) for name, value in changes.items()}


def nominal_modes(*columns: object) -> torch.Tensor:
    return coefficients(*(torch.tensor(x, dtype=torch.float64) for x in columns or (MODES_HZ, QUALITY, WEIGHTS)))


def forces(batch: int, samples: int, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    generator = torch.Generator().manual_seed(batch * samples)
    return (2 * torch.rand(batch, samples, generator=generator, dtype=torch.float64) - 1).to(dtype)


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


@pytest.mark.parametrize("solver", [simulate, reference])
@pytest.mark.parametrize("batch", [1, 2])
def test_it_is_scipys_exact_discretisation_of_the_modes(solver, batch: int):
    force = forces(batch, 300)
    ours = solver(force, nominal_modes()).numpy()
    for shot, answer in zip(force.numpy(), ours, strict=True):
        expected = scipy_response(shot, list(MODES_HZ), list(QUALITY), list(WEIGHTS))
        np.testing.assert_allclose(answer, expected, atol=1e-10 * np.abs(expected).max())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("batch", "samples"), [(1, 1), (1, 64), (3, 63), (31, 65), (32, 200), (33, 784), (1000, 50), (2, 7000)]
)
def test_the_compiled_kernel_is_the_plain_reference(batch: int, samples: int, dtype: torch.dtype):
    weights, results = torch.randn(batch, samples, dtype=dtype), []
    for solver in (simulate, reference):
        f, modes = forces(batch, samples, dtype).requires_grad_(), nominal_modes().requires_grad_()
        heard = solver(f, modes)
        assert heard.dtype == dtype
        gradients = torch.autograd.grad((heard * weights).sum(), (f, modes))
        results.append((heard.detach(), gradients[0], *gradients[1]))
    tolerance = 1e-11 if dtype == torch.float64 else 1e-5
    for fast, plain in zip(*results, strict=True):
        torch.testing.assert_close(fast, plain, rtol=tolerance, atol=tolerance * float(plain.abs().max()))


def test_only_wanted_gradients_are_computed():
    f, modes = forces(3, 40).requires_grad_(), nominal_modes().requires_grad_()
    _, kept = compiled.forward(True, f, modes)
    cotangent = forces(3, 40)
    both = compiled.backward(kept, cotangent, (True, True))
    assert torch.equal(compiled.backward(kept, cotangent, (True, False))[0], both[0])
    assert compiled.backward(kept, cotangent, (True, False))[1] is None
    assert compiled.backward(kept, cotangent, (False, True))[0] is None


@pytest.mark.parametrize("modes", [1, 8, 31, 32, 33, 70])
def test_a_single_shot_is_the_same_alone_and_among_others(modes: int):
    generator = np.random.default_rng(modes)
    columns = generator.uniform(100, 20e3, modes), generator.uniform(20, 300, modes), generator.normal(size=modes)
    factors, force = nominal_modes(*columns), forces(2, 3000)
    together = simulate(force, factors)
    for shot, expected in zip(force, together, strict=True):
        torch.testing.assert_close(
            simulate(shot[None], factors)[0], expected, rtol=0, atol=1e-11 * expected.abs().max()
        )


def test_a_single_precision_shot_keeps_the_phase_of_a_long_record():
    """After 20,000 samples a phase from float32 factors would be wrong by about one in a thousand."""
    force, modes = forces(1, 20_000), nominal_modes([14_840.0], [1e5], [1.0])
    exact = reference(force, modes)
    for single in (simulate(force.float(), modes), simulate(force.float().expand(2, -1), modes)[:1]):
        assert float((single - exact).abs().max() / exact.abs().max()) < 1e-6


@pytest.mark.parametrize("samples", [1, 31, 32, 33, 95, 96, 97])
@pytest.mark.parametrize("modes", [1, 7, 8, 9, 17])
def test_blocks_and_vectors_of_modes_leave_no_seam(samples: int, modes: int):
    generator = np.random.default_rng(modes)
    columns = generator.uniform(100, 20e3, modes), generator.uniform(20, 300, modes), generator.normal(size=modes)
    results = []
    for solver in (simulate, reference):
        f, factors = forces(2, samples).requires_grad_(), nominal_modes(*columns).requires_grad_()
        heard = solver(f, factors)
        results.append((heard.detach(), *torch.autograd.grad(heard.square().sum(), (f, factors))))
    for fast, plain in zip(*results, strict=True):
        torch.testing.assert_close(fast, plain, rtol=0, atol=1e-11 * float(plain.abs().max()))


def test_the_number_of_threads_changes_no_bit():
    def everything() -> tuple[torch.Tensor, ...]:
        f, modes = forces(50, 300, torch.float32).requires_grad_(), nominal_modes().requires_grad_()
        heard = simulate(f, modes)
        return heard.detach(), *torch.autograd.grad(heard.square().sum(), (f, modes))

    alone = everything()
    try:
        for threads in (2, 3):
            set_threads(threads)
            for one, several in zip(alone, everything(), strict=True):
                assert torch.equal(one, several)
    finally:
        set_threads(1)


@pytest.mark.parametrize("samples", [784, 4096])
@pytest.mark.parametrize("quality", [20.0, 300.0])
@pytest.mark.parametrize("frequency", [100.0, 1000.0, 15_000.0])
def test_single_precision_is_as_good_as_its_numbers(frequency: float, quality: float, samples: int):
    modes, shots, weights = nominal_modes([frequency], [quality], [1.0]), forces(4, samples), forces(5, samples)[:4]
    answers = []
    for solver, f in ((simulate, shots.float()), (reference, shots.float().double())):
        heard = solver(f.requires_grad_(), modes)
        answers.append((heard.detach(), *torch.autograd.grad((heard * weights.float().to(f)).sum(), f)))
    for single, exact in zip(*answers, strict=True):
        assert float((single - exact).abs().max() / exact.abs().max()) < 1e-6


def test_second_derivatives_are_those_of_the_reference():
    probe = forces(2, 20)

    def curvature(solver) -> tuple[torch.Tensor, ...]:
        f, modes = forces(2, 20).requires_grad_(), nominal_modes().requires_grad_()
        first = torch.autograd.grad((solver(f, modes) ** 2).sum(), (f, modes), create_graph=True)
        return torch.autograd.grad((first[0] * probe).sum() + first[1].sum(), (f, modes))

    for ours, plain in zip(curvature(simulate), curvature(reference), strict=True):
        assert float(plain.abs().max()) > 0
        torch.testing.assert_close(ours, plain)


def test_a_mode_rings_at_its_frequency_and_decays_with_its_quality():
    frequency, quality, count = 3200.0, 80.0, 2400
    kernel = modal_impulse_response(nominal_modes([frequency], [quality], [1.0]), count)
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
