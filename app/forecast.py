"""What a run will take, told before it starts: sizes along its chain, device passes, digital operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.run.spec import Experiment


@dataclass(frozen=True)
class Forecast:
    """Sizes of the network, and what a run of it costs; `apparatus_s` is the time that a real apparatus would take."""

    features: int
    drive: int
    response: int
    classes: int
    train: int
    validation: int
    test: int
    shots_per_inference: int
    device_passes: int
    apparatus_s: float
    digital_parameters: int
    digital_macs: int
    physical_parameters: int


def forecast(experiment: Experiment) -> Forecast:
    """Compose a run without measuring anything, and count. Raises what composing raises: SpecError, DataError."""
    from app.compose import compose
    from core.run.calibrating import CHECK_SHOTS
    from devices.catalogue import find_system

    # an instrument's dimensions are its simulator's; it is not to be touched for counting
    shot_s = find_system(experiment.system.kind).shot_s if experiment.system.address else None
    unconnected = experiment.system.model_copy(update={"address": ""})
    setup = compose(experiment.model_copy(update={"system": unconnected}))
    task, network, info, training = setup.task, setup.network, setup.system.info, experiment.training
    train, validation, test = (len(part.labels) for part in (task.train, task.validation, task.test))
    on_device = training.estimator not in {"in_silico", "ideal"}
    measured = train * (3 if training.estimator == "spsa" else 1) + validation
    samples = test + (training.epochs * measured if on_device else 0)
    passes = samples * network.shots_per_inference
    if on_device:
        passes = round(passes * (1 + training.monitor_share))
    if training.estimator != "ideal":
        passes += CHECK_SHOTS if setup.saved else experiment.calibration.shots
    return Forecast(
        features=task.train.features.shape[1],
        drive=info.drive_dim,
        response=info.response_dim,
        classes=len(task.classes),
        train=train,
        validation=validation,
        test=test,
        shots_per_inference=network.shots_per_inference,
        device_passes=passes,
        apparatus_s=passes * (info.shot_s if shot_s is None else shot_s(experiment.system)),
        digital_parameters=network.digital.parameters,
        digital_macs=network.digital.macs,
        physical_parameters=network.physical_parameters,
    )
