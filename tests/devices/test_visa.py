"""Generator and oscilloscope on VISA: the driver against emulators, the emulators against other people's clients."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest
import pyvisa
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pyvisa.util import from_ieee_block, to_ieee_block

from core.ports import DeviceError, DeviceLost, DeviceTimeout, OvertoneError, SpecError
from core.run.connection import ConnectionSpec
from core.run.spec import SystemSpec
from devices.catalogue import BUNDLED, circuit_wiring, make_system
from devices.conformance import RecorderConformance
from devices.emulator.bench import Bench, wired
from devices.emulator.scpi import message_length, short_form
from devices.emulator.table import MAKERS, SERVERS, Table
from devices.recorder import Plan
from devices.visa.generators import block
from devices.visa.link import Ask, SocketLink, whole_block
from devices.visa.recorder import VisaRecorder, open_recorder
from devices.wire import Deadline
from tests.devices.conftest import build
from tests.devices.fault_stands import visa_expected, visa_table, visa_wiring

WAYS = [(maker, protocol) for maker in MAKERS for protocol in SERVERS]


def half(samples: int = 200, rest: int = 50, rate_hz: float = 1e6) -> Bench:
    return Bench(lambda frames_v: frames_v / 2, samples, rate_hz, rest)


@pytest.fixture(params=WAYS, ids="-".join)
def way(request) -> Iterator[tuple[Table, str, str]]:
    maker, protocol = request.param
    found = Table(half(), maker)
    yield found, *found.listen(protocol)
    found.close()


class TestEveryWayConforms(RecorderConformance):
    @pytest.fixture
    def open_recorder(self, way):
        _, generator, scope = way
        return lambda plan: VisaRecorder(generator, scope, plan, "auto", 5.0)


@pytest.fixture
def keysight() -> Iterator[tuple[Table, str, str]]:
    found = Table(half())
    yield found, *found.listen("socket")
    found.close()


def plan(**changes: float) -> Plan:
    values = {"samples": 200, "rate_hz": 1e6, "rest_v": 0.0, "rest_samples": 50, "lag_s": 1e-6, "peak_v": 3.0}
    return Plan(**{**values, "range_v": 2.0, "shots": 4, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(("maker", "worst_v"), [("keysight", 1.3e-3), ("siglent", 1.3e-3), ("rigol", 20.5e-3)])
@pytest.mark.parametrize("late_samples", [0.0, 0.4, 1.0])
def test_a_record_is_what_the_table_answers_within_half_a_step_of_the_converter(maker, worst_v, late_samples):
    """±4 V are eight of 10.24 divisions, in 4,096 or 256 steps; between samples a straight line is drawn."""
    found = Table(Bench(lambda v: v / 2, 200, 1e6, 50, lag_samples=1 + late_samples), maker)
    generator, scope = found.listen("socket")
    recorder = VisaRecorder(generator, scope, plan(lag_s=(1 + late_samples) * 1e-6), "auto", 5.0)
    recorder.set_range(4.0, 1.0)
    smooth = 3 * np.sin(np.linspace(0, 20, 600)).reshape(3, 200)
    curvature_v = 0.5 * 3 * (20 / 600) ** 2 / 8
    ends = 1 if late_samples == 0.4 else 0  # the line into the rest is not the waveform's
    record = recorder.play_and_record(smooth, 5.0)
    inner = slice(ends, 200 - ends)
    assert np.abs(record - smooth / 2)[:, inner].max() < worst_v + 3 * curvature_v * (late_samples == 0.4)
    recorder.close()
    found.close()


def test_averages_play_again_and_again_and_lower_the_noise():
    noise = np.random.default_rng(1)
    found = Table(Bench(lambda v: 0.3 * noise.standard_normal(v.shape), 200, 1e6, 50))
    generator, scope = found.listen("socket")
    recorder = VisaRecorder(generator, scope, plan(averages=16), "auto", 5.0)
    recorder.set_range(2.0, 1.0)
    record = recorder.play_and_record(np.zeros((4, 200)), 5.0)
    assert found.bench.frames == 64
    assert record.std() == pytest.approx(0.3 / 4, rel=0.1)  # of 800 values
    recorder.close()
    found.close()


def test_the_circuit_behind_instruments_answers_as_the_simulated_one():
    """The same unit: both sessions leave as much of the noise-free response, whose jitter is drawn anew."""
    wired_circuit = Table(wired(build("circuit", serial_number=7), circuit_wiring()))
    generator, scope = wired_circuit.listen("socket")
    spec = SystemSpec(kind="circuit", serial_number=7, address=generator, connection=ConnectionSpec(recorder=scope))
    instrument, simulated = make_system(spec, 0), build("circuit", serial_number=7, seed=2)
    assert (instrument.info.status, instrument.info.drive_dim) == ("demo", 784)
    drive = torch.rand(384, 784, generator=torch.Generator().manual_seed(0))
    truth = simulated.ideal_response(drive)
    errors = [float((system.run(drive) - truth).square().mean().sqrt()) for system in (instrument, simulated)]
    assert errors[0] == pytest.approx(errors[1], rel=0.06)
    instrument.safe_state()
    assert not wired_circuit.generator.output_on
    wired_circuit.close()


def test_no_code_is_more_than_the_drive_whatever_is_asked_of_the_driver(keysight):
    found, generator, scope = keysight
    recorder = VisaRecorder(generator, scope, plan(peak_v=1.0), "auto", 5.0)
    recorder.set_range(2.0, 1.0)
    recorder.play_and_record(np.full((1, 200), 50.0), 5.0)
    assert found.bench.highest_v <= 1.0
    with pytest.raises(DeviceError, match="out of range"):
        recorder._generator.tell(["SOUR1:VOLT 5"], Deadline(1.0, "x"))  # the limit is in the instrument, too
    recorder.close()


def test_a_rate_or_a_voltage_that_is_changed_at_the_front_panel_is_seen(keysight):
    found, generator, scope = keysight
    recorder = VisaRecorder(generator, scope, plan(), "auto", 5.0)
    recorder.set_range(2.0, 1.0)

    def meddle(changed: str) -> None:
        found.generator.handlers["*TRG"] = lambda rest: found.generator.settings.update({changed: "0.7"})

    for changed in ("SOUR1:VOLT", "SOUR1:VOLT:OFFS", "SOUR1:FUNC:ARB:SRAT"):
        meddle(changed)
        with pytest.raises(DeviceLost, match="not as it was set"):
            recorder.play_and_record(np.zeros((1, 200)), 1.0)
    recorder.close()


@pytest.mark.parametrize(
    ("maker", "deaf"),
    [
        ("keysight", "SOUR1:DATA:ARB:DAC"),
        ("siglent", "C1:WVDT"),
        ("rigol", "SOUR1:TRAC:DATA:DAC16"),
        ("keysight", "OUTP1:LOAD"),
        ("rigol", "OUTP1:LOAD"),
        ("keysight", "FORM:BORD"),
        ("keysight", "SOUR1:FUNC:ARB"),
    ],
)
def test_a_command_that_a_generator_does_not_hear_is_told_before_its_record_is_believed(maker: str, deaf: str):
    """Its queue of errors stays empty."""
    found = visa_table(maker)  # type: ignore[arg-type]
    generator, scope = found.listen("socket")
    wires, connection = visa_wiring(), ConnectionSpec(recorder=scope)
    recorder = open_recorder(generator, wires.plan(connection), connection)
    recorder.set_range(2.0, 1.0)
    shot = np.linspace(-1, 1, wires.info.drive_dim)[None]
    recorder.play_and_record(shot, 1.0)
    if deaf in {"OUTP1:LOAD", "FORM:BORD"}:
        found.generator.settings[deaf] = found.generator._defaults[deaf]  # as after power on
    found.generator.handlers[deaf] = lambda _: None
    with pytest.raises(DeviceError):
        recorder.play_and_record(-shot, 0.5)
    recorder.close()
    found.close()


def test_wrong_instruments_are_named(keysight):
    _, generator, scope = keysight
    with pytest.raises(DeviceError, match="no waveform generator that this driver knows"):
        VisaRecorder(scope, generator, plan(), "auto", 1.0)
    with pytest.raises(DeviceError, match="no oscilloscope"):
        VisaRecorder(generator, generator, plan(), "auto", 1.0)
    with pytest.raises(SpecError, match=r"system\.connection\.recorder"):
        open_recorder(generator, plan(), ConnectionSpec())


@pytest.mark.parametrize(
    "address",
    ["TCPIP::127.0.0.1::1::SOCKET", "TCPIP::127.0.0.1::hislip0,1::INSTR", "USB0::1::2::3::INSTR", "GPIB0::7::INSTR"],
)
def test_an_address_without_an_instrument_is_an_error_of_one_line(address: str):
    with pytest.raises(DeviceError) as caught:
        VisaRecorder(address, address, plan(), "auto", 1.0)
    assert "\n" not in str(caught.value)


def test_the_whole_experiment_can_be_done_with_pyvisa_alone():
    """The vendor-independent client: text waveform up, binary record down, scaled by its own functions."""
    found = visa_table("keysight")
    manager = pyvisa.ResourceManager("@py")
    for protocol in SERVERS:
        found.generator.reset()
        generator, scope = (manager.open_resource(address) for address in found.listen(protocol))
        for resource in (generator, scope):
            resource.read_termination = resource.write_termination = "\n"
            resource.timeout = 2000
        assert generator.query("*IDN?").startswith("Agilent Technologies,33522B")
        values = np.sin(np.linspace(0, 6, 101))
        generator.write("OUTPut1:LOAD INFinity")
        generator.write("SOURce1:DATA:ARBitrary mine," + ",".join(f"{value:.6f}" for value in values))
        generator.write("SOUR1:FUNC:ARB mine;:SOUR1:FUNC ARB;:SOUR1:FUNC:ARB:SRATe 1e6;:SOUR1:VOLTage 2;:OUTP1 ON")
        generator.write("SOUR1:BURSt:STATe ON;:TRIGger1:SOURce BUS")
        scope.write(
            ":CHANnel1:RANGe 4;:TIMebase:REFerence LEFT;:TIM:RANGe 1e-4;:TIM:POSition 1.2e-5;:WAVeform:POINts 100"
        )
        scope.write(":WAVeform:FORMat WORD;:WAV:BYTeorder LSBF;:ACQuire:TYPE HRES;:SINGle")
        assert scope.query(":AER?") == "+1"
        generator.write("*TRG")
        assert generator.query("SYST:ERR?").startswith("+0")
        preamble = [float(part) for part in scope.query(":WAV:PRE?").split(",")]
        codes = np.array(scope.query_binary_values(":WAV:DATA?", datatype="H", is_big_endian=False))
        record_v = (codes - preamble[9]) * preamble[7] + preamble[8]
        # The record begins at 2 µs, where the answer to the first sample after the one at rest is seen.
        truth_v = values[1:101] / 2 + values[1:101] ** 2 / 16
        assert np.abs(record_v - truth_v).max() < 2e-3
        generator.close()
        scope.close()
    found.close()


@pytest.mark.skipif(shutil.which("lxi") is None, reason="lxi-tools are not installed")
def test_lxi_tools_read_the_identity_and_a_waveform():
    found = visa_table("keysight")
    ports = [address.split("::")[2] for address in found.listen("socket")]

    def lxi(port: str, command: str) -> bytes:
        arguments = ["lxi", "scpi", "--address", "127.0.0.1", "--port", port, "--raw", "--timeout", "5", command]
        return subprocess.run(arguments, capture_output=True, check=True, timeout=20).stdout

    def done(port: str, command: str) -> bool:
        return lxi(port, f"{command};:SYST:ERR?").startswith(b"+0,")

    assert lxi(ports[0], "*IDN?").decode().split(",")[1] == "33522B"
    assert lxi(ports[1], "*IDN?").decode().split(",")[1] == "DSO-X 3024A"
    assert done(ports[0], "SOUR1:DATA:ARB mine," + ",".join(["0", *["0.5"] * 20]))
    assert done(
        ports[0],
        "OUTP1:LOAD INF;:SOUR1:FUNC:ARB mine;:SOUR1:FUNC ARB;:SOUR1:FUNC:ARB:SRAT 1e6;:SOUR1:VOLT 4;:OUTP1 ON",
    )
    assert done(ports[0], "SOUR1:BURS:STAT ON;:TRIG1:SOUR BUS")
    assert done(ports[1], ":CHAN1:RANG 4;:TIM:REF LEFT;:TIM:RANG 1e-4;:TIM:POS 0;:WAV:POIN 100;:WAV:FORM BYTE;:SING")
    assert done(ports[0], "*TRG")
    data = from_ieee_block(lxi(ports[1], ":WAV:DATA?"), "B", False)
    # 1 V held for 20 µs makes 0.5 + 1/16 V, of 5.12 V in 256 levels about the 128th; 12 µs are before the trigger.
    assert data[:11] == [128] * 11
    assert data[13:31] == [pytest.approx(128 + 0.5625 / 5.12 * 256, abs=1)] * 18
    found.close()


@given(st.binary(max_size=2000))
def test_blocks_are_those_of_pyvisa(data: bytes):
    values = list(data)
    theirs = to_ieee_block(values, "B", False)
    assert whole_block(bytes(theirs), 2000, "x") == data
    assert from_ieee_block(block(data), "B", False) == values
    message = b"DATA x," + block(data) + b"\n"
    assert message_length(message + b"more\n") == len(message)
    assert message_length(message[:-1]) == 0


@given(
    st.binary(max_size=60)
    | st.builds(lambda a, b: b"#" + a + b, st.from_regex(rb"[0-9X]{1,8}"), st.binary(max_size=40))
)
def test_what_is_no_block_is_never_taken_for_one(answer: bytes):
    """Against pyvisa's reader where it finds a definite length, and its own header says as many bytes as there are."""
    try:
        found = whole_block(answer, 40, "x")
    except DeviceError:
        return
    digits = int(answer[1:2])
    assert answer[:2] == b"#%d" % digits
    assert len(found) == int(answer[2 : 2 + digits])
    assert bytes(from_ieee_block(answer, "B", False)) == found


