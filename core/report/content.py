"""What a report consists of, whatever it is written as: sections of paragraphs, tables and figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.phrase import Phrase
from core.report.canvas import Canvas, prefixed


@dataclass(frozen=True)
class Column:
    """A column: its title, its unit, and the format of its numbers: "" for text, which is set flush left.

    "si" gives each number a prefix and the unit of its own: values of unlike size stand below each other.
    """

    title: str
    unit: str = ""
    digits: str = ""

    @property
    def heading(self) -> str:
        """Return the title with the unit behind a stroke."""
        return f"{self.title} / {self.unit}" if self.unit else self.title

    @property
    def side(self) -> str:
        """Tell whether cells are set as "number", flush right, or as "text"."""
        return "number" if self.digits else "text"

    @property
    def shown_heading(self) -> str:
        """Return the title, with the unit where the cells do not have it."""
        return self.title if self.digits == "si" else self.heading

    def show(self, value: Any) -> str:
        """Return a cell as text; a dash where there is nothing."""
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            return "–"
        if self.digits == "si":
            shown, unit = prefixed(np.array([value]), self.unit)
            return f"{shown[0]:.3g}\u00a0{unit}"
        if isinstance(value, float) and not self.digits:
            return f"{value:.10g}"
        return format(value, self.digits).replace("-", "−") if self.digits else str(value)


@dataclass(frozen=True)
class Table:
    """Rows of plain values, unrounded, below their columns; `name` is that of the file with its data."""

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Any]]

    def texts(self) -> list[list[str]]:
        """Return all cells as they are shown."""
        return [[column.show(value) for column, value in zip(self.columns, row, strict=True)] for row in self.rows]


@dataclass(frozen=True)
class Figure:
    """A drawing of a given size, what is to be seen in it, and the data behind it."""

    name: str
    caption: str
    size_in: tuple[float, float]
    draw: Callable[[Canvas], None]
    data: Sequence[Table] = ()


@dataclass(frozen=True)
class Paragraph:
    """Running text, and a command line to which it leads."""

    text: str
    command: str = ""


Block = Paragraph | Table | Figure


@dataclass(frozen=True)
class Section:
    """Blocks below a title."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class KeyFigure:
    """A number that is read first, with what it says."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Report:
    """The whole report of one run; `facts` is what the run's files say, as plain data."""

    title: str
    subtitle: str
    warnings: Sequence[str]
    key_figures: Sequence[KeyFigure]
    sections: Sequence[Section]
    facts: dict[str, Any] = field(default_factory=dict[str, Any])

    def tables(self) -> list[Table]:
        """List all tables, those behind figures too."""
        found: list[Table] = []
        for block in (block for section in self.sections for block in section.blocks):
            if isinstance(block, Table):
                found.append(block)
            elif isinstance(block, Figure):
                found.extend(block.data)
        return found


def per_cent(value: float | None, digits: int = 1) -> str:
    """Write a fraction of 1 in per cent."""
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:.{digits}f}\u00a0%"


def interval(bounds: Sequence[float]) -> Phrase:
    """Write an interval of fractions of 1 in per cent."""
    return Phrase("{low:.1f} to {high:.1f}\u00a0%", low=100 * bounds[0], high=100 * bounds[1])


def duration(seconds: float) -> str:
    """Write a time with the unit that suits it and two to three digits."""
    if seconds >= 5400:
        return f"{seconds / 3600:.1f}\u00a0h"
    if seconds >= 90:
        return f"{seconds / 60:.1f}\u00a0min"
    if seconds >= 1:
        return f"{seconds:.3g}\u00a0s"
    return f"{1e3 * seconds:.3g}\u00a0ms"
