"""A HiSLIP server (IVI-6.1): two channels, messages with identifiers."""

from __future__ import annotations

import itertools
import socket
import struct

from devices.emulator.scpi import MOST_MESSAGE
from devices.emulator.server import LOOPBACK, EmulatorServer, receive

HEADER = struct.Struct("!2sBBIQ")
VERSION = 0x0100
INITIALIZE, DATA, DATA_END, CLEAR_COMPLETE, TRIGGER = 0, 6, 7, 8, 12
ASYNC_INITIALIZE, ASYNC_MAX_SIZE, ASYNC_CLEAR, ASYNC_STATUS, ASYNC_LOCK, ASYNC_REMOTE, ASYNC_LOCK_INFO = (
    17,
    15,
    19,
    21,
    4,
    10,
    24,
)
RESPONSES = {
    ASYNC_INITIALIZE: 18,
    ASYNC_CLEAR: 23,
    ASYNC_STATUS: 22,
    ASYNC_LOCK: 5,
    ASYNC_REMOTE: 11,
    ASYNC_LOCK_INFO: 25,
}


class HislipServer(EmulatorServer):
    """Serve both channels; they are told apart by the message that opens them."""

    _sessions = itertools.count(1)

    @property
    def address(self) -> str:
        """Return the VISA address."""
        return f"TCPIP::{LOOPBACK}::hislip0,{self.port}::INSTR"

    def serve(self, connection: socket.socket) -> None:
        """Answer messages in turn."""
        message = bytearray()
        while True:
            prologue, kind, _control, parameter, length = HEADER.unpack(receive(connection, HEADER.size))
            if prologue != b"HS" or length + len(message) > MOST_MESSAGE:
                raise ValueError("not HiSLIP")
            payload = receive(connection, length)
            if kind == INITIALIZE:
                session = next(self._sessions) & 0xFFFF
                connection.sendall(HEADER.pack(b"HS", 1, 0, VERSION << 16 | session, 0))
            elif kind == ASYNC_MAX_SIZE:
                connection.sendall(HEADER.pack(b"HS", 16, 0, 0, 8) + struct.pack("!Q", MOST_MESSAGE))
            elif kind in RESPONSES:
                connection.sendall(HEADER.pack(b"HS", RESPONSES[kind], int(kind == ASYNC_LOCK), 0, 0))
            elif kind == CLEAR_COMPLETE:
                message.clear()
                connection.sendall(HEADER.pack(b"HS", 9, 0, 0, 0))
            elif kind in {DATA, DATA_END, TRIGGER}:
                message += payload if kind != TRIGGER else b"*TRG\n"
                if kind != DATA:
                    self._answer(connection, bytes(message), parameter)
                    message.clear()

    def _answer(self, connection: socket.socket, message: bytes, identifier: int) -> None:
        answer, fault = self.perform(message)
        if answer is not None:
            head = HEADER.pack(b"HS", DATA_END, 0, identifier, len(answer) + 1)
            self.deliver(connection, head + answer + b"\n", fault)
