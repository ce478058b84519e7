"""A TCP connection to an instrument of which nothing takes longer than a deadline, or is believed unasked."""

from __future__ import annotations

import socket
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress

from core.ports import DeviceError, DeviceLost, DeviceTimeout
from devices.recorder import told

LONGEST_LINE = 4096
SHOWN = 40  # bytes of an answer, in a message


class Deadline:
    """A point in time by which something has to be done."""

    def __init__(self, seconds: float, name: str) -> None:
        self._end_s, self._seconds, self._name = time.monotonic() + seconds, seconds, name

    def left_s(self) -> float:
        """Return the time that is left. Raise DeviceTimeout where there is none."""
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise DeviceTimeout(f"{self._name} did not answer within {self._seconds:.3g} s.")
        return left_s

    @contextmanager
    def waived(self) -> Generator[None]:
        """Leave out the time that something takes which is not the instrument's."""
        begun_s = time.monotonic()
        yield
        self._end_s += time.monotonic() - begun_s


class Wire:
    """The connection. After an error nothing more can be exchanged on it: it hangs up."""

    def __init__(self, host: str, port: int, deadline: Deadline, instrument: str = "instrument") -> None:
        """Connect. Raise DeviceLost where nothing answers, saying which kind of `instrument` should."""
        self.name = f"{host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), timeout=deadline.left_s())
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, OverflowError, UnicodeError) as error:
            raise DeviceLost(
                f"No {instrument} answers at {self.name}: {error}. Check that it is on, its address and its network."
            ) from None
        self._buffer = bytearray()

    @contextmanager
    def exchange(self, message: bytes, deadline: Deadline) -> Generator[None]:
        """Send a message; what is received inside is its answer. Raise DeviceTimeout, DeviceLost."""
        try:
            self._check_silence()
            self._socket.settimeout(deadline.left_s())
            self._socket.sendall(message)
            yield
        except TimeoutError:
            self.close()
            deadline.left_s()
            raise DeviceTimeout(f"{self.name} did not answer in time.") from None
        except OSError as error:
            self.close()
            raise DeviceLost(f"The connection to {self.name} broke: {error}.") from None
        except DeviceError:
            self.close()
            raise

    def receive(self, count: int, deadline: Deadline) -> bytes:
        """Return so many bytes."""
        data = bytearray(count)
        ready = min(count, len(self._buffer))
        data[:ready] = self._buffer[:ready]
        del self._buffer[:ready]
        view = memoryview(data)
        while ready < count:
            self._socket.settimeout(deadline.left_s())
            received = self._socket.recv_into(view[ready:])
            if not received:
                raise DeviceLost(f"{self.name} hung up after {ready:,} of {count:,} bytes.")
            ready += received
        return bytes(data)

    def line(self, deadline: Deadline) -> bytes:
        """Return a line without its end."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise DeviceLost(f"{self.name} sent a line without end: {told(bytes(self._buffer[:SHOWN]))}")
            self._socket.settimeout(deadline.left_s())
            received = self._socket.recv(LONGEST_LINE)
            if not received:
                raise DeviceLost(f"{self.name} hung up.")
            self._buffer += received
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        return line

    def close(self) -> None:
        """Hang up. Never raise."""
        with suppress(OSError):
            self._socket.close()

    def _check_silence(self) -> None:
        """See that nothing is left of an earlier answer, which the next one would be taken for."""
        self._socket.settimeout(0.0)
        with suppress(BlockingIOError):
            self._buffer += self._socket.recv(LONGEST_LINE) or b"its end"
        if self._buffer:
            raise DeviceLost(f"{self.name} sent what nobody had asked for: {told(bytes(self._buffer[:SHOWN]))}")
