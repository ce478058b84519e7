"""PAT evaluates the twin while a real device measures, and in turn with a simulated one."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from core.physics.kernels.pool import set_threads
from core.training.estimators import pat
from tests.conftest import SquareSystem


@pytest.fixture
def two_threads():
    set_threads(2)
    yield
    set_threads(1)


def gradient(shot, drive: Tensor) -> Tensor:
    x = drive.clone().requires_grad_()
    (found,) = torch.autograd.grad(shot(x).sum(), x)
    return found


@pytest.mark.usefixtures("two_threads")
def test_twin_and_real_device_are_asked_at_the_same_time(square_system: SquareSystem):
    square_system.info = replace(square_system.info, status="connected")
    meeting = threading.Barrier(2, timeout=20)  # breaks unless both sides are there at once

    def measure(drive: Tensor) -> Tensor:
        meeting.wait()
        return square_system.run(drive)

    def twin(drive: Tensor) -> Tensor:
        meeting.wait()
        return drive**2

    drive = torch.rand(4, 6)
    torch.testing.assert_close(gradient(pat(measure, twin, square_system).train, drive), 2 * drive)


@pytest.mark.usefixtures("two_threads")
def test_a_simulated_device_has_the_thread_to_itself(square_system: SquareSystem):
    threads: list[int] = []

    def measure(drive: Tensor) -> Tensor:
        threads.append(threading.get_ident())
        return square_system.run(drive)

    def twin(drive: Tensor) -> Tensor:
        threads.append(threading.get_ident())
        return drive**2

    gradient(pat(measure, twin, square_system).train, torch.rand(4, 6))
    assert threads == [threading.get_ident()] * 2


@pytest.mark.usefixtures("two_threads")
def test_a_device_that_fails_while_the_twin_is_evaluated_says_so(square_system: SquareSystem):
    square_system.info = replace(square_system.info, status="connected")

    def measure(drive: Tensor) -> Tensor:
        raise ConnectionError("the cable")

    with pytest.raises(ConnectionError, match="the cable"):
        gradient(pat(measure, lambda drive: drive**2, square_system).train, torch.rand(4, 6))
