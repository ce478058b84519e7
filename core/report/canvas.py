"""Where figures are drawn: a rectangle of a page or of a picture, in inches, in the window's light colours.

Colours are exact so that a web page may put its own in their place. Text is never read as mathematics: it may have been
typed by a user.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import LegendLocType

TEXT, MUTED, LINE, RAISED, SURFACE = "#1b2430", "#566273", "#d5dae1", "#eef1f5", "#ffffff"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
ROLES = {TEXT: "text", MUTED: "muted", LINE: "line", RAISED: "raised", SURFACE: "surface"} | {
    colour: f"series-{index}" for index, colour in enumerate(SERIES, 1)
}
FONT = "DejaVu Sans"  # comes with matplotlib: the same on every machine
FALLBACKS = ("Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "WenQuanYi Zen Hei")
FONT_PT = 8.0
PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
PREFIXED_UNITS = {"m", "s", "Hz", "V", "A", "W", "N", "Pa", "J"}


@contextmanager
def drawing() -> Generator[None]:
    """Set matplotlib's fonts and colours for as long as figures are made."""
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    known = {font.name for font in fontManager.ttflist}
    settings: Any = {
        "font.family": [FONT, *(name for name in FALLBACKS if name in known)],
        "font.size": FONT_PT,
        "text.parse_math": False,
        "axes.formatter.use_mathtext": False,
        "axes.unicode_minus": True,
        "axes.labelsize": FONT_PT,
        "xtick.labelsize": 7,
        "ytick.labelsize": 7,
        "legend.fontsize": 7,
        "axes.linewidth": 0.6,
        "hatch.linewidth": 0.5,
        "lines.linewidth": 1.2,
        "lines.solid_joinstyle": "round",
        "svg.fonttype": "none",
        "svg.hashsalt": "overtone",
        "pdf.fonttype": 42,
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        **{key: TEXT for key in ("text.color", "axes.labelcolor", "hatch.color")},
        **{key: MUTED for key in ("xtick.color", "ytick.color", "axes.edgecolor")},
    }
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # drawn as a box
        yield


@dataclass(frozen=True)
class Canvas:
    """A rectangle of a matplotlib figure. Places are in inches from its lower left corner."""

    figure: Figure
    left_in: float
    bottom_in: float
    width_in: float
    height_in: float

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Return axes without a box, at this place."""
        axes = self._add(left, bottom, width, height)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(color=LINE, linewidth=0.5)
        axes.set_axisbelow(True)
        axes.tick_params(width=0.6, length=2.5, pad=2)
        return axes

    def sheet(self) -> Axes:
        """Return axes that fill the canvas and count in inches, for free drawing."""
        axes = self._add(0, 0, self.width_in, self.height_in)
        axes.set(xlim=(0, self.width_in), ylim=(0, self.height_in))
        axes.set_axis_off()
        return axes

    def _add(self, left: float, bottom: float, width: float, height: float) -> Axes:
        page_width, page_height = (float(value) for value in self.figure.get_size_inches())
        place = (self.left_in + left) / page_width, (self.bottom_in + bottom) / page_height
        return self.figure.add_axes((*place, width / page_width, height / page_height))


def svg(name: str, size_in: tuple[float, float], draw: Callable[[Canvas], None]) -> str:
    """Draw a picture as an SVG element for a web page, whose colours are the page's variables (`var(--series-1)`).

    All text in it has been escaped; `name` keeps its inner names apart from those of other pictures.
    """
    from matplotlib.figure import Figure

    figure = Figure(size_in)
    draw(Canvas(figure, 0, 0, *size_in))
    buffer = StringIO()
    figure.savefig(
        buffer, format="svg", transparent=True, metadata=dict.fromkeys(("Date", "Creator", "Format", "Type"))
    )
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<!--.*?-->\s*|<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'^(<svg[^>]*?) width="[^"]*" height="[^"]*"', r"\1", text)
    text = re.sub(r'<g id="[^"]*">', "<g>", text)
    text = re.sub(r'(\bid="|url\(#|xlink:href="#)', rf"\g<1>{name}-", text)
    text = re.sub(r"'DejaVu Sans'[^;\"]*", "var(--font)", text)
    return re.sub(r"#[0-9a-f]{6}\b", lambda found: _variable(found.group()), text)


def _variable(colour: str) -> str:
    return f"var(--{ROLES[colour]})" if colour in ROLES else colour


def prefixed(values: np.ndarray, unit: str) -> tuple[np.ndarray, str]:
    """Return an axis' values in the unit with the SI prefix that suits them, and that unit."""
    largest = float(np.abs(values).max(initial=0.0))
    if unit not in PREFIXED_UNITS or not largest > 0:
        return values, unit
    power = int(np.clip(3 * np.floor(np.log10(largest) / 3), min(PREFIXES), max(PREFIXES)))
    return values / 10.0**power, PREFIXES[power] + unit


def quantity(label: str, unit: str) -> str:
    """Return an axis' title, "quantity / unit"."""
    return f"{label} / {unit}" if unit else label


def plain_log(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers on it."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    subs = (1, 2, 5) if np.log10(high / low) < 2.5 else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=8))
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _plain(value: float, _position: int | None) -> str:
    return f"{value:g}"


def legend(axes: Axes, place: LegendLocType = "best", **options: Any) -> None:
    """Draw a legend without a frame; `place` is matplotlib's `loc`."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc=place, frameon=False, handlelength=2.4, borderaxespad=0.2, labelspacing=0.3, **options)


def named_levels(axes: Axes, levels: Mapping[str, float]) -> None:
    """Draw muted horizontal lines with their names right of the axes, apart from each other."""
    low, high = axes.get_ylim()
    line, place = 0.035 * (high - low), -np.inf
    for name, level in sorted(levels.items(), key=lambda item: item[1]):
        axes.axhline(level, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1.5)
        place = max(level, place + line)
        right = axes.get_yaxis_transform()
        axes.text(1.02, place, name, transform=right, color=MUTED, fontsize=6.5, va="center")


def value_above(axes: Axes, text: str) -> None:
    """Say above low axes what stands on the vertical one, where it would not fit beside it."""
    axes.text(0, 1.04, text, transform=axes.transAxes, fontsize=7)


def whole_ticks(axes: Axes) -> None:
    """Put ticks on the horizontal axis at whole numbers alone."""
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))


def thinned(values: Sequence[np.ndarray], most: int = 600) -> list[np.ndarray]:
    """Return columns with at most `most` rows, each the mean of its neighbours."""
    count = len(values[0])
    if count <= most:
        return list(values)
    edges = np.linspace(0, count, most + 1).astype(int)
    widths = np.diff(edges)
    return [np.add.reduceat(np.asarray(column, float), edges[:-1]) / widths for column in values]
