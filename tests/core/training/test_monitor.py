"""The gradient monitor: exact on what is known, unbiased and covering under noise, quick to flag a wrong sign."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from torch import Tensor

from core.calibration.alignment import REPEATS, Controls, alignment, random_direction, step_size, twin_slope
from core.network.base import PhysicalNetwork, Shoot
from core.network.build import build_network
from core.network.settings import NetworkSettings
from core.ports import PhysicalSystem
from core.training.monitor import GradientMonitor
from core.twin.neural import NeuralTwin
from core.twin.physics import PhysicsTwin
from devices.catalogue import BUNDLED
from tests.conftest import SquareSystem

CHAIN = NetworkSettings("chain", layers=2, branches=2, normalise="none", readout="mean", initial_gain=0.3)
SHARED = {"coupling": (3, 3), "force": (6,)}


class Noisy(SquareSystem):
    """The square law with white noise of a known size and a gain that can drift."""

    def __init__(self, sigma: float = 0.0, seed: int = 0, dim: int = 6) -> None:
        super().__init__(dim)
        self.sigma, self.generator = sigma, torch.Generator().manual_seed(seed)

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        response = super().run(drive, *parameters)
        return response + self.sigma * torch.randn(response.shape, generator=self.generator)


def square(drive: Tensor, *shared: Tensor) -> Tensor:
    response = drive**2
    for value in shared:
        response = response * value.mean()
    return response


def features(count: int = 40, dim: int = 6) -> Tensor:
    return torch.rand(count, dim, generator=torch.Generator().manual_seed(9))


def monitored(
    system: PhysicalSystem, twin: Shoot, settings: NetworkSettings = CHAIN, seed: int = 3
) -> tuple[GradientMonitor, PhysicalNetwork]:
    network = build_network(settings, system.info, 6, 2, seed=0)
    return GradientMonitor(system.run, twin, system.info, features(), seed=seed), network


@pytest.mark.parametrize(("gain", "cosine"), [(1.0, 1.0), (2.0, 1.0), (-0.5, -1.0)])
@pytest.mark.parametrize("shared", [{}, SHARED], ids=["controls", "shared"])
def test_an_exact_twin_of_another_gain_has_that_gain(gain: float, cosine: float, shared: dict[str, tuple[int, ...]]):
    system = SquareSystem(shared=shared)
    settings = NetworkSettings("pendula", layers=2, initial_spread=0.1) if shared else CHAIN
    monitor, network = monitored(system, lambda *tensors: gain * square(*tensors), settings)
    checked = monitor.check(network, step=7)
    assert checked.step == 7
    assert [layer.layer for layer in checked.layers] == list(range(network.shots_per_inference))
    for layer in checked.layers:
        assert layer.cosine == pytest.approx(cosine, abs=1e-3)
        assert layer.gain == pytest.approx(abs(gain), rel=1e-3)
        assert layer.high - layer.low < 2e-3
    assert checked.verdict == ("good" if gain > 0 else "against")
    assert checked.shots == monitor.shots_per_check(network) == sum(rows for rows, _ in system.calls)
    assert json.loads(json.dumps(asdict(checked)))["verdict"] == checked.verdict
    assert all(type(layer.cosine) is type(layer.low) is type(layer.high) is float for layer in checked.layers)


@pytest.mark.parametrize("angle_deg", [30.0, 80.0, 130.0])
def test_a_twin_that_turns_the_response_by_an_angle_has_its_cosine(angle_deg: float):
    """Turned in pairs of channels, J_t = R J has the cosine of the angle along every direction."""
    c, s = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    turn = torch.block_diag(*[torch.tensor([[c, -s], [s, c]])] * 3)
    monitor, network = monitored(SquareSystem(), lambda drive: drive**2 @ turn.T)
    checked = monitor.check(network, step=0)
    for layer in checked.layers:
        assert layer.cosine == pytest.approx(c, abs=1e-3)
    assert checked.verdict == {30.0: "good", 80.0: "usable", 130.0: "against"}[angle_deg]


def test_parallel_branches_of_one_request_are_layers_of_their_own():
    class OneBranchBroken(SquareSystem):
        """The square law, but for a sign where the mean drive is above 0.7: only the second branch goes there."""

        def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
            return super().run(drive) * torch.where(drive.mean(1, keepdim=True) > 0.7, -1, 1)

    system = OneBranchBroken()
    monitor, network = monitored(system, square, NetworkSettings("hybrid", branches=3, initial_spread=0.01))
    with torch.no_grad():
        network.get_parameter("inputs.0.bias").copy_(torch.tensor([0.4, 0.8, 0.5]).repeat_interleave(6))
    checked = monitor.check(network, step=0)
    assert [round(layer.cosine) for layer in checked.layers] == [1, -1, 1]
    assert checked.shots == sum(rows for rows, _ in system.calls)


@pytest.mark.parametrize("cosine", [0.0, 0.7, 0.95])
@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_the_interval_covers_the_truth_and_noise_brings_no_bias(cosine: float, noise: float):
    """Linear maps of a known Frobenius cosine; `noise` is that of one difference relative to |J v|."""
    generator, dim, draws = torch.Generator().manual_seed(5), 24, 200
    device, other = torch.randn(2, dim, dim, generator=generator)
    device = device / device.norm()
    other = other - (other * device).sum() * device
    twin = cosine * device + math.sqrt(1 - cosine**2) * other / other.norm()
    found: list[float] = []
    covering = 0
    for _ in range(draws):
        v = 2.0 * torch.randint(2, (8, dim), generator=generator) - 1
        error = noise / dim**0.5 * torch.randn(REPEATS, 8, dim, generator=generator)
        layer = alignment(0, v @ device.T + error, v @ twin.T)
        found.append(layer.cosine)
        covering += layer.low <= cosine <= layer.high
    assert covering >= 0.9 * draws
    spread = float(torch.tensor(found).std())
    # A naive cosine of the mean of four repeats would be √(1 + noise²/4) too small: 11 % at noise 1.
    assert sum(found) / draws == pytest.approx(cosine, abs=4 * spread / draws**0.5 + 0.01)


def test_what_cannot_be_told_from_noise_says_nothing():
    noise = torch.randn(200, REPEATS, 8, 30, generator=torch.Generator().manual_seed(0))
    twin = torch.randn(8, 30, generator=torch.Generator().manual_seed(1))
    layers = [alignment(0, slopes, twin) for slopes in noise]
    silent = [layer for layer in layers if (layer.low, layer.high) == (-1, 1) and math.isnan(layer.gain)]
    assert len(silent) > 0.98 * len(layers)
    assert not any(layer.high < 0 for layer in layers)


def test_wild_shots_at_one_sample_widen_the_interval_and_hide_nothing():
    """A shot that starts late by a sample is off by as much as the response; here two of four at one sample are."""
    generator = torch.Generator().manual_seed(0)
    truth = torch.randn(8, 50, generator=generator)
    slopes = truth + 0.1 * torch.randn(REPEATS, 8, 50, generator=generator)
    slopes[:2, 3] += 5 * torch.randn(50, generator=generator)
    layer = alignment(0, slopes, truth)
    assert 0 < layer.low < 0.9
    assert layer.high == 1
    assert math.isfinite(layer.gain)


def test_controls_at_the_clamp_are_not_moved():
    system = SquareSystem()
    monitor, network = monitored(system, square)
    with torch.no_grad():
        network.get_parameter("offset").fill_(2.0)
    checked = monitor.check(network, step=0)
    assert all((layer.low, layer.high) == (-1, 1) for layer in checked.layers)
    assert checked.verdict == "poor"
    point = Controls(torch.tensor([[0.0, 0.1, 0.5, 0.95, 1.0]]), ())
    direction = random_direction(point, torch.Generator().manual_seed(0)).drive
    torch.testing.assert_close(direction.abs(), torch.tensor([[0.0, 0.5, 1.0, 0.25, 0.0]]))


def test_a_flipped_sign_is_flagged_within_three_checks_and_a_good_twin_never():
    system = Noisy(sigma=0.05)
    monitor, network = monitored(system, square)
    flipped, _ = monitored(system, lambda drive: -square(drive), seed=4)
    assert "against" in {flipped.check(network, step).verdict for step in range(3)}
    assert {monitor.check(network, step).verdict for step in range(50)} <= {"good", "usable"}


@pytest.mark.parametrize("noise", [1e-4, 1e-2, 1.0])
def test_the_step_minimises_the_error_of_a_central_difference(noise: float):
    bend = 30.0

    def mean_square_error(log_step: float) -> float:
        step = math.exp(log_step)
        return (bend * step**2) ** 2 + noise**2 / (2 * REPEATS * step**2)

    found = minimize_scalar(mean_square_error, bounds=(math.log(0.02), math.log(0.2)), method="bounded")
    assert step_size(noise, bend) == pytest.approx(math.exp(found.x), rel=1e-3)


@pytest.mark.parametrize("kind", BUNDLED)
def test_the_twins_slope_agrees_with_forward_mode(kind: str):
    system = BUNDLED[kind].build(1, 0, {})
    model = BUNDLED[kind].model
    assert model is not None
    point = operating_points(system, 2)
    # Forward mode steps through the circuit's reference one by one: a shorter shot will do.
    point = Controls(point.drive[:, :40], ()) if kind == "circuit" else point
    direction = random_direction(point, torch.Generator().manual_seed(1))
    neural = NeuralTwin(replace(system.info, drive_dim=point.drive.shape[1]), seed=0).requires_grad_(False)
    for twin in (PhysicsTwin(model()).requires_grad_(False), neural):
        slope, _ = twin_slope(twin, point, direction)
        for row in range(2):
            at, along = ((part.drive[row, None], *(value[row] for value in part.shared)) for part in (point, direction))
            exact = torch.func.jvp(twin, at, along)[1][0]
            assert float((slope[row] - exact).norm() / exact.norm()) < 1e-3


def operating_points(system: PhysicalSystem, count: int) -> Controls:
    generator = torch.Generator().manual_seed(0)
    drive = 0.3 + 0.4 * torch.rand(count, system.info.drive_dim, generator=generator)
    shapes = system.info.parameter_shapes.values()
    shared = (0.5 + 0.02 * torch.randn(*shape, generator=generator) for shape in shapes)
    return Controls(drive, tuple(value.expand(count, *value.shape) for value in shared))


class OneShot(PhysicalNetwork):
    """One shot at given operating points, which are its features."""

    physical_layers = shots_per_inference = 1

    def __init__(self, shared: tuple[Tensor, ...]) -> None:
        super().__init__()
        self.shared = shared

    def forward(self, features: Tensor, shoot: Callable[..., Tensor]):
        shoot(features, *self.shared)


@pytest.mark.parametrize("kind", BUNDLED)
@pytest.mark.parametrize("sign", [1, -1])
def test_on_every_simulated_system_the_cosine_is_the_hidden_truth(kind: str, sign: int):
    """The oracle, E<J_tᵀu, Jᵀu> / √(E|J_tᵀu|² E|Jᵀu|²), is the same cosine from the hidden device's reverse mode."""
    system = BUNDLED[kind].build(11, 0, {})
    model = BUNDLED[kind].model
    assert model is not None
    nominal = PhysicsTwin(model()).requires_grad_(False)

    def twin(*controls: Tensor) -> Tensor:
        return sign * nominal(*controls)

    points = operating_points(system, 64)
    generator = torch.Generator().manual_seed(2)
    products = torch.zeros(3)
    for drive, *shared in zip(points.drive, *points.shared, strict=True):
        inputs = [drive.expand(4, -1).clone().requires_grad_(), *(value.clone().requires_grad_() for value in shared)]
        u = 2.0 * torch.randint(2, (4, system.info.response_dim), generator=generator) - 1
        u = u if not shared else u * torch.tensor([1.0, 0, 0, 0])[:, None]  # shared gradients add up: one at a time
        device, own = (
            torch.cat([part.flatten() for part in torch.autograd.grad((f(*inputs) * u).sum(), inputs)])
            for f in (system.ideal_response, twin)
        )
        products += torch.stack([own @ device, own @ own, device @ device])
    truth = float(products[0] / (products[1] * products[2]).sqrt())
    network = OneShot(tuple(value[0] for value in points.shared))
    monitor = GradientMonitor(system.run, twin, system.info, points.drive, seed=1)
    checks = [monitor.check(network, step) for step in range(5)]
    cosine = sum(checked.cosine for checked in checks) / len(checks)
    assert cosine == pytest.approx(truth, abs=0.03)
    assert all((checked.verdict == "against") == (sign < 0) for checked in checks)


