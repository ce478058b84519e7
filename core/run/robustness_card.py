"""What a run reaches where its device changes: the file `robustness.json` of its folder, checked when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.ports import RunFileError
from core.run.files import explained, read_bytes, write_atomically

FILE = "robustness.json"
MOST_BYTES = 1_000_000

Text = Annotated[str, Field(max_length=300, pattern=r"^[^\x00-\x1f\x7f]*$")]
Count = Annotated[int, Field(ge=0, lt=2**53)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Difference = Annotated[float, Field(ge=-1.0, le=1.0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Session(_Part):
    """One device, as it was built, and the accuracy on it."""

    serial_number: Count
    seed: int
    accuracy: Share


class Measured(_Part):
    """One condition: the mean accuracy of its sessions, with Wilson's 95 % interval, or Student's t over several."""

    condition: Text
    change: Text
    sessions: Annotated[tuple[Session, ...], Field(min_length=1, max_length=1000)]
    accuracy: Share
    interval95: tuple[Share, Share]
    device_passes: Count
    wall_s: Annotated[float, Field(ge=0.0)]

    @property
    def worst(self) -> Session:
        """Return the session with the lowest accuracy."""
        return min(self.sessions, key=lambda session: session.accuracy)


class Changed(Measured):
    """A changed condition: also the difference to the nominal one on the same test samples, with its 95 % interval."""

    difference: Difference
    difference95: tuple[Difference, Difference]


class Omitted(_Part):
    """A condition that could not be measured, and why."""

    condition: Text
    reason: Text


class RobustnessCard(_Part):
    """A network's final weights measured on its device (`nominal`) and under other conditions, without training."""

    schema_version: Literal[1] = 1
    made: Text
    run: Text
    system: Text
    weights_sha256: Text
    test_samples: Count
    test_samples_there_are: Count
    nominal: Measured
    rows: Annotated[tuple[Changed | Omitted, ...], Field(max_length=100)]
    device_passes: Count
    wall_s: Annotated[float, Field(ge=0.0)]

    @property
    def measured(self) -> list[Changed]:
        """Return the conditions that could be measured."""
        return [row for row in self.rows if isinstance(row, Changed)]

    @property
    def omitted(self) -> list[Omitted]:
        """Return the conditions that could not."""
        return [row for row in self.rows if isinstance(row, Omitted)]


def write_card(card: RobustnessCard, folder: Path) -> Path:
    """Write a card into a run's folder, or another one, in one atomic step. Raises RunFileError."""
    path = folder / FILE
    with explained(path):
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, card.model_dump_json(indent=1).encode() + b"\n")
    return path


def read_card(run: Path) -> RobustnessCard | None:
    """Read a run's card, None where there is none. Raises RunFileError when it cannot be understood."""
    path = run / FILE
    if not path.exists():
        return None
    content = read_bytes(path, MOST_BYTES)
    try:
        return RobustnessCard.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise RunFileError(
            f"{path} cannot be read: {f'{where!r}: ' if where else ''}{' '.join(first['msg'].split())}. "
            f"Measure it again with: overtone evaluate {run} --robustness"
        ) from None
