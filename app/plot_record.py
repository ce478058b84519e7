"""What a plot shows as plain data, and how it is saved: a picture that can be printed, or its true values."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from app.figures import bears_prefix
from core.ports import RunFileError
from core.run.files import explained, write_atomically

Dash = Literal["solid", "dash", "dot"]
PICTURES, DATA = (".png", ".svg", ".pdf"), (".csv", ".npz")
SIZE_IN = (6.4, 4.0)
PIXELS_PER_INCH = 200
BAND_OPACITY = 0.25


@dataclass(frozen=True)
class Quantity:
    """What an axis counts, in a unit without prefix; "" for a plain number."""

    name: str
    unit: str = ""

    @property
    def title(self) -> str:
        """Write quantity and unit as an axis title."""
        return f"{self.name} / {self.unit}" if self.unit else self.name


@dataclass(frozen=True)
class Line:
    """A curve: its points (n,) in the axes' units, and how it is drawn."""

    name: str
    x: np.ndarray
    y: np.ndarray
    colour: str = "#0072B2"
    dash: str = "solid"
    points: bool = False
    second: Quantity | None = None  # what it counts, where that is not what the axis of y does
    band: tuple[np.ndarray, np.ndarray] | None = None  # lower and upper end (n,) of each point's interval

    def columns(self, y: Quantity) -> dict[str, np.ndarray]:
        """Return what it counts and the ends of the intervals, by the heads of a table whose axis counts `y`."""
        title = (self.second or y).title
        low, high = self.band or (None, None)
        ends = (
            {}
            if low is None or high is None
            else {f"{self.name}, low: {title}": low, f"{self.name}, high: {title}": high}
        )
        return {f"{self.name}: {title}": self.y, **ends}


@dataclass(frozen=True)
class PlotRecord:
    """A plot as it was when its user asked for it; `levels` are named horizontal lines.

    `names` stand along x in place of 0, 1, 2 …, and along y too where it shows an image.
    """

    title: str
    x: Quantity
    y: Quantity
    lines: tuple[Line, ...]
    levels: Mapping[str, float] = field(default_factory=dict[str, float])
    log_x: bool = False
    image: np.ndarray | None = None  # (row, column) over `extent`, in place of lines
    extent: tuple[float, float, float, float] = (0.0, 1.0, 0.0, 1.0)  # left, right, bottom, top
    z: Quantity = Quantity("Value")  # what the image shows, in colours over `limits`
    limits: tuple[float, float] | None = None
    diverging: bool = False
    downwards: bool = False  # y grows downwards
    names: tuple[str, ...] = ()


def save_plot(record: PlotRecord, path: Path, facts: Mapping[str, str]) -> None:
    """Write a picture or the data, by the ending of the name; `facts` (the run, the time) go with them.

    Raises RunFileError on another ending or where the file cannot be written.
    """
    kind = path.suffix.lower()
    if kind == ".csv":
        content = csv_bytes(record, facts)
    elif kind == ".npz":
        content = npz_bytes(record, facts)
    elif kind in PICTURES:
        content = picture_bytes(record, kind[1:], facts)
    else:
        raise RunFileError(f"{path.name} was not saved: name it {', '.join((*PICTURES, *DATA))}.")
    with explained(path):
        write_atomically(path, content)


