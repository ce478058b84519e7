"""A physical system between an instrument's output and input: normalised controls out as volts, volts back in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.ports import DeviceError, DeviceLost, OutOfRange, OvertoneError, SpecError, SystemInfo
from core.run.connection import ConnectionSpec
from devices.heating import Heating
from devices.recorder import OpenRecorder, Plan, Recorder, told
from devices.safety import Guard, SafetyLimits

FIRST_BACKOFF_S = 0.05
LONGEST_BACKOFF_S = 5.0
SAFE_DEADLINE_S = 2.0
SEEN_SHOTS = 64  # before a smaller input range may be taken
QUIET = 0.7  # of the next smaller range


@dataclass(frozen=True)
class Wiring:
    """What a system's controls and response are on the wire, by its data sheet.

    A control c stands for offset_v + drive_v (2 c - 1), a response r for full_scale_v · r. Sample k of the record is
    taken `lag_samples` after the beginning of sample k of the drive; after `rest_samples` the system is at rest again.
    """

    info: SystemInfo
    rate_hz: float
    drive_v: float
    full_scale_v: float
    rest_samples: int
    offset_v: float = 0.0
    lag_samples: float = 1.0

    def connected(self, connection: ConnectionSpec) -> Wiring:
        """Return the wiring with what the connection says otherwise. Raise SpecError where that is beyond its limit."""
        wiring = replace(
            self,
            drive_v=connection.drive_v or self.drive_v,
            full_scale_v=connection.full_scale_v or self.full_scale_v,
            offset_v=self.offset_v + connection.offset_v,
        )
        limit_v = connection.limit_v
        if limit_v and wiring.peak_v > limit_v:
            raise SpecError(
                f"The drive of {self.info.kind} needs ±{wiring.peak_v:g} V; system.connection.limit_v = {limit_v:g}. "
                "Set system.connection.drive_v lower, or the limit higher if the hardware bears it."
            )
        return wiring

    @property
    def peak_v(self) -> float:
        """Return the largest voltage that any control stands for."""
        return abs(self.drive_v) + abs(self.offset_v)

    def volts(self, drive: Float[Tensor, "batch drive"]) -> np.ndarray:
        """Return the voltages (batch, drive) that controls in [0, 1] stand for."""
        return self.offset_v + self.drive_v * (2 * drive.detach().cpu().numpy().astype(np.float64) - 1)

    def drive(self, waveforms_v: np.ndarray) -> Float[Tensor, "batch drive"]:
        """Return the controls that voltages stand for, as the hardware limits them."""
        drive = 0.5 + (waveforms_v - self.offset_v) / (2 * self.drive_v)
        return torch.from_numpy(drive.clip(0.0, 1.0).astype(np.float32))

    def plan(self, connection: ConnectionSpec) -> Plan:
        """Return what a driver is opened for."""
        return Plan(
            samples=self.info.drive_dim,
            rate_hz=self.rate_hz,
            rest_v=self.offset_v + (0.0 if self.info.signed_drive else -self.drive_v),
            rest_samples=self.rest_samples,
            lag_s=self.lag_samples / self.rate_hz + connection.delay_s,
            peak_v=self.peak_v,
            range_v=connection.range_v or self.full_scale_v,
            averages=connection.averages,
            shots=connection.batch,
            record_samples=0 if self.info.response_dim == self.info.drive_dim else self.info.response_dim,
        )


class WaveformSystem:
    """A `PhysicalSystem` behind a driver, which is connected at once and again whenever it was lost.

    What was lost is measured again, from its batch on; what was answered is not. Outputs that are put into their safe
    state are off, and the instrument is free for others, until the next shot.
    """

    def __init__(
        self, open_recorder: OpenRecorder, wiring: Wiring, connection: ConnectionSpec, serial_number: int = 0
    ) -> None:
        self._open, self._connection = open_recorder, connection
        self.patience_s = connection.reconnect_s
        self._wiring, self._plan = wiring, wiring.plan(connection)
        slew_v_per_s = connection.limit_slew_v_per_s or float("inf")
        limits = SafetyLimits(
            connection.limit_v or wiring.peak_v, slew_v_per_s, connection.limit_duty, Heating.of(connection)
        )
        self._guard = Guard(limits, self._plan)
        self._recorder: Recorder | None = None
        self._identity: dict[str, object] | None = None
        self._range_v, self._settled, self._seen, self._loudest_v = 0.0, False, 0, 0.0
        self._shots = self._reconnections = 0
        recorder = self._connect()
        facts = self._facts = recorder.facts
        self._settings = recorder.settings()
        self.info = replace(
            wiring.info,
            name=facts.name,
            status="demo" if facts.demo else "connected",
            serial_number=serial_number,
            shot_s=self._plan.play_s(1),
        )
        self.safe_state()

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        """Measure one shot per row of `drive` (batch, drive), each value in [0, 1].

        Raise OutOfRange where a control or a limit is exceeded, and DeviceLost when connecting again has not helped for
        `patience_s`.
        """
        self._check(drive, parameters)
        volts = self._wiring.volts(drive)
        size = max(1, min(self._plan.shots, self._facts.most_shots))
        parts = [self._measure(volts[first : first + size]) for first in range(0, len(volts), size)]
        self._shots += len(volts)
        answer = np.concatenate(parts) if parts else volts
        return torch.from_numpy(answer / self._wiring.full_scale_v).to(drive)

    def safe_state(self) -> None:
        """Switch the output off and let go of the instrument."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            with suppress(Exception):
                self._settings = recorder.settings()
                recorder.safe(min(SAFE_DEADLINE_S, self._connection.deadline_s))
            with suppress(Exception):
                recorder.close()

    def snapshot(self) -> dict[str, object]:
        """Tell identity, settings, limits and counts as plain data."""
        limits = self._guard.limits
        return {
            "kind": self.info.kind,
            "name": self.info.name,
            "status": self.info.status,
            "serial_number": self.info.serial_number,
            "identity": dict(self._identity or {}),
            "settings": dict(self._settings if self._recorder is None else self._recorder.settings()),
            "connection": self._connection.model_dump(),
            "limits": {
                "peak_v": limits.peak_v,
                "slew_v_per_s": limits.slew_v_per_s if np.isfinite(limits.slew_v_per_s) else None,
                "duty": limits.duty,
                "rise_k": limits.heating.most_k if limits.heating else None,
            },
            "rise_k": warmed.rise_k if (warmed := self._guard.thermometer) else None,
            "output_v": self._facts.output_v,
            "range_v": self._range_v,
            "shots": self._shots,
            "reconnections": self._reconnections,
        }

    def _connect(self) -> Recorder:
        """Open the driver and see that it is the instrument of before, able to do what the plan asks."""
        recorder = self._open()
        try:
            facts, identity = recorder.facts, recorder.identity()
            if self._identity is not None and identity != self._identity:
                raise DeviceLost(
                    f"Another instrument answers now: {told(identity)} in place of {told(self._identity)}."
                )
            if self._plan.peak_v > facts.output_v * (1 + 1e-6):
                raise DeviceError(
                    f"The drive needs ±{self._plan.peak_v:g} V; {facts.name} makes ±{facts.output_v:g} V at most. "
                    "Set system.connection.drive_v lower."
                )
            wanted_v = self._range_v or self._plan.range_v
            fitting = [range_v for range_v in facts.ranges_v if range_v >= wanted_v * (1 - 1e-6)]
            if not fitting:
                raise DeviceError(
                    f"An input range of ±{wanted_v:g} V is wanted; the largest of {facts.name} is "
                    f"±{facts.ranges_v[-1]:g} V. Set system.connection.range_v and full_scale_v lower."
                )
            self._range_v = fitting[0]
            recorder.set_range(self._range_v, self._connection.deadline_s)
        except BaseException:
            with suppress(Exception):
                recorder.safe(min(SAFE_DEADLINE_S, self._connection.deadline_s))
            recorder.close()
            raise
        self._identity = identity
        self._recorder = recorder
        self._guard.hold(recorder)
        return recorder

    def _measure(self, volts: np.ndarray) -> np.ndarray:
        """Measure the shots of one transfer, connecting again for as long as that is promised."""
        waits, begun_s = _backoff(), time.monotonic()
        while True:
            try:
                return self._in_range(volts)
            except OutOfRange:
                raise
            except Exception as error:  # a vendor's library may raise anything
                self.safe_state()
                wait_s = next(waits)
                if time.monotonic() + wait_s - begun_s > self.patience_s:
                    reason = (
                        str(error) if isinstance(error, OvertoneError) else f"{type(error).__name__}: {told(error)}"
                    )
                    raise DeviceLost(
                        f"{self.info.name} is lost: {reason} Check its power and cable, then go on with the run."
                    ) from error
                time.sleep(wait_s)
                self._reconnections += 1

    def _in_range(self, volts: np.ndarray) -> np.ndarray:
        """Measure in the input's smallest range that holds the response."""
        recorder = self._recorder or self._connect()
        deadline_s = self._connection.deadline_s
        while True:
            answer = self._guard.play_and_record(volts, deadline_s)
            loudest_v = float(np.abs(answer).max(initial=0.0))
            if np.isfinite(loudest_v):
                break
            larger = [range_v for range_v in recorder.facts.ranges_v if range_v > self._range_v]
            if self._connection.range_v or not larger:
                raise OutOfRange(
                    f"The response leaves the input range of ±{self._range_v:g} V of {self.info.name}. "
                    "Lower the drive, or set system.connection.range_v higher (0 chooses by itself)."
                )
            self._range_v, self._settled = larger[0], True
            recorder.set_range(self._range_v, deadline_s)
        self._seen, self._loudest_v = self._seen + len(volts), max(self._loudest_v, loudest_v)
        if self._seen >= SEEN_SHOTS and not self._settled and not self._connection.range_v:
            smaller = [range_v for range_v in recorder.facts.ranges_v if QUIET * range_v > self._loudest_v]
            if smaller and smaller[0] < self._range_v:
                self._range_v = smaller[0]
                recorder.set_range(self._range_v, deadline_s)
            self._seen, self._loudest_v = 0, 0.0
        return answer

    def _check(self, drive: Tensor, parameters: tuple[Tensor, ...]) -> None:
        if parameters:
            raise OutOfRange(f"{self.info.name} takes no shared parameters, got {len(parameters)}.")
        if drive.ndim != 2 or drive.shape[1] != self.info.drive_dim:
            raise OutOfRange(
                f"drive has shape {tuple(drive.shape)}; {self.info.name} takes (batch, {self.info.drive_dim})."
            )
        low, high = (float(drive.min()), float(drive.max())) if drive.numel() else (0.0, 0.0)
        if not (low >= 0.0 and high <= 1.0 and bool(drive.isfinite().all())):
            raise OutOfRange(
                f"drive spans {low:.4g} … {high:.4g}, outside [0, 1]; nothing was sent to {self.info.name}. "
                "Clamp the controls before the device."
            )


def _backoff() -> Iterator[float]:
    wait_s = FIRST_BACKOFF_S
    while True:
        yield wait_s
        wait_s = min(2 * wait_s, LONGEST_BACKOFF_S)
