"""Simultaneous perturbation: unbiased where the truth is known, on the device alone, at three passes a shot."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from core.training.estimators import Route, spsa
from tests.conftest import SquareSystem

DRAWS = 20_000


class LinearSystem(SquareSystem):
    """response = A drive."""

    matrix = torch.randn(6, 6, generator=torch.Generator().manual_seed(4))

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        super().run(drive, *parameters)
        return drive @ self.matrix.T


def no_twin(*controls: Tensor) -> Tensor:
    raise AssertionError("the twin is not asked")


def route_of(system: SquareSystem, seed: int = 0) -> Route:
    route = spsa(system.run, no_twin, system)
    assert route.generator is not None
    route.generator.manual_seed(seed)
    return route


@pytest.mark.parametrize("level", [0.5, 0.0, 1.0, 0.98])
def test_the_mean_gradient_is_the_transposed_jacobian_times_the_cotangent(level: float):
    """At the ends of the range too, where one side is cut off: of a linear map that changes nothing."""
    system = LinearSystem()
    drive = torch.full((DRAWS, 6), level, requires_grad=True)
    cotangent = torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0, -1.0])
    (route_of(system).train(drive) @ cotangent).sum().backward()
    assert drive.grad is not None
    truth = system.matrix.T @ cotangent
    error = (drive.grad.mean(0) - truth).abs()
    assert bool((error < 5 * drive.grad.std(0) / DRAWS**0.5).all())
    assert float(drive.grad.std(0).mean()) < 10 * float(truth.norm())


def test_shared_parameters_and_drives_have_their_own_gradients():
    """y = x² mean(c) mean(f): ∂y/∂c_i = x² mean(f) / n."""
    system = SquareSystem(shared={"coupling": (3,), "force": (2,)})
    route = route_of(system)
    drive = torch.full((1, 6), 0.5, requires_grad=True)
    shared = [torch.full((3,), 0.4, requires_grad=True), torch.full((2,), 0.8, requires_grad=True)]
    for _ in range(4000):
        route.train(drive, *shared).sum().backward()
    truths = (2 * 0.5 * 0.4 * 0.8, 6 * 0.25 * 0.8 / 3, 6 * 0.25 * 0.4 / 2)
    for value, truth in zip((drive, *shared), truths, strict=True):
        assert value.grad is not None
        assert float(value.grad.mean()) / 4000 == pytest.approx(truth, rel=0.1)


def test_a_shot_takes_three_passes_and_one_where_nobody_asks_for_a_gradient():
    system = SquareSystem()
    route = route_of(system)
    drive = torch.rand(5, 6, generator=torch.Generator().manual_seed(1))
    response = route.train(drive.requires_grad_())
    torch.testing.assert_close(response.detach(), drive.detach() ** 2)
    assert sum(rows for rows, _ in system.calls) == 15
    with torch.no_grad():
        route.train(drive)
        route.validate(drive)
    assert sum(rows for rows, _ in system.calls) == 25


def test_its_draws_are_those_of_its_generator():
    drive = torch.full((3, 6), 0.5)

    def gradient(seed: int) -> Tensor:
        value = drive.clone().requires_grad_()
        route_of(LinearSystem(), seed).train(value).sum().backward()
        assert value.grad is not None
        return value.grad

    assert torch.equal(gradient(1), gradient(1))
    assert not torch.equal(gradient(1), gradient(2))
