"""How a network is specified. Reading a specification needs no torch, which takes a second to start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field


@dataclass(frozen=True)
class NetworkSettings:
    """How shots are composed into a network.

    `initial_level`, `initial_gain` and `initial_spread` set the mean, the size and the randomness of the values that
    training starts from; `logit_gain` turns the device's order-one outputs into class scores. The chain repeats its
    features as a whole until they fill the controls (`encode` = tile), or holds each one; with `standardise` each has
    its own mean taken away and is divided by its own spread over the training samples. `skip`, `normalise`, `readout`
    and `initial_level` are the chain's own too.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    architecture: Literal["chain", "hybrid", "pendula"]
    layers: Annotated[int, Field(ge=1, le=64)] = 1
    branches: Annotated[int, Field(ge=1, le=64)] = 1
    encode: Literal["tile", "hold"] = "tile"
    skip: bool = True
    normalise: Literal["sum", "rms", "none"] = "rms"
    readout: Literal["energy", "mean"] = "energy"
    standardise: bool = False
    initial_level: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    initial_spread: Annotated[float, Field(ge=0.0, le=10.0)] = 0.1
    initial_gain: Annotated[float, Field(gt=0.0, le=100.0)] = 0.5
    logit_gain: Annotated[float, Field(gt=0.0, le=1000.0)] = 5.0
