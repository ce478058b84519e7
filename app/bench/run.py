"""Run benchmarks by name and report them as one table or as one list of plain data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import partial
from importlib import import_module
from typing import Any

from app.bench.harness import Limit, Scaling, Timing, time_contests, time_scaling
from app.bench.programs import SOAK_MINUTES, peak_memory_mb
from core.ports import OvertoneError, SpecError

KERNELS = {"circuit": "circuit", "plate": "plate", "plate-cubic": "plate_cubic", "shg": "shg", "shg-depleted": "shg",
           "pendula": "pendula"}  # fmt: skip
NAMES = (*KERNELS, "pat", "visa", "daq", "sound", "train", "startup", "gui")
LONG = ("soak",)  # only when asked for
BATCHES = tuple(4**power for power in range(7))  # 1 to 4,096
LAYERS = (1, 2, 4, 8, 16)
SAMPLES = (98, 196, 392, 784, 1568, 3136)
LARGEST_EXPONENT, AIMED_EXPONENT = 1.05, 1.0

Row = dict[str, Any]


def run_benchmarks(name: str | None, report: Callable[[str], None], minutes: float = SOAK_MINUTES) -> list[Row]:
    """Run one benchmark, or all but the soak, which lasts `minutes`; tell each result as it comes.

    Raises SpecError on an unknown name.
    """
    if name is not None and name not in NAMES + LONG:
        raise SpecError(f"No benchmark is called {name!r}. Choose from {', '.join(NAMES + LONG)}.")
    rows: list[Row] = []
    report(f"{'name':14}{'against':38}{'ours':>12}{'rival':>12}{'ratio':>9}{'goal':>8}  spread")
    for chosen in NAMES if name is None else (name,):
        try:
            for row in _benchmark(chosen, report, minutes):
                report(_line(row))
                rows.append(row)
        except OvertoneError as error:  # what the others gave is not lost
            report(f"{chosen:14}failed: {error}")
            rows.append(_row(chosen, f"failed: {error}", None, None, 0.0) | {"met": False})
    return rows


def _benchmark(name: str, report: Callable[[str], None], minutes: float) -> Iterable[Row]:
    if name in KERNELS:
        module = import_module(f"app.bench.{KERNELS[name]}")
        chosen = [contest for contest in module.contests() if contest.name == name]
        if not chosen:
            raise OvertoneError(f"{module.__name__} has no contest that is called {name!r}.")
        yield from map(_ratio, time_contests(chosen))
        yield from _scaling(name, module)
    elif name in {"pat", "visa", "daq", "sound"}:
        yield from map(_limit, import_module(f"app.bench.{name}").limits())
    elif name == "soak":
        yield from map(_limit, import_module("app.bench.programs").soak(report, minutes))
    else:
        yield from map(_limit, getattr(import_module("app.bench.programs"), name)(report))


def _scaling(name: str, module: Any) -> Iterable[Row]:
    """Grow batch, samples and layers, where the module says that it can: time, and memory in processes of their own."""
    for quantity in module.SCALING.get(name, ()):
        if quantity == "layers":
            yield _growth(name, "time with layers", time_scaling(LAYERS, module.deep_workload))
            continue
        sizes = BATCHES if quantity == "batch" else SAMPLES

        at = _at_batch if quantity == "batch" else _at_samples
        work = partial(_work, module, at, 784 if quantity == "batch" else 64)
        yield _growth(name, f"time with {quantity}", time_scaling(sizes, work))
        if not sys.platform.startswith("linux"):
            continue
        large, other = sizes[-3:], 1568 if quantity == "batch" else 4096  # small ones fit into what the process has
        taken_mb = [peak_memory_mb(module.__name__, *at(size, other)) for size in large]
        yield _growth(name, f"memory with {quantity}", Scaling.fit(large, taken_mb), unit="MB")


def _at_batch(size: int, samples: int) -> tuple[int, int]:
    return size, samples


def _at_samples(size: int, batch: int) -> tuple[int, int]:
    return batch, size


def _work(module: Any, at: Callable[[int, int], tuple[int, int]], other: int, size: int) -> Callable[[], object]:
    return module.workload(*at(size, other))


def _growth(name: str, what: str, scaling: Scaling, unit: str = "ms") -> Row:
    told = ", ".join(f"{size}: {value:.3g}" for size, value in zip(scaling.sizes, scaling.values, strict=True))
    return _row(name, f"linear growth of {what}", scaling.values[-1], None, 1 / scaling.exponent) | {
        "goal": 1 / LARGEST_EXPONENT,
        "aim": 1 / AIMED_EXPONENT,
        "met": scaling.exponent <= LARGEST_EXPONENT,
        "exponent": scaling.exponent,
        "values": told,
        "unit": unit,
    }


def _ratio(timing: Timing) -> Row:
    contest = timing.contest
    row = _row(contest.name, contest.rival, timing.ours_ms, timing.rival_ms, timing.ratio, timing.spread)
    return row | {
        "goal": contest.goal,
        "aim": contest.aim,
        "met": timing.ratio >= contest.goal,
        "error": contest.error,
        "rival_error": contest.rival_error,
    }


def _limit(limit: Limit) -> Row:
    """Report a limit as a rival that takes just as long as is allowed."""
    ratio = limit.must / max(limit.value, 1e-9)
    row = _row(limit.name, f"limit: {limit.what}", limit.value, limit.must, ratio, limit.spread)
    return row | {"goal": 1.0, "aim": limit.must / limit.aim, "met": limit.value <= limit.must, "unit": limit.unit}


def _row(name: str, rival: str, ours: float | None, theirs: float | None, ratio: float, spread: float = 0.0) -> Row:
    return {"name": name, "rival": rival, "ours_ms": ours, "rival_ms": theirs, "ratio": ratio, "spread": spread}


def _line(row: Row) -> str:
    unit = row.get("unit", "ms")
    theirs = "" if row["rival_ms"] is None else f"{row['rival_ms']:.3g}"
    verdict = "met" if row["met"] else "MISSED"
    aim = ", aim too" if row["met"] and row["ratio"] >= row["aim"] else ""
    line = (
        f"{row['name']:14}{row['rival']:38}{row['ours_ms']:>9.3g} {unit:2}{theirs:>9} {unit:2}"
        f"{row['ratio']:>9.3g}{row['goal']:>8.3g}  {row['spread']:.0%} {verdict}{aim}"
    )
    if "error" in row:
        line += f" (errors {row['error']:.1e}, {row['rival_error']:.1e})"
    if "exponent" in row:
        line += f" (exponent {row['exponent']:.2f}; {unit} at {row['values']})"
    return line
