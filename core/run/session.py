"""One run from calibration to the result, in the worker's thread."""

from __future__ import annotations

import platform
import sys
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.calibration.shots import collect_shots
from core.network.base import PhysicalNetwork, Shoot
from core.network.build import build_network
from core.physics.kernels.pool import set_threads
from core.physics.model import PhysicsModel
from core.ports import DifferentiableSystem, PhysicalSystem, SpecError, SystemInfo
from core.run.folder import RunFolder, weights_sha256
from core.run.spec import Experiment
from core.task.baselines import baselines
from core.task.dataset import Task
from core.task.statistics import wilson_interval
from core.training.bench import Bench
from core.training.control import ControlToken, StopRequested
from core.training.estimators import Estimator
from core.training.events import (
    CalibrationPoint,
    EpochDone,
    Event,
    Finished,
    Listener,
    Message,
    PhaseChanged,
    StepDone,
    Stopped,
)
from core.training.trainer import Score, evaluate, train
from core.twin.fit import FitProgress, fit_twin
from core.twin.neural import NeuralTwin
from core.twin.physics import PhysicsTwin
from core.twin.shots import response_error

PREPARING_SAMPLES = 256


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
        return cls(experiment, system, model, task, estimator, network)


def run_experiment(
    setup: Setup, folder: RunFolder, listener: Listener, control: ControlToken, *, threads: int = 1
) -> None:
    """Calibrate, train, evaluate and record; end with a Finished or a Stopped event, outputs safe on every path.

    `threads` bounds what simulators and twins use of the machine; the result does not depend on it. Raises what the
    device, the data or the disk raise.
    """
    torch.set_num_threads(1)  # the kernels' own threads, over blocks of shots, are the better ones
    set_threads(threads)
    run = _Run(setup, folder, listener, control)
    try:
        run.perform()
    except StopRequested:
        checkpoint = run.save("interrupted")
        folder.log("warning", "Stopped by the user.")
        listener(Stopped(str(checkpoint)))
    except Exception as error:
        folder.log("error", f"{type(error).__name__}: {error}")
        raise
    finally:
        setup.system.safe_state()
        folder.close()


def build_twin(experiment: Experiment, system: PhysicalSystem, model: PhysicsModel | None) -> nn.Module:
    """Build the untrained twin that the specification asks for. Raises SpecError when there is no model for it."""
    if experiment.calibration.twin == "neural":
        return NeuralTwin(system.info, seed=experiment.seed)
    if model is None:
        raise SpecError(f"{system.info.name} has no equations. Set calibration.twin=neural.")
    return PhysicsTwin(model)


def _rehearse(twin: nn.Module, info: SystemInfo) -> None:
    """Evaluate a twin at rest, forward and backward, so that its kernels are there before anything is measured."""
    rest = torch.full((1, info.drive_dim), 0.5 if info.signed_drive else 0.0)
    shared = [torch.full(shape, 0.5) for shape in info.parameter_shapes.values()]
    twin(rest, *shared).sum().backward()
    twin.zero_grad()


