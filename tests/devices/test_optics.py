"""A shaper's mask and a spectrometer: Ocean's protocol against the community's client, and light through both."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import seabreeze
import torch
from hypothesis import given
from hypothesis import strategies as st
from seabreeze.pyseabreeze.devices import SeaBreezeDevice
from seabreeze.pyseabreeze.protocol import OBPProtocol
from seabreeze.pyseabreeze.transport import IPv4Transport, IPv4TransportHandle

from core.physics.shg import BINS, CONTROLS, SHAPER_M, SPECTROMETER_M
from core.ports import Axis, DeviceError, DeviceLost, OutOfRange, SpecError, SystemInfo
from core.run.connection import ConnectionSpec
from core.run.spec import SystemSpec
from devices.catalogue import make_system, shg_wiring
from devices.conformance import RecorderConformance
from devices.emulator.faults import FaultKind
from devices.emulator.ocean import EmulatedOcean, OceanServer, shine_on
from devices.optics import obp
from devices.optics.mask import MemoryMask, offer_screens
from devices.optics.obp import Message
from devices.optics.ocean import OceanSpectrometer
from devices.optics.recorder import LightBench, bin_weights, column_weights, open_recorder
from devices.recorder import Plan
from devices.simulated.shg import SATURATION, ShgImperfections, SimulatedShg
from devices.waveform import WaveformSystem, Wiring
from devices.wire import Deadline

FAULTS: tuple[FaultKind, ...] = (
    "drop", "stall", "late", "short_block", "early_close", "garbage", "bad_header", "huge_block", "slow_loris",
    "duplicate", "swallowed", "error", "over_range", "overflow", "reset", "unplug", "impostor",
)  # fmt: skip


def pairs(amplitudes: np.ndarray) -> np.ndarray:
    """A stand-in for the crystal: each bin has the mean of two neighbouring amplitudes, up to half of full scale."""
    return 0.5 * amplitudes.reshape(BINS, 2).mean(1)


@pytest.fixture
def server() -> Iterator[OceanServer]:
    server = OceanServer(EmulatedOcean(pairs))
    yield server
    server.stop()


def wiring() -> Wiring:
    return shg_wiring()


def system(server: OceanServer, recorder: str = "", **connection: float) -> WaveformSystem:
    spec = ConnectionSpec.model_validate(
        {"recorder": recorder or server.address, "reconnect_s": 20.0, "batch": 4, "deadline_s": 0.5, **connection}
    )
    return WaveformSystem(lambda: open_recorder(server.mask_address, wiring().plan(spec), spec), wiring(), spec)


def drives(count: int, seed: int) -> torch.Tensor:
    return torch.rand(count, CONTROLS, generator=torch.Generator().manual_seed(seed))


def check(response: torch.Tensor, drive: torch.Tensor) -> None:
    """r = SATURATION · pairs(c); grey levels are blended at 19 columns a control, which rounds its corners."""
    expected = 0.5 * SATURATION * drive.view(-1, BINS, 2).mean(2)
    lit = 1 - 1500 / 65535  # a dark count takes its part of the range
    torch.testing.assert_close(response, lit * expected, rtol=0, atol=0.06)


class TestALightBenchConforms(RecorderConformance):
    samples = CONTROLS
    drive_v = 0.5
    full_scale_v = 0.5

    @pytest.fixture
    def wiring(self) -> Wiring:
        axis = Axis("Wavelength", "m", np.linspace(*SHAPER_M, CONTROLS))
        seen = Axis("Wavelength", "m", np.linspace(*SPECTROMETER_M, BINS))
        info = SystemInfo("light", "Light", "connected", 0, CONTROLS, BINS, False, axis, seen, "In", "Out", 1e-3)
        return Wiring(info, 2e3, self.drive_v, self.full_scale_v, 0, offset_v=0.5)

    @pytest.fixture
    def open_recorder(self, server: OceanServer, connection: ConnectionSpec):
        spec = connection.model_copy(update={"recorder": server.address})
        return lambda plan: open_recorder(server.mask_address, plan, spec)


# ---------------------------------------------------------------- the protocol, against pyseabreeze


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_messages_are_read_as_the_communitys_client_reads_them(payload: bytes, regarding: int):
    wire = Message(obp.SPECTRUM, payload, regarding, obp.ANSWER).packed()
    protocol = object.__new__(OBPProtocol)  # without a transport
    remaining, _ = protocol._check_incoming_message_header(wire[:44])
    assert remaining == len(wire) - 44
    protocol._check_incoming_message_footer(wire[-20:])
    assert protocol._extract_message_data(wire) == payload


@given(st.binary(max_size=300), st.data())
def test_a_changed_byte_is_seen(payload: bytes, data: st.DataObject):
    wire = bytearray(Message(obp.SPECTRUM, payload, 7, obp.ANSWER).packed())
    place = data.draw(st.integers(0, len(wire) - 1))
    wire[place] ^= data.draw(st.integers(1, 255))
    try:
        obp.remaining(bytes(wire[:44]), 300)
        found = obp.unpacked(bytes(wire[:44]), bytes(wire[44:]))
    except ValueError:
        return
    assert place == 22  # it says now that there is no checksum
    assert found.payload == payload


def community_client(server: OceanServer) -> Any:
    seabreeze.use("pyseabreeze")
    from seabreeze.spectrometers import Spectrometer

    IPv4Transport.register_model("HDX", ipv4_address="127.0.0.1", ipv4_port=server.port)
    return Spectrometer(SeaBreezeDevice(IPv4TransportHandle("127.0.0.1", server.port)))


def test_the_communitys_client_reads_the_same_spectrum(server: OceanServer):
    pattern = np.linspace(0, 1023, 1920).astype(np.uint16)
    server.instrument.pattern = pattern
    theirs = community_client(server)
    theirs.integration_time_micros(6000)
    deadline = Deadline(5.0, "test")
    ours = OceanSpectrometer("127.0.0.1", server.port, deadline)
    np.testing.assert_allclose(ours.wavelengths_m * 1e9, theirs.wavelengths(), rtol=1e-9)
    server.instrument.pattern = pattern
    np.testing.assert_array_equal(np.rint(ours.read(deadline) * 65535), theirs.intensities())
    assert ours.identity() == {"model": "Ocean HDX", "serial": theirs.serial_number}
    assert theirs.model == "HDX"
    ours.close()
    theirs.close()


# ---------------------------------------------------------------- masks


def test_a_control_is_all_of_its_column_and_halfway_between_two_half_of_each():
    weights = column_weights(199, 0, 0)
    np.testing.assert_allclose(weights[::2], np.eye(CONTROLS), atol=1e-12)
    np.testing.assert_allclose(weights[1::2], 0.5 * (np.eye(CONTROLS)[:-1] + np.eye(CONTROLS)[1:]), atol=1e-12)


def test_the_band_may_run_backwards_over_a_part_of_the_mask():
    weights = column_weights(1000, 700, 205)
    np.testing.assert_allclose(weights[700], np.eye(CONTROLS)[0], atol=1e-12)
    np.testing.assert_allclose(weights[205], np.eye(CONTROLS)[-1], atol=1e-12)
    assert not weights[:205].any()
    assert not weights[701:].any()


@pytest.mark.parametrize(("first", "last"), [(0, 2000), (500, 550), (2000, 0)])
def test_a_band_that_does_not_fit_is_refused(first: int, last: int):
    with pytest.raises(SpecError, match="first_column"):
        column_weights(1920, first, last)


def test_a_spectrometer_that_sees_too_little_is_refused():
    with pytest.raises(DeviceError, match="leaves"):
        bin_weights(np.linspace(380e-9, 390e-9, 2048))
    with pytest.raises(DeviceError, match="50 of 50 bins"):
        bin_weights(np.linspace(500e-9, 900e-9, 2048))


# ---------------------------------------------------------------- the system


def test_a_shot_on_the_bench_is_a_shot_of_the_simulator():
    """Through mask, protocol, pixels and bins the noiseless unit answers within the mask's and the counts' steps."""
    quiet = ShgImperfections(**dict.fromkeys(
        ("power_noise", "pointing_noise", "electrons", "read_noise", "drift_per_hour", "adc_bits", "shaper_bits"), 0
    ))  # fmt: skip
    simulator = SimulatedShg(3, 0, quiet)
    server = OceanServer(EmulatedOcean(shine_on(simulator, SATURATION)))
    try:
        spec = SystemSpec(kind="shg", address=server.mask_address, connection={"recorder": server.address})  # type: ignore[arg-type]
        bench = make_system(spec, 0)
        smooth = torch.sigmoid(torch.linspace(-3, 3, CONTROLS) * torch.tensor([[1.0], [-1.0], [0.3]]))
        found, ideal = bench.run(smooth), simulator.ideal_response(smooth)
        assert (found - ideal).abs().max() < 0.03 * ideal.abs().max()
        assert bench.info.status == "demo"
        bench.safe_state()
        time.sleep(0.05)
        assert not server.instrument.pattern.any()
    finally:
        server.stop()


@pytest.mark.parametrize("way", ["socket", "library"])
def test_shots_come_back_in_order_and_no_light_is_left(server: OceanServer, way: str):
    recorder = server.address if way == "socket" else f"SEABREEZE::127.0.0.1::{server.port}"
    light = system(server, recorder, deadline_s=5.0)
    drive = drives(10, 0)
    check(light.run(drive), drive)
    assert light.snapshot()["identity"]["serial"] == "HDX00042"
    light.safe_state()
    time.sleep(0.05)
    assert not server.instrument.pattern.any()


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("after", [2, 13])
def test_a_fault_costs_a_reconnection_and_nothing_else(server: OceanServer, kind: FaultKind, after: int):
    light = system(server)
    drive = drives(6, 1)
    light.run(drive[:1])
    server.instrument.faults.arm(kind, after)
    begun_s = time.monotonic()
    check(light.run(drive), drive)
    assert light.snapshot()["shots"] == 7
    assert time.monotonic() - begun_s < 20.0
    assert server.instrument.faults.struck == 1
    light.safe_state()
    time.sleep(0.05)
    assert not server.instrument.pattern.any()
    assert server.instrument.brightest <= 1.0


@pytest.mark.parametrize("after", range(9, 43))
def test_a_flash_while_the_dark_spectrum_is_measured_spoils_no_shot(server: OceanServer, after: int):
    light = system(server)
    drive = drives(2, 1)
    server.instrument.faults.arm("over_range", after)
    check(light.run(drive), drive)
    assert server.instrument.faults.struck == 1


@pytest.mark.parametrize("kind", ["stall", "early_close", "slow_loris", "duplicate"])
def test_the_librarys_process_is_ended_where_it_would_wait_for_ever(server: OceanServer, kind: FaultKind):
    light = system(server, f"SEABREEZE::127.0.0.1::{server.port}", deadline_s=2.0)
    drive = drives(3, 1)
    light.run(drive[:1])
    server.instrument.faults.arm(kind, 9)
    check(light.run(drive), drive)


def test_a_peer_that_speaks_another_language_is_not_believed():
    listener = socket.create_server(("127.0.0.1", 0))

    def chat() -> None:
        peer, _ = listener.accept()
        peer.recv(1000)
        peer.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" + b" " * 100)

    threading.Thread(target=chat, daemon=True).start()
    with pytest.raises(DeviceLost, match="does not speak as a spectrometer"):
        OceanSpectrometer("127.0.0.1", listener.getsockname()[1], Deadline(2.0, "test"))
    listener.close()


def test_another_product_is_told(server: OceanServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("devices.emulator.ocean.PRODUCT", 0x1234)
    with pytest.raises(DeviceError, match="0x1234"):
        OceanSpectrometer("127.0.0.1", server.port, Deadline(2.0, "test"))


def test_unknown_messages_and_bad_payloads_are_refused_by_their_number(server: OceanServer):
    """As the protocol's table of errors has it: 2 is an unknown message, 6 bad payload data."""
    for message, error in ((Message(0x77), 2), (Message(obp.SET_INTEGRATION_US, struct.pack("<L", 5)), 6)):
        answer = server.instrument.execute(message.packed())
        found = obp.unpacked(answer[:44], answer[44:])
        assert (found.error, found.flags & obp.REFUSED) == (error, obp.REFUSED)