def csv_bytes(record: PlotRecord, facts: Mapping[str, str]) -> bytes:
    """Write the columns x and y of each line, or the rows of the image, below facts and units."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    for key, value in {"title": record.title, **facts}.items():
        writer.writerow([f"# {key}", value])
    if record.names:
        writer.writerow(["# names", *record.names])
    if record.image is not None:
        writer.writerow(["# rows", record.y.title, *map(repr, record.extent[2:])])
        writer.writerow(["# columns", record.x.title, *map(repr, record.extent[:2])])
        writer.writerow(["# values", record.z.title])
        writer.writerows([[repr(float(value)) for value in row] for row in record.image])
    else:
        columns = [
            column for line in record.lines for column in ((record.x.title, line.x), *line.columns(record.y).items())
        ]
        writer.writerow([head for head, _ in columns])
        for row in range(max((len(line.x) for line in record.lines), default=0)):
            writer.writerow([repr(float(values[row])) if row < len(values) else "" for _, values in columns])
    return stream.getvalue().encode()


def npz_bytes(record: PlotRecord, facts: Mapping[str, str]) -> bytes:
    """Write the same as arrays, without pickles."""
    arrays: dict[str, np.ndarray] = {
        "title": np.array(record.title),
        "x_axis": np.array(record.x.title),
        "y_axis": np.array(record.y.title),
        **{f"fact_{key}": np.array(value) for key, value in facts.items()},
    }
    if record.image is not None:
        arrays |= {"image": record.image, "extent": np.array(record.extent), "z_axis": np.array(record.z.title)}
    if record.names:
        arrays["names"] = np.array(record.names)
    for number, line in enumerate(record.lines):
        arrays |= {f"name_{number}": np.array(line.name), f"x_{number}": line.x, f"y_{number}": line.y}
        if line.second is not None:
            arrays[f"y_axis_{number}"] = np.array(line.second.title)
        if line.band is not None:
            arrays |= {f"low_{number}": line.band[0], f"high_{number}": line.band[1]}
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def picture_bytes(record: PlotRecord, kind: str, facts: Mapping[str, str]) -> bytes:
    """Draw the plot for print: vector lines, embedded fonts."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter

    from core.report.canvas import DASHES, LINE, MUTED, drawing

    dashes: dict[str, Any] = {"solid": DASHES[0], "dash": DASHES[1], "dot": DASHES[2], "none": "none"}
    stream = io.BytesIO()
    with drawing():
        figure = Figure(figsize=SIZE_IN, layout="constrained", facecolor="white")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        if record.image is not None:
            low, high = record.limits or (None, None)
            colours = "coolwarm" if record.diverging else "viridis"
            look: dict[str, Any] = {"aspect": "auto", "origin": "lower", "interpolation": "nearest", "cmap": colours}
            shown = axes.imshow(record.image, extent=record.extent, vmin=low, vmax=high, **look)
            figure.colorbar(shown).set_label(record.z.title)
            if record.downwards:
                axes.invert_yaxis()
        else:
            axes.grid(color=LINE, linewidth=0.5)
            drawn: list[Any] = []
            for line in record.lines:
                at = axes
                if line.second is not None:
                    at = axes.twinx()
                    at.set_ylabel(line.second.title)
                drawn += at.plot(line.x, line.y, color=line.colour, linestyle=dashes[line.dash], label=line.name)
                drawn[-1].set(marker="o" if line.points else "", markersize=3)
                if line.band is not None and line.dash == "none":
                    at.vlines(line.x, *line.band, color=line.colour, linewidth=0.8)
                elif line.band is not None:
                    at.fill_between(line.x, *line.band, color=line.colour, alpha=BAND_OPACITY, linewidth=0)
            for name, value in record.levels.items():
                axes.axhline(value, color=MUTED, linestyle=dashes["dash"], linewidth=0.8)
                axes.annotate(name, (0.01, value), xycoords=("axes fraction", "data"), fontsize=7, va="bottom")
            if len(record.lines) > 1:
                axes.legend(handles=drawn, frameon=False)
        if record.names:
            axes.set_xticks(range(len(record.names)), record.names)
            if record.image is not None:
                axes.set_yticks(range(len(record.names)), record.names)
        if record.log_x:
            axes.set_xscale("log")
        for axis, quantity in ((axes.xaxis, record.x), (axes.yaxis, record.y)):
            if bears_prefix(quantity.unit):
                axis.set_major_formatter(EngFormatter(unit=quantity.unit))
                axis.set_label_text(quantity.name)
            else:
                axis.set_label_text(quantity.title)
        run = facts.get("run", "")
        axes.set_title(f"{record.title} · {run}" if run else record.title, fontsize=8, loc="left")
        figure.savefig(stream, format=kind, dpi=PIXELS_PER_INCH, metadata=_metadata(kind, facts))
    return stream.getvalue()


def _metadata(kind: str, facts: Mapping[str, str]) -> dict[str, str]:
    text = "; ".join(f"{key}: {value}" for key, value in facts.items())
    return {"svg": {"Description": text}, "pdf": {"Subject": text}, "png": {"Description": text}}[kind]
