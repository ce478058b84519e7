"""The instruments that the user knows: where they are, how they are wired, and what they were when last met."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.ports import RunFileError, SpecError
from core.run.files import explained, read_bytes, write_atomically
from core.run.spec import SystemSpec

MOST_BYTES = 1_000_000
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\p{Cc}\p{Zl}\p{Zp}]*$")]


class Device(BaseModel):
    """An instrument by the name that the user gave it, `system` as an experiment's specification has it.

    `model`, `status` and `output_v`, the largest voltage that it makes (0: unknown), are what a test shot has told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    alias: Annotated[Text, Field(min_length=1)]
    system: SystemSpec
    model: Text = ""
    status: Literal["untested", "demo", "connected"] = "untested"
    output_v: Annotated[float, Field(ge=0.0)] = 0.0


class _Book(BaseModel):
    model_config = ConfigDict(extra="forbid")

    devices: list[Device] = []


class DeviceBook:
    """The file that remembers them."""

    def __init__(self, file: Path | None = None) -> None:
        self.file = file or user_config_path("overtone") / "devices.json"

    def read(self) -> list[Device]:
        """List the devices, none where there is no file. Raise SpecError where it cannot be used; it stays as it is."""
        if not self.file.exists():
            return []
        try:
            return _Book.model_validate_json(read_bytes(self.file, MOST_BYTES)).devices
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(str(part) for part in problem["loc"])
            raise SpecError(
                f"{self.file} cannot be used: {where}: {problem['msg']}. Mend it, or move it away to begin anew."
            ) from None
        except RunFileError as error:
            raise SpecError(str(error)) from None

    def write(self, devices: list[Device]) -> None:
        """Remember these devices in place of others. Raise RunFileError."""
        content = _Book(devices=devices).model_dump_json(indent=1, exclude_defaults=True)
        with explained(self.file):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.file, content.encode())
