"""What the engine tells while it works: frozen facts, handed to a plain callback in the worker's thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.calibration.events import CalibrationEvent, LayerAlignment, Verdict

Phase = Literal["connecting", "calibrating", "training", "evaluating", "waiting", "finished"]


@dataclass(frozen=True)
class RunOpened:
    """The run has a folder, into which all that is measured goes from now on."""

    folder: str


@dataclass(frozen=True)
class PhaseChanged:
    """The run entered another phase."""

    phase: Phase
    text: str


@dataclass(frozen=True)
class Message:
    """Something worth a line in the log."""

    level: Literal["info", "warning", "error"]
    text: str


@dataclass(frozen=True)
class CalibrationPoint:
    """Progress of collecting shots (errors None) or of fitting the twin (normalised rms errors)."""

    step: int
    steps: int
    train_error: float | None = None
    held_out_error: float | None = None


@dataclass(frozen=True)
class ShotMeasured:
    """One measured shot of a batch: drive (controls) and response of physical layer `layer`, counted from 0."""

    layer: int
    drive: np.ndarray
    response: np.ndarray


@dataclass(frozen=True)
class SampleShown:
    """The sample whose shots are shown: features in [0, 1], the number of its class, and the scores of all classes."""

    features: np.ndarray
    label: int
    scores: np.ndarray


@dataclass(frozen=True)
class AnswersCounted:
    """How often samples of each class (row) were taken for each class (column)."""

    part: Literal["validation", "test"]
    counts: np.ndarray


@dataclass(frozen=True)
class NetworkPrepared:
    """Training is about to begin; the twin's Jacobian (response, drive) is that with all controls in their middle.

    It is None where the system is too large for it.
    `windows` (response,) names the class that each value of the last response is read for, -1 for none; None where
    the read-out is another one.
    """

    jacobian: np.ndarray | None
    windows: np.ndarray | None


@dataclass(frozen=True)
class StepTimed:
    """Where the time of one optimiser step went: on the device, in the rest of the forward pass, and backward."""

    device_s: float
    forward_s: float
    backward_s: float


@dataclass(frozen=True)
class StepDone:
    """One optimiser step. `fraction` is the part of the training that is done, `shots` counts device passes."""

    step: int
    epoch: int
    fraction: float
    loss: float
    accuracy: float
    learning_rate: float
    shots: int
    device_s: float
    wall_s: float


@dataclass(frozen=True)
class EpochDone:
    """One pass over the training part; accuracies are fractions of 1, the validation's is None where there is none."""

    epoch: int
    epochs: int
    loss: float
    accuracy: float
    validation_accuracy: float | None
    shots: int
    wall_s: float


@dataclass(frozen=True)
class AlignmentChecked:
    """The twin's derivative was compared with the device's; `cosine` is the lowest layer's.

    `drift` is the rms change of a fixed set of responses since the first check over their rms signal, `noise_floor`
    what that would be without any drift. `shots` counts the check's own device passes.
    """

    step: int
    layers: tuple[LayerAlignment, ...]
    cosine: float
    drift: float
    noise_floor: float
    verdict: Verdict
    shots: int


@dataclass(frozen=True)
class TwinRefined:
    """The twin was fitted to the latest shots of training, after `step`; `version` counts the fits that were kept.

    `before` and `after` are its nRMSE on held-out shots, weighted by their age with the time constant (steps); the
    hash is that of the twin as it goes on.
    """

    step: int
    version: int
    kept: bool
    before: float
    after: float
    time_constant: float
    sha256: str


@dataclass(frozen=True)
class Finished:
    """The run is over and its folder complete; `result` is the plain dictionary that `--json` prints."""

    result: dict[str, object]
    folder: str


@dataclass(frozen=True)
class Failed:
    """The run ended with an error: one line for the user, the traceback for a bug report."""

    text: str
    detail: str


@dataclass(frozen=True)
class Stopped:
    """The run was stopped by the user; it can be gone on with from its folder, "" when it had not begun."""

    folder: str


Event = (
    RunOpened
    | PhaseChanged
    | Message
    | CalibrationPoint
    | ShotMeasured
    | SampleShown
    | NetworkPrepared
    | AnswersCounted
    | StepTimed
    | StepDone
    | EpochDone
    | AlignmentChecked
    | TwinRefined
    | Finished
    | Failed
    | Stopped
    | CalibrationEvent
)
Listener = Callable[[Event], None]
