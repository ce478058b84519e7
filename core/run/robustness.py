"""How a trained network's accuracy holds where its device changes, measured with its final weights."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.ports import DeviceError, PhysicalSystem, SimulationDiverged
from core.run.checkpoint import read_checkpoint, weights_sha256
from core.run.robustness_card import Changed, Measured, Omitted, RobustnessCard, Session
from core.run.setup import Setup
from core.task.dataset import Part, draw_some
from core.task.statistics import mean_with_interval, paired_interval, wilson_interval
from core.training.bench import Bench
from core.training.control import ControlToken
from core.training.trainer import evaluate

TEST_SAMPLES = 1000  # of more


@dataclass(frozen=True)
class Planned:
    """A device to build and to measure on."""

    serial_number: int
    seed: int
    build: Callable[[], PhysicalSystem]


@dataclass(frozen=True)
class Condition:
    """What is changed, in words and as settings, and the devices to measure on: one, or several drawn at random."""

    name: str
    change: str
    sessions: Sequence[Planned]


def measure_robustness(
    setup: Setup,
    folder: Path,
    nominal: Condition,
    conditions: Sequence[Condition | Omitted],
    *,
    test_samples: int = TEST_SAMPLES,
    report: Callable[[str], None],
) -> RobustnessCard:
    """Measure a run's final network on its device and under other conditions, all on the same test samples.

    Of a larger test set, `test_samples` are drawn with the run's seed, of every class about its share. A condition in
    which the device fails is omitted with its reason. Raises RunFileError when the run has no final checkpoint, and
    what the device raises under the nominal condition.
    """
    start_s, test = time.perf_counter(), setup.task.test
    read_checkpoint(folder, "final").load_into(setup.network, "network")
    rows = draw_some(test.labels.numpy(), test_samples, np.random.default_rng([setup.experiment.seed, 3]))
    part = test.take(rows)
    report(f"{len(rows):,} of {len(test.labels):,} test samples, {len(conditions)} conditions")
    reference, usual = _measure(setup, part, nominal)
    report(f"{nominal.name}: {usual.accuracy:.1%}")
    found: list[Changed | Omitted] = []
    for condition in conditions:
        row = condition if isinstance(condition, Omitted) else _changed(setup, part, condition, reference[0])
        said = f"not applicable. {row.reason}" if isinstance(row, Omitted) else f"{row.accuracy:.1%}"
        report(f"{row.condition}: {said}")
        found.append(row)
    measured = [usual, *(row for row in found if isinstance(row, Changed))]
    return RobustnessCard(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        run=folder.resolve().name,
        system=setup.system.info.name,
        weights_sha256=weights_sha256(setup.network),
        test_samples=len(rows),
        test_samples_there_are=len(test.labels),
        nominal=usual,
        rows=tuple(found),
        device_passes=sum(row.device_passes for row in measured),
        wall_s=time.perf_counter() - start_s,
    )


def _changed(setup: Setup, part: Part, condition: Condition, reference: NDArray[np.bool_]) -> Changed | Omitted:
    try:
        right, row = _measure(setup, part, condition)
    except (DeviceError, SimulationDiverged) as error:
        return Omitted(condition=condition.name, reason=" ".join(str(error).split())[:300])
    difference = float(right.mean() - reference.mean())
    bounds = paired_interval(right, reference)
    return Changed(**row.model_dump(), difference=difference, difference95=bounds)


def _measure(setup: Setup, part: Part, condition: Condition) -> tuple[NDArray[np.bool_], Measured]:
    """Return which samples were classified rightly (session, sample), and their figures."""
    start_s, passes = time.perf_counter(), 0
    right: list[NDArray[np.bool_]] = []
    for planned in condition.sessions:
        system = planned.build()
        bench = Bench(system, lambda event: None)
        try:
            score = evaluate(setup.network, part, bench.measure, bench, ControlToken())
        finally:
            system.safe_state()
        right.append((score.chosen == part.labels).numpy())
        passes += bench.shots
    accuracies = [float(each.mean()) for each in right]
    mean, half_width = mean_with_interval(accuracies)
    low, high = wilson_interval(int(right[0].sum()), len(right[0]))
    if half_width is not None:
        low, high = max(0.0, mean - half_width), min(1.0, mean + half_width)
    sessions = tuple(
        Session(serial_number=planned.serial_number, seed=planned.seed, accuracy=accuracy)
        for planned, accuracy in zip(condition.sessions, accuracies, strict=True)
    )
    return np.stack(right), Measured(
        condition=condition.name,
        change=condition.change,
        sessions=sessions,
        accuracy=mean,
        interval95=(low, high),
        device_passes=passes,
        wall_s=time.perf_counter() - start_s,
    )