class Hostile:
    """A peer that answers each connection with the given pieces, with a pause before each."""

    def __init__(self, pieces: list[bytes], pause_s: float = 0.0, hang_up: bool = True) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pieces, self._pause_s, self._hang_up = pieces, pause_s, hang_up
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        try:
            connection.recv(65_536)
            for piece in self._pieces:
                time.sleep(self._pause_s)
                connection.sendall(piece)
            if not self._hang_up:
                connection.recv(65_536)
        except OSError:
            pass
        connection.close()
        self._listener.close()


def exchange(peer: Hostile, *asks: Ask, deadline_s: float = 0.2) -> list[bytes]:
    link = SocketLink("127.0.0.1", peer.port, Deadline(5.0, "peer"))
    try:
        return link.exchange(asks, Deadline(deadline_s, "peer"))
    finally:
        link.close()


@settings(max_examples=40)
@given(st.lists(st.binary(min_size=1, max_size=30), max_size=4))
def test_whatever_a_peer_sends_is_an_answer_of_the_right_form_or_an_error(pieces: list[bytes]):
    begun_s = time.monotonic()
    try:
        line, data = exchange(Hostile(pieces), Ask(b"A?", "line"), Ask(b"B?", "block", 20))
    except OvertoneError:
        pass
    else:
        assert b"\n" not in line
        assert len(data) <= 20
    assert time.monotonic() - begun_s < 2.0


