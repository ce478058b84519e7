"""A network cable to a server on this computer, to be cut, disturbed and plugged in again."""

from __future__ import annotations

import random
import socket
import threading
import time
from contextlib import suppress
from typing import Literal

Trouble = Literal["cut", "half", "garbage", "slow"]
BYTES = 1 << 16
SLOW_S = 0.05  # between the bytes of a slow line


class Line:
    """Pass what clients of `port` and a server at `server_port` say to each other, both on the loopback."""

    def __init__(self, server_port: int, port: int = 0, seed: int = 0) -> None:
        self._server_port = server_port
        self._random = random.Random(seed)
        self._trouble: Trouble | None = None
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._plugged, self.port = True, port
        self._listen()

    def disturb(self, trouble: Trouble) -> None:
        """Let something happen to what the server says next; a cut happens at once."""
        if trouble == "cut":
            self._cut()
        else:
            self._trouble = trouble

    def unplug(self, seconds: float) -> None:
        """Cut the line and refuse connections for a while."""
        self._close_listener()
        self._cut()

        def plug() -> None:
            time.sleep(seconds)
            if self._plugged:
                self._listen()

        threading.Thread(target=plug, daemon=True).start()

    def close(self) -> None:
        """Take the line away."""
        self._plugged = False
        self._close_listener()
        self._cut()

    def _listen(self) -> None:
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener, self.port = listener, listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def _close_listener(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept
        self._listener.close()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                with self._lock:
                    self._ends |= {client, server}
                for source, sink in ((client, server), (server, client)):
                    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pass, args=(source, sink, source is server), daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, disturbed: bool) -> None:
        slow = False
        with suppress(OSError):
            while said := source.recv(BYTES):
                trouble = self._trouble if disturbed else None
                if trouble is not None:
                    self._trouble = None
                slow = slow or trouble == "slow"
                if trouble == "garbage":
                    said = self._random.randbytes(len(said))
                elif trouble == "half":
                    sink.sendall(said[: len(said) // 2])
                    break
                for part in (bytes([value]) for value in said) if slow else (said,):
                    sink.sendall(part)
                    time.sleep(SLOW_S if slow else 0)
        self._drop(source, sink)

    def _cut(self) -> None:
        with self._lock:
            ends = tuple(self._ends)
        self._drop(*ends)
        self._trouble = None

    def _drop(self, *ends: socket.socket) -> None:
        with self._lock:
            self._ends.difference_update(ends)
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
