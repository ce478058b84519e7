"""What all kernels share: threads that change no result, a cache that may be missing, the choice of the reference."""

from __future__ import annotations

import logging
import threading
import time

import pytest
import torch
from numba.core import caching

from core.physics import circuit, pendula, plate
from core.physics.kernels import jit as jit_module
from core.physics.kernels.function import Kernel, solve
from core.physics.kernels.pool import over_blocks, set_threads, side_by_side
from core.ports import SimulationDiverged


@pytest.fixture
def two_threads():
    set_threads(2)
    yield
    set_threads(1)


def shots_and_gradients(batch: int) -> tuple[torch.Tensor, ...]:
    drive = torch.randn(batch, 40, generator=torch.Generator().manual_seed(2)).requires_grad_()
    factors = torch.tensor([0.2, 0.08, 0.2, 0.22, 0.01, 0.2, 0.5], requires_grad=True)
    response = circuit.simulate(drive, factors)
    return response.detach(), *torch.autograd.grad(response.square().sum(), (drive, factors))


def test_the_number_of_threads_changes_no_bit(two_threads):
    many = shots_and_gradients(200)
    set_threads(1)
    for one, two in zip(shots_and_gradients(200), many, strict=True):
        assert torch.equal(one, two)


@pytest.mark.parametrize("blocks", [0, 1, 2, 7])
def test_every_block_is_worked_on_once(two_threads, blocks):
    done: list[int] = []
    over_blocks(lambda first, last: done.extend(range(first, last)), blocks)
    assert sorted(done) == list(range(blocks))


def test_an_error_in_any_block_arrives(two_threads):
    def work(first: int, last: int) -> None:
        if last == 4:
            raise ArithmeticError("the last block")

    with pytest.raises(ArithmeticError, match="the last block"):
        over_blocks(work, 4)


def test_only_work_that_is_worth_it_wakes_another_thread(two_threads):
    seen: set[int] = set()

    def small(first: int, last: int) -> None:
        seen.add(threading.get_ident())

    def large(first: int, last: int) -> None:
        seen.add(threading.get_ident())
        time.sleep(0.02 * (last - first))

    for _ in range(50):  # until its pace is known
        over_blocks(small, 4)
    seen.clear()
    for _ in range(50):
        over_blocks(small, 4)
    assert seen == {threading.get_ident()}
    for _ in range(5):
        over_blocks(large, 4)
    assert len(seen) == 2


def test_two_pieces_of_work_meet_and_use_kernels_meanwhile(two_threads):
    meeting = threading.Barrier(2, timeout=20)  # breaks unless both are there at once

    def piece() -> tuple[torch.Tensor, ...]:
        meeting.wait()
        return shots_and_gradients(100)

    here, there = side_by_side(piece, piece)
    for one, other in zip(here, there, strict=True):
        assert torch.equal(one, other)


def test_the_error_of_either_side_arrives(two_threads):
    def fails() -> None:
        raise ArithmeticError("on purpose")

    for pair in ((fails, int), (int, fails)):
        with pytest.raises(ArithmeticError, match="on purpose"):
            side_by_side(*pair)
    assert side_by_side(int, float) == (0, 0.0)


def test_without_a_folder_for_the_cache_kernels_compile_in_memory_and_say_so_once(monkeypatch, caplog):
    monkeypatch.setattr(caching.CacheImpl, "_locator_classes", [])
    monkeypatch.setattr(jit_module, "_told", set())
    with caplog.at_level(logging.WARNING, "overtone"):
        kernels = [jit_module.jit(lambda x: 2 * x), jit_module.jit(lambda x: 3 * x)]
    assert [kernel(7) for kernel in kernels] == [14, 21]
    assert len(caplog.records) == 1
    assert "NUMBA_CACHE_DIR" in caplog.text


def spy(calls: list[str]) -> Kernel:
    def reference(x: torch.Tensor) -> torch.Tensor:
        calls.append("reference")
        return x**3

    def forward(keep: bool, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        calls.append("kernel, kept" if keep else "kernel")
        return x.detach() ** 3, x.detach() if keep else None

    return Kernel(reference, forward, lambda kept, cotangent, needed: (3 * kept**2 * cotangent,))


def test_the_kernel_serves_what_it_can_and_the_reference_the_rest():
    calls: list[str] = []
    kernel, x = spy(calls), torch.tensor([0.5, 2.0], dtype=torch.float64)
    wanting = x.clone().requires_grad_()

    solve(kernel, x)
    with torch.no_grad():
        solve(kernel, wanting)
    assert calls == ["kernel", "kernel"], "nothing is kept where no gradient can be asked for"

    calls.clear()
    (gradient,) = torch.autograd.grad(solve(kernel, wanting).sum(), wanting)
    torch.testing.assert_close(gradient, 3 * x**2)
    assert calls == ["kernel, kept"]

    calls.clear()
    (first,) = torch.autograd.grad(solve(kernel, wanting).sum(), wanting, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), wanting)
    torch.testing.assert_close(second, 6 * x)
    assert calls == ["kernel, kept", "reference"]

    calls.clear()
    _, tangent = torch.func.jvp(lambda value: solve(kernel, value), (x,), (torch.ones_like(x),))
    torch.testing.assert_close(tangent, 3 * x**2)
    solve(kernel, x.half())
    with torch.autograd.forward_ad.dual_level():
        solve(kernel, torch.autograd.forward_ad.make_dual(x, x))
    assert calls == ["reference"] * 3


def test_a_solver_that_leaves_the_finite_numbers_says_where_and_with_what():
    start, force = torch.rand(2, pendula.PENDULA), torch.zeros(pendula.PENDULA)
    with pytest.raises(SimulationDiverged, match=r"at pendulum 0 of 206; start .* coupling from 1e\+30 to 1e\+30"):
        pendula.release(start, torch.full((pendula.PAIRS,), 1e30), force, force + 1, torch.tensor(0.0))
    modes = plate.coefficients(torch.tensor([100.0]), torch.tensor([torch.nan]), torch.tensor([1.0]))
    with pytest.raises(SimulationDiverged, match=r"at step 0 of 50; force .* modes \(nan, nan, 1, nan\)"):
        plate.simulate(torch.rand(2, 50), modes)
