"""What physics-aware training adds to evaluating the twin and measuring the device."""

from __future__ import annotations

import statistics
import time

import torch
from torch import Tensor

from app.bench.harness import ROUNDS, Limit
from core.pat import physics_aware

CALLS = 200
MUST_MS, AIM_MS = 0.060, 0.040


def limits() -> list[Limit]:
    """Measure PAT's net overhead, a step of PAT less the twin's own step and a measurement, in each round."""
    torch.set_num_threads(1)
    x = torch.rand(8, 4, requires_grad=True)
    probe = x.detach()

    def twin(value: Tensor) -> Tensor:
        return torch.sin(value) * value

    def device(value: Tensor) -> Tensor:
        return value * value

    shot = physics_aware(device, twin)

    def pat_step() -> None:
        torch.autograd.grad(shot(x).sum(), x)

    def twin_step() -> None:
        torch.autograd.grad(twin(x).sum(), x)

    def measurement() -> None:
        device(probe)

    def per_call_ms(work: object) -> float:
        assert callable(work)
        start = time.perf_counter()
        for _ in range(CALLS):
            work()
        return 1e3 * (time.perf_counter() - start) / CALLS

    for work in (pat_step, twin_step, measurement):
        per_call_ms(work)
    taken = [per_call_ms(pat_step) - per_call_ms(twin_step) - per_call_ms(measurement) for _ in range(ROUNDS)]
    low, middle, high = statistics.quantiles(taken, n=4)
    return [Limit("pat", "net overhead of a step", middle, MUST_MS, AIM_MS, (high - low) / middle)]