@pytest.mark.parametrize(
    ("pieces", "error"),
    [
        ([], DeviceLost),
        ([b"#9", b"999999999"], DeviceLost),  # more than was asked for
        ([b"#0abc\n"], DeviceLost),  # of no definite length
        ([b"#X4abcd\n"], DeviceLost),
        ([b"#14ab"], DeviceLost),
        ([b"#14abcdefgh\n"], DeviceLost),
    ],
)
def test_a_block_that_cannot_be_trusted_is_refused(pieces: list[bytes], error: type[Exception]):
    with pytest.raises(error):
        exchange(Hostile(pieces), Ask(b"DATA?", "block", 1000))


def test_a_byte_now_and_then_does_not_move_the_deadline():
    begun_s = time.monotonic()
    with pytest.raises(DeviceTimeout):
        exchange(Hostile([b"x"] * 60, pause_s=0.05, hang_up=False), Ask(b"A?", "line"))
    assert time.monotonic() - begun_s < 1.5


def test_a_peer_that_does_not_read_does_not_hold_the_writer():
    listener = socket.create_server(("127.0.0.1", 0))
    link = SocketLink("127.0.0.1", listener.getsockname()[1], Deadline(5.0, "peer"))
    begun_s = time.monotonic()
    with pytest.raises(DeviceTimeout):
        link.exchange([Ask(bytes(40_000_000))], Deadline(0.3, "peer"))
    assert time.monotonic() - begun_s < 2.0
    listener.close()


