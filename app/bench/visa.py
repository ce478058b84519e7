"""A full shot on an emulated generator and oscilloscope: load, arm, fire and read."""

from __future__ import annotations

from collections.abc import Iterator

from app.bench.harness import Limit
from app.bench.shots import DEADLINE_S, Case, halving_bench, serve, time_shots
from devices.emulator.table import Table
from devices.visa.recorder import VisaRecorder

ERROR_V = 2e-3  # a step of twelve bits over the range, and half a one of the generator
CASES = (
    Case("1,000 samples, socket", 1_000, must_ms=1.0, aim_ms=0.5),
    Case("100,000 samples, socket", 100_000, must_ms=8.0, aim_ms=5.0),
    Case("1,000 samples, hislip", 1_000, must_ms=1.5, aim_ms=0.8),
    Case("100,000 samples, hislip", 100_000, must_ms=9.0, aim_ms=6.0),
)


def limits() -> Iterator[Limit]:
    """Time shots against their limits. Raises OvertoneError."""
    yield from time_shots(
        "visa",
        __name__,
        CASES,
        lambda pair, plan: VisaRecorder(pair[0], pair[1], plan, "auto", DEADLINE_S),
        ERROR_V,
    )


if __name__ == "__main__":
    serve(
        {
            case.what: Table(halving_bench(case.samples)).listen("hislip" if "hislip" in case.what else "socket")
            for case in CASES
        }
    )
