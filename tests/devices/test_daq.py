"""An NI card, driven by the real nidaqmx client through the gRPC device server's protocol."""

from __future__ import annotations

import contextlib
import math
import socket
import sys
import threading
from collections.abc import Iterator

import grpc
import nidaqmx
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.ports import DeviceError, DeviceLost, DeviceTimeout, OutOfRange, SpecError
from core.run.connection import ConnectionSpec
from core.run.spec import SystemSpec
from devices.catalogue import circuit_wiring, make_system
from devices.conformance import RecorderConformance
from devices.daq.address import DaqAddress
from devices.daq.link import LocalLink, explained
from devices.daq.recorder import MOST_SAMPLES, DaqRecorder, open_recorder
from devices.emulator.bench import Bench, wired
from devices.emulator.card import RESERVED, DaqCard
from devices.emulator.daq import CardService, DaqServer
from devices.emulator.demo import start_demo_bench
from devices.emulator.faults import Faults
from devices.recorder import Plan
from devices.simulated.circuit import CircuitImperfections, SimulatedCircuit

SAMPLES, REST, RATE_HZ, GAIN = 200, 50, 1e6, 0.5
STEP_V = 2 * 10 / 2**16  # of a 16-bit output of ±10 V, and nearly of a 16-bit input of ±10 V
CONNECTION = ConnectionSpec(deadline_s=5.0)


def plan(**changes: float) -> Plan:
    values = {"samples": SAMPLES, "rate_hz": RATE_HZ, "rest_v": 0.0, "rest_samples": REST, "lag_s": 1 / RATE_HZ}
    return Plan(**{**values, "peak_v": 1.0, "range_v": 2.0, "shots": 8, **changes})  # type: ignore[arg-type]


def waves(shots: int) -> np.ndarray:
    return np.random.default_rng(shots).uniform(-1, 1, (shots, SAMPLES))


@pytest.fixture
def card() -> DaqCard:
    return DaqCard(Bench(lambda frames_v: GAIN * frames_v, SAMPLES, RATE_HZ, REST))


@pytest.fixture
def server(card: DaqCard) -> Iterator[DaqServer]:
    server = DaqServer(card, faults=Faults(), late_s=1.0)
    yield server
    server.close()


@contextlib.contextmanager
def opened(address: str, asked: Plan | None = None) -> Iterator[DaqRecorder]:
    recorder = open_recorder(address, asked or plan(), CONNECTION)
    try:
        yield recorder
    finally:
        recorder.safe(2.0)
        recorder.close()


