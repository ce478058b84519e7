"""Sockets of emulated instruments, on loopback alone, with everything that can go wrong on a line."""

from __future__ import annotations

import socket
import threading
import time
from abc import ABC, abstractmethod
from contextlib import suppress

from devices.emulator.faults import FaultKind
from devices.emulator.scope import EmulatedScope
from devices.emulator.scpi import ScpiInstrument, message_length, noise

LOOPBACK = "127.0.0.1"
AWAY_S = 0.15  # how long an unplugged instrument stays away, and another one answers
LATE_S = 0.6
LORIS_S = 0.05  # between bytes


class Stalled(Exception):
    """Nothing more is said on this connection."""


class EmulatorServer(ABC):
    """Listen on a port of loopback and serve every connection in a thread of its own."""

    def __init__(self, instrument: ScpiInstrument, port: int = 0) -> None:
        self.instrument = instrument
        self._stopped = False
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = self._listen(port)
        self.port: int = self._listener.getsockname()[1]

    @property
    @abstractmethod
    def address(self) -> str:
        """Return the VISA address."""

    @abstractmethod
    def serve(self, connection: socket.socket) -> None:
        """Serve one connection until it breaks. Raise OSError, ValueError or Stalled."""

    def stop(self) -> None:
        """Close everything."""
        self._stopped = True
        self._hang_up()

    def perform(self, message: bytes) -> tuple[bytes | None, FaultKind | None]:
        """Carry out a program message, and what goes wrong with it; return the response and what is wrong with that."""
        instrument = self.instrument
        kind = instrument.faults.strike()
        if kind == "unplug":
            self._hang_up()
            threading.Timer(AWAY_S, self._return).start()
        elif kind == "impostor":
            instrument.impersonate(True)
            threading.Timer(AWAY_S, instrument.impersonate, (False,)).start()
        elif kind == "reset":
            instrument.reset()
        elif kind == "error":
            instrument.errors.append(b'-200,"Execution error"')
        elif kind in {"over_range", "overflow"} and isinstance(instrument, EmulatedScope):
            setattr(instrument, kind, True)
        if kind in {"unplug", "impostor", "drop"}:
            raise ConnectionAbortedError
        if kind == "stall":
            raise Stalled
        if kind in {"swallowed", "error"}:
            return None, None
        answer = instrument.execute(message)
        if kind == "late":
            time.sleep(LATE_S)
        if answer is not None:
            if kind == "garbage":
                answer = noise(len(answer))
            elif kind == "bad_header":
                answer = b"#X" + answer[2:]
            elif kind == "huge_block":
                answer = b"#9999999999" + answer[11:]
        return answer, kind

    def deliver(self, connection: socket.socket, wire: bytes, kind: FaultKind | None) -> None:
        """Send what a response is on the wire, as well as the fault allows."""
        if kind == "duplicate":
            connection.sendall(wire + wire)
        elif kind in {"short_block", "early_close"}:
            connection.sendall(wire[: len(wire) // 2])
            raise Stalled if kind == "short_block" else ConnectionAbortedError
        elif kind == "slow_loris":
            for index in range(len(wire)):
                if self._stopped:
                    return
                connection.sendall(wire[index : index + 1])
                time.sleep(LORIS_S)
        else:
            connection.sendall(wire)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server((LOOPBACK, port), backlog=16)
        threading.Thread(target=self._accept, args=(listener,), name="overtone-emulator", daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # closed
            while True:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with self._lock:
                    self._connections.add(connection)
                threading.Thread(target=self._serve, args=(connection,), name="overtone-emulator", daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            self.serve(connection)
        except Stalled:
            with suppress(OSError):
                while connection.recv(65_536):
                    pass
        except (OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._connections.discard(connection)
            connection.close()

    def _hang_up(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _return(self) -> None:
        if not self._stopped:
            self._listener = self._listen(self.port)


class RawSocketServer(EmulatorServer):
    """SCPI over a plain stream, as instruments have it on port 5025."""

    @property
    def address(self) -> str:
        """Return the VISA address."""
        return f"TCPIP::{LOOPBACK}::{self.port}::SOCKET"

    def serve(self, connection: socket.socket) -> None:
        """Take messages that end in a line feed, but for those in blocks."""
        buffer = bytearray()
        while received := connection.recv(262_144):
            buffer += received
            while length := message_length(buffer):
                message = bytes(buffer[:length])
                del buffer[:length]
                answer, kind = self.perform(message)
                if answer is not None:
                    self.deliver(connection, answer + b"\n", kind)


def receive(connection: socket.socket, count: int) -> bytes:
    """Return exactly so many bytes. Raise ConnectionError where there are less."""
    data = bytearray(count)
    view, ready = memoryview(data), 0
    while ready < count:
        got = connection.recv_into(view[ready:])
        if not got:
            raise ConnectionAbortedError
        ready += got
    return bytes(data)
