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
from core.twin.build import build_twin
from core.twin.file import SavedTwin


@dataclass(frozen=True)
class Setup:
    """What the composition root chose for a run, checked to fit.

    `model` is None where there are no equations, `saved` where the twin is not one from a file.
    """

    experiment: Experiment
    system: PhysicalSystem
    model: PhysicsModel | None
    task: Task
    estimator: Estimator
    network: PhysicalNetwork
    saved: SavedTwin | None = None

    @classmethod
    def assemble(
        cls,
        experiment: Experiment,
        system: PhysicalSystem,
        model: PhysicsModel | None,
        task: Task,
        estimator: Estimator,
        saved: SavedTwin | None = None,
    ) -> Setup:
        """Build the network and check that the parts fit, before anything is measured. Raises SpecError."""
        features, classes = task.train.features.shape[1], len(task.classes)
        network = build_network(experiment.network, system.info, features, classes, seed=experiment.seed)
        setup = cls(experiment, system, model, task, estimator, network, saved)
        setup.build_twin()
        estimator(system.run, system.run, system)
        if experiment.idle_h and not isinstance(system, Ageing):
            key = "calibration.age_h" if experiment.calibration.age_h else "training.hours"
            raise SpecError(f"{system.info.name} cannot be aged at will. Set {key}=0.")
        if saved is not None and saved.serial_number != system.info.serial_number:
            raise SpecError(
                f"{experiment.calibration.file} is the twin of unit #{saved.serial_number}, and this is unit "
                f"#{system.info.serial_number}. Calibrate this one, or set system.serial_number={saved.serial_number}."
            )
        return setup

    def build_twin(self, seed: int | None = None) -> nn.Module:
        """Build an untrained twin of the run's kind. Raises SpecError when there is no model for it."""
        seed = self.experiment.seed if seed is None else seed
        if self.saved is not None:
            kind, shape = self.saved.kind, self.saved.shape
            return build_twin(kind, self.system.info, self.model, seed=seed, shape=shape)
        kind = self.experiment.calibration.twin
        if kind == "datasheet" or kind == "saved":  # saved, and not read: the run needs none
            kind = "physics"
        return build_twin(kind, self.system.info, self.model, seed=seed)
