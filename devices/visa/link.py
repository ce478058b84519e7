"""A line to one instrument: messages out, checked answers in, never longer than a deadline.

Raw sockets have a transport of their own: PyVISA's waits for ever on a peer that sends a byte now and then, takes a
malformed block for an empty one, and leaves small packets to Nagle's algorithm. Everything else goes through PyVISA, in
a thread that is abandoned at the deadline.
"""

from __future__ import annotations

import atexit
import re
import socket
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal, Protocol

from core.ports import DeviceError, DeviceLost, DeviceTimeout
from devices.recorder import Watchman, told

LONGEST_LINE = 4096
SOCKET_ADDRESS = re.compile(r"TCPIP\d*::(?P<host>[^:]+)::(?P<port>\d{1,5})::SOCKET", re.IGNORECASE)
LIBRARY_S = 60.0  # for a VISA library to be found and loaded, once
GRACE_S = 0.05  # for PyVISA's own time-out to come before its thread is given up


@dataclass(frozen=True)
class Ask:
    """One message, and the answer that it brings: none, a line, or a block of `size` bytes at most."""

    message: bytes
    answer: Literal["none", "line", "block"] = "none"
    size: int = LONGEST_LINE


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


class Link(Protocol):
    """What a driver needs of a line. After an error nothing more can be exchanged on it."""

    def exchange(self, asks: Sequence[Ask], deadline: Deadline) -> list[bytes]:
        """Send messages in turn, return the answers: lines without their end, blocks without their header.

        Raise DeviceTimeout, DeviceLost.
        """
        ...

    def close(self) -> None:
        """Hang up. Never raise."""
        ...


def open_link(address: str, deadline: Deadline) -> Link:
    """Open a line to a VISA address. Raise DeviceError where nothing answers there."""
    found = SOCKET_ADDRESS.fullmatch(address.strip())
    return SocketLink(found["host"], int(found["port"]), deadline) if found else VisaLink(address.strip(), deadline)


class SocketLink:
    """A raw socket, for instruments that listen on port 5025 and the like."""

    def __init__(self, host: str, port: int, deadline: Deadline) -> None:
        self._name = f"{host}:{port}"
        try:
            self._socket = socket.create_connection((host, port), timeout=deadline.left_s())
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except (OSError, OverflowError, UnicodeError) as error:
            raise DeviceLost(
                f"No instrument answers at {self._name}: {error}. Check that it is on, its address and its network."
            ) from None
        self._buffer = bytearray()

    def exchange(self, asks: Sequence[Ask], deadline: Deadline) -> list[bytes]:
        """Send all messages at once and read the answers in turn."""
        try:
            self._check_silence()
            self._socket.settimeout(deadline.left_s())
            self._socket.sendall(b"".join(ask.message + b"\n" for ask in asks))
            return [self._answer(ask, deadline) for ask in asks if ask.answer != "none"]
        except TimeoutError:
            self.close()
            deadline.left_s()
            raise DeviceTimeout(f"{self._name} did not answer in time.") from None
        except OSError as error:
            self.close()
            raise DeviceLost(f"The connection to {self._name} broke: {error}.") from None
        except DeviceError:
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def _check_silence(self) -> None:
        """See that nothing is left of an earlier answer, which the next one would be taken for."""
        self._socket.settimeout(0.0)
        with suppress(BlockingIOError):
            self._buffer += self._socket.recv(LONGEST_LINE) or b"its end"
        if self._buffer:
            raise DeviceLost(f"{self._name} sent what nobody had asked for: {told(bytes(self._buffer[:40]))}")

    def _answer(self, ask: Ask, deadline: Deadline) -> bytes:
        if ask.answer == "line":
            return self._line(deadline)
        self._fill(2, deadline)
        digits = digits_of(bytes(self._buffer[:2]), self._name)
        self._fill(2 + digits, deadline)
        length = length_of(bytes(self._buffer[2 : 2 + digits]), ask.size, self._name)
        del self._buffer[: 2 + digits]
        block = bytearray(length)
        ready = min(length, len(self._buffer))
        block[:ready] = self._buffer[:ready]
        del self._buffer[:ready]
        view = memoryview(block)
        while ready < length:
            self._socket.settimeout(deadline.left_s())
            count = self._socket.recv_into(view[ready:])
            if not count:
                raise DeviceLost(f"{self._name} hung up after {ready:,} of {length:,} bytes.")
            ready += count
        if self._line(deadline).strip():
            raise DeviceLost(f"{self._name} sent more than the {length:,} bytes that it had promised.")
        return bytes(block)

    def _line(self, deadline: Deadline) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > LONGEST_LINE:
                raise DeviceLost(f"{self._name} sent a line without end: {told(bytes(self._buffer[:40]))}")
            self._fill(len(self._buffer) + 1, deadline)
        line = bytes(self._buffer[:end]).rstrip(b"\r")
        del self._buffer[: end + 1]
        return line

    def _fill(self, count: int, deadline: Deadline) -> None:
        while len(self._buffer) < count:
            self._socket.settimeout(deadline.left_s())
            received = self._socket.recv(65_536)
            if not received:
                raise DeviceLost(f"{self._name} hung up.")
            self._buffer += received