@pytest.fixture
def local(server: DaqServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let nidaqmx find its driver on this computer: the card of the server, called without any time limit."""
    from nidaqmx._grpc_interpreter import GrpcStubInterpreter

    channel = grpc.insecure_channel(f"127.0.0.1:{server.port}")
    options = nidaqmx.GrpcSessionOptions(channel, "")

    def select(grpc_options: object = None, interpreter: object = None) -> object:
        return interpreter or GrpcStubInterpreter(grpc_options or options)

    monkeypatch.setattr("nidaqmx.utils._select_interpreter", select)
    yield
    channel.close()


class TestACardBehindAServerConforms(RecorderConformance):
    @pytest.fixture
    def open_recorder(self, server):
        return lambda plan: open_recorder(server.address, plan, CONNECTION)


class TestACardInThisComputerConforms(RecorderConformance):
    @pytest.fixture
    def open_recorder(self, local):
        return lambda plan: open_recorder("ni://dev1", plan, CONNECTION)


def test_shots_of_one_transfer_are_one_waveform_with_rests_between(server: DaqServer, card: DaqCard):
    played = list[np.ndarray]()
    card.bench.respond = lambda frames_v: played.append(frames_v) or GAIN * frames_v
    sent_v = waves(8)
    with opened(server.address) as recorder:
        record_v = recorder.play_and_record(sent_v, 5.0)
        np.testing.assert_allclose(record_v, GAIN * sent_v, atol=STEP_V)
        assert len(played) == 1
        np.testing.assert_allclose(played[0], sent_v, atol=STEP_V / 2)
        server.calls.clear()
        recorder.play_and_record(sent_v, 5.0)
        assert " ".join(server.calls) == "WriteAnalogF64 StartTask StartTask ReadAnalogF64 StopTask StopTask"


def test_more_than_a_transfer_bears_is_played_in_several(server: DaqServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("devices.daq.recorder.MOST_SAMPLES", 3 * (SAMPLES + REST) + 7)
    sent_v = waves(8)
    with opened(server.address) as recorder:
        assert recorder.facts.most_shots == 3
        np.testing.assert_allclose(recorder.play_and_record(sent_v, 5.0), GAIN * sent_v, atol=STEP_V)
    with opened(server.address, plan(averages=5)) as recorder:
        np.testing.assert_allclose(recorder.play_and_record(sent_v, 5.0), GAIN * sent_v, atol=STEP_V)


def test_a_record_is_the_mean_of_its_repetitions(server: DaqServer, card: DaqCard):
    """Noise of 0.1 V averaged over 16 records is 0.025 V; 1,600 samples tell it within 5 standard errors of 1.8 %."""
    generator = np.random.default_rng(0)
    card.bench.respond = lambda frames_v: generator.normal(0, 0.1, frames_v.shape)
    with opened(server.address, plan(averages=16)) as recorder:
        record_v = recorder.play_and_record(waves(8), 5.0)
    assert record_v.std() == pytest.approx(0.1 / math.sqrt(16), rel=5 / math.sqrt(2 * record_v.size))


def test_recording_begins_as_long_after_the_output_as_was_asked(server: DaqServer):
    sent_v = waves(2)
    with opened(server.address, plan(lag_s=4 / RATE_HZ)) as recorder:
        record_v = recorder.play_and_record(sent_v, 5.0)
    np.testing.assert_allclose(record_v[:, :-3], GAIN * sent_v[:, 3:], atol=STEP_V)
    with pytest.raises(DeviceError, match="before it plays"):
        open_recorder(server.address, plan(lag_s=-1e-6), CONNECTION)


def test_a_long_waveform_is_waited_for_as_long_as_it_takes(
    server: DaqServer, card: DaqCard, monkeypatch: pytest.MonkeyPatch
):
    asked = plan(rate_hz=100.0, lag_s=0.01, averages=10)
    read, waited_s = card.read, list[float]()
    monkeypatch.setattr(card, "read", lambda name, count, wait_s: waited_s.append(wait_s) or read(name, count, wait_s))
    with opened(server.address, asked) as recorder:
        recorder.play_and_record(waves(4), asked.play_s(4) + 5.0)
    assert asked.play_s(4) == 100.0
    assert 100.0 < waited_s[0] < 105.0


def test_a_sample_beyond_the_range_is_infinite_in_every_mean(server: DaqServer, card: DaqCard):
    card.bench.respond = lambda frames_v: 3.0 * frames_v
    sent_v = np.tile(np.linspace(-1, 1, SAMPLES), (2, 1))
    with opened(server.address, plan(averages=2)) as recorder:
        recorder.set_range(2.0, 5.0)
        record_v = recorder.play_and_record(sent_v, 5.0)
    beyond = np.abs(3.0 * sent_v) > 2.0
    assert (record_v[beyond] == np.copysign(np.inf, sent_v[beyond])).all()
    np.testing.assert_allclose(record_v[~beyond], 3.0 * sent_v[~beyond], atol=3 * STEP_V)


def test_the_card_itself_refuses_what_is_beyond_the_plans_voltage(server: DaqServer, card: DaqCard):
    with opened(server.address) as recorder, pytest.raises(DeviceLost, match=r"too large .*-200561"):
        recorder.play_and_record(np.full((1, SAMPLES), 1.01), 5.0)
    assert card.bench.highest_v == 0.0


def test_the_output_is_off_when_opened_and_when_let_go(server: DaqServer, card: DaqCard):
    card.output_v = 3.0
    with opened(server.address, plan(rest_v=0.4)) as recorder:
        assert card.output_v == 0.0
        recorder.play_and_record(waves(1), 5.0)
        assert card.output_v == pytest.approx(0.4, abs=STEP_V)
    assert card.output_v == 0.0
    assert not card.tasks


def test_a_hung_driver_is_given_up_and_its_card_reset(local: None, server: DaqServer, card: DaqCard):
    recorder = open_recorder("ni://Dev1", plan(rest_v=0.4), CONNECTION)
    recorder.play_and_record(waves(1), 5.0)
    before = threading.active_count()
    server._faults.arm("stall", 1)  # type: ignore[union-attr]
    with pytest.raises(DeviceTimeout, match=r"NI-DAQmx driver .* given up"):
        recorder.play_and_record(waves(1), 0.3)
    with pytest.raises(DeviceLost, match="hung"):
        recorder.play_and_record(waves(1), 0.3)
    recorder.safe(4.0)
    assert card.output_v == 0.0
    recorder.close()
    with opened("ni://Dev1") as again:
        np.testing.assert_allclose(again.play_and_record(waves(1), 5.0), GAIN * waves(1), atol=STEP_V)
    assert threading.active_count() <= before + 8  # gRPC's own


def test_without_a_driver_it_says_what_to_install():
    with pytest.raises(DeviceError, match=r"NI-DAQmx driver is not installed.*ni\.com/downloads.*ni-grpc://"):
        open_recorder("ni://Dev1", plan(), CONNECTION)


@pytest.mark.parametrize(("package", "address"), [("nidaqmx", "ni://Dev1"), ("grpc", "ni-grpc://127.0.0.1:9/Dev1")])
def test_without_a_package_it_says_what_to_install(package: str, address: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DeviceError, match=rf"{package} is missing.*pip install 'nidaqmx\[grpc\]'"):
        open_recorder(address, plan(), CONNECTION)


def test_a_server_that_is_not_there_is_told():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(DeviceLost, match=rf"Nothing answers as .*127\.0\.0\.1:{port}.*firewall"):
        open_recorder(f"ni-grpc://127.0.0.1:{port}/Dev1", plan(), CONNECTION)


def test_a_server_that_takes_calls_and_never_answers_is_left_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises((DeviceTimeout, DeviceLost)):
        open_recorder(f"ni-grpc://127.0.0.1:{deaf.getsockname()[1]}/Dev1", plan(), ConnectionSpec(deadline_s=0.3))


def test_a_name_or_a_channel_that_is_not_there_is_told(server: DaqServer):
    with pytest.raises(DeviceError, match=r"no device Dev9 .*there are: Dev1\."):
        open_recorder(server.address.replace("Dev1", "Dev9"), plan(), CONNECTION)
    with pytest.raises(DeviceLost, match=r"does not exist .*-200170.*Check the channel"):
        open_recorder(f"{server.address}/ao1", plan(), CONNECTION)


def test_two_modules_of_a_chassis_share_its_trigger():
    card = DaqCard(Bench(lambda frames_v: GAIN * frames_v, SAMPLES, RATE_HZ, REST), ("cDAQ1Mod1", "cDAQ1Mod2"), "cDAQ1")
    server = DaqServer(card)
    try:
        recorder = f"ni-grpc://127.0.0.1:{server.port}/cDAQ1Mod2/ai0"
        found = open_recorder(server.address, plan(), ConnectionSpec(recorder=recorder))
        np.testing.assert_allclose(found.play_and_record(waves(2), 5.0), GAIN * waves(2), atol=STEP_V)
        assert (found.settings()["output"], found.settings()["input"]) == ("cDAQ1Mod1/ao0", "cDAQ1Mod2/ai0")
        assert found.identity()["recorder"]
        found.safe(2.0)
        found.close()
        with pytest.raises(SpecError, match="not in one computer"):
            open_recorder(server.address, plan(), ConnectionSpec(recorder="ni://cDAQ1Mod2"))
    finally:
        server.close()


def test_rates_that_the_card_cannot_make_are_refused(server: DaqServer):
    with pytest.raises(DeviceError, match="plays 2e\\+06 samples/s at most; this system needs 3e\\+06"):
        open_recorder(server.address, plan(rate_hz=3e6), CONNECTION)
    made = pytest.raises(DeviceError, match=r"makes 1\.88679e\+06 samples/s of 1\.9e\+06")  # the timebase over 53
    with opened(server.address, plan(rate_hz=1.9e6)) as recorder, made:
        recorder.play_and_record(waves(1), 5.0)


def test_a_card_without_an_output_of_both_signs_is_refused(server: DaqServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("devices.emulator.daq.OUTPUT_RANGES_V", ())
    with pytest.raises(DeviceError, match="both signs"):
        open_recorder(server.address, plan(), CONNECTION)


@pytest.mark.parametrize("pairs", [[], [-5.0], [0.0, 5.0], [-math.inf, math.inf], [math.nan, math.nan], [5.0, -5.0]])
def test_ranges_that_make_no_sense_are_no_ranges(pairs: list[float]):
    from devices.daq.recorder import _ranges

    assert _ranges(pairs) == ()
    assert _ranges([*pairs[: len(pairs) // 2 * 2], -10.0, 10.0, -0.2, 0.2]) == (0.2, 10.0)


def test_a_card_that_another_program_plays_on_is_left_alone(server: DaqServer, card: DaqCard):
    card.create("another's")
    card.add_channel("another's", "Dev1/ao0", -10, 10, is_output=True)
    card.set_clock("another's", 1e3, 10)
    card.write("another's", np.zeros(10), start=True)
    with pytest.raises(DeviceLost, match=rf"reserved.*{RESERVED}.*Another program uses the card"):
        open_recorder(server.address, plan(), CONNECTION)
    assert card.task("another's").running


def test_what_a_broken_connection_left_behind_is_cleared(server: DaqServer, card: DaqCard):
    lost = open_recorder(server.address, plan(), CONNECTION)
    lost.play_and_record(waves(1), 5.0)
    lost.close()
    assert card.tasks
    with opened(server.address) as recorder:
        recorder.play_and_record(waves(1), 5.0)
        assert len(card.tasks) == 2
    assert not card.tasks


@pytest.mark.parametrize(
    "text",
    [
        "ni://",
        "ni://Dev1/ao0:3",
        "ni://Dev1/ao0, Dev2/ao0",
        "ni-grpc://Dev1",
        "ni-grpc://host/Dev1",
        "ni-grpc://host:1/Dev1/ai0/ao0",
        "ni-grpc://a b:1/Dev1",
        "ni-grpc://host:1/Dev1\n",
    ],
)
def test_what_is_no_address_is_refused(text: str):
    with pytest.raises(SpecError, match="no address of an NI card"):
        DaqAddress.parse(text)


def test_addresses_name_server_device_and_channels():
    assert DaqAddress.parse("ni://Dev1") == DaqAddress("", "Dev1", "ao0", "ai0")
    assert DaqAddress.parse("NI-gRPC://[::1]:31763/c-DAQ_1/AO1/ai3") == DaqAddress(
        "[::1]:31763", "c-DAQ_1", "ao1", "ai3"
    )
    assert DaqAddress.parse("ni://Dev1/ai5").input == "ai5"


@given(st.text(max_size=60) | st.from_regex(r"ni(-grpc)?://[ -~]{0,40}"))
def test_any_text_is_an_address_or_refused(text: str):
    with contextlib.suppress(SpecError):
        found = DaqAddress.parse(text)
        assert found.device.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_whatever_is_raised_becomes_one_line(content: object):
    assert "\n" not in str(explained(ValueError(content), "this computer"))


def test_a_local_link_needs_no_server():
    link = LocalLink(DaqAddress.parse("ni://Dev1"))
    assert link.options("output") is None
    assert link.call(lambda: 7, 1.0) == 7
    link.close()


def test_a_plan_of_the_circuit_fits_many_shots_into_a_transfer():
    wiring = circuit_wiring()
    assert MOST_SAMPLES // (wiring.info.drive_dim + wiring.rest_samples) >= 64


def test_the_circuit_behind_a_card_is_the_circuit():
    """Without noise and drift, the simulator's own answers come back within the converters' steps."""
    quiet = CircuitImperfections(noise=0.0, trigger_jitter_s=0.0, temperature=False, gain_drift_per_hour=0.0)
    wiring = circuit_wiring()
    server = DaqServer(DaqCard(wired(SimulatedCircuit(3, 0, quiet), wiring)))
    try:
        system = make_system(SystemSpec(kind="circuit", address=server.address), 0)
        assert system.info.status == "demo"
        drive = torch.rand(5, wiring.info.drive_dim, generator=torch.Generator().manual_seed(0))
        difference = system.run(drive) - SimulatedCircuit(3, 0, quiet).run(drive)
        assert float(difference.abs().max()) < 2e-3
        with pytest.raises(OutOfRange):
            system.run(drive + 1)
        system.safe_state()
    finally:
        server.close()


def test_the_demo_bench_has_a_card_and_leaves_a_port_that_is_taken():
    benches = [start_demo_bench(), start_demo_bench(serial_number=2)]
    try:
        addresses = {item.settings["system.address"] for bench in benches for item in bench.instruments}
        addresses = {address for address in addresses if address.startswith("ni-grpc://")}
        assert len(addresses) == 2
        for address in addresses:
            system = make_system(SystemSpec(kind="circuit", address=address), 0)
            assert system.run(torch.full((2, system.info.drive_dim), 0.5)).abs().max() < 0.5
            system.safe_state()
    finally:
        for bench in benches:
            bench.close()


def test_every_procedure_of_the_stand_in_is_one_of_the_real_service():
    from nidaqmx._stubs import nidaqmx_pb2

    service = nidaqmx_pb2.DESCRIPTOR.services_by_name["NiDAQmx"]
    names = {name for name in dir(CardService) if name[0].isupper()}
    assert names <= {method.name for method in service.methods}
