"""The figure of a sweep: accuracy against the value that was varied, a panel a preset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.ports import RunFileError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANEL_IN = (3.4, 2.7)
PANELS_ACROSS = 2
# Colour-blind-safe, and told apart by their dashes and marks too.
STYLES = {
    "PAT": ("#0072B2", "-", "o"),
    "in silico, on the device": ("#D55E00", "--", "s"),
    "in silico, believed": ("#CC79A7", ":", "^"),
    "ideal": ("#009E73", "-.", "D"),
}
MUTED = "#566273"
SUFFIXES = {".svg", ".pdf", ".png"}


@dataclass(frozen=True)
class Point:
    """Results at one value: their mean, the half width of its 95 % interval, and each of them, as fractions of 1."""

    value: str
    mean: float
    half_width95: float | None
    results: Sequence[float]


def check_figure(path: Path) -> None:
    """Raise RunFileError where no figure could be written, before anything is run for it."""
    if path.suffix.lower() not in SUFFIXES or not path.absolute().parent.is_dir():
        raise RunFileError(
            f"The figure {path} cannot be written. Name an .svg, .pdf or .png in a folder that is there."
        )


def draw_sweep(path: Path, quantity: str, panels: Mapping[str, Mapping[str, Sequence[Point]]]) -> None:
    """Draw each panel's curves: the mean with its interval, and a faint mark for every run; write the file.

    Values stand at equal distances, in their order. The file's suffix says how: svg, pdf or png. Raises RunFileError
    where it cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    across = min(PANELS_ACROSS, len(panels))
    down = -(-len(panels) // across)
    with mpl.rc_context({"font.size": 9, "svg.fonttype": "path", "pdf.fonttype": 42}):
        figure = Figure((PANEL_IN[0] * across, PANEL_IN[1] * down + 0.3), layout="constrained")
        grid = figure.subplots(down, across, squeeze=False, sharey=True)
        for axes, (title, curves) in zip(grid.flat, panels.items(), strict=False):
            _draw_panel(axes, title, curves)
        for axes in list(grid.flat)[len(panels) :]:
            axes.set_visible(False)
        for axes in grid[:, 0]:
            axes.set_ylabel("Test accuracy / %")
        figure.supxlabel(quantity, fontsize=9)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper left", ncols=3, frameon=False, fontsize=8)
        try:
            figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        except (OSError, ValueError) as error:
            raise RunFileError(f"The figure {path} cannot be written: {error}. Name an .svg, .pdf or .png.") from None


def _draw_panel(axes: Axes, title: str, curves: Mapping[str, Sequence[Point]]) -> None:
    for label, points in curves.items():
        colour, dash, mark = STYLES.get(label, (MUTED, (0, (1, 3)), ""))
        means = [100 * point.mean for point in points]
        halves = [100 * (point.half_width95 or 0.0) for point in points] if mark else None
        places = range(len(points))
        axes.errorbar(places, means, halves, label=label, color=colour, ls=dash, marker=mark, ms=4, lw=1.2, capsize=2)
        for place, point in zip(places, points, strict=True):
            if mark:
                each = [100 * value for value in point.results]
                axes.plot([place] * len(each), each, mark, color=colour, ms=2.5, alpha=0.5)
    values = [point.value for point in next(iter(curves.values()))]
    axes.set_title(title, fontsize=9)
    axes.set_xticks(range(len(values)), values)
    axes.set_ylim(0, 102)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.2)
