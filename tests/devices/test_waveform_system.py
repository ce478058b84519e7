"""A system behind a driver: nothing beyond its limits is ever played, every shot is answered once, whatever fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ports import Axis, DeviceError, DeviceLost, DeviceTimeout, OutOfRange, SpecError, SystemInfo
from core.run.connection import ConnectionSpec
from core.run.spec import SystemSpec, load_experiment
from devices.catalogue import make_system
from devices.conformance import RecorderConformance
from devices.recorder import Plan, RecorderFacts, Watchman, told
from devices.safety import Guard, SafetyLimits
from devices.waveform import WaveformSystem, Wiring

SAMPLES = 20
FACTS = RecorderFacts("Wire", False, 4, 10.0, (0.5, 1.0, 2.0, 5.0))


class Wire:
    """A driver whose input hears `gain` times its output; `fail` may raise before a shot is played."""

    def __init__(self, plan: Plan, gain: float = 0.5, serial: str = "1", fail: Callable[[int], None] | None = None):
        self.facts, self.plan, self.gain, self.serial = FACTS, plan, gain, serial
        self.fail = fail or (lambda _: None)
        self.range_v, self.on, self.closed = 0.0, False, False
        self.played: list[np.ndarray] = []

    def identity(self):
        return {"serial": self.serial}

    def settings(self):
        return {"range_v": self.range_v}

    def set_range(self, range_v, deadline_s):
        assert range_v in self.facts.ranges_v
        self.range_v = range_v

    def play_and_record(self, waveforms_v, deadline_s):
        if deadline_s < 1e-6:
            raise DeviceTimeout("no time")
        self.on = True
        self.played.append(waveforms_v.copy())
        self.fail(len(self.played))
        heard = self.gain * waveforms_v
        return np.where(np.abs(heard) >= self.range_v, np.copysign(np.inf, heard), heard)

    def safe(self, deadline_s):
        self.on = False

    def close(self):
        self.closed = True


def wiring(**changes: float) -> Wiring:
    axis = Axis("Time", "s", np.arange(SAMPLES) * 1e-3)
    info = SystemInfo("wire", "Wire", "simulated", 0, SAMPLES, SAMPLES, True, axis, axis, "Out", "In", 1e-3)
    return replace(Wiring(info, 1e3, 1.0, 2.0, 5), **changes)


def connected(*recorders: Wire | Exception, wires: Wiring | None = None, **connection: float) -> WaveformSystem:
    """A system whose driver is opened once after the other from the list."""
    waiting = list(recorders)

    def open_recorder():
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(found, Exception):
            raise found
        return found

    spec = ConnectionSpec.model_validate({"reconnect_s": 0.3, "batch": 4, **connection})
    return WaveformSystem(open_recorder, wires or wiring(), spec)


def plan() -> Plan:
    return wiring().plan(ConnectionSpec())


def drives(count: int = 3) -> torch.Tensor:
    return torch.rand(count, SAMPLES, generator=torch.Generator().manual_seed(count))


class TestTheWireConforms(RecorderConformance):
    @pytest.fixture
    def open_recorder(self):
        return Wire


def test_controls_are_volts_and_volts_are_responses():
    system = connected(Wire(plan(), gain=0.5))
    drive = drives(6)
    # r = gain · drive_v (2 c - 1) / full_scale_v
    torch.testing.assert_close(system.run(drive), 0.5 * (2 * drive - 1) / 2, rtol=1e-6, atol=1e-7)


def test_the_first_shot_is_ramped_up_and_transfers_are_as_large_as_both_sides_bear():
    wire = Wire(plan())
    system = connected(wire, batch=10)
    system.run(drives(9))
    first = wire.played[3][:1]
    assert [len(played) for played in wire.played] == [1, 1, 1, 4, 4, 1]
    for part, played in zip((0.125, 0.25, 0.5), wire.played, strict=False):
        np.testing.assert_allclose(played, part * first)


def test_after_a_safe_state_the_instrument_is_free_and_the_next_shot_is_ramped_again():
    first, second = Wire(plan()), Wire(plan())
    system = connected(Wire(plan()), first, second)
    system.run(drives(1))
    system.safe_state()
    assert (first.on, first.closed) == (False, True)
    system.run(drives(1))
    assert len(second.played) == 4


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e3, 1e3) | st.just(float("nan")), min_size=3, max_size=3),
    st.floats(0.1, 5.0),
    st.floats(10.0, 1e5),
)
def test_nothing_beyond_a_limit_reaches_the_driver(values: list[float], peak_v: float, slew_v_per_s: float):
    wire = Wire(plan())
    guard = Guard(SafetyLimits(peak_v, slew_v_per_s), plan())
    guard.hold(wire)
    wire.range_v = 1e6
    try:
        guard.play_and_record(np.array([values]), 1.0)
    except OutOfRange:
        assert not wire.played
    played = np.concatenate([np.zeros((0, 3)), *wire.played])
    assert not (np.abs(played) > peak_v * (1 + 1e-5)).any()
    edges = np.pad(played, ((0, 0), (1, 1)))
    assert not (np.abs(np.diff(edges, axis=1)) * 1e3 > slew_v_per_s * (1 + 1e-5)).any()


def test_the_instruments_own_limit_counts_where_the_specifications_is_higher():
    guard = Guard(SafetyLimits(50.0), plan())
    guard.hold(Wire(plan()))
    with pytest.raises(OutOfRange, match="limit is ±10 V"):
        guard.play_and_record(np.full((1, 3), 11.0), 1.0)
    with pytest.raises(DeviceError, match="makes ±10 V at most"):
        connected(Wire(plan()), wires=wiring(drive_v=11.0))


def test_a_drive_beyond_the_connections_limit_is_refused_before_anything_is_opened():
    with pytest.raises(SpecError, match=r"needs ±3 V; system.connection.limit_v = 2"):
        make_system(SystemSpec(kind="circuit", address="TCPIP::h::1::SOCKET", connection={"limit_v": 2.0}), 0)  # type: ignore[arg-type]


def test_the_output_rests_until_its_duty_is_kept():
    """Full-scale shots of 20 ms at a duty of a quarter: at least three shots' length of rest after each."""
    slept: list[float] = []
    guard = Guard(SafetyLimits(1.0, duty=0.25), plan(), sleep=slept.append)
    wire = Wire(plan())
    wire.range_v = 5.0
    guard.hold(wire)
    loud = np.ones((1, SAMPLES))
    guard.play_and_record(loud, 1.0)
    begun_s = time.monotonic()
    guard.hold(wire)  # another connection does not cool anything
    guard.play_and_record(loud, 1.0)
    passed_s = time.monotonic() - begun_s
    assert slept[4] == pytest.approx(SAMPLES * 1e-3 / 0.25, abs=0.01 + passed_s)


