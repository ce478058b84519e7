"""Networks of shots: what is sent, what is counted, what keeps controls in range."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.network.base import PhysicalLayer, range_penalty
from core.network.build import build_network
from core.network.settings import NetworkSettings
from core.ports import SpecError
from tests.conftest import SquareSystem

FEATURES = torch.rand(5, 3, generator=torch.Generator().manual_seed(0))
CHAIN = NetworkSettings("chain", layers=3, normalise="sum", readout="mean")


def test_range_penalty_is_the_published_formula():
    k, x = 25.0, torch.tensor([-0.2, 0.0, 0.4, 1.0, 1.3], dtype=torch.float64)
    expected = sum(math.log1p(math.exp(-k * v)) / k + math.log1p(math.exp(k * (v - 1))) / k for v in x.tolist()) / len(
        x
    )
    assert float(range_penalty(x, k)) == pytest.approx(expected)


@given(st.floats(-1e3, 1e3))
def test_range_penalty_pulls_towards_the_range(x):
    value = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    range_penalty(value).backward()
    assert value.grad is not None
    if x < 0.4:
        assert value.grad <= 0
    if x > 0.6:
        assert value.grad >= 0
    if x > 1.2 or x < -0.2:
        assert abs(float(value.grad)) > 0.98


def test_a_control_out_of_range_never_reaches_the_device(square_system):
    response, penalty = PhysicalLayer()(torch.tensor([[-3.0, 0.5, 9.0, 0, 0, 1]]), square_system.run)
    torch.testing.assert_close(response, torch.tensor([[0.0, 0.25, 1.0, 0, 0, 1]]))
    assert penalty > 1


@pytest.mark.parametrize(
    ("settings", "shots"),
    [
        (CHAIN, 3),
        (dataclasses.replace(CHAIN, branches=2, skip=False), 6),
        (NetworkSettings("hybrid", layers=2, branches=4), 8),
    ],
)
def test_shots_per_inference_are_the_shots_that_are_made(square_system, settings, shots):
    network = build_network(settings, square_system.info, 3, 2, seed=1)
    output = network(FEATURES, square_system.run)
    assert output.logits.shape == (5, 2)
    assert sum(rows for rows, _ in square_system.calls) == 5 * shots == 5 * network.shots_per_inference


def test_every_trained_value_gets_a_gradient(square_system):
    for settings in (
        CHAIN,
        dataclasses.replace(CHAIN, normalise="rms", readout="energy"),
        NetworkSettings("hybrid"),
    ):
        network = build_network(settings, square_system.info, 3, 2, seed=1)
        logits, penalty = network(FEATURES, lambda drive: drive**2)
        (logits.square().mean() + penalty).backward()
        for name, value in network.named_parameters():
            assert value.grad is not None, name
            assert value.grad.abs().sum() > 0, name


def test_digital_cost_of_the_hybrid_is_that_of_its_linear_layers(square_system):
    network = build_network(NetworkSettings("hybrid", layers=1, branches=4), square_system.info, 3, 2, seed=1)
    assert network.digital.macs == 3 * 24 + 24 * 2
    assert network.digital.parameters == (3 * 24 + 24) + (24 * 2 + 2)


def test_prepare_levels_what_the_hybrids_linear_layers_see(square_system):
    """A device with one bright, one dim, one dark and three mute outputs a shot."""
    gains = torch.tensor([1.0, 0.3, 1e-3, 0, 0, 0])

    def shoot(drive: torch.Tensor) -> torch.Tensor:
        return gains * drive**2

    network = build_network(NetworkSettings("hybrid", layers=2, branches=2), square_system.info, 3, 2, seed=1)
    features = torch.rand(400, 3, generator=torch.Generator().manual_seed(4))
    network.prepare(features, shoot)
    seen: list[torch.Tensor] = []
    for linear in network.modules():
        if isinstance(linear, torch.nn.Linear):
            linear.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    with torch.no_grad():
        network(features, shoot)
    for value in seen[1:]:
        answers = value.reshape(400, 2, 6)
        torch.testing.assert_close(answers.mean(0), torch.zeros(2, 6), atol=1e-3, rtol=0)
        spread = answers.std(0)
        assert float(spread.max()) == pytest.approx(1.0, rel=1e-3)
        assert float(spread[:, 2].max()) < 0.1  # the dark output is not amplified to the others' size
        assert float(spread[:, 3:].max()) < 1e-6


def test_digital_cost_of_a_chain_grows_linearly_with_its_layers(square_system):
    one, two, three = (
        build_network(dataclasses.replace(CHAIN, layers=n), square_system.info, 3, 2, seed=1) for n in (1, 2, 3)
    )
    assert three.digital.macs - two.digital.macs == two.digital.macs - one.digital.macs
    # a layer more: scale, offset and skip, each once a control
    assert three.digital.parameters - two.digital.parameters == 3 * 6
    assert sum(value.numel() for value in three.parameters()) == three.digital.parameters


def test_a_chain_is_the_composition_that_it_says():
    """Two layers written out by hand, on 3 features tiled over 6 controls."""
    system = SquareSystem()
    network = build_network(
        NetworkSettings("chain", layers=2, normalise="sum", readout="mean", logit_gain=1.0),
        system.info,
        3,
        2,
        seed=4,
    )
    p = {name: value.detach() for name, value in network.named_parameters()}
    x = torch.cat([FEATURES, FEATURES], 1)
    first = (p["scale"][0, 0] * x + p["offset"][0, 0]).clamp(0, 1) ** 2
    first = first / first.mean(1, keepdim=True)
    second = (p["scale"][0, 1] * first + p["offset"][0, 1] + p["skip_scale"][0, 0] * x).clamp(0, 1) ** 2
    second = second / second.mean(1, keepdim=True)
    windows = torch.stack([second[:, :3].mean(1), second[:, 3:].mean(1)], 1)
    torch.testing.assert_close(network(FEATURES, system.run).logits.detach(), windows)


@pytest.mark.parametrize(("encode", "repeated"), [("tile", [0, 1, 2, 0, 1, 2]), ("hold", [0, 0, 1, 1, 2, 2])])
def test_each_branch_begins_with_another_feature(square_system, encode, repeated):
    settings = NetworkSettings("chain", branches=3, encode=encode, initial_spread=0.0, initial_gain=1.0)
    network = build_network(settings, square_system.info, 3, 2, seed=1)
    sent: list[torch.Tensor] = []

    def shoot(drive: torch.Tensor) -> torch.Tensor:
        sent.append(drive)
        return drive

    network(FEATURES / 2, shoot)
    for branch, drive in enumerate(sent):
        turned = [(feature + branch) % 3 for feature in repeated]
        torch.testing.assert_close(drive, 0.5 + FEATURES[:, turned] / 2)


def test_prepare_levels_controls_and_class_windows(square_system):
    settings = dataclasses.replace(CHAIN, layers=1, initial_level=0.5, initial_gain=0.1, initial_spread=0.3)
    network = build_network(settings, square_system.info, 3, 2, seed=1)
    features = torch.rand(400, 3, generator=torch.Generator().manual_seed(1))
    drives = []

    def shoot(drive):
        drives.append(drive)
        return drive**2

    network.prepare(features, shoot)
    logits, _ = network(features, shoot)
    assert drives[-1].mean().item() == pytest.approx(0.5, abs=0.01)
    assert drives[-1].std(0).square().mean().sqrt().item() == pytest.approx(0.1, rel=0.2)  # of the spread weights' rms
    torch.testing.assert_close(logits.mean(0), torch.zeros(2), atol=1e-4, rtol=0)
    torch.testing.assert_close(logits.std(0), torch.full((2,), settings.logit_gain), atol=1e-4, rtol=0)


def test_standardised_features_drive_all_controls_alike(square_system):
    """Whatever the units of the features: the same network, and the statistics go into the checkpoint."""
    settings = dataclasses.replace(CHAIN, layers=1, standardise=True)
    features = torch.rand(400, 3, generator=torch.Generator().manual_seed(1))
    converted = torch.tensor([1.0, 0.3, 0.2]) * features + torch.tensor([0.0, 0.7, 0.8])
    one, other, copy = (build_network(settings, square_system.info, 3, 2, seed=seed) for seed in (1, 1, 2))
    one.prepare(features, square_system.run)
    other.prepare(converted, square_system.run)
    logits = other(converted, square_system.run).logits
    torch.testing.assert_close(logits, one(features, square_system.run).logits, atol=1e-3, rtol=1e-3)  # float32
    copy.load_state_dict(other.state_dict())
    assert torch.equal(copy(converted, square_system.run).logits, logits)


def test_prepare_gives_no_class_to_a_dark_part_of_the_response(square_system):
    settings = dataclasses.replace(CHAIN, layers=1, normalise="none", initial_level=0.5)
    network = build_network(settings, square_system.info, 3, 2, seed=1)
    network.prepare(torch.rand(400, 3), lambda drive: drive**2 * torch.tensor([1.0, 1, 1, 0, 0, 0]))
    window = network.state_dict()["_window"]
    assert window[:3].tolist() in ([0, 0, 1], [0, 1, 1])


def test_shared_parameters_go_to_the_device_and_are_not_digital():
    system = SquareSystem(shared={"coupling": (15,), "force": (6,)})
    network = build_network(NetworkSettings("pendula", layers=2), system.info, 3, 2, seed=1)
    assert network.physical_parameters == 2 * 21
    assert network.digital.parameters == 1
    assert network(FEATURES, system.run).logits.shape == (5, 2)


def test_the_same_seed_gives_the_same_network(square_system):
    def weights(seed: int) -> torch.Tensor:
        network = build_network(CHAIN, square_system.info, 3, 2, seed=seed)
        return torch.cat([value.flatten() for value in network.parameters()])

    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(4))


def test_architecture_and_system_must_fit(square_system):
    with pytest.raises(SpecError, match=r"network\.architecture"):
        build_network(NetworkSettings("pendula"), square_system.info, 3, 2, seed=1)