class VisaLink:
    """A line through PyVISA, whichever library it finds: VXI-11, HiSLIP, USB, GPIB."""

    def __init__(self, address: str, deadline: Deadline) -> None:
        self._name = address
        self._watchman = Watchman(address)
        try:
            with deadline.waived():
                self._call(_resource_manager, Deadline(LIBRARY_S, "The VISA library"))
            self._resource: Any = self._call(partial(_open_resource, address, deadline.left_s()), deadline)
        except DeviceError:
            self._watchman.dismiss()
            raise

    def exchange(self, asks: Sequence[Ask], deadline: Deadline) -> list[bytes]:
        """Send messages one after the other, each one's answer before the next."""
        return self._call(lambda: [answer for ask in asks for answer in self._ask(ask, deadline)], deadline)

    def close(self) -> None:
        """Hang up, in the library's thread, however long that takes."""

        def close() -> None:
            with suppress(Exception):
                self._resource.close()

        self._watchman.later(close)
        self._watchman.dismiss()

    def _ask(self, ask: Ask, deadline: Deadline) -> list[bytes]:
        self._resource.timeout = max(1, int(1000 * deadline.left_s()))
        self._resource.write_raw(ask.message + b"\n")
        if ask.answer == "none":
            return []
        size = ask.size + LONGEST_LINE
        answer = bytes(self._resource.read_raw(size))
        if len(answer) > size:
            raise DeviceLost(f"{self._name} sent {len(answer):,} bytes, more than anyone had asked for.")
        return [whole_block(answer, ask.size, self._name) if ask.answer == "block" else answer.rstrip(b"\r\n")]

    def _call(self, function: Any, deadline: Deadline) -> Any:
        try:
            return self._watchman.call(function, deadline.left_s() + GRACE_S)
        except DeviceError:
            raise
        except Exception as error:  # VisaIOError, OSError, ValueError, struct.error, assertions: PyVISA raises anything
            if "VI_ERROR_TMO" in str(error) or isinstance(error, TimeoutError):
                raise DeviceTimeout(f"{self._name} did not answer in time.") from None
            reason = told(error) or type(error).__name__
            raise DeviceLost(f"{self._name}: {reason} Check that it is on, its address and its cable.") from None


@cache
def _resource_manager() -> Any:
    import pyvisa

    manager = pyvisa.ResourceManager()
    # At the end of the program it would say goodbye to every instrument in turn, the dead ones for five seconds each.
    atexit.unregister(manager._atexit_handler)  # pyright: ignore[reportPrivateUsage], there is no other way
    return manager


def _open_resource(address: str, seconds: float) -> Any:
    milliseconds = max(1, int(1000 * seconds))
    resource = _resource_manager().open_resource(address, open_timeout=milliseconds)
    resource.timeout = milliseconds
    return resource


def digits_of(header: bytes, name: str) -> int:
    """Return how many digits the length of a block has (IEEE 488.2, 8.7.9). Raise DeviceLost."""
    if header[:1] != b"#" or header[1:2] not in b"123456789" or len(header) < 2:
        raise DeviceLost(f"{name} sent {told(header)!r} where a block of data begins.")
    return header[1] - ord("0")


def length_of(digits: bytes, most: int, name: str) -> int:
    """Return the length of a block. Raise DeviceLost where it is none, or more than was asked for."""
    if not digits.isdigit() or int(digits) > most:
        raise DeviceLost(f"{name} announces a block of {told(digits)!r} bytes; at most {most:,} were asked for.")
    return int(digits)


def whole_block(answer: bytes, most: int, name: str) -> bytes:
    """Return what is in an answer that is one block and its end. Raise DeviceLost."""
    first = 2 + digits_of(answer[:2], name)
    length = length_of(answer[2:first], most, name)
    if len(answer) < first + length or answer[first + length :].strip():
        raise DeviceLost(f"{name} promised {length:,} bytes and sent {len(answer) - first:,}.")
    return answer[first : first + length]
