"""Instruments behind each protocol, wired to what answers in closed form, and a campaign of faults there."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch

from core.physics.shg import BINS
from core.ports import Axis, DeviceError, SystemInfo
from core.run.connection import ConnectionSpec
from devices.audio.recorder import open_recorder as open_sound
from devices.audio.signal import layout
from devices.catalogue import shg_wiring
from devices.daq.recorder import open_recorder as open_card
from devices.emulator.bench import Bench
from devices.emulator.card import DaqCard
from devices.emulator.daq import DaqServer
from devices.emulator.faults import FAULTS, FaultKind, Faults
from devices.emulator.ocean import EmulatedOcean, OceanServer
from devices.emulator.room import CLIENT, Room, SoundServer
from devices.emulator.server import AWAY_S
from devices.emulator.table import Maker, Protocol, Table
from devices.optics.recorder import open_recorder as open_light
from devices.recorder import Plan, Recorder
from devices.simulated.shg import SATURATION
from devices.visa.recorder import open_recorder as open_visa
from devices.waveform import WaveformSystem, Wiring

SHOTS = 5  # in two transfers
NEVER = 10**9
CYCLES = 3  # of which a busy machine does not lengthen all
SLACK_S = 0.75  # for a busy machine, on a call that has to end within its deadline
TIMED = {"play_and_record", "safe", "set_range"}
OF_SOUND: tuple[FaultKind, ...] = (
    "drop", "stall", "late", "short_block", "duplicate", "swallowed", "error", "over_range", "overflow", "reset",
)  # fmt: skip
WORST = {"keysight": 1e-3, "siglent": 1e-3, "rigol": 0.016}  # of full scale: half a step of the converter at ±4 V


@dataclass
class Stand:
    """A way to something that answers in closed form, where faults may strike each of its `instruments`.

    `off` tells whether the outputs are in their safe state, `peak_v` what was the most on the wire. `stays` says that
    an impostor, once there, goes on answering.
    """

    instruments: Mapping[str, Faults]
    open_recorder: Callable[[Plan, ConnectionSpec], Recorder]
    wiring: Wiring
    connection: ConnectionSpec
    expected: Callable[[torch.Tensor], torch.Tensor]
    worst: float
    off: Callable[[], bool]
    peak_v: Callable[[], float]
    close: Callable[[], object]
    kinds: Sequence[FaultKind] = FAULTS
    away_s: float = 0.0
    stays: bool = False


def wire(samples: int, rest: int, rate_hz: float, drive_v: float, full_scale_v: float, offset_v: float = 0.0) -> Wiring:
    axis = Axis("Time", "s", np.arange(samples) / rate_hz)
    info = SystemInfo("wire", "Wire", "simulated", 0, samples, samples, True, axis, axis, "Out", "In", 1e-3)
    return Wiring(info, rate_hz, drive_v, full_scale_v, rest_samples=rest, offset_v=offset_v)


def visa_wiring() -> Wiring:
    return wire(100, 20, 1e6, drive_v=2.0, full_scale_v=2.0)


def visa_table(maker: Maker) -> Table:
    """A table that halves the voltage and bends it."""
    wired = visa_wiring()
    return Table(
        Bench(lambda v: v / 2 + v**2 / 16, wired.info.drive_dim, wired.rate_hz, rest_samples=wired.rest_samples), maker
    )


def visa_expected(drive: torch.Tensor) -> torch.Tensor:
    """r = (v/2 + v²/16) / full scale."""
    volts = 2 * (2 * drive - 1)
    return (volts / 2 + volts**2 / 16) / 2


def visa(maker: Maker, protocol: Protocol) -> Stand:
    table = visa_table(maker)
    generator, scope = table.listen(protocol)
    deadline_s = 0.25 if protocol == "socket" else 0.6
    connection = ConnectionSpec(recorder=scope, deadline_s=deadline_s, reconnect_s=8.0, batch=3)
    return Stand(
        {"generator": table.generator.faults, "scope": table.scope.faults},
        partial(open_visa, generator),
        visa_wiring(),
        connection,
        visa_expected,
        WORST[maker],
        lambda: not table.generator.output_on,
        _peak(table.bench),
        table.close,
        away_s=AWAY_S,
    )


def card() -> Stand:
    gain, wires = 0.5, wire(20, 5, 1e5, drive_v=1.0, full_scale_v=2.0, offset_v=0.3)
    faults, made = Faults(), DaqCard(Bench(lambda v: gain * v, 20, wires.rate_hz, 5))
    server = DaqServer(made, faults=faults, late_s=1.7, outage_s=0.2)
    connection = ConnectionSpec(deadline_s=1.5, reconnect_s=3.0, batch=3)
    return Stand(
        {"card": faults},
        partial(open_card, server.address),
        wires,
        connection,
        lambda drive: gain * (wires.offset_v + wires.drive_v * (2 * drive - 1)) / wires.full_scale_v,
        2e-3,
        lambda: made.output_v == 0.0 and not made.tasks,
        _peak(made.bench),
        server.close,
        stays=True,
    )


def sound() -> Stand:
    """A sound server four times as fast as sound, with blocks as long in time."""
    gain, wires, random = 0.5, wire(200, 50, 192e3, drive_v=0.5, full_scale_v=0.5), np.random.default_rng(0)
    bench = Bench(lambda v: gain * v + 1e-5 * random.standard_normal(v.shape), 200, wires.rate_hz)
    stack = ExitStack()
    server = stack.enter_context(SoundServer(f"faults{os.getpid()}", wires.rate_hz, 2048))
    room = Room(bench, layout(200, 50, 1.0), server.name)
    stack.callback(room.close)
    return Stand(
        {"room": room.faults},
        partial(open_sound, f"JACK::{server.name}::{CLIENT}"),
        wires,
        ConnectionSpec(deadline_s=5.0, reconnect_s=60.0, batch=3),
        lambda drive: gain * (2 * drive - 1),
        1e-3,
        _soon(lambda: not room.sounding),
        _peak(bench),
        stack.close,
        OF_SOUND,
    )


def light() -> Stand:
    """In place of the crystal each bin has the mean of two neighbouring amplitudes, up to half of full scale."""
    server = OceanServer(EmulatedOcean(lambda amplitudes: 0.5 * amplitudes.reshape(BINS, 2).mean(1)))
    lit = 1 - 1500 / 65535  # a dark count takes its part of the range
    return Stand(
        {"spectrometer and mask": server.instrument.faults},
        partial(open_light, server.mask_address),
        shg_wiring(),
        ConnectionSpec(recorder=server.address, deadline_s=0.5, reconnect_s=20.0, batch=3),
        lambda drive: lit * 0.5 * SATURATION * drive.view(-1, BINS, 2).mean(2),
        0.06,  # grey levels are blended at 19 columns a control, which rounds its corners
        _soon(lambda: not server.instrument.pattern.any()),
        lambda: server.instrument.brightest,
        server.stop,
        away_s=AWAY_S,
    )


STANDS: dict[str, tuple[Callable[[], Stand], int]] = {
    "VISA socket, Keysight": (partial(visa, "keysight", "socket"), 125),
    "VISA socket, Siglent": (partial(visa, "siglent", "socket"), 170),
    "VISA socket, Rigol": (partial(visa, "rigol", "socket"), 165),
    "HiSLIP, Keysight": (partial(visa, "keysight", "hislip"), 115),
    "VXI-11, Siglent": (partial(visa, "siglent", "vxi11"), 165),
    "NI gRPC": (card, 150),
    "sound": (sound, 30),
    "light": (light, 80),
}  # each with how many of a thousand injections it gets, about as many as it takes messages


class Timed:
    """A driver whose calls are timed against their deadlines."""

    def __init__(self, recorder: Recorder, late: list[str]) -> None:
        self._recorder, self._late = recorder, late

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._recorder, name)
        if name not in TIMED:
            return found

        def call(*arguments: Any) -> Any:
            begun_s = time.monotonic()
            try:
                return found(*arguments)
            finally:
                passed_s = time.monotonic() - begun_s
                if passed_s > arguments[-1] + SLACK_S:
                    self._late.append(f"{name} took {passed_s:.2f} s of {arguments[-1]:.2f} s")

        return call


@dataclass
class Findings:
    """What was done, and what went wrong beyond what was meant to: how, and in words."""

    injections: int = 0
    messages: int = 0
    struck: Counter[FaultKind] = field(default_factory=Counter)
    steps: set[tuple[str, int]] = field(default_factory=set)
    problems: list[tuple[str, str]] = field(default_factory=list)


def campaign(stand: Stand, injections: int, first: int = 0) -> Findings:
    """Let faults strike one at a time: so many, at messages that are spread over all, of all kinds in turn.

    With as many as there are messages each is struck; with as many as messages times kinds, by every kind.
    """
    found, undisturbed = Findings(), Findings()
    lengths = {
        name: min(inject(stand, name, NEVER, "stall", undisturbed) for _ in range(CYCLES)) for name in stand.instruments
    }
    assert not undisturbed.problems, undisturbed.problems
    places = [(name, step) for name, length in lengths.items() for step in range(length)]
    found.messages = len(places)
    for turn in range(injections):
        name, step = places[turn * len(places) // injections]
        inject(stand, name, step, stand.kinds[(first + turn) % len(stand.kinds)], found)
    return found


def inject(stand: Stand, name: str, step: int, kind: FaultKind, found: Findings) -> int:
    """Let one fault strike at one message of connecting, of two transfers or of the safe state, and look.

    Return how many messages there were.
    """
    late: list[str] = []

    def tell(how: str, text: object) -> None:
        found.problems.append((how, f"{kind} at message {step} of the {name}: {text}"))

    plan, faults = stand.wiring.plan(stand.connection), stand.instruments[name]
    system = WaveformSystem(
        lambda: Timed(stand.open_recorder(plan, stand.connection), late),  # type: ignore[arg-type, return-value]
        stand.wiring,
        stand.connection,
    )
    drive = torch.rand(SHOTS, stand.wiring.info.drive_dim, generator=torch.Generator().manual_seed(step))
    before, begun, begun_s, response = faults.struck, faults.messages, time.monotonic(), None
    faults.arm(kind, step)
    try:
        response = system.run(drive)
    except DeviceError as error:
        if not (kind == "impostor" and stand.stays):
            tell("not recovered", error)
    except Exception as error:
        tell("crash", f"{type(error).__name__}: {error}")
    if response is not None and not (worst := float((response - stand.expected(drive)).abs().max())) < stand.worst:
        tell("wrong data", f"by {worst:.3g}")
    if (shots := system.snapshot()["shots"]) != (0 if response is None else SHOTS):
        tell("lost or doubled", f"{shots} shots of {SHOTS}")
    system.safe_state()
    if (passed_s := time.monotonic() - begun_s) > stand.connection.reconnect_s + 10 * stand.connection.deadline_s:
        tell("hang", f"{passed_s:.1f} s")
    for text in late:
        tell("hang", text)
    if not stand.off():
        tell("unsafe", "the output stayed on")
    if stand.peak_v() > plan.peak_v * 1.001:
        tell("unsafe", f"{stand.peak_v():g} V on the wire")
    if faults.struck > before:
        found.steps.add((name, step))
    found.struck[kind] += faults.struck - before
    found.injections += 1
    faults.disarm()
    messages = faults.messages - begun
    if kind in {"unplug", "impostor"}:  # which last for a while
        time.sleep(stand.away_s)
    return messages


def _peak(bench: Bench) -> Callable[[], float]:
    return lambda: max(bench.highest_v, -bench.lowest_v)


def _soon(is_off: Callable[[], bool]) -> Callable[[], bool]:
    """Ask again for a while, where an output goes off with the next block or when its connection is closed."""

    def soon() -> bool:
        ends_s = time.monotonic() + 0.5
        while not is_off():
            if time.monotonic() > ends_s:
                return False
            time.sleep(0.01)
        return True

    return soon
