"""A generator, a system and an oscilloscope, wired on a table, with a socket for each way to them."""

from __future__ import annotations

from contextlib import suppress
from typing import Literal

import numpy as np

from devices.emulator.bench import Bench
from devices.emulator.generator import (
    EmulatedGenerator,
    EmulatedKeysight33522B,
    EmulatedRigolDG1062Z,
    EmulatedSiglentSDG2042X,
)
from devices.emulator.hislip import HislipServer
from devices.emulator.scope import EmulatedKeysightDSOX, EmulatedRigolDS, EmulatedScope, EmulatedSiglentSDS
from devices.emulator.server import EmulatorServer, RawSocketServer
from devices.emulator.vxi11 import Vxi11Server
from devices.visa.recorder import LEAD_SAMPLES

Maker = Literal["keysight", "siglent", "rigol"]
Protocol = Literal["socket", "hislip", "vxi11"]
MAKERS = {
    "keysight": (EmulatedKeysight33522B, EmulatedKeysightDSOX),
    "siglent": (EmulatedSiglentSDG2042X, EmulatedSiglentSDS),
    "rigol": (EmulatedRigolDG1062Z, EmulatedRigolDS),
}
SERVERS = {"socket": RawSocketServer, "hislip": HislipServer, "vxi11": Vxi11Server}


class Table:
    """What the generator plays goes through the bench into the oscilloscope, whose trigger comes with it.

    Time on this table passes as fast as it is computed.
    """

    def __init__(self, bench: Bench, maker: Maker = "keysight", serial: str = "DEMO") -> None:
        generator, scope = MAKERS[maker]
        self.bench = bench
        self.generator: EmulatedGenerator = generator(self._fire, serial=f"{serial}0001")
        self.scope: EmulatedScope = scope(serial=f"{serial}0002")
        self.servers: list[EmulatorServer] = []

    def listen(self, protocol: Protocol, ports: tuple[int, int] = (0, 0)) -> tuple[str, str]:
        """Open a socket for each instrument; return the addresses of generator and oscilloscope. Raise OSError."""
        opened = list[EmulatorServer]()
        for instrument, port in zip((self.generator, self.scope), ports, strict=True):
            try:
                opened.append(SERVERS[protocol](instrument, port))
            except OSError:  # another program has this port
                opened.append(SERVERS[protocol](instrument))
        self.servers += opened
        return opened[0].address, opened[1].address

    def close(self) -> None:
        """Close all sockets."""
        for server in self.servers:
            with suppress(OSError):
                server.stop()

    def _fire(self, waveform_v: np.ndarray, rate_hz: float) -> None:
        bench = self.bench
        if abs(rate_hz / bench.rate_hz - 1) > 1e-6:  # the system sees what is held at its own instants
            count = max(1, round(len(waveform_v) * bench.rate_hz / rate_hz))
            places = (np.arange(count) * rate_hz / bench.rate_hz).astype(int).clip(0, len(waveform_v) - 1)
            waveform_v = waveform_v[places]
        times_s, output_v = bench.play(waveform_v[LEAD_SAMPLES:])
        times_s = np.concatenate(([0.0], times_s + LEAD_SAMPLES / bench.rate_hz))
        self.scope.capture(times_s, np.concatenate(([0.0], output_v)))  # at rest until then
