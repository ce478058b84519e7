"""The network as a row of boxes: digital ones hatched, physical ones filled, dimensions on the arrows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.network.settings import NetworkSettings
from core.report.canvas import LINE, MUTED, RAISED, SERIES, SURFACE, TEXT, Canvas

CHAIN_IN = (6.85, 1.35)
MOST_LAYERS = 3  # more are abridged
ARROW_IN = 0.3


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
        between = Stage([f"{len(layers) - 2} more", "layers"], "more", layers[0][-1].width)
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


def draw_chain(canvas: Canvas, stages: Sequence[Stage]) -> None:
    """Draw the boxes, with shadows behind those that stand for several in parallel, and a key."""
    from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle

    sheet = canvas.sheet()
    box = (canvas.width_in - 0.12 - ARROW_IN * (len(stages) - 1)) / len(stages)
    height, bottom = 0.66, canvas.height_in - 0.9
    middle = bottom + height / 2
    size = min(7.0, 72 * box / 6.6)
    for index, stage in enumerate(stages):
        left = 0.02 + index * (box + ARROW_IN)
        for shadow in reversed(range(min(stage.parallel, 3))):
            shift = 0.05 * shadow
            sheet.add_patch(
                FancyBboxPatch(
                    (left + shift, bottom + shift),
                    box,
                    height,
                    boxstyle="round,pad=0,rounding_size=0.05",
                    **_look(stage.kind, plain=shadow > 0),
                )
            )
        if stage.kind == "digital":
            lines = 0.125 * len(stage.lines) + 0.03
            sheet.add_patch(
                Rectangle((left + 0.05, middle - lines / 2), box - 0.1, lines, facecolor=SURFACE, linewidth=0)
            )
        ink = SURFACE if stage.kind == "physical" else TEXT
        text = "\n".join(stage.lines)
        sheet.text(left + box / 2, middle, text, ha="center", va="center", fontsize=size, color=ink, linespacing=1.25)
        if stage.parallel > 1:
            sheet.text(
                left + box, bottom - 0.03, f"× {stage.parallel}", ha="right", va="top", fontsize=6.5, color=MUTED
            )
        if index < len(stages) - 1:
            start = left + box + 0.05 * (min(stage.parallel, 3) - 1)
            end = left + box + ARROW_IN
            sheet.add_patch(
                FancyArrowPatch(
                    (start, middle),
                    (end, middle),
                    arrowstyle="-|>",
                    mutation_scale=6,
                    color=MUTED,
                    shrinkA=1,
                    shrinkB=1,
                )
            )
            if stage.width is not None:
                place = left + box + ARROW_IN / 2
                sheet.text(place, bottom + height + 0.13, f"{stage.width:,}", ha="center", fontsize=6.5, color=MUTED)
                sheet.plot([place, place], [middle + 0.08, bottom + height + 0.1], color=LINE, linewidth=0.5)
    for place, (kind, word) in enumerate((("physical", "physical"), ("digital", "digital"))):
        left = 0.02 + 0.95 * place
        sheet.add_patch(Rectangle((left, 0.05), 0.22, 0.13, **_look(kind)))
        sheet.text(left + 0.28, 0.115, word, va="center", fontsize=7, color=MUTED)
    sheet.text(1.95, 0.115, "number of values above the arrows", va="center", fontsize=7, color=MUTED)


def _look(kind: str, *, plain: bool = False) -> dict[str, Any]:
    if kind == "physical":
        return {"facecolor": SERIES[0], "edgecolor": SURFACE if plain else SERIES[0], "linewidth": 0.8}
    if kind == "digital":
        return {"facecolor": SURFACE, "edgecolor": MUTED, "linewidth": 0.7, "hatch": None if plain else "/////"}
    if kind == "more":
        return {"facecolor": SURFACE, "edgecolor": MUTED, "linewidth": 0.7, "linestyle": (0, (2, 2))}
    return {"facecolor": RAISED, "edgecolor": LINE, "linewidth": 0.7}
