"""What a shot collection asks of a run: the drives of its task, and an ensemble of its twins."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor, nn

from core.calibration.collect import Spread
from core.network.base import Shoot
from core.run.setup import Setup, build_twin
from core.twin.fit import FitProgress, fit_twin
from core.twin.shots import Shots

TASK_SAMPLES = 256
TWINS = 5
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
    """Fit twins to bootstrap samples of the shots' batches; return the rms spread of what they answer.

    Efron, Annals of Statistics 7, 1 (1979). Raises as `fit_twin` does.
    """
    settings, experiment, count = setup.experiment.calibration, setup.experiment, len(shots.batches)
    twins = list[nn.Module]()
    for member in range(TWINS):
        seed = experiment.seed + member
        twin = build_twin(experiment.model_copy(update={"seed": seed}), setup.system, setup.model)
        chosen = torch.randint(count, (count,), generator=torch.Generator().manual_seed(seed)).tolist()
        fit_twin(
            twin,
            Shots(tuple(shots.batches[index] for index in chosen)),
            seed=seed,
            steps=max(1, settings.steps // SHORTER_FIT),
            learning_rate=settings.learning_rate,
            on_progress=on_progress,
        )
        twins.append(twin.requires_grad_(False))

    def spread(drives: Tensor, *parameters: Tensor) -> Tensor:
        answers = torch.stack([twin(drives, *parameters) for twin in twins])
        return answers.std(0).square().mean(1).sqrt()

    return spread
