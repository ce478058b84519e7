"""A VXI-11 core channel (TCP/IP Instrument Protocol 1.0) on ONC RPC, without a port mapper."""

from __future__ import annotations

import socket
import struct

from devices.emulator.faults import FaultKind
from devices.emulator.scpi import MOST_MESSAGE
from devices.emulator.server import LOOPBACK, EmulatorServer, receive

PROGRAM = 0x0607AF
CREATE_LINK, WRITE, READ, READ_STB, TRIGGER, CLEAR, REMOTE, LOCAL, LOCK, UNLOCK, DESTROY_LINK = (
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    17,
    18,
    19,
    23,
)
END, IO_TIMEOUT, REASON_COUNT, REASON_END = 8, 15, 1, 4


class Vxi11Server(EmulatorServer):
    """Serve one link a connection."""

    @property
    def address(self) -> str:
        """Return the VISA address, with the port that a mapper would tell."""
        return f"TCPIP::{LOOPBACK},{self.port}::inst0::INSTR"

    def serve(self, connection: socket.socket) -> None:
        """Answer calls in turn."""
        message, answer, fault = bytearray(), b"", None
        while True:
            call = _Arguments(_record(connection))
            transaction, _direction, _version, program, _, procedure = (call.number() for _ in range(6))
            for _ in range(2):  # credentials and verifier
                call.number()
                call.opaque()
            if program != PROGRAM:
                raise ValueError("not VXI-11")
            result = struct.pack("!I", 0)
            send_fault: FaultKind | None = None
            if procedure == CREATE_LINK:
                result = struct.pack("!IIII", 0, 1, 0, 1_048_576)
            elif procedure == WRITE:
                _link, _timeout, _lock, flags = (call.number() for _ in range(4))
                data = call.opaque()
                message += data
                if len(message) > MOST_MESSAGE:
                    raise ValueError("message too long")
                if flags & END:
                    done, fault = self.perform(bytes(message))
                    answer = b"" if done is None else done + b"\n"
                    message.clear()
                result = struct.pack("!II", 0, len(data))
            elif procedure == READ:
                _link, size = call.number(), call.number()
                part, answer = answer[:size], answer[size:]
                reason = REASON_COUNT if answer else REASON_END
                result = struct.pack("!III", 0 if part else IO_TIMEOUT, reason if part else 0, len(part)) + _padded(
                    part
                )
                send_fault, fault = fault, None
            elif procedure == READ_STB:
                result = struct.pack("!II", 0, 0)
            elif procedure == TRIGGER:
                self.perform(b"*TRG\n")
            elif procedure == CLEAR:
                message.clear()
                answer = b""
            reply = struct.pack("!IIIIII", transaction, 1, 0, 0, 0, 0) + result
            self.deliver(connection, struct.pack("!I", 1 << 31 | len(reply)) + reply, send_fault)


class _Arguments:
    """What is packed in a call (XDR)."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def number(self) -> int:
        if self._place + 4 > len(self._data):
            raise ValueError("call too short")
        (value,) = struct.unpack_from("!I", self._data, self._place)
        self._place += 4
        return value

    def opaque(self) -> bytes:
        length = self.number()
        data = self._data[self._place : self._place + length]
        if len(data) != length:
            raise ValueError("call too short")
        self._place += length + -length % 4
        return data


def _record(connection: socket.socket) -> bytes:
    record, last = bytearray(), False
    while not last:
        (mark,) = struct.unpack("!I", receive(connection, 4))
        last, length = bool(mark >> 31), mark & 0x7FFFFFFF
        if len(record) + length > MOST_MESSAGE:
            raise ValueError("record too long")
        record += receive(connection, length)
    return bytes(record)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
