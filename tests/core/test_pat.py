"""Physics-aware training: the facts that a correct implementation shows."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torchopt
from torch import Tensor

from core.pat import gradient_alignment, measured_jvp, physics_aware, twin_jvp


class Device:
    """A NumPy device: it cannot be differentiated, and it counts how often it is measured."""

    def __init__(self, function) -> None:
        self.function = function
        self.count = 0

    def __call__(self, *tensors: Tensor) -> Tensor:
        self.count += 1
        return torch.from_numpy(np.asarray(self.function(*(t.numpy() for t in tensors))))


def chain_gradient(shot, depth: int) -> float:
    x = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    y = x
    for _ in range(depth):
        y = shot(y)
    (gradient,) = torch.autograd.grad(y, x)
    return float(gradient)


def test_depth_20_toy_has_the_papers_gradient_errors():
    """f = 2x^1.1 against the model 2.01x^1.1: PAT 1.005^20 - 1; in silico also evaluates at the wrong points."""
    depth, power = 20, 1.1
    truth = 1.0
    x = 1.0
    for _ in range(depth):
        truth *= 2 * power * x ** (power - 1)
        x = 2 * x**power
    pat = chain_gradient(physics_aware(Device(lambda v: 2 * v**power), lambda v: 2.01 * v**power), depth)
    in_silico = chain_gradient(lambda v: 2.01 * v**power, depth)
    assert pat / truth - 1 == pytest.approx(1.005**20 - 1, rel=1e-9)
    # x_n = c^((1.1^n - 1)/0.1): its derivative at x0 = 1 carries c to the power 1 + 1.1 + … + 1.1^19
    exponent = (power**depth - 1) / (power - 1)
    assert in_silico / truth - 1 == pytest.approx(1.005**exponent - 1, rel=1e-9)
    assert in_silico / truth - 1 == pytest.approx(0.33, abs=0.005)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.complex128])
def test_exact_twin_gives_autograds_gradient(dtype):
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(5, 4, generator=generator, dtype=dtype, requires_grad=True)
    theta = torch.randn(4, 3, generator=generator, dtype=dtype, requires_grad=True)

    def model(x: Tensor, theta: Tensor) -> Tensor:
        return torch.tanh(x @ theta)

    shot = physics_aware(lambda x, theta: model(x, theta), model)
    loss, direct = shot(x, theta).abs().square().sum(), model(x, theta).abs().square().sum()
    for ours, autograd in zip(
        torch.autograd.grad(loss, (x, theta)), torch.autograd.grad(direct, (x, theta)), strict=True
    ):
        torch.testing.assert_close(ours, autograd, rtol=0, atol=0)


def test_gradcheck_of_first_and_second_order():
    def model(x: Tensor, a: Tensor, b: Tensor) -> Tensor:
        return torch.sin(a * x) + b * x**3

    device = Device(lambda x, a, b: np.sin(a * x) + b * x**3)
    inputs = tuple(torch.randn(3, dtype=torch.float64, requires_grad=True) for _ in range(3))
    assert torch.autograd.gradcheck(physics_aware(device, model), inputs, check_forward_ad=True)
    assert torch.autograd.gradgradcheck(physics_aware(device, model), inputs)


def test_second_derivative_is_the_twins_at_the_measured_point():
    x = torch.tensor(0.7, dtype=torch.float64, requires_grad=True)
    shot = physics_aware(Device(lambda v: 1.3 * v**3), lambda v: v**3)
    y = shot(shot(x))
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x)
    m = 1.3 * 0.7**3  # the measured input of the second layer, whose own slope is the twin's 3x²
    assert float(first) == pytest.approx(3 * m**2 * 3 * 0.7**2)
    assert float(second) == pytest.approx(6 * m * (3 * 0.7**2) ** 2 + 3 * m**2 * 6 * 0.7)


def test_the_device_is_measured_once_however_many_derivatives_follow():
    device = Device(lambda v, w: v * v * w)
    x, w = (torch.randn(4, dtype=torch.float64, requires_grad=True) for _ in range(2))
    y = physics_aware(device, lambda v, w: v * v * w)(x, w)
    (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    torch.autograd.grad(first.sum(), (x, w))
    assert device.count == 1
    with torch.no_grad():
        twin_calls = []
        physics_aware(device, lambda v, w: twin_calls.append(1))(x, w)
    assert device.count == 2
    assert not twin_calls


def test_only_gradients_that_are_asked_for_are_computed():
    asked = []

    class Spy(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, w):
            ctx.save_for_backward(x, w)
            return x * w

        @staticmethod
        def backward(ctx, g):
            x, w = ctx.saved_tensors
            asked.append(ctx.needs_input_grad)
            return (g * w if ctx.needs_input_grad[0] else None, g * x if ctx.needs_input_grad[1] else None)

    x, w = torch.randn(3), torch.randn(3, requires_grad=True)
    physics_aware(Device(lambda x, w: x * w), Spy.apply)(x, w).sum().backward()
    assert asked == [(False, True)]
    assert x.grad is None


def test_forward_value_is_the_measured_one_in_the_twins_dtype():
    x = torch.ones(3, requires_grad=True)
    y = physics_aware(Device(lambda v: v.astype(np.float64) + 5), lambda v: v)(x)
    assert y.dtype == torch.float32
    torch.testing.assert_close(y.detach(), torch.full((3,), 6.0))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_device_outside_of_cuda_serves_cuda_tensors():
    shot = physics_aware(lambda x: 2 * x.cpu() ** 2, lambda x: x**2)
    x = torch.linspace(0, 1, 5, device="cuda", requires_grad=True)
    y = shot(x)
    y.sum().backward()
    assert y.device == x.device
    torch.testing.assert_close(y.detach(), 2 * x.detach() ** 2)
    torch.testing.assert_close(x.grad, 2 * x.detach())


def test_shape_mismatch_names_both_shapes():
    x = torch.ones(3, requires_grad=True)
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        physics_aware(Device(lambda v: v[:2]), lambda v: v)(x)


def test_torch_func_sees_the_twins_derivative_and_measures_plain_tensors():
    device = Device(lambda v: 2 * v**2)
    shot = physics_aware(device, lambda v: v**2)
    x, v = torch.tensor([0.5, 2.0]), torch.tensor([1.0, -1.0])
    value, tangent = torch.func.jvp(shot, (x,), (v,))
    torch.testing.assert_close(value, 2 * x**2)
    torch.testing.assert_close(tangent, 2 * x * v)
    value, pullback = torch.func.vjp(shot, x)
    torch.testing.assert_close(value, 2 * x**2)
    torch.testing.assert_close(pullback(v)[0], 2 * x * v)
    assert device.count == 2


def test_measured_jvp_agrees_with_the_twins_and_with_the_closed_form():
    device = Device(lambda x, w: np.sin(x) * w)
    x, w = torch.rand(6, dtype=torch.float64), torch.rand(6, dtype=torch.float64)
    dx, dw = torch.randn(6, dtype=torch.float64), torch.randn(6, dtype=torch.float64)
    exact = torch.cos(x) * w * dx + torch.sin(x) * dw
    measured = measured_jvp(device, (x, w), (dx, dw), epsilon=1e-4, repeats=3)
    twin = twin_jvp(lambda x, w: torch.sin(x) * w, (x, w), (dx, dw))
    torch.testing.assert_close(measured.mean, exact, rtol=1e-6, atol=1e-8)
    torch.testing.assert_close(twin, exact)
    assert device.count == 6
    alignment = gradient_alignment(2 * twin, measured.mean)
    assert alignment.cosine == pytest.approx(1)
    assert alignment.gain == pytest.approx(2)
    assert gradient_alignment(-twin, measured.mean).cosine == pytest.approx(-1)


def test_measured_jvp_error_follows_the_noise():
    """With output noise σ the standard error of R central differences is σ / (ε √(2R))."""
    rng = np.random.default_rng(1)
    sigma, epsilon, repeats = 1e-2, 0.1, 64
    noisy = Device(lambda x: x + sigma * rng.standard_normal(x.shape))
    result = measured_jvp(
        noisy, (torch.zeros(2000).double(),), (torch.ones(2000).double(),), epsilon=epsilon, repeats=repeats
    )
    expected = sigma / (epsilon * math.sqrt(2 * repeats))
    assert float(result.standard_error.mean()) == pytest.approx(expected, rel=0.05)
    assert float((result.mean - 1).std()) == pytest.approx(expected, rel=0.1)


class _Meta(torch.nn.Module):
    """The inner problem of the TorchOpt text-book case, its square computed by a physical layer."""

    def __init__(self) -> None:
        super().__init__()
        self.a = torch.nn.Parameter(torch.tensor(1.0))
        self.square = physics_aware(Device(lambda v: v * v), lambda v: v * v)

    def forward(self, x: Tensor) -> Tensor:
        return self.a * self.square(x)


@pytest.mark.parametrize("optimiser", ["MetaSGD", "MetaOptimizer"])
def test_meta_gradient_through_a_physical_layer(optimiser):
    """L_in = a0 x², a1 = a0 - η x², L_out = a1 x²: ∂L_out/∂x = -4ηx³ + 2a0 x = -28 at a0 = 1, x = 2, η = 1."""
    net = _Meta()
    x = torch.tensor(2.0, requires_grad=True)
    inner = (
        torchopt.MetaSGD(net, lr=1.0) if optimiser == "MetaSGD" else torchopt.MetaOptimizer(net, torchopt.sgd(lr=1.0))
    )
    inner.step(net(x))
    (gradient,) = torch.autograd.grad(net(x), x)
    assert float(gradient) == pytest.approx(-28.0)
