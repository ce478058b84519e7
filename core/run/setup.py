"""What a run is made of: chosen by the composition root, checked to fit before anything is measured."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from core.network.base import PhysicalNetwork
from core.network.build import build_network
from core.physics.model import PhysicsModel
from core.ports import Ageing, PhysicalSystem, SpecError
from core.run.spec import Experiment
from core.task.dataset import Task
from core.training.estimators import Estimator
from core.twin import build as twins


@dataclass(frozen=True)
class Setup:
    """What the composition root chose for a run, checked to fit; `model` is None where there are no equations."""

    experiment: Experiment
    system: PhysicalSystem
    model: PhysicsModel | None
    task: Task
    estimator: Estimator
    network: PhysicalNetwork

    @classmethod
    def assemble(
        cls,
        experiment: Experiment,
        system: PhysicalSystem,
        model: PhysicsModel | None,
        task: Task,
        estimator: Estimator,
    ) -> Setup:
        """Build the network and check that the parts fit, before anything is measured. Raises SpecError."""
        features, classes = task.train.features.shape[1], len(task.classes)
        network = build_network(experiment.network, system.info, features, classes, seed=experiment.seed)
        build_twin(experiment, system, model)
        estimator(system.run, system.run, system)
        if experiment.idle_h and not isinstance(system, Ageing):
            key = "calibration.age_h" if experiment.calibration.age_h else "training.hours"
            raise SpecError(f"{system.info.name} cannot be aged at will. Set {key}=0.")
        return cls(experiment, system, model, task, estimator, network)


def build_twin(experiment: Experiment, system: PhysicalSystem, model: PhysicsModel | None) -> nn.Module:
    """Build the untrained twin that the specification asks for. Raises SpecError when there is no model for it."""
    kind = experiment.calibration.twin
    return twins.build_twin("physics" if kind == "datasheet" else kind, system.info, model, seed=experiment.seed)
