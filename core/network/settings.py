"""How a network is specified. Reading a specification needs no torch, which takes a second to start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from core.counting import counts

CHAIN = counts(when={"network.architecture": ("chain",)})


@dataclass(frozen=True)
class NetworkSettings:
    """How shots are composed into a network."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", allow_inf_nan=False)

    architecture: Annotated[
        Literal["chain", "hybrid", "pendula"],
        Field(description="Scales and offsets between shots, linear layers between them, or trained pendula."),
    ]
    layers: Annotated[int, Field(ge=1, le=64, description="Shots in a row.")] = 1
    branches: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            description="Shots side by side (chain and hybrid).",
            json_schema_extra=counts(unless={"network.architecture": ("pendula",)}),
        ),
    ] = 1
    encode: Annotated[
        Literal["tile", "hold"],
        Field(
            description="Repeat the features as a whole until they fill a shot, or hold each one (chain).",
            json_schema_extra=CHAIN,
        ),
    ] = "tile"
    skip: Annotated[
        bool,
        Field(
            description="Let later shots see the features themselves, too (chain).",
            json_schema_extra=counts(when={"network.architecture": ("chain",)}, unless={"network.layers": (1,)}),
        ),
    ] = True
    normalise: Annotated[
        Literal["sum", "rms", "none"],
        Field(description="What a response is divided by before the next shot (chain).", json_schema_extra=CHAIN),
    ] = "rms"
    readout: Annotated[
        Literal["energy", "mean"],
        Field(description="What is taken of a class's window of the response (chain).", json_schema_extra=CHAIN),
    ] = "energy"
    standardise: Annotated[
        bool,
        Field(
            description="Give each feature a mean of 0 and a spread of 1 over the training samples (chain).",
            json_schema_extra=CHAIN,
        ),
    ] = False
    initial_level: Annotated[
        float,
        Field(
            ge=0.0,
            le=1.0,
            description="Mean of the controls that training starts from (chain).",
            json_schema_extra=CHAIN,
        ),
    ] = 0.5
    initial_spread: Annotated[
        float, Field(ge=0.0, le=10.0, description="Randomness of the values that training starts from.")
    ] = 0.1
    initial_gain: Annotated[
        float,
        Field(
            gt=0.0,
            le=100.0,
            description="Size of the controls that training starts from (chain).",
            json_schema_extra=CHAIN,
        ),
    ] = 0.5
    logit_gain: Annotated[
        float, Field(gt=0.0, le=1000.0, description="Turns the device's outputs of order one into class scores.")
    ] = 5.0