@pytest.mark.parametrize(
    ("address", "recorder", "said"),
    [
        ("MASK::127.0.0.1", "OCEAN::127.0.0.1::1", "No spectrometer answers"),
        ("MASK::127.0.0.1::1", "", "is no spectrometer. Addresses are like OCEAN"),
        ("MASK::127.0.0.1::1", "OCEAN::127.0.0.1::http", "is no spectrometer"),
        ("MASK::127.0.0.1", "{0}", "is no mask"),
        ("SCREEN::HDMI-2", "{0}", "needs Overtone's window"),
    ],
)
def test_what_cannot_be_opened_is_told(server: OceanServer, address: str, recorder: str, said: str):
    spec = ConnectionSpec(recorder=recorder.format(server.address))
    with pytest.raises((SpecError, DeviceError), match=said):
        open_recorder(address, wiring().plan(spec), spec)


def test_a_saturated_spectrum_is_told(server: OceanServer):
    server.instrument._shine = lambda amplitudes: 3 * pairs(amplitudes)
    with pytest.raises(OutOfRange, match="range"):
        system(server).run(torch.ones(1, CONTROLS))


def test_a_screen_of_the_window_is_a_mask(server: OceanServer):
    mask = MemoryMask(1280, 256)
    server.instrument._seen = lambda: (mask.shown, mask.levels)
    offer_screens(lambda name, _: mask if name == "HDMI-2" else pytest.fail(name))
    try:
        spec = ConnectionSpec(recorder=server.address)
        plan: Plan = wiring().plan(spec)
        bench = open_recorder("SCREEN::HDMI-2", plan, spec)
        assert isinstance(bench, LightBench)
        found = bench.play_and_record(np.linspace(0, 1, CONTROLS)[None], 5.0)
        # a straight line is blended without rounding: 0.5 · the mean of two neighbours, in steps of 1/255
        expected = (1 - 1500 / 65535) * pairs(np.linspace(0, 1, CONTROLS))
        np.testing.assert_allclose(found[0], expected, atol=0.5 / 255 + 1e-4)
        bench.close()
        assert not mask.shown.any()
    finally:
        from devices.optics import mask as module

        module._screens.clear()
