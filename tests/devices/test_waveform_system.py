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
from scipy.signal import lsim, lti

from core.ports import Axis, DeviceError, DeviceLost, DeviceTimeout, OutOfRange, SpecError, SystemInfo
from core.run.connection import ConnectionSpec
from core.run.spec import SystemSpec, load_experiment
from devices.catalogue import make_system
from devices.conformance import RecorderConformance
from devices.heating import Heating
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


@settings(max_examples=60)
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


class Clock:
    """Time that passes when somebody sleeps, and while a shot is played."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now_s += seconds


class WarmedWire(Wire):
    """A wire at whose end is a load, the temperature of which an independent solver follows."""

    def __init__(self, heating: Heating, clock: Clock, averages: int = 1, rest_v: float = 0.0) -> None:
        super().__init__(plan())
        self.heating, self.clock, self.averages, self.rest_v = heating, clock, averages, rest_v
        self.rise_k = self.warmest_k = self.at_s = 0.0
        self.range_v = 1e6

    def play_and_record(self, waveforms_v, deadline_s):
        heating, step_s = self.heating, 1 / self.plan.rate_hz
        resting_k = self.rest_v**2 / heating.load_ohm * heating.k_per_w
        cooled = np.exp(-(self.clock() - self.at_s) / heating.time_constant_s)
        self.rise_k = resting_k + cooled * (self.rise_k - resting_k)
        frames = np.pad(waveforms_v, ((0, 0), (0, self.plan.rest_samples)), constant_values=self.rest_v)
        final_k = np.tile(frames, (self.averages, 1)).ravel() ** 2 / heating.load_ohm * heating.k_per_w
        # τ dT/dt = final - T
        model = lti([1.0], [heating.time_constant_s, 1.0]).to_ss()
        time_s = np.arange(len(final_k) + 1) * step_s
        start = self.rise_k / model.C[0, 0]
        _, rise_k, _ = lsim(model, np.append(final_k, 0.0), time_s, [start], interp=False)
        self.warmest_k, self.rise_k = max(self.warmest_k, rise_k.max()), rise_k[-1]
        self.clock.sleep(time_s[-1])
        self.at_s = self.clock()
        return super().play_and_record(waveforms_v, deadline_s)


def hottest_k(waveforms_v: np.ndarray, heating: Heating, averages: int, rest_v: float) -> float:
    """The rise by the strongest shot, whose repetitions come every 25 ms (a geometric sum), above that at rest."""
    resting_k = rest_v**2 / heating.load_ohm * heating.k_per_w
    energy_v2s = float((np.square(waveforms_v) - rest_v**2).clip(0.0).sum(1).max()) / 1e3
    kept = np.exp(-0.025 / heating.time_constant_s)
    once_k = energy_v2s / heating.load_ohm * heating.k_per_w / heating.time_constant_s
    return resting_k + once_k * (1 - kept**averages) / (1 - kept)


@settings(max_examples=40)
@given(
    st.floats(0.05, 20.0),
    st.floats(0.01, 10.0),
    st.integers(1, 5),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.3]),
    st.integers(0, 9),
)
def test_no_load_is_warmed_beyond_its_limit(
    most_k: float, time_constant_s: float, averages: int, shots: int, rest_v: float, seed: int
):
    """A load of 8 ohm at 40 K/W, driven with up to ±1 V: 5 K in the end, whatever is played however often."""
    clock, heating = Clock(), Heating(most_k, 8.0, 40.0, time_constant_s)
    wire = WarmedWire(heating, clock, averages, rest_v)
    limits = SafetyLimits(1.0, heating=heating)
    guard = Guard(limits, replace(plan(), averages=averages, rest_v=rest_v), clock.sleep, clock)
    guard.hold(wire)
    random = np.random.default_rng(seed)
    for _ in range(8):
        waveforms_v = random.uniform(-1, 1, (shots, SAMPLES))
        if most_k <= hottest_k(waveforms_v, heating, averages, rest_v):
            with pytest.raises(OutOfRange, match="warms the load"):
                guard.play_and_record(waveforms_v, 1.0)
            continue
        answer = guard.play_and_record(waveforms_v, 1.0)
        np.testing.assert_array_equal(answer, 0.5 * waveforms_v)
        assert guard.thermometer is not None
        assert wire.rise_k <= guard.thermometer.rise_k * (1 + 1e-9)
        if seed % 2:
            guard.hold(wire)  # another connection does not cool anything
    assert wire.warmest_k <= most_k * (1 + 1e-9)


def test_a_warm_load_is_waited_for_no_longer_than_it_takes_to_cool():
    """1 V for 20 ms into 8 ohm at 40 K/W and 10 s warms by 10 mK a shot: the limit of 95 mK bears nine of them."""
    clock, heating = Clock(), Heating(0.095, 8.0, 40.0, 10.0)
    guard = Guard(SafetyLimits(1.0, heating=heating), plan(), clock.sleep, clock)
    guard.hold(wire := WarmedWire(heating, clock))
    loud = np.ones((1, SAMPLES))
    for _ in range(9):
        guard.play_and_record(loud, 1.0)
    assert clock() == pytest.approx(12 * 0.025, rel=1e-9)  # with the ramp; nothing was waited for
    for _ in range(200):
        guard.play_and_record(loud, 1.0)
    # then each shot waits until what it adds is gone: of 95 mK, 10 mK decay in 10 s · ln(95/85)
    assert clock() == pytest.approx(200 * (10.0 * np.log(95 / 85) + 0.025), rel=0.01)
    assert 0.085 < wire.warmest_k <= 0.095


def test_a_limit_of_the_temperature_needs_to_know_the_load():
    with pytest.raises(SpecError, match=r"Set system\.connection\.load_ohm and system\.connection\.cooling_s, too"):
        connected(Wire(plan()), limit_rise_k=20.0, warming_k_per_w=40.0)
    warm = connected(Wire(plan()), limit_rise_k=20.0, warming_k_per_w=40.0, load_ohm=8.0, cooling_s=1.0)
    assert warm.snapshot()["limits"]["rise_k"] == 20.0
    assert warm.snapshot()["rise_k"] == 0.0
    warm.run(drives(2))
    assert 0.0 < warm.snapshot()["rise_k"] < 20.0


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