class _Run:
    def __init__(self, setup: Setup, folder: RunFolder, listener: Listener, control: ControlToken) -> None:
        self._setup, self._folder, self._control = setup, folder, control
        self._listener = listener
        self._experiment = setup.experiment
        self._bench = Bench(setup.system, self._emit)
        self._twin: nn.Module | None = None
        self._start_s = time.perf_counter()

    def perform(self) -> None:
        setup, experiment = self._setup, self._experiment
        network = setup.network
        twin = self._calibrate()
        features = setup.task.train.features
        network.prepare(features[:: max(1, len(features) // PREPARING_SAMPLES)], twin)
        route = setup.estimator(self._bench.measure, twin, setup.system)
        self._emit(PhaseChanged("training", f"Training with {experiment.training.estimator}"))
        train(
            network,
            route,
            setup.task,
            experiment.training,
            self._bench,
            seed=experiment.seed,
            listener=self._emit,
            control=self._control,
            on_epoch=self._after_epoch,
        )
        self.save("final")
        self._emit(PhaseChanged("evaluating", f"Measuring the test set on {setup.system.info.name}"))
        measured = evaluate(network, setup.task.test, self._bench.measure, self._bench, self._control)
        believed = evaluate(network, setup.task.test, twin, self._bench, self._control)
        result = self._result(network, measured, believed)
        self._folder.save_result(result, provenance(setup.system))
        self._emit(Finished(result, str(self._folder.path)))

    def save(self, name: str) -> Path:
        """Write network and twin to a checkpoint."""
        return self._folder.save_checkpoint(name, self._setup.network, self._twin)

    def _calibrate(self) -> Shoot:
        system, settings = self._setup.system, self._experiment.calibration
        if self._experiment.training.estimator == "ideal" and isinstance(system, DifferentiableSystem):
            return system.ideal_response
        twin = build_twin(self._experiment, system, self._setup.model)
        self._emit(PhaseChanged("connecting", "Loading the solvers (the first time on a machine they are compiled)"))
        _rehearse(twin, system.info)
        self._emit(PhaseChanged("calibrating", f"Measuring {settings.shots} shots for the {settings.twin} twin"))
        shots = collect_shots(self._measure_checked, system.info, settings.shots, seed=self._experiment.seed)

        def progress(point: FitProgress) -> None:
            self._control.safe_point()
            self._emit(CalibrationPoint(point.step, point.steps, point.train_error, point.held_out_error))

        if settings.twin == "datasheet":
            text = f"Twin with the data sheet's values: it leaves {response_error(twin, shots):.1%} of the signal."
        else:
            report = fit_twin(
                twin,
                shots,
                seed=self._experiment.seed,
                steps=settings.steps,
                learning_rate=settings.learning_rate,
                on_progress=progress,
            )
            text = (
                f"Twin fitted in {report.wall_s:.1f} s: it leaves {report.held_out_error:.1%} of the held-out signal."
            )
        self._emit(Message("info", text))
        self._twin = twin.requires_grad_(False)
        return twin

    def _measure_checked(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        self._control.safe_point()
        self._bench.begin_batch()
        return self._bench.measure(drive, *parameters)

    def _after_epoch(self, done: EpochDone) -> None:
        self._folder.record("epochs", done)
        self.save("latest")

    def _emit(self, event: Event) -> None:
        if isinstance(event, StepDone):
            self._folder.record("steps", event)
        elif isinstance(event, Message):
            self._folder.log(event.level, event.text)
        elif isinstance(event, PhaseChanged):
            self._folder.log("info", event.text)
        self._listener(event)

    def _result(self, network: PhysicalNetwork, measured: Score, believed: Score) -> dict[str, Any]:
        experiment, task = self._experiment, self._setup.task
        controls = network.digital.parameters + network.physical_parameters
        return {
            "run": self._folder.path.name,
            "preset": experiment.name,
            "estimator": experiment.training.estimator,
            "task": task.name,
            "seed": experiment.seed,
            "serial_number": self._setup.system.info.serial_number,
            "test_accuracy": measured.accuracy,
            "test_count": measured.total,
            "test_interval95": list(wilson_interval(measured.correct, measured.total)),
            "twin_belief": believed.accuracy,
            "baselines": [asdict(item) for item in baselines(task, parameters=controls, seed=experiment.seed)],
            "digital_parameters": network.digital.parameters,
            "digital_macs": network.digital.macs,
            "physical_parameters": network.physical_parameters,
            "physical_layers": network.physical_layers,
            "device_passes": self._bench.shots,
            "weights_sha256": weights_sha256(network),
            "wall_s": time.perf_counter() - self._start_s,
            "peak_memory_mb": peak_memory_mb(),
        }


def provenance(system: PhysicalSystem) -> dict[str, object]:
    """Tell which device, software and machine a result comes from."""
    packages = {name: version(name) for name in ("numpy", "torch", "numba", "scipy")}
    return {
        "system": system.snapshot(),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": packages,
    }


def peak_memory_mb() -> float | None:
    """Return the peak resident memory of this process in MB (10^6 bytes), None where the platform cannot tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6
