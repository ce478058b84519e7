"""An emulated Ocean HDX on TCP, in whose light path stands the mask of the demo bench."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

import numpy as np

from core.physics.shg import BINS, CONTROLS, SPECTROMETER_M
from core.ports import PhysicalSystem
from devices.emulator.faults import FaultKind, Faults
from devices.emulator.scpi import ScpiInstrument
from devices.emulator.server import LOOPBACK, EmulatorServer, receive
from devices.optics import obp
from devices.optics.mask import DEMO_COLUMNS, DEMO_LEVELS
from devices.optics.obp import Message
from devices.optics.ocean import COUNTS, PIXELS

PRODUCT = 0x2003
FIRST_NM, STEP_NM = 380.0, 0.0082
RANGE_US = (6_000, 10_000_000)
DARK_COUNTS = 1_500
LINEAR = (1.0, 0.0)
HUGE = 1 << 30
NOT_READY, BAD_PAYLOAD, UNKNOWN = 7, 6, 2

Shine = Callable[[np.ndarray], np.ndarray]
"""Takes amplitudes (100,) in [0, 1], returns the second harmonic (50,) in parts of the spectrometer's largest count."""


def shine_on(system: PhysicalSystem, saturation: float) -> Shine:
    """Return what a system makes of light; its response of `saturation` fills the spectrometer."""
    import torch

    def shine(amplitudes: np.ndarray) -> np.ndarray:
        drive = torch.from_numpy(amplitudes.clip(0, 1).astype(np.float32))[None]
        return system.run(drive)[0].double().numpy() / saturation

    return shine


class EmulatedOcean(ScpiInstrument):
    """The instrument: messages of the Ocean Binary Protocol in, their answers out.

    `mask()` returns the pattern that the light passes, and the number of its grey levels; without one it is what was
    sent to it. `brightest` remembers the largest amplitude that ever passed, `spectra` counts.
    """

    def __init__(
        self, shine: Shine, mask: Callable[[], tuple[np.ndarray, int]] | None = None, serial: str = "HDX00042"
    ) -> None:
        super().__init__(serial, {}, Faults())
        self._shine, self._seen = shine, mask
        nm = FIRST_NM + STEP_NM * np.arange(PIXELS[PRODUCT][1])
        centres = np.linspace(*SPECTROMETER_M, BINS)
        step = centres[1] - centres[0]
        nearest = np.rint((1e-9 * nm - centres[0]) / step).astype(int)
        self._bin = np.where((nearest >= 0) & (nearest < BINS), nearest, BINS)  # the last one is dark
        self.brightest, self.spectra = 0.0, 0
        self.pattern, self.levels = np.zeros(DEMO_COLUMNS, np.uint16), DEMO_LEVELS
        self.reset()

    def reset(self) -> None:
        """Forget the exposure, as after power on; the mask is another instrument."""
        self.exposure_us = 10 * RANGE_US[0]

    def impersonate(self, other: bool) -> None:
        """Answer as another instrument, or as oneself again."""
        self.identity = "HDX66666" if other else self._own_identity

    def execute(self, message: bytes) -> bytes:
        """Carry out one message, which is whole; return its answer."""
        with self._lock:
            asked = obp.unpacked(message[: obp.HEADER.size], message[obp.HEADER.size :])
            try:
                payload = self._answer(asked.kind, asked.payload)
            except (struct.error, IndexError, ValueError):
                return refusal(asked, BAD_PAYLOAD)
            except KeyError:
                return refusal(asked, UNKNOWN)
            acknowledged = obp.ACKNOWLEDGED if asked.flags & obp.ACKNOWLEDGE else 0
            return Message(asked.kind, payload, asked.regarding, obp.ANSWER | acknowledged).packed()

    def _answer(self, kind: int, payload: bytes) -> bytes:
        serial = self.identity.encode()
        coefficients = (FIRST_NM, STEP_NM)
        if kind == obp.SPECTRUM:
            return self._spectrum().tobytes()
        if kind == obp.SET_INTEGRATION_US:
            (exposure_us,) = struct.unpack("<L", payload)
            if not RANGE_US[0] <= exposure_us <= RANGE_US[1]:
                raise ValueError
            self.exposure_us = exposure_us
            return b""
        if kind == obp.SET_MASK:
            (self.levels,) = struct.unpack("<H", payload[:2])
            self.pattern = np.frombuffer(payload[2:], "<u2").astype(np.uint16)
            if len(self.pattern) != DEMO_COLUMNS or self.levels < 2:
                raise ValueError
            return b""
        if kind in {obp.COEFFICIENT, obp.NONLINEARITY}:
            return struct.pack("<f", (coefficients if kind == obp.COEFFICIENT else LINEAR)[payload[0]])
        return {
            obp.PRODUCT: struct.pack("<H", PRODUCT),
            obp.SERIAL: serial,
            obp.SERIAL_LENGTH: bytes([len(serial)]),
            obp.COEFFICIENTS: bytes([len(coefficients)]),
            obp.NONLINEARITIES: bytes([len(LINEAR)]),
            obp.INTEGRATION_US: struct.pack("<L", self.exposure_us),
            obp.SET_TRIGGER: b"",
        }[kind]

    def _spectrum(self) -> np.ndarray:
        pattern, levels = self._seen() if self._seen else (self.pattern, self.levels)
        places = np.linspace(0, len(pattern) - 1, CONTROLS)
        amplitudes = np.interp(places, np.arange(len(pattern)), pattern / (levels - 1))
        self.brightest, self.spectra = max(self.brightest, float(amplitudes.max())), self.spectra + 1
        harmonic = np.append(self._shine(amplitudes), 0.0) * self.exposure_us / RANGE_US[0]
        counts = DARK_COUNTS + harmonic[self._bin] * (COUNTS - DARK_COUNTS)
        return np.rint(counts).clip(0, COUNTS).astype("<u2")


