"""Spectrometers of Ocean Insight on TCP, spoken to directly: with a deadline, and with every answer checked.

The makers' and the community's clients read a socket for ever once its other end is gone.
"""

from __future__ import annotations

import itertools
import struct

import numpy as np

from core.ports import DeviceError, DeviceLost
from devices.optics import obp
from devices.optics.obp import Message
from devices.recorder import told
from devices.wire import Deadline, Wire

PIXELS = {0x2003: ("Ocean HDX", 2068)}  # by product number
SHORTEST_US = {0x2003: 6000}
COUNTS = 65_535
MOST_COEFFICIENTS = 8


class OceanLink:
    """A connection on which one message at a time is answered. After an error nothing more can be exchanged on it."""

    def __init__(self, host: str, port: int, deadline: Deadline) -> None:
        self._wire = Wire(host, port, deadline, "spectrometer")
        self._numbers = itertools.count(1)

    def ask(self, kind: int, deadline: Deadline, payload: bytes = b"", most: int = 256) -> bytes:
        """Return what answers a question. Raise DeviceTimeout, DeviceLost, DeviceError."""
        return self._exchange(Message(kind, payload, next(self._numbers)), deadline, most).payload

    def tell(self, kind: int, deadline: Deadline, payload: bytes) -> None:
        """Send what is acknowledged. Raise as `ask` does."""
        message = Message(kind, payload, next(self._numbers), obp.ACKNOWLEDGE)
        if not self._exchange(message, deadline, most=0).flags & obp.ACKNOWLEDGED:
            self.close()
            raise DeviceLost(f"{self._wire.name} did not acknowledge {kind:#x}.")

    def close(self) -> None:
        """Hang up. Never raise."""
        self._wire.close()

    def _exchange(self, message: Message, deadline: Deadline, most: int) -> Message:
        wire = self._wire
        with wire.exchange(message.packed(), deadline):
            try:
                header = wire.receive(obp.HEADER.size, deadline)
                answer = obp.unpacked(header, wire.receive(obp.remaining(header, most), deadline))
            except ValueError as error:
                raise DeviceLost(f"{wire.name} does not speak as a spectrometer does: {error}.") from None
            if (answer.kind, answer.regarding) != (message.kind, message.regarding):
                raise DeviceLost(f"{wire.name} answered another question than it was asked.")
            if answer.flags & (obp.REFUSED | obp.BROKEN):
                reason = obp.ERRORS.get(answer.error, answer.error)
                raise DeviceLost(f"{wire.name} refused {message.kind:#x}: {reason}.")
        return answer


class OceanSpectrometer:
    """A `devices.optics.spectrometer.Spectrometer` on TCP."""

    def __init__(self, host: str, port: int, deadline: Deadline) -> None:
        """Connect and take the shortest exposure. Raise DeviceError."""
        self._link = link = OceanLink(host, port, deadline)
        try:
            product = _number("<H", link.ask(obp.PRODUCT, deadline))
            if product not in PIXELS:
                known = ", ".join(name for name, _ in PIXELS.values())
                raise DeviceError(f"Product {product:#x} answers at {host}:{port}; this driver knows {known}.")
            self._model, self._pixels = PIXELS[int(product)]
            length = int(_number("<B", link.ask(obp.SERIAL_LENGTH, deadline)))
            self._serial = told(link.ask(obp.SERIAL, deadline)[:length].rstrip(b"\0"))
            count = int(_number("<B", link.ask(obp.COEFFICIENTS, deadline)))
            if not 1 <= count <= MOST_COEFFICIENTS:
                raise DeviceLost(f"{self._model} has {count} coefficients of its wavelengths.")
            nm = [_number("<f", link.ask(obp.COEFFICIENT, deadline, bytes([index]))) for index in range(count)]
            self.wavelengths_m = 1e-9 * np.polynomial.Polynomial(nm)(np.arange(self._pixels))
            if not np.isfinite(self.wavelengths_m).all():
                raise DeviceLost(f"The wavelengths of {self._model} are not finite.")
            link.tell(obp.SET_TRIGGER, deadline, b"\0")  # as soon as it is asked
            self._exposure_us = SHORTEST_US[int(product)]
            link.tell(obp.SET_INTEGRATION_US, deadline, struct.pack("<L", self._exposure_us))
        except BaseException:
            link.close()
            raise

    @property
    def name(self) -> str:
        """Return the model."""
        return self._model

    def identity(self) -> dict[str, object]:
        """Tell model and serial number."""
        return {"model": self._model, "serial": self._serial}

    def settings(self) -> dict[str, object]:
        """Tell the exposure."""
        return {"exposure_s": 1e-6 * self._exposure_us}

    def read(self, deadline: Deadline) -> np.ndarray:
        """Return a spectrum (pixel,) in parts of its largest count; what was on its way is waited for."""
        self._spectrum(deadline)  # was exposed before, in part
        return self._spectrum(deadline)

    def check(self, deadline: Deadline) -> None:
        """See that nobody switched it off and on meanwhile. Raise DeviceLost."""
        exposure_us = int(_number("<L", self._link.ask(obp.INTEGRATION_US, deadline)))
        if exposure_us != self._exposure_us:
            self._link.close()
            raise DeviceLost(f"{self._model} exposes {exposure_us:,} µs, not {self._exposure_us:,} µs as it was told.")

    def close(self) -> None:
        """Hang up."""
        self._link.close()

    def _spectrum(self, deadline: Deadline) -> np.ndarray:
        block = self._link.ask(obp.SPECTRUM, deadline, most=2 * self._pixels)
        if len(block) != 2 * self._pixels:
            self._link.close()
            raise DeviceLost(f"{self._model} sent {len(block):,} bytes for {self._pixels:,} pixels.")
        return np.frombuffer(block, "<u2") / COUNTS


def _number(form: str, payload: bytes) -> float:
    try:
        return struct.unpack(form, payload)[0]
    except struct.error:
        raise DeviceLost(f"The spectrometer answered {len(payload)} bytes where a number was asked for.") from None
