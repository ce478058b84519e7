"""What the user asks for: a preset, and the values that differ from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import tomli_w

from app.presets import Preset, nested
from app.spec_fields import IMPERFECTIONS, Value
from core.run.spec import Experiment, preset_names

ADDRESS = "system.address"
OF_UNIT = ("system.kind", "system.serial_number", ADDRESS)
SAVED_TWIN = {"calibration.twin", "calibration.file"}


@dataclass(frozen=True)
class Choice:
    """A preset and changed values by dotted key.

    Another kind of system drops the imperfections of the former one; an instrument has none that could be set. Another
    unit drops a saved twin.
    """

    preset: Preset
    changes: Mapping[str, Value] = field(default_factory=dict[str, Value])

    @property
    def base(self) -> Mapping[str, Value]:
        """Return the preset's values for the data and the system that are chosen."""
        values = self.preset.values_on[str(self.changes.get("task.data", self.preset.data))]
        if "system.kind" not in self.changes and not self.changes.get(ADDRESS):
            return values
        return {key: value for key, value in values.items() if not key.startswith(IMPERFECTIONS)}

    @property
    def values(self) -> Mapping[str, Value]:
        """Return all values that are in force; imperfections as usual are not among them."""
        return {**self.base, **self.changes}

    @property
    def settings(self) -> tuple[str, ...]:
        """Return the `key=value` settings over the preset: the changes; over a file, which may change, all values."""
        stated = self.changes if self.preset.source in preset_names() else self.values
        cleared = (f"{IMPERFECTIONS}={{}}",) if "system.kind" in stated or stated.get(ADDRESS) else ()
        return (*cleared, *(f"{key}={_toml(value)}" for key, value in stated.items()))

    @property
    def kind(self) -> str:
        """Return the kind of system."""
        return str(self.values["system.kind"])

    @property
    def address(self) -> str:
        """Return where the instrument is, "" where the system is simulated."""
        return str(self.values[ADDRESS])

    @property
    def serial_number(self) -> int:
        """Return the unit's number."""
        return int(self.values["system.serial_number"])

    @property
    def estimator(self) -> str:
        """Return where the gradient comes from."""
        return str(self.values["training.estimator"])

    def experiment(self, **other: str) -> Experiment:
        """Return the specification, with `other` values at its top. Raises pydantic's ValidationError."""
        return Experiment.model_validate(nested({**self.values, **other}))

    def changed(self, key: str, value: Value, usual: Value | None = None) -> Choice:
        """Return the choice with another value; the preset's own, or else the `usual` one, is no change."""
        changes = {name: old for name, old in self.changes.items() if name != key}
        if key in {"system.kind", ADDRESS}:
            changes = {name: old for name, old in changes.items() if not name.startswith(IMPERFECTIONS)}
        if key in OF_UNIT and value != self.values[key] and changes.get("calibration.twin") == "saved":
            changes = {name: old for name, old in changes.items() if name not in SAVED_TWIN}
        without = Choice(self.preset, changes)
        return without if without.base.get(key, usual) == value else Choice(self.preset, {**changes, key: value})

    def reset(self, key: str) -> Choice:
        """Return the choice with the preset's value of a key."""
        base = Choice(self.preset, {name: old for name, old in self.changes.items() if name != key}).base
        if key in base:
            return self.changed(key, base[key])
        return Choice(self.preset, {name: old for name, old in self.changes.items() if name != key})


def differences(old: Choice, new: Choice) -> dict[str, tuple[Value | None, Value | None]]:
    """Return what differs between two choices: key to (old, new), None where it is as usual."""
    before, after = old.values, new.values
    keys = [*after, *(key for key in before if key not in after)]
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


def _toml(value: Value) -> str:
    return tomli_w.dumps({"value": value}).removeprefix("value = ").rstrip("\n")