def steps_taken(sigma: float, wild: int = 0) -> list[float]:
    """Return the steps of the central differences on a cubic law with white noise, every so manieth shot wild."""
    system, calls = Noisy(sigma, seed=4), list[Tensor]()
    count = 0

    def measure(drive: Tensor) -> Tensor:
        nonlocal count
        calls.append(drive)
        numbers, count = count + torch.arange(len(drive)), count + len(drive)
        odd = (numbers % wild == 0).float() if wild else torch.zeros(len(drive))
        return system.run(drive) * drive + 3 * odd[:, None]

    network = build_network(CHAIN, system.info, 6, 2, seed=0)
    GradientMonitor(measure, lambda drive: drive**3, system.info, features(), seed=3).check(network, step=0)
    above, below = calls[8:-2:2], calls[9:-2:2]  # after the layers' shots, once and once more; before the sentinels
    swings = [float((up - down).abs().max() / 2) for up, down in zip(above, below, strict=True)]
    assert len(swings) == 4 * REPEATS
    return swings[::REPEATS]


def test_the_step_follows_the_noise_and_no_wild_shot_widens_it():
    """The best step goes as the cube root of the noise."""
    steps = steps_taken(0.001)
    np.testing.assert_allclose(steps_taken(0.008), 2 * np.array(steps), rtol=0.1)
    np.testing.assert_allclose(steps_taken(0.001, wild=41), steps, rtol=0.25)  # it moves the next layer's point, too


