"""Spectrometers of Ocean Insight on TCP, spoken to directly: with a deadline, and with every answer checked.

The makers' and the community's clients read a socket for ever once its other end is gone.
"""

from __future__ import annotations

import itertools
import socket
import struct
from contextlib import suppress

import numpy as np

from core.ports import DeviceError, DeviceLost, DeviceTimeout
from devices.optics import obp
from devices.optics.obp import Message
from devices.recorder import told
from devices.visa.link import Deadline

PIXELS = {0x2003: ("Ocean HDX", 2068)}  # by product number
SHORTEST_US = {0x2003: 6000}
COUNTS = 65_535
MOST_COEFFICIENTS = 8


class OceanLink:
    """A connection on which one message at a time is answered. After an error nothing more can be exchanged on it."""

    def __init__(self, host: str, port: int, deadline: Deadline) -> None:
        self._name = f"{host}:{port}"
        self._numbers = itertools.count(1)
        try:
            self._socket = socket.create_connection((host, port), timeout=deadline.left_s())
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, OverflowError, UnicodeError) as error:
            raise DeviceLost(
                f"No spectrometer answers at {self._name}: {error}. Check that it is on, its address and its network."
            ) from None

    def ask(self, kind: int, deadline: Deadline, payload: bytes = b"", most: int = 256) -> bytes:
        """Return what answers a question. Raise DeviceTimeout, DeviceLost, DeviceError."""
        return self._exchange(Message(kind, payload, next(self._numbers)), deadline, most).payload

    def tell(self, kind: int, deadline: Deadline, payload: bytes) -> None:
        """Send what is acknowledged. Raise as `ask` does."""
        number = next(self._numbers)
        answer = self._exchange(Message(kind, payload, number, obp.ACKNOWLEDGE), deadline, most=0)
        if not answer.flags & obp.ACKNOWLEDGED:
            self.close()
            raise DeviceLost(f"{self._name} did not acknowledge {kind:#x}.")

    def close(self) -> None:
        """Hang up. Never raise."""
        with suppress(OSError):
            self._socket.close()

    def _exchange(self, message: Message, deadline: Deadline, most: int) -> Message:
        try:
            self._check_silence()
            self._socket.settimeout(deadline.left_s())
            self._socket.sendall(message.packed())
            header = self._receive(obp.HEADER.size, deadline)
            answer = obp.unpacked(header, self._receive(obp.remaining(header, most), deadline))
        except TimeoutError:
            self.close()
            deadline.left_s()
            raise DeviceTimeout(f"{self._name} did not answer in time.") from None
        except ValueError as error:
            self.close()
            raise DeviceLost(f"{self._name} does not speak as a spectrometer does: {error}.") from None
        except OSError as error:
            self.close()
            raise DeviceLost(f"The connection to {self._name} broke: {error}.") from None
        except DeviceError:
            self.close()
            raise
        if (answer.kind, answer.regarding) != (message.kind, message.regarding):
            self.close()
            raise DeviceLost(f"{self._name} answered another question than it was asked.")
        if answer.flags & (obp.REFUSED | obp.BROKEN):
            self.close()
            raise DeviceLost(f"{self._name} refused {message.kind:#x}: {obp.ERRORS.get(answer.error, answer.error)}.")
        return answer

    def _check_silence(self) -> None:
        """See that nothing is left of an earlier answer, which the next one would be taken for."""
        self._socket.settimeout(0.0)
        with suppress(BlockingIOError):
            if not self._socket.recv(1):
                raise DeviceLost(f"{self._name} hung up.")
            raise DeviceLost(f"{self._name} sent what nobody had asked for.")

    def _receive(self, count: int, deadline: Deadline) -> bytes:
        data = bytearray(count)
        view, ready = memoryview(data), 0
        while ready < count:
            self._socket.settimeout(deadline.left_s())
            received = self._socket.recv_into(view[ready:])
            if not received:
                raise DeviceLost(f"{self._name} hung up after {ready:,} of {count:,} bytes.")
            ready += received
        return bytes(data)


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
