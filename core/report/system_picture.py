"""Line drawings of the physical systems: what is driven, what answers, and what measures it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon, Rectangle

from core.report.canvas import LINE, MUTED, RAISED, SERIES, TEXT, Canvas

PICTURE_IN = (6.85, 1.45)
MIDDLE_IN = 0.85
Place = tuple[float, float]


def draw_system(canvas: Canvas, kind: str, name: str) -> None:
    """Draw a system by its kind; one that is not known is a box with its name."""
    sheet = canvas.sheet()
    sheet.set_aspect("equal")
    PICTURES.get(kind, lambda axes: _box_of_unknown(axes, name))(sheet)


def _line(sheet: Axes, *places: Place, colour: str = TEXT, width: float = 1.1, dash: str = "-") -> None:
    sheet.plot(*zip(*places, strict=True), color=colour, linewidth=width, linestyle=dash, solid_capstyle="round")


def _box(sheet: Axes, x: float, y: float, width: float, height: float, fill: str = RAISED) -> None:
    sheet.add_patch(Rectangle((x, y), width, height, facecolor=fill, edgecolor=TEXT, linewidth=1.0))


def _label(sheet: Axes, x: float, text: str, y: float = 0.12) -> None:
    sheet.text(x, y, text, ha="center", va="bottom", fontsize=7, color=MUTED, linespacing=1.2)


def _arrow(sheet: Axes, start: Place, end: Place, colour: str = MUTED) -> None:
    sheet.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.0})


def _wave(left: float, right: float, y: float, height: float, turns: float) -> Sequence[Place]:
    along = np.linspace(0, 1, 60)
    return list(zip(left + (right - left) * along, y + height * np.sin(2 * np.pi * turns * along), strict=True))


def _shg(sheet: Axes) -> None:
    y, red, blue = MIDDLE_IN, SERIES[1], SERIES[0]
    _line(sheet, (1.25, y), (3.72, y), colour=red, width=2.0)
    _line(sheet, (4.3, y), (5.2, y), colour=blue, width=2.0)
    _line(sheet, (4.3, y - 0.05), (4.75, y - 0.05), colour=red, width=1.0)
    _box(sheet, 0.25, y - 0.22, 1.0, 0.44)
    _box(sheet, 1.9, y - 0.3, 0.5, 0.6)
    for index in range(6):
        height = (0.16, 0.3, 0.42, 0.24, 0.36, 0.2)[index]
        _line(sheet, (1.98 + 0.068 * index, y - 0.23), (1.98 + 0.068 * index, y - 0.23 + height), width=1.6)
    lens = 0.28 * np.sin(np.linspace(0, np.pi, 20))
    tall = np.linspace(y - 0.33, y + 0.33, 20)
    outline = [*zip(3.05 + 0.25 * lens, tall, strict=True), *zip(3.05 - 0.25 * lens, tall, strict=True)]
    sheet.add_patch(Polygon(outline, closed=True, facecolor=RAISED, edgecolor=TEXT, linewidth=1.0))
    sheet.add_patch(
        Polygon([(3.72, y - 0.3), (4.22, y - 0.2), (4.3, y + 0.3), (3.8, y + 0.2)], facecolor=RAISED, edgecolor=TEXT)
    )
    _line(sheet, (4.75, y - 0.3), (4.75, y + 0.3), width=2.2)
    _box(sheet, 5.2, y - 0.3, 1.3, 0.6)
    _line(sheet, *_peaks(5.32, 6.38, y - 0.22, 0.42), colour=blue)
    for x, text in ((0.75, "femtosecond\nlaser"), (2.15, "pulse\nshaper"), (3.05, "lens"), (4.0, "BBO\ncrystal")):
        _label(sheet, x, text)
    _label(sheet, 4.75, "filter")
    _label(sheet, 5.85, "spectrometer")
    sheet.text(1.57, y + 0.1, "ω", ha="center", color=red)
    sheet.text(4.98, y + 0.1, "2ω", ha="center", color=blue)


def _peaks(left: float, right: float, y: float, height: float) -> Sequence[Place]:
    along = np.linspace(0, 1, 60)
    shape = sum(weight * np.exp(-(((along - at) / 0.07) ** 2)) for at, weight in ((0.3, 0.6), (0.5, 1.0), (0.72, 0.4)))
    return list(zip(left + (right - left) * along, y + height * np.asarray(shape), strict=True))


def _plate(sheet: Axes) -> None:
    y = MIDDLE_IN
    _box(sheet, 0.25, y - 0.25, 0.95, 0.5)
    _line(sheet, *_wave(0.35, 1.1, y, 0.13, 2.5), colour=SERIES[0])
    _arrow(sheet, (1.22, y), (1.62, y))
    sheet.add_patch(Polygon([(1.64, y - 0.2), (1.64, y + 0.2), (2.0, y)], facecolor=RAISED, edgecolor=TEXT))
    _arrow(sheet, (2.02, y), (2.42, y))
    _box(sheet, 2.44, y - 0.12, 0.16, 0.24)
    sheet.add_patch(
        Polygon(
            [(2.6, y - 0.12), (2.84, y - 0.32), (2.84, y + 0.32), (2.6, y + 0.12)], facecolor=RAISED, edgecolor=TEXT
        )
    )
    _line(sheet, (2.84, y), (3.3, y))
    corners = [(3.05, y - 0.26), (4.15, y - 0.26), (4.6, y + 0.26), (3.5, y + 0.26)]
    sheet.add_patch(Polygon(corners, facecolor=RAISED, edgecolor=TEXT, zorder=2))
    for share in (0.25, 0.5, 0.75):
        left = 3.05 + 0.45 * share
        along = np.linspace(0, 1, 60)
        ripple = 0.05 * np.sin(np.pi * along) * np.sin(5 * np.pi * along + 2 * share)
        sheet.plot(left + 1.1 * along, y - 0.26 + 0.52 * share + ripple, color=SERIES[0], linewidth=0.9, zorder=3)
    for radius in (0.14, 0.24, 0.34):
        angle = np.linspace(-0.7, 0.7, 20)
        sheet.plot(4.62 + radius * np.cos(angle), y + radius * np.sin(angle), color=LINE, linewidth=1.0)
    sheet.add_patch(Circle((5.2, y), 0.11, facecolor=RAISED, edgecolor=TEXT))
    _line(sheet, (5.31, y + 0.13), (5.31, y - 0.13))
    _arrow(sheet, (5.33, y), (5.68, y))
    _box(sheet, 5.7, y - 0.25, 0.95, 0.5)
    _line(sheet, *_wave(5.8, 6.55, y, 0.09, 4), colour=SERIES[1])
    for x, text in ((0.72, "generator"), (1.8, "amplifier"), (2.62, "speaker"), (3.8, "titanium plate")):
        _label(sheet, x, text)
    _label(sheet, 5.2, "microphone")
    _label(sheet, 6.17, "recorder")


def _circuit(sheet: Axes) -> None:
    top, low = 1.2, 0.42
    _line(sheet, (1.3, low), (1.3, 0.6))
    sheet.add_patch(Circle((1.3, 0.8), 0.2, facecolor=RAISED, edgecolor=TEXT))
    _line(sheet, *_wave(1.18, 1.42, 0.8, 0.07, 1), colour=SERIES[0])
    _line(sheet, (1.3, 1.0), (1.3, top), (1.75, top))
    _box(sheet, 1.75, top - 0.07, 0.45, 0.14)
    _line(sheet, (2.2, top), (2.55, top))
    for index in range(4):
        angle = np.linspace(np.pi, 0, 20)
        sheet.plot(2.64 + 0.18 * index + 0.09 * np.cos(angle), top + 0.1 * np.sin(angle), color=TEXT, linewidth=1.1)
    _line(sheet, (3.27, top), (5.6, top))
    _line(sheet, (3.75, top), (3.75, 0.85))
    _line(sheet, (3.6, 0.85), (3.9, 0.85), width=1.8)
    _line(sheet, (3.6, 0.77), (3.9, 0.77), width=1.8)
    _line(sheet, (3.75, 0.77), (3.75, low))
    sheet.add_patch(Circle((4.7, 0.8), 0.2, facecolor=RAISED, edgecolor=TEXT))
    _line(sheet, (4.64, 0.68), (4.64, 0.92), width=1.8)
    _line(sheet, (4.64, 0.84), (4.78, 0.95), (4.78, top))
    _arrow(sheet, (4.62, 0.78), (4.8, 0.64), colour=TEXT)
    _line(sheet, (4.78, 0.66), (4.78, low))
    _line(sheet, (4.64, 0.8), (4.3, 0.8), (4.3, top))
    _line(sheet, (1.3, low), (5.6, low))
    _box(sheet, 5.6, 0.5, 0.95, 0.78)
    _line(sheet, (5.6, low), (5.6, 0.5))
    _line(sheet, *_wave(5.7, 6.45, 0.89, 0.2, 2.5), colour=SERIES[1])
    for x, y in ((3.75, top), (4.3, top), (4.78, top)):
        sheet.add_patch(Circle((x, y), 0.025, color=TEXT))
    for x, text in ((1.3, "generator"), (3.75, "C"), (4.7, "transistor"), (6.07, "oscilloscope")):
        _label(sheet, x, text, 0.16)
    sheet.text(1.97, top - 0.15, "R", ha="center", va="top", fontsize=7, color=MUTED)
    sheet.text(2.91, top - 0.15, "L", ha="center", va="top", fontsize=7, color=MUTED)


def _pendula(sheet: Axes) -> None:
    top, length, spacing = 1.32, 0.72, 0.62
    _line(sheet, (0.5, top), (6.35, top), width=2.2)
    places: list[Place] = []
    for index in range(9):
        angle = 0.45 * np.sin(1.3 * index + 0.4)
        pivot = 0.95 + spacing * index
        places.append((pivot + length * np.sin(angle), top - length * np.cos(angle)))
        _line(sheet, (pivot, top), places[-1], width=0.9)
    for (x0, y0), (x1, y1) in pairwise(places):
        along = np.linspace(0, 1, 60)
        coil = 0.035 * np.sin(12 * np.pi * along) * ((along > 0.2) & (along < 0.8))
        sheet.plot(x0 + (x1 - x0) * along, y0 + (y1 - y0) * along + coil, color=MUTED, linewidth=0.8, zorder=1)
    for index, place in enumerate(places):
        sheet.add_patch(
            Circle(
                place, 0.095, facecolor=SERIES[0] if index < 7 else SERIES[1], edgecolor=TEXT, linewidth=0.8, zorder=2
            )
        )
    _label(sheet, 2.6, "released at the inputs, coupled by trained springs")
    _label(sheet, 5.6, "read out: the last ten")


def _box_of_unknown(sheet: Axes, name: str) -> None:
    _box(sheet, 2.2, MIDDLE_IN - 0.3, 2.45, 0.6)
    sheet.text(3.42, MIDDLE_IN, name if len(name) <= 34 else name[:33] + "…", ha="center", va="center")
    _arrow(sheet, (1.2, MIDDLE_IN), (2.18, MIDDLE_IN))
    _arrow(sheet, (4.67, MIDDLE_IN), (5.65, MIDDLE_IN))
    _label(sheet, 1.65, "drive")
    _label(sheet, 5.2, "response")


PICTURES: dict[str, Callable[[Axes], None]] = {
    "shg": _shg,
    "plate": _plate,
    "circuit": _circuit,
    "pendula": _pendula,
}
