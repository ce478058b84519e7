"""A full shot on an emulated NI card behind a gRPC device server: write, start, read, stop."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from app.bench.harness import Limit
from app.bench.shots import DEADLINE_S, Case, halving_bench, serve, time_shots
from devices.daq.recorder import DaqRecorder

ERROR_V = 1e-3  # a step of 16 bits over ±10 V, and a half one of the input
CASES = (
    Case("1,000 samples, NI gRPC", 1_000, must_ms=5.0, aim_ms=2.5),
    Case("100,000 samples, NI gRPC", 100_000, must_ms=40.0, aim_ms=20.0),
)


def limits() -> Iterator[Limit]:
    """Time shots against their limits; none where NI's package is missing. Raises OvertoneError."""
    if find_spec("nidaqmx") is not None and find_spec("grpc") is not None:
        yield from time_shots(
            "daq", __name__, CASES, lambda one, plan: DaqRecorder(one[0], one[0], plan, DEADLINE_S), ERROR_V
        )


def _serve() -> None:
    from devices.emulator.card import DaqCard
    from devices.emulator.daq import DaqServer

    servers = {case.what: DaqServer(DaqCard(halving_bench(case.samples))) for case in CASES}
    serve({what: [server.address] for what, server in servers.items()})
    for server in servers.values():
        server.close()


if __name__ == "__main__":
    _serve()
