"""A line to one instrument: messages out, checked answers in, never longer than a deadline.

Raw sockets have a transport of their own: PyVISA's waits for ever on a peer that sends a byte now and then, takes a
malformed block for an empty one, and leaves small packets to Nagle's algorithm. Everything else goes through PyVISA, in
a thread that is abandoned at the deadline.
"""

from __future__ import annotations

import atexit
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Literal, Protocol

from core.ports import DeviceError, DeviceLost, DeviceTimeout
from devices.recorder import Watchman, told
from devices.wire import LONGEST_LINE, Deadline, Wire

SOCKET_ADDRESS = re.compile(r"TCPIP\d*::(?P<host>[^:]+)::(?P<port>\d{1,5})::SOCKET", re.IGNORECASE)
LIBRARY_S = 60.0  # for a VISA library to be found and loaded, once
GRACE_S = 0.05  # for PyVISA's own time-out to come before its thread is given up


@dataclass(frozen=True)
class Ask:
    """One message, and the answer that it brings: none, a line, or a block of `size` bytes at most."""

    message: bytes
    answer: Literal["none", "line", "block"] = "none"
    size: int = LONGEST_LINE


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
        self._wire = Wire(host, port, deadline)

    def exchange(self, asks: Sequence[Ask], deadline: Deadline) -> list[bytes]:
        """Send all messages at once and read the answers in turn."""
        with self._wire.exchange(b"".join(ask.message + b"\n" for ask in asks), deadline):
            return [self._answer(ask, deadline) for ask in asks if ask.answer != "none"]

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def _answer(self, ask: Ask, deadline: Deadline) -> bytes:
        wire = self._wire
        if ask.answer == "line":
            return wire.line(deadline)
        digits = digits_of(wire.receive(2, deadline), wire.name)
        block = wire.receive(length_of(wire.receive(digits, deadline), ask.size, wire.name), deadline)
        if wire.line(deadline).strip():
            raise DeviceLost(f"{wire.name} sent more than the {len(block):,} bytes that it had promised.")
        return block


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
