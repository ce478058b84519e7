"""Collect the shots that a twin is fitted to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from torch import Tensor

from core.calibration.characterise_probe import over
from core.calibration.collect import Disagreement, Learn, Strategy, batch_generator, drawing
from core.calibration.events import StepProgress
from core.calibration.excitation import shared_parameter
from core.phrase import Phrase
from core.ports import Measure, SystemInfo
from core.twin.shots import ShotBatch, Shots

BATCH = 64
NEW_DRIVES = 2**31  # added to a seed, which is less: drives that no twin was fitted to
SHARING = 16  # shots with the same shared parameters: what a unit makes of these errs alike in all of them
LEAST_BATCHES = 8


def collect_shots(
    measure: Measure,
    info: SystemInfo,
    count: int,
    *,
    seed: int,
    strategy: Strategy = "mixed",
    task: Tensor | None = None,
    learn: Learn | None = None,
) -> Shots:
    """Measure `count` shots in batches, each with its own shared parameters. Raises what `shot_batches` does."""
    each = shot_batches(measure, info, count, seed=seed, strategy=strategy, task=task, learn=learn)
    return Shots(tuple(each))


def batch_count(count: int, info: SystemInfo) -> int:
    """Tell in how many batches so many shots are measured."""
    return -(-count // _size(count, info))


def shot_batches(
    measure: Measure,
    info: SystemInfo,
    count: int,
    *,
    seed: int,
    strategy: Strategy = "mixed",
    task: Tensor | None = None,
    learn: Learn | None = None,
    progress: Callable[[StepProgress], None] | None = None,
) -> Iterator[ShotBatch]:
    """Measure batches of shots, each with its own shared parameters, as they are asked for.

    "task" takes its drives from `task` (row, drive); "uncertainty" asks `learn` to fit an ensemble to the shots so far.
    The drives depend on the seed, and there on what was answered: a collection that begins again asks for the same
    shots, which a journal may answer. `progress` is told each batch's first shot. Raises what `learn` and `measure`
    raise, and ValueError for fewer than two shots or for a strategy that lacks what it asks for.
    """
    if count < 2:
        raise ValueError(f"{count} shots are too few to fit and to check a twin; measure at least two.")
    if strategy == "uncertainty" and learn is None:
        raise ValueError("Shots where twins disagree need an ensemble to ask; say how it is fitted.")
    size = _size(count, info)
    draw = drawing(strategy, info, task)
    disagreement = Disagreement(learn, batch_count(count, info)) if learn and strategy == "uncertainty" else None
    batches, done, spent_s = list[ShotBatch](), 0, 0.0
    while done < count:
        generator, now = batch_generator(seed, len(batches)), min(size, count - done)
        parameters = tuple(shared_parameter(shape, generator) for shape in info.parameter_shapes.values())
        if disagreement is None:
            drives = draw(now, generator)
        else:
            drives = disagreement.choose(draw, now, generator, parameters, batches)
        start_s = time.perf_counter()
        batches.append(ShotBatch(drives, measure(drives, *parameters), parameters))
        spent_s += time.perf_counter() - start_s
        done += now
        if progress is not None:
            shot, label = batches[-1].responses[0].numpy(), (info.response_label, info.response_unit)
            latest = over(info.response_axis, Phrase("Latest shot"), *label, shot)
            progress(StepProgress("shots", done, count, spent_s / done * (count - done), (latest,)))
        yield batches[-1]


def _size(count: int, info: SystemInfo) -> int:
    return min(SHARING if info.parameter_shapes else BATCH, max(1, count // LEAST_BATCHES))
