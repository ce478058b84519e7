"""The figure of a sweep: accuracy against the value that was varied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from core.ports import RunFileError

SIZE_IN = (5.2, 3.4)
# Colour-blind-safe, and told apart by their dashes and marks too.
STYLES = {
    "PAT": ("#0072B2", "-", "o"),
    "in silico, on the device": ("#D55E00", "--", "s"),
    "in silico, believed": ("#CC79A7", ":", "^"),
    "ideal": ("#009E73", "-.", "D"),
}
MUTED = "#566273"


def draw_sweep(
    path: Path,
    title: str,
    quantity: str,
    values: Sequence[float],
    curves: Mapping[str, Sequence[tuple[float, float | None]]],
) -> None:
    """Draw each curve's means and half widths of 95 % intervals (fractions of 1) against the values; write the file.

    Its suffix says how: svg, pdf or png. Raises RunFileError where it cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.size": 9, "svg.fonttype": "path", "pdf.fonttype": 42}):
        figure = Figure(SIZE_IN, layout="constrained")
        axes = figure.add_subplot()
        for label, points in curves.items():
            means = [100 * mean for mean, _ in points]
            halves = [100 * (half or 0.0) for _, half in points]
            colour, dash, mark = STYLES.get(label, (MUTED, (0, (1, 3)), ""))
            axes.errorbar(
                values, means, halves, label=label, color=colour, ls=dash, marker=mark, ms=4, lw=1.2, capsize=2
            )
        axes.set(title=title, xlabel=quantity, ylabel="Test accuracy / %", ylim=(0, 102))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.2)
        axes.legend(frameon=False)
        try:
            figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        except (OSError, ValueError) as error:
            raise RunFileError(f"The figure {path} cannot be written: {error}. Name an .svg, .pdf or .png.") from None
