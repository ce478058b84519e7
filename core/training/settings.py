"""How a network is trained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained.

    The learning rate rises over the fraction `warmup` of all steps and falls as a cosine to zero. `patience` is the
    number of epochs without a better validation accuracy after which training ends; 0 never ends it early.
    `monitor_share` is the part of the device passes that may be spent on checking the twin's gradient while training
    goes on, besides a check at its start and one at its end; 0 never checks.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    estimator: str = "pat"
    epochs: Annotated[int, Field(ge=1, le=100_000)] = 10
    batch_size: Annotated[int, Field(ge=1, le=65_536)] = 64
    learning_rate: Annotated[float, Field(gt=0.0, le=10.0)] = 0.01
    warmup: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.05
    range_penalty: Annotated[float, Field(ge=0.0, le=1e6)] = 1.0
    patience: Annotated[int, Field(ge=0, le=100_000)] = 0
    label_smoothing: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    monitor_share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.02