def test_drift_is_the_relative_change_and_its_absence_reads_as_the_noise_floor():
    system = Noisy(sigma=0.01)
    monitor, network = monitored(system, square)
    first = monitor.check(network, step=0)
    assert first.drift == 0
    still = [monitor.check(network, step) for step in range(1, 30)]
    ratio = sum((checked.drift / checked.noise_floor) ** 2 for checked in still) / len(still)
    assert ratio == pytest.approx(1, abs=0.6)
    system.sigma = 0.0
    steady, network = monitored(system, square)
    assert steady.check(network, step=0).noise_floor == 0
    system.gain = 1.1
    one, system.gain = steady.check(network, step=1).drift, 1.2
    two = steady.check(network, step=2).drift
    assert two == pytest.approx(2 * one, rel=1e-4)
    assert one > 0.1  # 10 % of the response is more than 10 % of its scatter about the mean


def test_a_restored_monitor_goes_on_bit_for_bit():
    device = Noisy(sigma=0.02, seed=1)
    monitor, network = monitored(device, square)
    monitor.check(network, step=1)
    state = {name: value.clone() for name, value in monitor.state().items()}
    noise = device.generator.get_state()
    went_on = monitor.check(network, step=2)
    resumed, network = monitored(device, square)
    resumed.restore(state)
    device.generator.set_state(noise)
    assert resumed.check(network, step=2) == went_on


def test_a_check_leaves_the_network_as_it_is():
    monitor, network = monitored(SquareSystem(), square)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    monitor.check(network, step=0)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(value.grad is None and value.requires_grad for value in network.parameters())
    assert network.training


def test_one_sample_has_no_scatter():
    with pytest.raises(ValueError, match="at least two"):
        GradientMonitor(SquareSystem().run, square, SquareSystem().info, features(1), seed=0)


def test_four_layers_cost_no_more_than_five_hundred_shots():
    monitor, network = monitored(SquareSystem(), square)
    assert network.shots_per_inference == 4
    assert monitor.shots_per_check(network) <= 500
