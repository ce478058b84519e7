"""What a shot collection asks of a run: the drives of its task, and an ensemble of its twins."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor

from core.calibration.collect import Spread
from core.network.base import Shoot
from core.run.setup import Setup
from core.twin.ensemble import MEMBERS, EnsembleTwin
from core.twin.fit import FitProgress, fit_twin
from core.twin.shots import Shots

TASK_SAMPLES = 256
SHORTER_FIT = 4  # an ensemble has to disagree where the shots leave room, not to be right


def task_drives(setup: Setup, shoot: Shoot) -> Tensor:
    """Return the drives (row, drive) of all layers that the network starts from, its shots answered by `shoot`."""
    features = setup.task.train.features
    features = features[:: max(1, len(features) // TASK_SAMPLES)]
    network, drives = deepcopy(setup.network), list[Tensor]()

    def shown(drive: Tensor, *parameters: Tensor) -> Tensor:
        drives.append(drive)
        return shoot(drive, *parameters)

    with torch.no_grad():
        network.prepare(features, shoot)
        network(features, shown)
    return torch.cat(drives)


def ensemble_spread(setup: Setup, shots: Shots, on_progress: Callable[[FitProgress], None] | None = None) -> Spread:
    """Fit an ensemble of the run's twins to the shots; return the rms spread of what they answer.

    Raises as `fit_twin` does.
    """
    experiment, settings = setup.experiment, setup.experiment.calibration
    seeds = range(experiment.seed, experiment.seed + MEMBERS)
    twin = setup.build_twin()
    if not isinstance(twin, EnsembleTwin):
        twin = EnsembleTwin(map(setup.build_twin, seeds))
    steps = max(1, settings.steps // SHORTER_FIT)
    rate = settings.learning_rate
    fit_twin(twin, shots, seed=experiment.seed, steps=steps, learning_rate=rate, on_progress=on_progress)
    twin.requires_grad_(False)
    ensemble = twin

    def spread(drives: Tensor, *parameters: Tensor) -> Tensor:
        return ensemble.spread(drives, *parameters).square().mean(1).sqrt()

    return spread
