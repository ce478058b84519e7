"""The device as the trainer meets it: every shot counted, timed and journalled, some of them shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from torch import Tensor

from core.ports import DeviceError, DeviceLost, DeviceTimeout, PhysicalSystem
from core.training.events import Listener, ShotMeasured
from core.training.state import exact

SHOW_INTERVAL_S = 1 / 40  # a little faster than the 30 Hz at which a view paints

Purpose = Literal["calibration", "training", "validation", "test", "monitor"]


@dataclass(frozen=True)
class Call:
    """One call of the device: shots that were measured together. `number` counts calls from 1, `layer` from 0."""

    number: int
    purpose: Purpose
    layer: int
    drive: Tensor
    parameters: Sequence[Tensor]
    response: Tensor


class Journal(Protocol):
    """Where every call is written down once, and from where an interrupted run reads what it has measured already."""

    def write(self, call: Call) -> None:
        """Keep a call. Raises RunFileError."""
        ...

    def recall(self, number: int, drive: Tensor, parameters: Sequence[Tensor]) -> Tensor | None:
        """Return the response of an earlier call of this number with these very controls, None without one."""
        ...


def give_up(lost: DeviceError | None) -> None:
    """Wait for no device that was lost."""
    if lost is not None:
        raise lost


class Bench:
    """Pass shots to the system; tell the listener about the first shot of a batch, at most at display rate.

    `wait_for_device` is called with the reason when the device was lost, again and again until it has answered the same
    shots, and then with None. Only what was answered is counted and journalled.
    """

    def __init__(
        self,
        system: PhysicalSystem,
        listener: Listener,
        journal: Journal | None = None,
        wait_for_device: Callable[[DeviceError | None], None] = give_up,
    ) -> None:
        self.system = system
        self.shots = 0
        self.device_s = 0.0
        self.purpose: Purpose = "training"
        self._journal = journal
        self._wait_for_device = wait_for_device
        self._calls = 0
        self._listener = listener
        self._layer = 0
        self._show = True
        self._shown_s = 0.0

    @property
    def showing(self) -> bool:
        """Tell whether the present batch is one of those that are shown."""
        return self._show

    def begin_batch(self) -> None:
        """Count physical layers from 0 again."""
        now = time.perf_counter()
        self._show = now - self._shown_s >= SHOW_INTERVAL_S
        if self._show:
            self._shown_s = now
        self._layer = 0

    def measure(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Measure one shot per row of `drive` (batch, drive). Raises what the system and the journal raise."""
        response = self.measure_unseen(drive, *parameters)
        if self._show:
            first = (drive[0].detach().cpu().numpy().copy(), response[0].detach().cpu().numpy().copy())
            self._listener(ShotMeasured(self._layer, *first))
        self._layer += 1
        return response

    def measure_unseen(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Measure as `measure` does, outside the network's row of layers: nobody is shown it."""
        self._calls += 1
        response = None if self._journal is None else self._journal.recall(self._calls, drive, parameters)
        if response is None:
            response = self._answer(drive, *parameters)
            if self._journal is not None:
                self._journal.write(Call(self._calls, self.purpose, self._layer, drive, parameters, response))
        self.shots += drive.shape[0]
        return response

    def _answer(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        while True:
            start = time.perf_counter()
            try:
                response = self.system.run(drive, *parameters)
            except (DeviceLost, DeviceTimeout) as lost:
                self._wait_for_device(lost)
                continue
            self.device_s += time.perf_counter() - start
            self._wait_for_device(None)
            return response

    def state(self) -> dict[str, Tensor]:
        """Return the counters as tensors."""
        return {"shots": exact(self.shots), "device_s": exact(self.device_s), "calls": exact(self._calls)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on counting from here. Raises KeyError."""
        self.shots, self._calls = int(state["shots"]), int(state["calls"])
        self.device_s = float(state["device_s"])
