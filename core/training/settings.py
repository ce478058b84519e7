"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from core.counting import counts


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    estimator: Annotated[str, Field(description="Where the gradient comes from.")] = "pat"
    epochs: Annotated[int, Field(ge=1, le=100_000, description="Passes over the training samples.")] = 10
    batch_size: Annotated[int, Field(ge=1, le=65_536, description="Samples for each optimiser step.")] = 64
    learning_rate: Annotated[
        float, Field(gt=0.0, le=10.0, description="Largest learning rate; it falls from there as a cosine to zero.")
    ] = 0.01
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