class OceanServer(EmulatorServer):
    """Serve an `EmulatedOcean` on loopback."""

    instrument: EmulatedOcean

    @property
    def address(self) -> str:
        """Return the spectrometer's address."""
        return f"OCEAN::{LOOPBACK}::{self.port}"

    @property
    def mask_address(self) -> str:
        """Return the address of the mask in its light path."""
        return f"MASK::{LOOPBACK}::{self.port}"

    def serve(self, connection: socket.socket) -> None:
        """Take message after message."""
        shows = False
        try:
            while True:
                header = receive(connection, obp.HEADER.size)
                wire = header + receive(connection, obp.remaining(header, 1 << 16))
                asked = obp.unpacked(wire[: obp.HEADER.size], wire[obp.HEADER.size :])
                shows |= asked.kind == obp.SET_MASK
                answer, kind = self.perform(wire)
                if answer is not None:
                    self.deliver(connection, _spoilt(answer, kind, asked), kind)
                elif self.instrument.errors:
                    self.instrument.errors.clear()
                    connection.sendall(refusal(asked, NOT_READY))
        finally:
            if shows:  # nobody holds the mask any more
                self.instrument.pattern = np.zeros(DEMO_COLUMNS, np.uint16)


def refusal(asked: Message, error: int) -> bytes:
    """Return the answer to a message that cannot be carried out."""
    return Message(asked.kind, b"", asked.regarding, obp.ANSWER | obp.REFUSED, error).packed()


def _spoilt(answer: bytes, kind: FaultKind | None, asked: Message) -> bytes:
    """Return what is left of an answer whose content a fault changes."""
    if kind == "over_range" and asked.kind == obp.SPECTRUM:
        full = np.full(PIXELS[PRODUCT][1], COUNTS, "<u2").tobytes()
        return Message(asked.kind, full, asked.regarding, obp.ANSWER).packed()
    if kind == "overflow":  # a sound frame around half of what should be in it
        content = obp.unpacked(answer[: obp.HEADER.size], answer[obp.HEADER.size :]).payload
        return Message(asked.kind, content[: len(content) // 2], asked.regarding, obp.ANSWER).packed()
    if kind == "huge_block":
        head = obp.HEADER.unpack(answer[: obp.HEADER.size])
        return obp.HEADER.pack(*head[:-1], HUGE) + answer[obp.HEADER.size :]
    return answer
