"""A test shot: one quiet waveform out, one record in, and what the instrument tells of itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.calibration.excitation import low_pass
from core.ports import SystemInfo
from core.run.spec import SystemSpec
from devices.catalogue import make_system

LOUDNESS = 0.5  # of the largest drive
SEED = 1


@dataclass(frozen=True)
class DeviceShot:
    """What a test shot has shown: controls (drive,), the response (response,), and the system's snapshot after it."""

    info: SystemInfo
    drive: np.ndarray
    response: np.ndarray
    snapshot: Mapping[str, Any]
    wall_s: float

    @property
    def output_v(self) -> float:
        """Return the largest voltage that the instrument can make, 0 where it tells none."""
        return float(self.snapshot.get("output_v", 0.0))


def take_shot(spec: SystemSpec) -> DeviceShot:
    """Connect, play one waveform at half of the drive, record the answer, let go. Raise SpecError, DeviceError.

    The output is off again on every path.
    """
    system = make_system(spec, seed=0)
    try:
        info = system.info
        shape = low_pass(1, info.drive_dim, torch.Generator().manual_seed(SEED))
        drive = 0.5 + 0.5 * LOUDNESS * shape if info.signed_drive else LOUDNESS * (0.5 + 0.5 * shape)
        begun_s = time.perf_counter()
        response = system.run(drive)
        wall_s = time.perf_counter() - begun_s
    finally:
        system.safe_state()
    return DeviceShot(info, drive[0].numpy(), response[0].numpy(), system.snapshot(), wall_s)