def test_an_input_beyond_its_range_is_measured_again_in_a_larger_one():
    wire = Wire(plan(), gain=4.0)
    system = connected(wire, wires=wiring(full_scale_v=1.0))
    drive = torch.ones(2, SAMPLES)
    torch.testing.assert_close(system.run(drive), torch.full((2, SAMPLES), 4.0))
    assert wire.range_v == 5.0
    assert system.snapshot()["shots"] == 2


def test_an_input_beyond_its_largest_or_only_range_is_told():
    with pytest.raises(OutOfRange, match=r"range of ±5 V"):
        connected(Wire(plan(), gain=6.0)).run(torch.ones(1, SAMPLES))
    with pytest.raises(OutOfRange, match=r"range of ±1 V"):
        connected(Wire(plan(), gain=4.0), range_v=1.0).run(torch.ones(1, SAMPLES))


def test_a_quiet_response_is_measured_in_a_smaller_range():
    wire = Wire(plan(), gain=0.2)
    system = connected(wire)
    for _ in range(20):
        system.run(drives(4))
    assert wire.range_v == 0.5


def failing(*numbers: int, error: Exception) -> Callable[[int], None]:
    def fail(number: int) -> None:
        if number in numbers:
            raise error

    return fail


@pytest.mark.parametrize("error", [DeviceTimeout("late"), DeviceLost("gone"), OSError("reset"), ValueError("garbage")])
@pytest.mark.parametrize("number", [1, 3, 4, 5])
def test_what_was_lost_is_measured_again_and_what_was_answered_is_not(error: Exception, number: int):
    broken, whole = Wire(plan(), fail=failing(number, error=error)), Wire(plan())
    system = connected(Wire(plan()), broken, DeviceLost("still away"), whole)
    drive = drives(8)
    torch.testing.assert_close(system.run(drive), 0.5 * (2 * drive - 1) / 2, rtol=1e-6, atol=1e-7)
    answered = 1 if number == 5 else 0  # transfers
    assert [len(played) for played in whole.played] == [1, 1, 1] + [4] * (2 - answered)
    assert (broken.on, broken.closed) == (False, True)
    assert system.snapshot()["shots"] == 8