def test_what_nobody_asked_for_is_not_taken_for_the_next_answer():
    peer = Hostile([b"1\n2\n"], hang_up=False)
    link = SocketLink("127.0.0.1", peer.port, Deadline(5.0, "peer"))
    assert link.exchange([Ask(b"A?", "line")], Deadline(1.0, "peer")) == [b"1"]
    with pytest.raises(DeviceLost, match="nobody had asked for"):
        link.exchange([Ask(b"B?", "line")], Deadline(1.0, "peer"))


def test_short_forms_are_those_of_the_standard():
    """The examples of SCPI-99, volume 1, 6.2.1."""
    for long, short in {
        "MEASure": "MEAS",
        "TRIGger": "TRIG",
        "FREE": "FREE",
        "DISPlay": "DISP",
        "TIMEbase": "TIM",
    }.items():
        assert short_form(f":{long}") == short
    assert short_form(":SOURce2:FREQuency?") == "SOUR2:FREQ?"


@settings(max_examples=150)
@given(
    st.lists(
        st.binary(max_size=40)
        | st.sampled_from(
            [
                b":TIM:RANG 0",
                b":WAV:POIN nan",
                b"WAV:DATA?",
                b"*TRG",
                b":SING",
                b"WAV:PRE?",
                b":TIM:RANG 1e300",
                b"SOUR1:VOLT nan",
                b"OUTP1 maybe",
                b"SOUR1:DATA:ARB x,1,2",
                b"ACQ:MDEP 1e18",
            ]
        ),
        max_size=8,
    )
)
@pytest.mark.parametrize("maker", list(MAKERS))
def test_no_message_breaks_an_emulator(maker, messages: list[bytes]):
    found = Table(half(), maker)
    for message in messages:
        for instrument in (found.generator, found.scope):
            instrument.execute(message + b"\n")
            assert instrument.execute(b"*IDN?\n").count(b",") == 3


