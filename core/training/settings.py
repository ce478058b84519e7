"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from core.counting import counts

OnMisalignment = Literal["warn", "scale", "refit", "pause", "spsa"]


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    estimator: Annotated[str, Field(description="Where the gradient comes from.")] = "pat"
    epochs: Annotated[int, Field(ge=1, le=100_000, description="Passes over the training samples.")] = 10
    batch_size: Annotated[int, Field(ge=1, le=65_536, description="Samples for each optimiser step.")] = 64
    learning_rate: Annotated[
        float, Field(gt=0.0, le=10.0, description="Largest learning rate; it falls from there as a cosine.")
    ] = 0.01
    final_rate: Annotated[
        float,
        Field(
            ge=0.0,
            le=1.0,
            description="Learning rate at the end, part of the largest; above 0 a network goes on following a drift.",
        ),
    ] = 0.0
    average: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Steps over which the trained values are averaged; 0 takes the latest. It keeps the noise of a "
            "rate that stays high out of a network that follows a drift.",
        ),
    ] = 0
    warmup: Annotated[
        float, Field(ge=0.0, lt=1.0, description="Part of all steps over which the learning rate rises at first.")
    ] = 0.05
    range_penalty: Annotated[
        float, Field(ge=0.0, le=1e6, description="Weight of controls that leave the device's range, in the loss.")
    ] = 1.0
    patience: Annotated[
        int,
        Field(
            ge=0,
            le=100_000,
            description="End after so many epochs without a better validation accuracy; 0 never ends early.",
            json_schema_extra=counts(unless={"task.validation": (0.0,)}),
        ),
    ] = 0
    label_smoothing: Annotated[
        float, Field(ge=0.0, lt=1.0, description="Part of a label that is shared out among all classes.")
    ] = 0.0
    hours: Annotated[
        float,
        Field(
            ge=0.0,
            le=1e5,
            description="Hours that pass over the training, evenly, besides its shots' own time, for a system that can "
            "age (simulated).",
        ),
    ] = 0.0
    refine: Annotated[
        int,
        Field(
            ge=0,
            le=1_000_000,
            description="Fit the twin to the latest shots of the training after so many steps; 0 leaves it as it was "
            "calibrated.",
            json_schema_extra=counts(unless={"training.estimator": ("ideal", "in_silico")}),
        ),
    ] = 0
    monitor_share: Annotated[
        float,
        Field(
            ge=0.0,
            le=1.0,
            description="Part of the device passes that may check the twin's gradient, besides one check at the start "
            "and one at the end; 0 never checks.",
            json_schema_extra=counts(unless={"training.estimator": ("ideal",)}),
        ),
    ] = 0.02
    on_misalignment: Annotated[
        OnMisalignment,
        Field(
            description="Where a check finds the twin's gradient wrong: warn, scale steps by its cosine, fit the twin "
            "to new shots, end so that it can be gone on with, or measure gradients on the device meanwhile (SPSA).",
            json_schema_extra=counts(unless={"training.estimator": ("ideal",), "training.monitor_share": (0.0,)}),
        ),
    ] = "warn"
