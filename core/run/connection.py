"""What a specification says of the instrument that its system is, where it is not simulated."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.counting import counts

STRICT = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
CONNECTED = counts(unless={"system.address": ("",)})
WARMING = counts(unless={"system.address": ("",), "system.connection.limit_rise_k": (0,)})
Address = Annotated[str, Field(pattern=r"^[^\p{Cc}\p{Zl}\p{Zp}]*$", max_length=200)]


class ConnectionSpec(BaseModel):
    """How an instrument is wired to the system, and what its output may do at most."""

    model_config = STRICT

    recorder: Annotated[
        Address,
        Field(
            description="Address of the instrument that records, where another one plays the drive.",
            json_schema_extra=CONNECTED,
        ),
    ] = ""
    dialect: Annotated[
        Literal["auto", "keysight", "siglent", "rigol"],
        Field(
            description="Which commands instruments on VISA understand; auto asks them.", json_schema_extra=CONNECTED
        ),
    ] = "auto"
    drive_v: Annotated[
        float,
        Field(
            ge=0.0,
            le=1000.0,
            description="Voltage at the ends of the control range; 0 takes the system's own.",
            json_schema_extra=CONNECTED,
        ),
    ] = 0.0
    offset_v: Annotated[
        float,
        Field(ge=-1000.0, le=1000.0, description="Voltage added to the whole drive.", json_schema_extra=CONNECTED),
    ] = 0.0
    full_scale_v: Annotated[
        float,
        Field(
            ge=0.0,
            le=1000.0,
            description="Response voltage that counts as 1; 0 takes the system's own.",
            json_schema_extra=CONNECTED,
        ),
    ] = 0.0
    range_v: Annotated[
        float,
        Field(ge=0.0, le=1000.0, description="Input range; 0 chooses by itself.", json_schema_extra=CONNECTED),
    ] = 0.0
    delay_s: Annotated[
        float,
        Field(
            ge=-1.0,
            le=1.0,
            description="How much later than the trigger the response begins.",
            json_schema_extra=CONNECTED,
        ),
    ] = 0.0
    first_column: Annotated[
        int,
        Field(
            ge=0,
            le=100_000,
            description="Column of a shaper's mask that has the shortest wavelength.",
            json_schema_extra=CONNECTED,
        ),
    ] = 0
    last_column: Annotated[
        int,
        Field(
            ge=0,
            le=100_000,
            description="Column of a shaper's mask that has the longest wavelength; 0 is the last one.",
            json_schema_extra=CONNECTED,
        ),
    ] = 0
    averages: Annotated[
        int, Field(ge=1, le=10_000, description="Records that are averaged to a shot.", json_schema_extra=CONNECTED)
    ] = 1
    batch: Annotated[
        int, Field(ge=1, le=10_000, description="Shots of one transfer at most.", json_schema_extra=CONNECTED)
    ] = 64
    deadline_s: Annotated[
        float,
        Field(ge=0.05, le=600.0, description="How long an answer may take.", json_schema_extra=CONNECTED),
    ] = 5.0
    reconnect_s: Annotated[
        float,
        Field(
            ge=0.0,
            le=86_400.0,
            description="How long a lost instrument is looked for before a run ends, or in a window waits for you.",
            json_schema_extra=CONNECTED,
        ),
    ] = 30.0
    limit_v: Annotated[
        float,
        Field(
            ge=0.0,
            le=1000.0,
            description="Largest voltage that the output may make; 0 is that of the drive.",
            json_schema_extra=CONNECTED,
        ),
    ] = 0.0
    limit_slew_v_per_s: Annotated[
        float,
        Field(ge=0.0, le=1e15, description="Fastest change of the output; 0 is no limit.", json_schema_extra=CONNECTED),
    ] = 0.0
    limit_duty: Annotated[
        float,
        Field(
            gt=0.0,
            le=1.0,
            description="Mean square of the output over that of its largest voltage; the output rests accordingly.",
            json_schema_extra=CONNECTED,
        ),
    ] = 1.0
    limit_rise_k: Annotated[
        float,
        Field(
            ge=0.0,
            le=1e4,
            description="Largest rise of the estimated temperature of what the output drives; 0 is no limit.",
            json_schema_extra=CONNECTED,
        ),
    ] = 0.0
    load_ohm: Annotated[
        float,
        Field(
            ge=0.0,
            le=1e9,
            description="Resistance in which the output's power becomes heat.",
            json_schema_extra=WARMING,
        ),
    ] = 0.0
    warming_k_per_w: Annotated[
        float,
        Field(
            ge=0.0, le=1e9, description="How much warmer a watt of heat makes it in the end.", json_schema_extra=WARMING
        ),
    ] = 0.0
    cooling_s: Annotated[
        float,
        Field(ge=0.0, le=1e6, description="Time constant with which it warms and cools.", json_schema_extra=WARMING),
    ] = 0.0
