"""All that can go wrong, at every message of a shot: `python -m tests.devices.faults_of_visa socket keysight 1 0`."""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import torch

from core.ports import Axis, DeviceError, SystemInfo
from core.run.connection import ConnectionSpec
from devices.emulator.bench import Bench
from devices.emulator.faults import FAULTS, FaultKind
from devices.emulator.server import AWAY_S
from devices.emulator.table import Maker, Protocol, Table
from devices.visa.recorder import open_recorder
from devices.waveform import WaveformSystem, Wiring

SAMPLES, REST, RATE_HZ = 100, 20, 1e6
DEADLINE_S = {"SOCKET": 0.25, "INSTR": 0.6}
SLACK_S = 0.75  # for a busy machine, on a call that has to end within its deadline
WORST = {"keysight": 1e-3, "siglent": 1e-3, "rigol": 0.016}  # of full scale: half a step of the converter at ±4 V


def wiring() -> Wiring:
    axis = Axis("Time", "s", np.arange(SAMPLES) / RATE_HZ)
    info = SystemInfo("wire", "Wire", "simulated", 0, SAMPLES, SAMPLES, True, axis, axis, "Out", "In", 1e-3)
    return Wiring(info, RATE_HZ, drive_v=2.0, full_scale_v=2.0, rest_samples=REST)


def expected(drive: torch.Tensor) -> torch.Tensor:
    """The table halves the voltage and bends it: r = (v/2 + v²/16) / full scale."""
    volts = 2 * (2 * drive - 1)
    return (volts / 2 + volts**2 / 16) / 2


def table(maker: Maker) -> Table:
    return Table(Bench(lambda v: v / 2 + v**2 / 16, SAMPLES, RATE_HZ, REST), maker)


def accuracy(bench: Table) -> float:
    return next(
        worst
        for maker, worst in WORST.items()
        if maker in bench.generator.identity.lower().replace("agilent", "keysight")
    )


class Timed:
    """A driver whose calls are timed against their deadlines."""

    def __init__(self, recorder, late: list[str]) -> None:
        self._recorder, self._late = recorder, late

    def __getattr__(self, name: str):
        found = getattr(self._recorder, name)
        if name not in {"play_and_record", "safe", "set_range"}:
            return found

        def call(*arguments):
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
    """What went wrong beyond what was meant to."""

    injections: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def inject(
    bench: Table, addresses: tuple[str, str], kind: FaultKind, instrument: str, step: int, findings: Findings
) -> None:
    """Let one fault strike at one message of two transfers, of the safe state and of connecting, and look."""
    target = bench.generator if instrument == "generator" else bench.scope
    deadline_s = DEADLINE_S[addresses[0].rpartition("::")[2]]
    connection = ConnectionSpec(recorder=addresses[1], deadline_s=deadline_s, reconnect_s=8.0, batch=3)
    wired, late = wiring(), list[str]()
    plan = wired.plan(connection)
    name = f"{kind} at message {step} of the {instrument}"

    def connect():
        return Timed(open_recorder(addresses[0], plan, connection), late)

    bench.bench.highest_v = bench.bench.lowest_v = 0.0
    system = WaveformSystem(connect, wired, connection)
    drive = torch.rand(5, SAMPLES, generator=torch.Generator().manual_seed(step))
    before = target.faults.struck
    target.faults.arm(kind, step)
    begun_s = time.monotonic()
    try:
        response = system.run(drive)
        worst = float((response - expected(drive)).abs().max())
        if not worst < accuracy(bench):
            findings.problems.append(f"{name}: wrong by {worst:.3g}")
    except DeviceError as error:
        findings.problems.append(f"{name}: not recovered: {error}")
    except Exception as error:
        findings.problems.append(f"{name}: crashed: {type(error).__name__}: {error}")
    if system.snapshot()["shots"] != 5:
        findings.problems.append(f"{name}: {system.snapshot()['shots']} shots of 5")
    system.safe_state()
    if time.monotonic() - begun_s > 9.0:
        findings.problems.append(f"{name}: {time.monotonic() - begun_s:.1f} s")
    if bench.generator.output_on:
        findings.problems.append(f"{name}: the output stayed on")
    if max(bench.bench.highest_v, -bench.bench.lowest_v) > plan.peak_v * 1.001:
        findings.problems.append(f"{name}: {bench.bench.highest_v} V on the wire")
    findings.problems += [f"{name}: {text}" for text in late]
    findings.injections += 1
    findings.struck[kind] += target.faults.struck - before
    target.faults.disarm()
    if kind in {"unplug", "impostor"}:  # which last for a while
        time.sleep(AWAY_S)


def messages_of_a_cycle(bench: Table, addresses: tuple[str, str], instrument: str) -> int:
    """Count the messages that an instrument gets from connecting to the safe state."""
    target = bench.generator if instrument == "generator" else bench.scope
    findings, before = Findings(), target.faults.messages
    inject(bench, addresses, "stall", instrument, 10**9, findings)
    assert not findings.problems, findings.problems
    return target.faults.messages - before


def campaign(maker: Maker, protocol: Protocol, kinds=FAULTS, every: int = 1, first: int = 0) -> Findings:
    """Strike with every kind at every n-th message of a cycle, on both instruments."""
    bench, findings = table(maker), Findings()
    addresses = bench.listen(protocol)
    for instrument in ("generator", "scope"):
        messages = messages_of_a_cycle(bench, addresses, instrument)
        for number, kind in enumerate(kinds):
            for step in range((first + number) % every, messages, every):
                inject(bench, addresses, kind, instrument, step, findings)
    bench.close()
    return findings


if __name__ == "__main__":
    begun_s = time.monotonic()
    arguments = sys.argv[1:] + ["socket", "keysight", "1", "0"][len(sys.argv) - 1 :]
    found = campaign(arguments[1], arguments[0], every=int(arguments[2]), first=int(arguments[3]))  # type: ignore[arg-type]
    print(f"{found.injections} injections, {sum(found.struck.values())} struck, {time.monotonic() - begun_s:.0f} s")
    print(dict(found.struck))
    print(f"{len(found.problems)} problems", *found.problems[:60], sep="\n")