def test_what_stays_away_is_lost_with_its_reason_in_the_time_that_was_promised():
    system = connected(Wire(plan()), DeviceLost("No answer."))
    begun_s = time.monotonic()
    with pytest.raises(DeviceLost, match=r"No answer\. Check its power and cable"):
        system.run(drives(1))
    assert time.monotonic() - begun_s < 5.0
    assert system.snapshot()["shots"] == 0


def test_another_instrument_at_the_same_address_is_not_believed():
    system = connected(Wire(plan()), Wire(plan(), serial="2"))
    with pytest.raises(DeviceLost, match="Another instrument answers"):
        system.run(drives(1))


def test_holes_and_wrong_shapes_are_no_record():
    class Holes(Wire):
        def play_and_record(self, waveforms_v, deadline_s):
            return super().play_and_record(waveforms_v, deadline_s) * np.nan

    with pytest.raises(DeviceLost, match="holes"):
        connected(Holes(plan())).run(drives(1))


def test_a_call_that_hangs_is_given_up_at_its_deadline():
    watchman = Watchman("driver")
    assert watchman.call(lambda: 7, 1.0) == 7
    with pytest.raises(ZeroDivisionError):
        watchman.call(lambda: 1 // 0, 1.0)
    begun_s = time.monotonic()
    with pytest.raises(DeviceTimeout, match="given up"):
        watchman.call(lambda: time.sleep(3), 0.05)
    with pytest.raises(DeviceLost, match="hung"):
        watchman.call(lambda: 7, 1.0)
    assert time.monotonic() - begun_s < 2.0


@given(st.binary(max_size=400) | st.text(max_size=400))
def test_what_an_instrument_says_is_one_printable_line(text: bytes | str):
    shown = told(text)
    assert len(shown) <= 161
    assert shown.isprintable()


def test_an_address_needs_a_driver_and_a_system_that_can_be_connected():
    with pytest.raises(SpecError, match=r"No driver knows the address 'COFFEE::1'"):
        make_system(SystemSpec(kind="circuit", address="COFFEE::1"), 0)
    with pytest.raises(SpecError, match="pendula is simulated only"):
        make_system(SystemSpec(kind="pendula", address="TCPIP::h::1::SOCKET"), 0)
    imperfect = SystemSpec(kind="circuit", address="TCPIP::h::1::SOCKET", imperfections={"noise": 0.0})
    with pytest.raises(SpecError, match="imperfections"):
        make_system(imperfect, 0)


@pytest.mark.parametrize(
    "setting", ["limit_duty=0", "limit_v=nan", "averages=0", "deadline_s=0", "dialect=hp", "volts=3"]
)
def test_a_connection_is_checked_at_the_edge(setting: str):
    with pytest.raises(SpecError, match=setting.partition("=")[0]):
        load_experiment("circuit-mnist", [f"system.connection.{setting}"])
