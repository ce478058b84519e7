"""The list of bundled presets, read without loading the engine."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

PREFERRED_ORDER = ("quick", "shg-vowels", "shg-mnist-hybrid", "plate-mnist", "circuit-mnist", "pendula-mnist")


@dataclass(frozen=True)
class Preset:
    """What the picker shows of an experiment; `source` is its name or the path of its TOML file."""

    source: str
    name: str
    title: str
    kind: str
    estimator: str
    serial_number: int
    seed: int


def read_preset(text: str, source: str) -> Preset:
    """Read the headline of a TOML specification. Raises ValueError where it is none."""
    data = tomllib.loads(text)
    system, training = data.get("system", {}), data.get("training", {})
    name = str(data.get("name", source))
    return Preset(
        source=source,
        name=name,
        title=str(data.get("title") or name),
        kind=str(system.get("kind", "")),
        estimator=str(training.get("estimator", "pat")),
        serial_number=int(system.get("serial_number", 1)),
        seed=int(data.get("seed", 0)),
    )


def bundled_presets() -> list[Preset]:
    """List the bundled presets, the known ones first; an unreadable file is left out."""
    folder = resources.files("resources") / "presets"
    found: list[Preset] = []
    for entry in folder.iterdir() if folder.is_dir() else ():
        if not entry.name.endswith(".toml"):
            continue
        try:
            found.append(read_preset(entry.read_text("utf-8"), entry.name.removesuffix(".toml")))
        except (OSError, ValueError, TypeError, AttributeError):
            continue
    rank = {name: place for place, name in enumerate(PREFERRED_ORDER)}
    return sorted(found, key=lambda preset: (rank.get(preset.name, len(rank)), preset.name))
