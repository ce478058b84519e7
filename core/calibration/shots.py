"""Collect the shots that a twin is fitted to."""

from __future__ import annotations

import torch

from core.calibration.excitation import mixed, shared_parameter
from core.ports import Measure, SystemInfo
from core.twin.shots import ShotBatch, Shots

BATCH = 64
LEAST_BATCHES = 8


def collect_shots(measure: Measure, info: SystemInfo, count: int, *, seed: int) -> Shots:
    """Measure `count` random shots in batches, each batch with its own shared parameters. Raises what `measure` raises.

    Raises ValueError for fewer than two shots.
    """
    if count < 2:
        raise ValueError(f"{count} shots are too few to fit and to check a twin; measure at least two.")
    generator = torch.Generator().manual_seed(seed)
    size = min(BATCH, max(1, count // LEAST_BATCHES))
    drives = mixed(count, info.drive_dim, info.signed_drive, generator).split(size)
    return Shots(tuple(_measure_batch(measure, info, drive, generator) for drive in drives))


def _measure_batch(measure: Measure, info: SystemInfo, drives: torch.Tensor, generator: torch.Generator) -> ShotBatch:
    parameters = tuple(shared_parameter(shape, generator) for shape in info.parameter_shapes.values())
    return ShotBatch(drives, measure(drives, *parameters), parameters)
