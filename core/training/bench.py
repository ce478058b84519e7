"""The device as the trainer meets it: every shot counted and timed, some of them shown."""

from __future__ import annotations

import time

from torch import Tensor

from core.ports import PhysicalSystem
from core.training.events import Listener, ShotMeasured

SHOW_INTERVAL_S = 1 / 40  # a little faster than the 30 Hz at which a view paints


class Bench:
    """Pass shots to the system; tell the listener about the first shot of a batch, at most at display rate."""

    def __init__(self, system: PhysicalSystem, listener: Listener) -> None:
        self.system = system
        self.shots = 0
        self.device_s = 0.0
        self._listener = listener
        self._layer = 0
        self._show = True
        self._shown_s = 0.0

    def begin_batch(self) -> None:
        """Count physical layers from 0 again."""
        now = time.perf_counter()
        self._show = now - self._shown_s >= SHOW_INTERVAL_S
        if self._show:
            self._shown_s = now
        self._layer = 0

    def measure(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Measure one shot per row of `drive` (batch, drive). Raises what the system raises."""
        start = time.perf_counter()
        response = self.system.run(drive, *parameters)
        self.device_s += time.perf_counter() - start
        self.shots += drive.shape[0]
        if self._show:
            first = (drive[0].detach().cpu().numpy().copy(), response[0].detach().cpu().numpy().copy())
            self._listener(ShotMeasured(self._layer, *first))
        self._layer += 1
        return response
