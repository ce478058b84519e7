"""The network as a row of boxes: digital ones hatched, physical ones filled, dimensions on the arrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.network.stages import Stage
from core.report.canvas import LINE, MUTED, RAISED, SERIES, SURFACE, TEXT, Canvas

CHAIN_IN = (6.85, 1.35)
ARROW_IN = 0.3


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
