"""Presets: the bundled ones, one's own in a folder, and files opened from anywhere; none needs the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platformdirs import user_config_path

from app.spec_fields import Value
from core.ports import SpecError
from core.run.files import read_bytes, write_atomically
from core.run.spec import Experiment, load_experiment, preset_names, read_saved_twin

MOST_TABLE_BYTES = 100_000_000  # as core.task.table reads at most
PREFERRED_ORDER = ("quick", "shg-vowels", "shg-mnist-hybrid", "plate-mnist", "circuit-mnist", "pendula-mnist")


@dataclass(frozen=True)
class Preset:
    """An experiment to start from; `source` is its name or the path of its TOML file, `values_on` its keys by data.

    `own` ones lie in the user's folder.
    """

    source: str
    data: str
    values_on: Mapping[str, Mapping[str, Value]] = field(repr=False)
    own: bool = False

    @property
    def values(self) -> Mapping[str, Value]:
        """Return its keys as it stands."""
        return self.values_on[self.data]

    @property
    def name(self) -> str:
        """Return its short name."""
        return str(self.values["name"])

    @property
    def title(self) -> str:
        """Return what a list shows."""
        return str(self.values["title"]) or self.name

    @property
    def kind(self) -> str:
        """Return the kind of its system."""
        return str(self.values["system.kind"])


def read_preset(source: str, *, own: bool = False) -> Preset:
    """Read a preset by name or a TOML file by path. Raises SpecError naming the file, the key and the choices."""
    data = load_experiment(source).task.data
    on = {data: flat(load_experiment(source, [f"task.data={data}"]).model_dump()) for data in ("bundled", "full")}
    return Preset(source, data, on, own)


def bundled_presets() -> list[Preset]:
    """List the bundled presets, the known ones first."""
    rank = {name: place for place, name in enumerate(PREFERRED_ORDER)}
    return [read_preset(name) for name in sorted(preset_names(), key=lambda name: (rank.get(name, len(rank)), name))]


def flat(tables: Mapping[str, Any], prefix: str = "") -> dict[str, Value]:
    """Return the values of nested tables by their dotted keys."""
    values: dict[str, Value] = {}
    for name, entry in tables.items():
        values |= flat(entry, f"{prefix}{name}.") if isinstance(entry, dict) else {prefix + name: entry}
    return values


def nested(values: Mapping[str, Value]) -> dict[str, Any]:
    """Return the tables that dotted keys stand for."""
    tables: dict[str, Any] = {}
    for key, value in values.items():
        *sections, name = key.split(".")
        table = tables
        for section in sections:
            table = table.setdefault(section, {})
        table[name] = value
    return tables


class PresetFolder:
    """The user's own presets, one TOML file each."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or user_config_path("overtone") / "presets"

    def read(self) -> tuple[list[Preset], dict[str, str]]:
        """List the presets by file name, and the files that cannot be used with the reason."""
        found, broken = list[Preset](), dict[str, str]()
        try:
            files = sorted(self.path.glob("*.toml"))
        except OSError as error:
            return [], {self.path.name: f"{self.path} cannot be read: {error.strerror or error}."}
        for file in files:
            try:
                found.append(read_preset(str(file), own=True))
            except SpecError as error:
                broken[file.name] = str(error).removeprefix(f"{file}: ")
        return found, broken

    def file(self, name: str) -> Path:
        """Return where a preset of this name is or would be."""
        return self.path / f"{name}.toml"

    def save(self, experiment: Experiment) -> Preset:
        """Write an experiment under its name, in place of an older one, with copies of its table and its saved twin.

        Raises SpecError, or RunFileError where the table cannot be read.
        """
        if experiment.name in preset_names():
            raise SpecError(f"{experiment.name!r} is a bundled preset. Choose another name.")
        file, task = self.file(experiment.name), experiment.task
        table = read_bytes(Path(task.path), MOST_TABLE_BYTES) if task.name == "table" and task.path else b""
        twin = read_saved_twin(experiment) if experiment.calibration.file else b""
        kept = experiment.kept(table, twin)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for name, content in ((kept.task.path, table), (kept.calibration.file, twin)):
                if content:
                    write_atomically(self.path / name, content)
            write_atomically(file, kept.toml().encode())
        except OSError as error:
            raise SpecError(f"The preset {file} cannot be written: {error.strerror or error}.") from None
        return read_preset(str(file), own=True)

    def remove(self, preset: Preset) -> None:
        """Delete an own preset. Raises SpecError where that is impossible."""
        try:
            Path(preset.source).unlink(missing_ok=True)
        except OSError as error:
            raise SpecError(f"The preset {preset.source} cannot be removed: {error.strerror or error}.") from None