@pytest.mark.parametrize("protocol", list(SERVERS))
def test_emulators_listen_on_loopback_alone_and_survive_nonsense(protocol):
    found = visa_table("keysight")
    found.listen(protocol)
    server = found.servers[0]
    assert server._listener.getsockname()[0] == "127.0.0.1"
    for nonsense in (b"\x00" * 64, b"HS\x06\x00" + b"\xff" * 60, b"\xff" * 64, b"SOUR1:DATA:ARB:DAC x,#9999999999"):
        with socket.create_connection(("127.0.0.1", server.port), timeout=2) as connection, suppress(OSError):
            connection.sendall(nonsense)  # which the server may cut short
            connection.shutdown(socket.SHUT_WR)
            connection.recv(100)
    manager = pyvisa.ResourceManager("@py")
    resource = manager.open_resource(server.address)
    resource.read_termination = resource.write_termination = "\n"
    assert resource.query("*IDN?").startswith("Agilent")
    resource.close()
    found.close()


def test_the_demo_bench_is_a_command_that_ends_when_it_is_told_to():
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "demo-bench", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout is not None
        found = json.loads(process.stdout.readline())
        assert {item["system.kind"] for item in found} <= set(BUNDLED)
        first = found[0]
        connection = ConnectionSpec(recorder=first["system.connection.recorder"])
        system = make_system(SystemSpec(kind="circuit", address=first["system.address"], connection=connection), 0)
        assert system.run(torch.full((2, 784), 0.5)).shape == (2, 784)
        system.safe_state()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()


def test_the_table_of_the_faults_answers_in_closed_form():
    found = visa_table("rigol")
    generator, scope = found.listen("socket")
    connection = ConnectionSpec(recorder=scope)
    from devices.waveform import WaveformSystem

    wires = visa_wiring()
    system = WaveformSystem(lambda: open_recorder(generator, wires.plan(connection), connection), wires, connection)
    drive = torch.rand(3, wires.info.drive_dim, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(system.run(drive), visa_expected(drive), rtol=0, atol=0.02)
    system.safe_state()
    found.close()
