"""The steps of a characterisation, in the order of the checklist: pure functions of a device call and its facts."""

from __future__ import annotations

from collections.abc import Mapping

from core.calibration.characterise_drift import drift_step
from core.calibration.characterise_latency import latency_step
from core.calibration.characterise_linearity import linearity_step
from core.calibration.characterise_noise import noise_step
from core.calibration.characterise_probe import Progress, Step
from core.calibration.characterise_range import connect_step, range_step
from core.calibration.characterise_response import response_step
from core.calibration.events import StepName

CHARACTERISATION: Mapping[StepName, Step] = {
    "connect": connect_step,
    "range": range_step,
    "noise": noise_step,
    "latency": latency_step,
    "response": response_step,
    "linearity": linearity_step,
}
__all__ = [
    "CHARACTERISATION",
    "Progress",
    "Step",
    "connect_step",
    "drift_step",
    "latency_step",
    "linearity_step",
    "noise_step",
    "range_step",
    "response_step",
]
