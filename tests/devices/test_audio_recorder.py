"""A sound card played through PortAudio, in a room on a sound server without hardware."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from core.ports import Axis, DeviceError, DeviceLost, DeviceTimeout, OutOfRange, SpecError, SystemInfo
from core.run.connection import ConnectionSpec
from devices.audio.recorder import AudioRecorder, open_recorder
from devices.audio.signal import MARKER_SAMPLES, layout, unit_marker
from devices.catalogue import plate_wiring
from devices.child import START_S, Child
from devices.conformance import RecorderConformance
from devices.emulator.bench import Bench, wired
from devices.emulator.faults import FaultKind
from devices.emulator.room import CLIENT, Room, SoundServer
from devices.recorder import Plan
from devices.waveform import WaveformSystem, Wiring
from tests.devices.conftest import perfect

SAMPLES, REST = 200, 50
BLOCK, RATE_HZ = 2048, 192_000.0  # as long as 512 samples at 48 kHz
GAIN = 0.5
FAULTS: tuple[FaultKind, ...] = (
    "drop", "stall", "late", "short_block", "duplicate", "swallowed", "error", "over_range", "overflow", "reset",
)  # fmt: skip


def bench() -> Bench:
    random = np.random.default_rng(0)
    return Bench(lambda frames: GAIN * frames + 1e-5 * random.standard_normal(frames.shape), SAMPLES, RATE_HZ)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with SoundServer(f"test{os.getpid()}", RATE_HZ, BLOCK) as started:
        yield started.name


@pytest.fixture
def room(server: str) -> Iterator[Room]:
    room = Room(bench(), layout(SAMPLES, REST, 1.0), server)
    yield room
    room.close()


@pytest.fixture
def address(server: str) -> str:
    return f"JACK::{server}::{CLIENT}"


def wiring() -> Wiring:
    axis = Axis("Time", "s", np.arange(SAMPLES) / RATE_HZ)
    info = SystemInfo("wire", "Wire", "simulated", 0, SAMPLES, SAMPLES, True, axis, axis, "Out", "In", 1e-3)
    return Wiring(info, RATE_HZ, 0.5, 0.5, REST)


def plan(**changes: float) -> Plan:
    return replace(wiring().plan(ConnectionSpec()), **changes)


def system(address: str, **connection: float) -> WaveformSystem:
    spec = ConnectionSpec.model_validate({"reconnect_s": 60.0, "batch": 4, **connection})
    return WaveformSystem(lambda: open_recorder(address, wiring().plan(spec), spec), wiring(), spec)


def drives(count: int, seed: int) -> torch.Tensor:
    return torch.rand(count, SAMPLES, generator=torch.Generator().manual_seed(seed))


def check(response: torch.Tensor, drive: torch.Tensor) -> None:
    """r = gain · drive_v (2 c - 1) / full_scale_v; another shot, or one that slipped, is wrong by half of that."""
    torch.testing.assert_close(response, GAIN * (2 * drive - 1), rtol=0, atol=1e-3)


@pytest.mark.usefixtures("room")
class TestASoundCardConforms(RecorderConformance):
    rate_hz = RATE_HZ
    drive_v = 0.5
    full_scale_v = 0.5
    deadline_s = 10.0

    @pytest.fixture
    def open_recorder(self, address: str):
        return lambda plan: open_recorder(address, plan, ConnectionSpec())


def test_shots_come_back_sample_by_sample_and_the_room_is_silent_afterwards(room: Room, address: str):
    sound = system(address, batch=16)
    drive = drives(40, 0)
    check(sound.run(drive), drive)
    sound.safe_state()
    time.sleep(0.1)
    assert not room.sounding
    assert max(room.bench.highest_v, -room.bench.lowest_v) <= 0.5 * (1 + 1e-6)
    assert sound.snapshot()["shots"] == 40


@pytest.mark.parametrize("silent", [None, 0, 1, 2])
def test_a_transfer_may_begin_at_any_time_after_the_last_one(monkeypatch, silent: int | None):
    """What halves each frame halves the whole signal, a constant time later, wherever the next transfer begins."""
    port = SimpleNamespace(register=lambda name: None)
    nobody = SimpleNamespace(
        inports=port, outports=port, set_process_callback=lambda function: None, activate=lambda: None
    )
    monkeypatch.setattr("devices.emulator.room._client", lambda server: nobody)
    place, block = layout(300, REST, 1.0), 512
    shots = np.random.default_rng(1).uniform(-0.5, 0.5, (3, place.samples))
    if silent is not None:
        shots[silent] = 0.0
    played = place.played(shots, 0.3 * unit_marker())
    for gap in range(0, 2 * place.slot, 61):
        room = Room(Bench(lambda frames: GAIN * frames, place.samples, RATE_HZ), place, "none")
        signal = np.concatenate([np.zeros(gap), played, np.zeros(gap), played, np.zeros(4 * block)])
        blocks = signal[: len(signal) // block * block].reshape(-1, block)
        heard = np.concatenate([room._next(part.astype(np.float32)) for part in blocks])
        delay = 2 * block + 1
        np.testing.assert_allclose(heard[delay:], GAIN * signal[: len(heard) - delay], atol=1e-7, err_msg=str(gap))


def test_faults_of_the_stream_cost_repetitions_and_nothing_else(room: Room, address: str):
    sound = system(address)
    sound.run(drives(1, 0))
    for count, kind in enumerate(FAULTS, 1):
        room.faults.arm(kind, after=3)
        drive = drives(12, count)
        check(sound.run(drive), drive)
        assert room.faults.struck == count, kind
        assert sound.snapshot()["shots"] == 1 + 12 * count
    sound.safe_state()
    assert max(room.bench.highest_v, -room.bench.lowest_v) <= 0.5 * (1 + 1e-6)


def test_a_plate_in_the_room_is_the_plate(server: str, address: str):
    """Without noise and converters, what arrives is the unit's response to the precision of the stream's floats."""
    unit, wires, spec = perfect("plate"), replace(plate_wiring(), rate_hz=RATE_HZ), ConnectionSpec()
    room = Room(wired(unit, wires), layout(wires.info.drive_dim, wires.rest_samples, 1.0), server)
    try:
        sound = WaveformSystem(lambda: open_recorder(address, wires.plan(spec), spec), wires, spec)
        drive = 0.5 + 0.3 * (torch.rand(8, wires.info.drive_dim, generator=torch.Generator().manual_seed(0)) - 0.5)
        expected = unit.ideal_response(drive)
        torch.testing.assert_close(sound.run(drive), expected, rtol=0, atol=1e-5 * float(expected.abs().max()))
        sound.safe_state()
    finally:
        room.close()


def test_a_room_that_comes_back_is_found_again(room: Room, server: str, address: str):
    sound = system(address)
    sound.run(drives(1, 0))
    room.close()
    later = Room(bench(), layout(SAMPLES, REST, 1.0), server)
    try:
        drive = drives(6, 2)
        check(sound.run(drive), drive)
        assert sound.snapshot()["reconnections"] >= 1
    finally:
        sound.safe_state()
        later.close()


def test_a_room_that_stays_away_is_lost_in_the_time_that_was_promised(room: Room, address: str):
    sound = system(address, reconnect_s=1.0, deadline_s=1.0)
    sound.run(drives(1, 0))
    room.close()
    with pytest.raises(DeviceLost, match="is lost"):
        sound.run(drives(1, 1))


def test_a_response_beyond_full_scale_is_told(room: Room, address: str):
    sound = system(address, full_scale_v=0.25)
    sound.run(drives(1, 0))
    room.bench.respond = lambda frames: np.clip(9.0 * frames, -1, 1) if np.abs(frames).max() == 0.5 else GAIN * frames
    with pytest.raises(OutOfRange, match="range"):
        sound.run(torch.ones(1, SAMPLES))


def test_averages_are_those_of_one_shot(room: Room, address: str):
    drive = drives(3, 0)
    check(system(address, averages=4).run(drive), drive)


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize(
    ("address", "changes", "said"),
    [
        ("JACK::{server}::overtone_hall", {}, "There is no sound output 'overtone_hall'. There are .*overtone_room"),
        ("JACK::nowhere::overtone_room", {}, "There is none"),
        ("JACK::{server}::overtone_room", {"rate_hz": 44_100.0}, "44100 Hz.*Its usual rate is 192000 Hz"),
        ("AUDIO::", {}, "no sound card"),
        ("JACK::room", {}, "no sound card"),
        ("AUDIO::default", {"rest_v": 0.5}, "offset_v = 0"),
    ],
)
def test_what_cannot_be_opened_is_told(server: str, address: str, changes: dict[str, float], said: str):
    with pytest.raises((SpecError, DeviceError), match=said):
        open_recorder(address.format(server=server), plan(**changes), ConnectionSpec())


def test_a_dead_microphone_is_told(room: Room, address: str):
    room.bench.respond = lambda frames: np.zeros_like(frames)
    with pytest.raises(DeviceError, match="is not heard"):
        open_recorder(address, plan(), ConnectionSpec())


@pytest.mark.usefixtures("room")
def test_a_machine_that_is_too_busy_for_its_sound_is_told_from_a_dead_microphone(address: str, monkeypatch):
    play = Child.call

    def interrupted(child, method, deadline_s, array=None, **values):
        answer, record = play(child, method, deadline_s, array, **values)
        monkeypatch.setattr("devices.audio.recorder.START_S", 3.0)  # it is open by now
        return ({"flagged": [(0, 1)]} if method == "play" else answer), record

    monkeypatch.setattr(Child, "call", interrupted)
    with pytest.raises(DeviceError, match=r"interrupted in each of .* too busy"):
        open_recorder(address, plan(), ConnectionSpec())


def test_an_overdriven_microphone_is_told(room: Room, address: str):
    room.bench.respond = lambda frames: np.clip(20 * frames, -1, 1)
    with pytest.raises(DeviceError, match="overdriven"):
        open_recorder(address, plan(), ConnectionSpec())


@pytest.mark.parametrize(
    ("error", "said"), [("OSError('no')", "libportaudio2"), ("ModuleNotFoundError('no')", "pip install")]
)
def test_without_portaudio_it_is_said_what_to_install(tmp_path: Path, error: str, said: str):
    (tmp_path / "sounddevice.py").write_text(f"raise {error}")
    path = os.pathsep.join([str(tmp_path), *filter(None, sys.path)])
    child = Child("The sound card", "devices.audio.player:Player", {"PYTHONPATH": path})
    try:
        with pytest.raises(DeviceError, match=said):
            child.call("open", START_S, output="default", input="default", rate_hz=48e3)
    finally:
        child.kill()


def test_a_process_that_hangs_or_ends_is_lost():
    child = Child("A library", "time:sleep")  # which is no object, and hangs when it is made
    with pytest.raises(DeviceLost, match="TypeError"):
        child.call("anything", START_S)
    child.kill()
    with pytest.raises(DeviceLost):
        child.call("anything", 1.0)
    begun_s = time.monotonic()
    late = Child("A library", "devices.audio.player:Player")
    with pytest.raises(DeviceTimeout, match="given up"):
        late.call("silence", 1e-6)
    assert time.monotonic() - begun_s < 5.0
    with pytest.raises(DeviceLost):
        late.call("silence", 1.0)


def test_recording_takes_no_longer_than_the_signal_with_its_rests():
    """The answer to the last marker, 1,537 samples late as in the demo room at 48 kHz, is in the last rest."""
    place = layout(784, 3200, 1.0)
    assert place.shot_at >= 1537 + 2 * MARKER_SAMPLES
    assert len(place.played(np.zeros((64, 784)), unit_marker())) == 64 * (784 + 3200) + place.shot_at


def test_what_is_played_beside_the_shots_is_told_to_who_watches_the_loads_temperature(room, address, monkeypatch):
    played_v2s: list[float] = []
    play = Child.call

    def weighed(child, method, deadline_s, array=None, **values):
        if method == "play":
            played_v2s.append(float(np.square(array, dtype=float).sum()) / RATE_HZ)
        return play(child, method, deadline_s, array, **values)

    monkeypatch.setattr(Child, "call", weighed)
    recorder = open_recorder(address, plan(), ConnectionSpec())
    try:
        opened_v2s, shots = sum(played_v2s), 5
        # once as loud as that, and softer before; each time the ear is not sure, all of it again
        assert opened_v2s / (len(played_v2s) / 2) <= recorder.facts.opened_v2s <= 2 * opened_v2s
        recorder.play_and_record(np.zeros((shots, SAMPLES)), 5.0)
        assert 0 < sum(played_v2s) - opened_v2s <= shots * recorder.facts.beside_v2s
    finally:
        recorder.close()


def test_a_signal_that_does_not_fit_into_its_deadline_is_not_played(room: Room, address: str):
    recorder = open_recorder(address, plan(), ConnectionSpec())
    assert isinstance(recorder, AudioRecorder)
    try:
        before = room.bench.frames
        with pytest.raises(DeviceTimeout, match="do not fit"):
            recorder.play_and_record(np.zeros((4, SAMPLES)), 1e-3)
        assert room.bench.frames == before
    finally:
        recorder.close()
