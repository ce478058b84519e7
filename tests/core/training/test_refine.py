"""Online refinement: it follows a device that drifts, forgets what is old, and never makes the twin worse."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from core.calibration.excitation import mixed
from core.calibration.shots import collect_shots
from core.physics.circuit import CircuitModel
from core.training.events import AlignmentChecked
from core.training.refine import CALLS, HELD_OUT, SHOTS_A_CALL, Refiner
from core.twin.adapter import AdaptedTwin, adaptable
from core.twin.fit import fit_twin
from core.twin.physics import PhysicsTwin
from devices.catalogue import find_system
from tests.conftest import SquareSystem


class Square(nn.Module):
    """The square law, which cannot learn."""

    def forward(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        return drive**2


def adapted(seed: int = 0) -> nn.Module:
    return adaptable(Square(), SquareSystem().info, seed=seed).requires_grad_(False)


def shoot(refiner: Refiner, system: SquareSystem, calls: int, seed: int = 1) -> None:
    generator = torch.Generator().manual_seed(seed)
    measure = refiner.watching(system.run)
    for _ in range(calls):
        measure(torch.rand(2 * SHOTS_A_CALL, 6, generator=generator))


def gain_of(twin: nn.Module) -> float:
    drive = torch.rand(200, 6, generator=torch.Generator().manual_seed(7))
    answer = twin(drive)
    return float((answer * drive**2).sum() / drive.pow(4).sum())


def checked(step: int, drift: float, noise_floor: float) -> AlignmentChecked:
    return AlignmentChecked(step, (), 1.0, drift, noise_floor, "good", 0)


def test_an_adapted_twin_begins_as_what_it_adapts():
    drive = torch.rand(4, 6)
    assert torch.equal(adapted()(drive), drive**2)
    twin = PhysicsTwin(CircuitModel())
    assert adaptable(twin, SquareSystem().info, seed=0) is twin


def test_an_adapted_twin_learns_another_gain_and_measures_nothing_for_it():
    twin, system = adapted(), SquareSystem(gain=1.3)
    refiner = Refiner(twin)
    shoot(refiner, system, 40)
    calls = len(system.calls)
    for _ in range(6):
        refiner.refine()
    assert gain_of(twin) == pytest.approx(1.3, rel=0.01)
    assert len(system.calls) == calls
    assert not any(value.requires_grad or value.grad is not None for value in twin.parameters())


def test_equations_follow_a_device_whose_parameters_drift():
    """The oracle is the hidden device without its noise, ten hours later at 2 % an hour."""
    system = find_system("circuit").build(4203, 1, {"parameter_drift_per_hour": 0.02})
    twin = PhysicsTwin(CircuitModel())
    fit_twin(twin, collect_shots(system.run, system.info, 128, seed=0), seed=0, steps=60)
    refiner = Refiner(twin.requires_grad_(False))
    measure = refiner.watching(system.run)
    generator = torch.Generator().manual_seed(3)

    def drives(count: int) -> Tensor:
        return mixed(count, system.info.drive_dim, True, generator)

    def error(model: nn.Module) -> float:
        drive = drives(64)
        truth = system.ideal_response(drive)
        return float((model(drive) - truth).norm() / (truth - truth.mean(0)).norm())

    frozen = PhysicsTwin(CircuitModel())
    frozen.load_state_dict(twin.state_dict())
    refiner.heed(checked(100, drift=1.0, noise_floor=0.05))
    for step in range(100):
        system.age(0.1)
        refiner.step = step
        measure(drives(16))
        if step % 5 == 4:
            refiner.refine()
    with torch.no_grad():
        assert error(frozen) > 0.15
        assert error(twin) < 0.2 * error(frozen)


def test_what_is_old_is_forgotten_as_fast_as_the_sentinels_say():
    """Half of the shots are of gain 1, long ago, half of gain 2: without a time constant the twin lies between them."""

    def refined(drift: float) -> float:
        twin, system = adapted(), SquareSystem(gain=1.0)
        refiner = Refiner(twin)
        shoot(refiner, system, CALLS // 2)
        refiner.step, system.gain = 100, 2.0
        shoot(refiner, system, CALLS // 2, seed=2)
        refiner.heed(checked(100, drift, 0.01))
        for _ in range(8):
            refiner.refine()
        return gain_of(twin)

    assert refined(drift=0.01) == pytest.approx(1.5, abs=0.05)
    assert refined(drift=0.1) == pytest.approx(2.0, abs=0.02)


@pytest.mark.parametrize(
    ("step", "drift", "constant"), [(0, 0.5, math.inf), (200, 0.01, math.inf), (200, 0.05, 200 / math.sqrt(24))]
)
def test_the_time_constant_is_the_steps_in_which_drift_comes_up_to_noise(step: int, drift: float, constant: float):
    refiner = Refiner(adapted())
    refiner.heed(checked(step, drift, 0.01))
    assert refiner.time_constant == pytest.approx(constant)


def test_a_fit_that_answers_held_out_shots_worse_is_rolled_back():
    """Every call that is held out comes from another device, so that learning the others must make it worse."""

    class Twofold(SquareSystem):
        def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
            self.gain = 1.0 if (len(self.calls) + 1) % HELD_OUT == 0 else 3.0
            return super().run(drive)

    twin = adapted()
    before = {name: value.clone() for name, value in twin.state_dict().items()}
    refiner = Refiner(twin)
    shoot(refiner, Twofold(), 40)
    found = refiner.refine()
    assert found is not None
    assert not found.kept
    assert found.after > found.before
    assert all(torch.equal(value, before[name]) for name, value in twin.state_dict().items())


def test_too_few_shots_change_nothing():
    refiner = Refiner(adapted())
    shoot(refiner, SquareSystem(gain=2.0), HELD_OUT)
    assert refiner.refine() is None


def test_a_restored_refiner_goes_on_bit_for_bit():
    system = SquareSystem(gain=1.2, shared={"coupling": (3,)})
    base = replace(system.info, parameter_shapes={"coupling": (3,)})

    class Coupled(Square):
        def forward(self, drive: Tensor, *parameters: Tensor) -> Tensor:
            return drive**2 * parameters[0].mean()

    def new() -> tuple[AdaptedTwin, Refiner]:
        twin = AdaptedTwin(Coupled(), base, seed=0).requires_grad_(False)
        return twin, Refiner(twin)

    def measured(refiner: Refiner, seed: int) -> None:
        generator, measure = torch.Generator().manual_seed(seed), refiner.watching(system.run)
        for _ in range(20):
            measure(torch.rand(9, 6, generator=generator), torch.rand(3, generator=generator))

    twin, refiner = new()
    measured(refiner, 1)
    refiner.step = 3
    refiner.heed(checked(3, 0.5, 0.1))
    refiner.refine()
    state = {name: value.clone() for name, value in refiner.state().items()}
    weights = {name: value.clone() for name, value in twin.state_dict().items()}
    measured(refiner, 2)
    refiner.refine()

    resumed, other = new()
    resumed.load_state_dict(weights)
    other.restore(state)
    measured(other, 2)
    other.refine()
    assert all(torch.equal(value, twin.state_dict()[name]) for name, value in resumed.state_dict().items())
