"""The network as a row of stages, from the features to the class scores: what is digital, what is physical."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.network.settings import NetworkSettings
from core.phrase import Phrase

MOST_LAYERS = 3  # more are abridged


@dataclass(frozen=True)
class Stage:
    """A box: what it does, in short lines, and how many values leave it (None where that is not known)."""

    lines: Sequence[str]
    kind: Literal["data", "digital", "physical", "more"]
    width: int | None = None
    parallel: int = 1


def stages_of(
    settings: NetworkSettings, features: int | None, drive: int | None, response: int | None, classes: int | None
) -> list[Stage]:
    """List the boxes of a network from left to right; dimensions that are not known yet are None."""
    makers = {"chain": _chain, "hybrid": _hybrid, "pendula": _pendula}
    layers = makers[settings.architecture](settings, drive, response)
    shown = [stage for layer in layers for stage in layer]
    if len(layers) > MOST_LAYERS:
        between = Stage([Phrase("{count} more", count=len(layers) - 2), "layers"], "more", layers[0][-1].width)
        shown = [*layers[0], between, *layers[-1]]
    return [
        Stage(["features"], "data", features),
        *shown,
        Stage(_readout(settings), "digital", classes),
        Stage(["class", "scores"], "data"),
    ]


def _chain(settings: NetworkSettings, drive: int | None, response: int | None) -> list[list[Stage]]:
    first = ["repeat" if settings.encode == "tile" else "hold", "scale", "+ offset"]
    if settings.standardise:
        first.insert(0, "standardise")
    later = ["scale", "+ offset", *(["+ skip"] if settings.skip else [])]
    if settings.normalise != "none":
        later.insert(0, "normalise")
    shot = Stage(["shot"], "physical", response, settings.branches)
    return [
        [Stage(first if index == 0 else later, "digital", drive, settings.branches), shot]
        for index in range(settings.layers)
    ]


def _hybrid(settings: NetworkSettings, drive: int | None, response: int | None) -> list[list[Stage]]:
    controls = None if drive is None else drive * settings.branches
    answers = None if response is None else response * settings.branches
    pair = [Stage(["linear"], "digital", controls), Stage(["shot"], "physical", answers, settings.branches)]
    return [pair] * settings.layers


def _pendula(settings: NetworkSettings, drive: int | None, response: int | None) -> list[list[Stage]]:
    shot = Stage(["shot with", "trained", "couplings", "and forces"], "physical", response)
    return [[Stage(["pad with", "rest"], "data", drive), shot], *[[shot]] * (settings.layers - 1)]


def _readout(settings: NetworkSettings) -> list[str]:
    if settings.architecture == "hybrid":
        return ["linear"]
    if settings.architecture == "pendula":
        return ["last values", "× gain"]
    return [settings.readout, "in windows", *(["Σ branches"] if settings.branches > 1 else []), "× gain"]
