"""The curves of compared runs over each other, as a figure or on a page with the tables."""

from __future__ import annotations

import io
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.ports import RunFileError
from core.report.compare import ComparedRun, Comparison, shown, tables_of
from core.run.files import explained, write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE_IN = (7.2, 5.0)
# Colour-blind-safe, and told apart by their dashes too; an estimator looks the same in all figures.
SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A6D00", "#56B4E9")
DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (3, 1)))
ESTIMATORS = ("pat", "in_silico", "ideal")
ROWS = (("loss", "Loss", 1.0), ("validation_accuracy", "Validation accuracy / %", 100.0))
COLUMNS = (("epoch", "Epoch"), ("shots", "Device passes"))
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1B2430; background: #FFFFFF; max-width: 60em; margin: 2em auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: 1em 0; }
th, td { text-align: left; padding: 4px 12px 4px 0; border-bottom: 1px solid #D5DAE1; overflow-wrap: anywhere; }
th { color: #566273; font-weight: normal; } svg { max-width: 100%; height: auto; }
"""


def draw_comparison(comparison: Comparison) -> Figure:
    """Draw loss and validation accuracy of all runs against epoch and device passes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.size": 9}):
        figure = Figure(SIZE_IN, layout="constrained")
        grid = figure.subplots(2, 2, sharex="col", sharey="row")
        looks = _looks(comparison)
        for (column, label, factor), row in zip(ROWS, grid, strict=True):
            for (along, quantity), axes in zip(COLUMNS, row, strict=True):
                named = set[str]()
                for run in comparison.runs:
                    name, look = looks[run.name]
                    x, y = run.epochs.get(along, np.empty(0)), factor * run.epochs.get(column, np.empty(0))
                    marker = "." if len(x) == 1 else ""
                    axes.plot(x, y, lw=1.2, marker=marker, label="" if name in named else name, **look)
                    named.add(name)
                axes.set_ylabel(label if along == "epoch" else "")
                axes.set_xlabel(quantity if column == ROWS[-1][0] else "")
                axes.spines[["top", "right"]].set_visible(False)
                axes.grid(alpha=0.2)
        grid[0, 0].legend(frameon=False, fontsize=8)
    return figure


def write_comparison(path: Path, comparison: Comparison) -> None:
    """Write the figure (.svg, .pdf, .png) or a page with figure and tables (.html). Raises RunFileError."""
    import matplotlib as mpl

    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in {"html", "svg", "pdf", "png"}:
        raise RunFileError(f"A comparison cannot be written as {path.name!r}. Name an .html, .svg, .pdf or .png.")
    kind = "svg" if suffix == "html" else suffix
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.fonttype": "path", "svg.hashsalt": "overtone", "pdf.fonttype": 42}):
        figure = draw_comparison(comparison)
        figure.savefig(buffer, format=kind, dpi=200, metadata={"Date": None} if kind == "svg" else None)
    content = buffer.getvalue()
    if suffix == "html":
        content = _page(comparison, content.decode()).encode("utf-8", "replace")
    with explained(path):
        write_atomically(path, content)


def _page(comparison: Comparison, svg: str) -> str:
    tables = "".join(f"<h2>{escape(title)}</h2>{_table(rows)}" for title, rows in tables_of(comparison).items())
    words = "".join(f"<li>{escape(sentence)}</li>" for sentence in comparison.words)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Comparison of runs</title>'
        f"<style>{STYLE}</style></head><body><h1>Comparison of {len(comparison.runs)} runs</h1>"
        f"<h2>What can be concluded</h2><ul>{words}</ul>{svg[svg.index('<svg') :]}{tables}</body></html>\n"
    )


def _table(rows: list[list[str]]) -> str:
    head, *body = ("".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in row) for tag, row in _tagged(rows))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(f'<tr>{row}</tr>' for row in body)}</tbody></table>"


def _tagged(rows: list[list[str]]) -> list[tuple[str, list[str]]]:
    return [("td" if index else "th", row) for index, row in enumerate(rows)]


def places(comparison: Comparison) -> dict[str, tuple[str, int]]:
    """Return by run its label, that of its group where there are groups, and the label's place in the series."""
    labels = {run.name: _label(run, comparison) for run in comparison.runs}
    order = list(dict.fromkeys(labels.values()))
    if comparison.key == "training.estimator":
        known = [shown(name) for name in ESTIMATORS]
        order = [*known, *(label for label in order if label not in known)]
    return {name: (label, order.index(label)) for name, label in labels.items()}


def _looks(comparison: Comparison) -> dict[str, tuple[str, dict[str, Any]]]:
    return {
        name: (
            label.replace("$", r"\$"),
            {"color": SERIES[place % len(SERIES)], "ls": DASHES[place % len(DASHES)]},
        )
        for name, (label, place) in places(comparison).items()
    }


def _label(run: ComparedRun, comparison: Comparison) -> str:
    if comparison.key is None:
        return run.name
    value = shown(run.specification.get(comparison.key))
    return value if comparison.key == "training.estimator" else f"{comparison.key} = {value}"
