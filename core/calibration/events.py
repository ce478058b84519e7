"""What a calibration tells while it works: frozen facts without torch, handed to a plain callback in its thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

Verdict = Literal["good", "usable", "poor", "against"]
StepName = Literal["connect", "range", "noise", "latency", "response", "linearity", "shots", "drift", "fit", "verdict"]
STEPS: tuple[StepName, ...] = get_args(StepName)
Outcome = Literal["good", "warning", "bad", "skipped"]
TwinVerdict = Literal["good", "usable", "refit", "not identifiable"]


@dataclass(frozen=True)
class LayerAlignment:
    """How a twin's derivative agrees with the device's at one layer: cosine in the 95 % interval [low, high].

    `gain` is |twin| / |device|, NaN where the device's derivative was not told from noise.
    """

    layer: int
    cosine: float
    low: float
    high: float
    gain: float


@dataclass(frozen=True)
class Quantity:
    """A measured number with its unit (SI, without prefix; "1" for a ratio) and 95 % interval, None where unknown."""

    value: float
    unit: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Curve:
    """A line to draw: y (point,) over x (point,), each with quantity and SI unit, and a 95 % band where it is known.

    `kind` says what it is drawn as; of an "image" y is (row, column) and x the columns' positions.
    """

    name: str
    x_quantity: str
    x_unit: str
    y_quantity: str
    y_unit: str
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None
    kind: Literal["line", "points", "image"] = "line"


@dataclass(frozen=True)
class StepBegun:
    """A step of the checklist began."""

    step: StepName
    text: str


@dataclass(frozen=True)
class StepProgress:
    """How far a step is: done of all (shots, optimiser steps), the time left where it is known, and what is seen."""

    step: StepName
    done: int
    total: int
    left_s: float | None = None
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True)
class StepEnded:
    """What a step found: an outcome with its reason in words, figures by name, and what to draw.

    Curves of one quantity over another are drawn in one plot.
    """

    step: StepName
    outcome: Outcome
    text: str
    figures: dict[str, Quantity] = field(default_factory=dict[str, Quantity])
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True)
class CalibrationEnded:
    """The calibration is over: the twin's verdict, its reasons, and the plain dictionary that `--json` prints.

    `twin` is the content of the file that the twin may be saved in.
    """

    verdict: TwinVerdict
    reasons: tuple[str, ...]
    result: dict[str, object]
    twin: bytes = field(default=b"", repr=False)


CalibrationEvent = StepBegun | StepProgress | StepEnded | CalibrationEnded
CalibrationListener = Callable[[CalibrationEvent], None]
