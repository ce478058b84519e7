"""The composition root: from a specification to a job that a worker thread can run."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import torch

from core.calibration.events import CalibrationEnded, CalibrationEvent, StepEnded
from core.calibration.job import CalibrationSettings, calibrate
from core.physics.kernels.pool import available_threads, set_threads
from core.ports import RunFileError, SpecError, SystemInfo
from core.run.evaluation import evaluate_again
from core.run.files import read_bytes, write_atomically
from core.run.folder import RunFolder
from core.run.record import read_experiment
from core.run.session import resume_experiment, run_experiment
from core.run.setup import Setup
from core.run.spec import MOST_TWIN_BYTES, Experiment, SystemSpec, read_saved_twin
from core.task.dataset import Task
from core.task.load import load_task
from core.training.control import ControlToken, StopRequested
from core.training.estimators import ESTIMATORS, Estimator
from core.training.events import Listener, Stopped
from core.training.worker import Job
from core.twin.build import build_twin
from core.twin.file import pack_twin, unpack_twin
from core.twin.search import check_search
from devices.catalogue import find_system, make_system
from devices.simulated.base import SimulatedSystem


def find_estimator(name: str) -> Estimator:
    """Return a bundled or plugged-in gradient estimator. Raises SpecError naming the choices."""
    if name in ESTIMATORS:
        return ESTIMATORS[name]
    plugins = {point.name: point for point in entry_points(group="overtone.estimators")}
    if name not in plugins:
        raise SpecError(f"No estimator is called {name!r}. Choose from {', '.join([*ESTIMATORS, *plugins])}.")
    try:
        return plugins[name].load()
    except Exception as error:  # a plug-in may fail in any way
        raise SpecError(f"The plug-in estimator {name!r} is broken: {type(error).__name__}: {error}") from None


def load_experiment_task(experiment: Experiment) -> Task:
    """Load the data set that a specification names. Raises DataError or SpecError."""
    spec = experiment.task
    return load_task(
        spec.name,
        data=spec.data,
        seed=experiment.seed,
        validation=spec.validation,
        split=spec.split,
        path=spec.path,
        label=spec.label,
        augmentation=spec.augmentation,
    )


def compose(experiment: Experiment) -> Setup:
    """Choose system, equations, data and estimator. Raises SpecError, DataError or DeviceError; nothing has run."""
    entry = find_system(experiment.system.kind)
    estimator = find_estimator(experiment.training.estimator)
    task = load_experiment_task(experiment)
    content = read_saved_twin(experiment)
    system = make_system(experiment.system, experiment.seed)
    model = entry.model() if entry.model else None
    saved = unpack_twin(content, system.info, model, name=experiment.calibration.file) if content else None
    return Setup.assemble(experiment, system, model, task, estimator, saved)


def make_job(experiment: Experiment, runs_folder: Path) -> tuple[Setup, Job]:
    """Prepare a run: what it is made of, and the job for the worker. Raises what `compose` raises."""
    setup = compose(experiment)

    def job(listener: Listener, control: ControlToken) -> None:
        twin = b"" if setup.saved is None else setup.saved.content
        folder = RunFolder.create(runs_folder, experiment, setup.task.table, twin)
        run_experiment(setup, folder, listener, control, threads=available_threads())

    return setup, job


def make_resumption(path: Path) -> tuple[Setup, Job]:
    """Prepare to go on with an interrupted run, as `make_job` prepares a new one. Raises RunFileError too."""
    setup = compose(read_experiment(path, as_written=False))

    def job(listener: Listener, control: ControlToken) -> None:
        resume_experiment(setup, path, listener, control, threads=available_threads())

    return setup, job


def make_calibration(experiment: Experiment) -> tuple[SystemInfo, Job]:
    """Prepare the calibration of the unit that a specification names. Raises SpecError; nothing has run."""
    spec = experiment.calibration
    kind = "physics" if spec.twin == "datasheet" or spec.twin == "saved" else spec.twin
    settings = CalibrationSettings(kind, spec.shots, spec.steps, spec.learning_rate, experiment.seed)
    return calibration_job(experiment.system, settings)


def calibration_job(
    spec: SystemSpec,
    settings: CalibrationSettings,
    *,
    reveal: bool = False,
    check: Path | None = None,
    out: Path | None = None,
) -> tuple[SystemInfo, Job]:
    """Prepare a calibration; `reveal` puts a simulated unit's hidden parameters, as the shots end, beside its result.

    The twin in the file `check` is judged in place of a new one; `out` is where the twin goes. Raises SpecError and
    DataError; nothing has run.
    """
    if settings.search:
        check_search()
        if settings.twin != "neural" or check is not None:
            raise SpecError(f"Only neural twins are searched for, not {settings.twin} ones or saved ones.")
    entry = find_system(spec.kind)
    system = make_system(spec, settings.seed)
    model = entry.model() if entry.model else None
    fitted = None
    if check is not None:
        fitted = unpack_twin(read_bytes(check, MOST_TWIN_BYTES), system.info, model, name=str(check))
        settings = replace(settings, twin=fitted.kind)
    build_twin(settings.twin, system.info, model, seed=settings.seed)
    if out is not None and not out.parent.is_dir():
        raise SpecError(f"There is no folder {out.parent} for the twin. Make it, or name another file.")
    if reveal and not isinstance(system, SimulatedSystem):
        raise SpecError(f"{system.info.name} has no hidden parameters to reveal: it is not simulated.")

    def job(listener: Listener, control: ControlToken) -> None:
        ended: list[CalibrationEnded] = []
        revealed: dict[str, Any] = {}

        def told(event: CalibrationEvent) -> None:
            shots_ended = isinstance(event, StepEnded) and event.step == "shots"
            if reveal and shots_ended and isinstance(system, SimulatedSystem):
                revealed["hidden"] = system.hidden()
            if isinstance(event, CalibrationEnded):
                ended.append(replace(event, result=event.result | revealed))  # told when the twin is on the disk
            else:
                listener(event)

        torch.set_num_threads(1)  # the kernels' own threads, over blocks of shots, are the better ones
        set_threads(available_threads())
        control.on_hold = system.safe_state
        try:
            found = calibrate(system, model, settings, told, control, fitted=fitted)
            content = pack_twin(found.twin, settings.twin, system.info) if fitted is None else fitted.content
            if out is not None:
                _save(out, content)
            listener(replace(ended[0], twin=content))
        except StopRequested:
            listener(Stopped(""))

    return system.info, job


def _save(file: Path, content: bytes) -> None:
    try:
        write_atomically(file, content)
    except OSError as error:
        raise RunFileError(f"The twin cannot be saved in {file}: {error.strerror}. Name another file.") from None


def evaluate_run(folder: Path, *, serial_number: int | None = None, seed: int | None = None) -> dict[str, Any]:
    """Measure a finished run's network on its test set again. Raises RunFileError, DataError or DeviceError."""
    experiment = read_experiment(folder, as_written=False)
    setup = compose(experiment)
    changed = serial_number is not None or seed is not None
    if changed:
        spec = experiment.system
        unit = spec.serial_number if serial_number is None else serial_number
        noise_seed = experiment.seed if seed is None else seed
        if spec.address:
            raise SpecError(
                f"{spec.address} is the unit that it is. Connect another one, and evaluate without a number."
            )
        setup = replace(setup, system=find_system(spec.kind).build(unit, noise_seed, spec.imperfections))
    return evaluate_again(setup, folder)
