"""Shared by all tests: one thread for torch, the data folder where there is one, small fake systems."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings
from torch import Tensor

from core.ports import Axis, OutOfRange, SystemInfo

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
if SHARED_DATA.is_dir():
    os.environ.setdefault("OVERTONE_DATA", str(SHARED_DATA))
torch.set_num_threads(1)
settings.register_profile("house", deadline=None)  # no test asserts a time
settings.load_profile("house")


class SquareSystem:
    """A system whose answer is known: response = gain · drive², measured without noise."""

    def __init__(self, dim: int = 6, gain: float = 1.0, shared: dict[str, tuple[int, ...]] | None = None) -> None:
        axis = Axis("Channel", "", np.arange(dim, dtype=float))
        self.info = SystemInfo(
            "square",
            "Square law",
            "simulated",
            1,
            dim,
            dim,
            False,
            axis,
            axis,
            "Drive",
            "Response",
            1e-3,
            shared or {},
        )
        self.gain = gain
        self.safe = False
        self.calls: list[tuple[int, ...]] = []

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        if drive.min() < 0 or drive.max() > 1:
            raise OutOfRange("outside [0, 1]")
        self.calls.append(tuple(drive.shape))
        response = self.gain * drive.detach() ** 2
        for value in parameters:
            response = response * value.mean()
        return response

    def safe_state(self) -> None:
        self.safe = True

    def snapshot(self) -> dict[str, object]:
        return {"kind": "square", "serial_number": 1}


@pytest.fixture
def square_system() -> SquareSystem:
    return SquareSystem()
