"""A report on A4 pages: vector figures, embedded fonts, page numbers. Runs in any thread; no window is needed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from io import BytesIO

from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure as Page
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path

from core.report.canvas import FONT, LINE, MUTED, RAISED, TEXT, Canvas
from core.report.content import Block, Column, Figure, KeyFigure, Paragraph, Report, Table

PAGE_IN = (8.27, 11.69)
MARGIN_IN = 0.71
WIDTH_IN = PAGE_IN[0] - 2 * MARGIN_IN
BODY_PT, SMALL_PT = 8.5, 7.0
LEADING = 1.4  # of the font size
_STEP_IN = SMALL_PT * 1.35 / 72  # from line to line of tables and captions
COLUMN_GAP_IN = 0.16
SHORT_ROWS = 20  # up to these, a table stays on one page
KEPT_ROWS = 3  # of a longer one, at least these stand below its head


def render_pdf(report: Report) -> bytes:
    """Write the pages."""
    typesetter = _Typesetter()
    _title(typesetter, report)
    for section in report.sections:
        typesetter.heading(section.title, keep_in=typesetter.kept_in(section.blocks[0]))
        for block in section.blocks:
            if isinstance(block, Paragraph):
                typesetter.paragraph(f"{block.text} {block.command}".rstrip())
            elif isinstance(block, Figure):
                typesetter.figure(block)
            else:
                typesetter.table(block)
    return typesetter.finish(report.title)


def _title(typesetter: _Typesetter, report: Report) -> None:
    typesetter.paragraph(report.title, size=16, gap_in=0.02)
    typesetter.paragraph(report.subtitle, colour=MUTED, gap_in=0.14)
    for warning in report.warnings:
        typesetter.note(warning)
    typesetter.cards(report.key_figures)


@lru_cache(8192)  # tables are measured more than once
def text_width_in(text: str, size: float) -> float:
    """Measure a text set on one line, in inches."""
    text = " ".join(text.splitlines())
    width, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(family=FONT, size=size), ismath=False)
    return width / 72


def wrapped(text: str, width_in: float, size: float) -> list[str]:
    """Break a text into lines that are not wider than this; a longer word is broken where the line ends."""
    lines, line = list[str](), ""
    for word in re.split(r"[ \t\r\n]+", text.strip()):  # not at no-break spaces
        candidate = f"{line} {word}" if line else word
        if text_width_in(candidate, size) <= width_in:
            line = candidate
            continue
        if line:
            lines.append(line)
        while text_width_in(word, size) > width_in and len(word) > 1:
            fitting = max(1, int(len(word) * width_in / text_width_in(word, size)))
            while fitting > 1 and text_width_in(word[:fitting], size) > width_in:
                fitting -= 1
            lines.append(word[:fitting])
            word = word[fitting:]
        line = word
    return [*lines, line] if line or not lines else lines


@dataclass
class _Typesetter:
    """Sets blocks one below the other and begins a new page where one does not fit."""

    pages: list[Page] = field(default_factory=list[Page])
    down_in: float = PAGE_IN[1]  # how far the present page is filled

    def need(self, height_in: float) -> None:
        """Begin a new page unless there is room for this height."""
        if self.pages and self.down_in + height_in <= PAGE_IN[1] - MARGIN_IN:
            return
        self.pages.append(Page(PAGE_IN, facecolor="white"))
        self.down_in = MARGIN_IN

    def text(self, x_in: float, text: str, size: float, *, colour: str = TEXT, side: str = "left") -> None:
        """Set a line with its base line at the present height."""
        x, y = (MARGIN_IN + x_in) / PAGE_IN[0], 1 - self.down_in / PAGE_IN[1]
        self.pages[-1].text(x, y, text, fontsize=size, color=colour, ha=side, va="baseline")

    def rule(self, width_in: float) -> None:
        """Draw a line at the present height."""
        y = 1 - self.down_in / PAGE_IN[1]
        ends = [MARGIN_IN / PAGE_IN[0], (MARGIN_IN + width_in) / PAGE_IN[0]]
        self.pages[-1].add_artist(Line2D(ends, [y, y], color=LINE, linewidth=0.5))

    def heading(self, text: str, *, keep_in: float) -> None:
        """Set a section's title, on the same page as the next `keep_in` inches."""
        self.need(min(0.62 + keep_in, PAGE_IN[1] - 2 * MARGIN_IN))
        self.down_in += 0.36 if self.down_in > MARGIN_IN else 0.16
        self.text(0, text, 11.5)
        self.down_in += 0.1

    def paragraph(self, text: str, *, size: float = BODY_PT, colour: str = TEXT, gap_in: float = 0.08) -> None:
        """Set running text."""
        step = size * LEADING / 72
        for line in wrapped(text, WIDTH_IN, size):
            self.need(step)
            self.down_in += step
            self.text(0, line, size, colour=colour)
        self.down_in += gap_in

    def note(self, text: str) -> None:
        """Set a warning behind a bar."""
        lines, step = wrapped(f"Note. {text}", WIDTH_IN - 0.2, BODY_PT), BODY_PT * LEADING / 72
        height = step * len(lines) + 0.08
        self.need(height)
        self._block(0, height, 0.05, "#9a5b00")
        for line in lines:
            self.down_in += step
            self.text(0.15, line, BODY_PT)
        self.down_in += 0.16

    def cards(self, items: Sequence[KeyFigure]) -> None:
        """Set the key figures side by side."""
        if not items:
            return
        width, height = (WIDTH_IN - 0.1 * (len(items) - 1)) / len(items), 0.92
        self.need(height)
        top = self.down_in
        for index, item in enumerate(items):
            left = index * (width + 0.1)
            self.down_in = top
            self._block(left, height, width, RAISED)
            self.down_in += 0.06
            for size, colour, text, most in (
                (6.5, MUTED, item.label, 2),
                (13, TEXT, item.value, 1),
                (6.5, MUTED, item.note, 3),
            ):
                for line in wrapped(text, width - 0.16, size)[:most]:
                    self.down_in += size * 1.3 / 72
                    self.text(left + 0.08, line, size, colour=colour)
                self.down_in += 0.02
        self.down_in = top + height + 0.1

    def figure(self, figure: Figure) -> None:
        """Draw a figure with its caption below it."""
        width, height = figure.size_in
        lines = wrapped(figure.caption, WIDTH_IN, SMALL_PT)
        self.need(self.kept_in(figure))
        self.down_in += height + 0.06
        bottom = PAGE_IN[1] - self.down_in
        figure.draw(Canvas(self.pages[-1], MARGIN_IN + (WIDTH_IN - width) / 2, bottom, width, height))
        for line in lines:
            self.down_in += _STEP_IN
            self.text(0, line, SMALL_PT, colour=MUTED)
        self.down_in += 0.14

    def table(self, table: Table) -> None:
        """Set a table, its head again on every page."""
        if not table.rows:
            return
        columns, step = table.columns, _STEP_IN
        widths, head, rows = _laid_out(table)
        self.need(self.kept_in(table))
        for line in wrapped(table.caption, WIDTH_IN, SMALL_PT):
            self.down_in += step
            self.text(0, line, SMALL_PT, colour=MUTED)
        self.down_in += 0.04
        self._row(columns, widths, head, MUTED)
        for row in rows:
            pages = len(self.pages)
            self.need(_height_in(row))
            if len(self.pages) > pages:
                self._row(columns, widths, head, MUTED)
            self._row(columns, widths, row, TEXT)
        self.down_in += 0.16

    def kept_in(self, block: Block) -> float:
        """Return the height of what must stand on one page, in inches: a block, or the beginning of a long one."""
        if isinstance(block, Paragraph):
            return 0.8
        caption = wrapped(block.caption, WIDTH_IN, SMALL_PT)
        if isinstance(block, Figure):
            return block.size_in[1] + 0.2 + _STEP_IN * len(caption)
        if not block.rows:
            return 0.0
        _, head, rows = _laid_out(block)
        kept = rows if len(rows) <= SHORT_ROWS else rows[:KEPT_ROWS]
        return min(9.0, _STEP_IN * len(caption) + 0.1 + sum(map(_height_in, [head, *kept])))

    def finish(self, title: str) -> bytes:
        """Number the pages and return the file."""
        buffer = BytesIO()
        with PdfPages(buffer, metadata={"Title": title, "Creator": "Overtone"}) as file:
            for number, page in enumerate(self.pages, 1):
                self.down_in = PAGE_IN[1] - 0.4
                for x, text, side in (
                    (0, " ".join(title.split())[:90], "left"),
                    (WIDTH_IN, f"{number} / {len(self.pages)}", "right"),
                ):
                    place = (MARGIN_IN + x) / PAGE_IN[0], 0.4 / PAGE_IN[1]
                    page.text(*place, text, fontsize=6.5, color=MUTED, ha=side)
                file.savefig(page)
        return buffer.getvalue()

    def _row(
        self,
        columns: Sequence[Column],
        widths: Sequence[float],
        cells: Sequence[Sequence[str]],
        colour: str,
    ) -> None:
        top, left = self.down_in, 0.0
        for column, width, lines in zip(columns, widths, cells, strict=True):
            for index, line in enumerate(lines):
                self.down_in = top + _STEP_IN * (index + 1)
                number = bool(column.digits)
                self.text(
                    left + (width if number else 0), line, SMALL_PT, colour=colour, side="right" if number else "left"
                )
            left += width + COLUMN_GAP_IN
        self.down_in = top + _height_in(cells)
        self.rule(left - COLUMN_GAP_IN)

    def _block(self, x_in: float, height_in: float, width_in: float, colour: str) -> None:
        place = (MARGIN_IN + x_in) / PAGE_IN[0], 1 - (self.down_in + height_in) / PAGE_IN[1]
        size = width_in / PAGE_IN[0], height_in / PAGE_IN[1]
        self.pages[-1].add_artist(Rectangle(place, *size, facecolor=colour, linewidth=0))


Lines = Sequence[Sequence[str]]  # of each cell of a row


def _laid_out(table: Table) -> tuple[list[float], Lines, list[Lines]]:
    """Return the widths of a table's columns in inches, its head and its rows, broken into lines."""
    texts, heads = table.texts(), [column.shown_heading for column in table.columns]
    widths = _column_widths(table.columns, heads, texts)
    lines: list[Lines] = [
        [wrapped(*cell, SMALL_PT) for cell in zip(row, widths, strict=True)] for row in [heads, *texts]
    ]
    return widths, lines[0], lines[1:]


def _height_in(row: Lines) -> float:
    return _STEP_IN * max(map(len, row)) + 0.045


def _column_widths(columns: Sequence[Column], heads: Sequence[str], texts: Sequence[Sequence[str]]) -> list[float]:
    """Return widths that fit heads and cells. Where the page is too narrow heads break, then the widest text does."""
    room = WIDTH_IN - COLUMN_GAP_IN * (len(columns) - 1)
    cells = [max(text_width_in(row[place], SMALL_PT) for row in texts) + 0.02 for place in range(len(columns))]
    widths = cells
    for head_parts in ([[head] for head in heads], [head.split() for head in heads]):
        parts = [max(text_width_in(part, SMALL_PT) for part in head) + 0.02 for head in head_parts]
        widths = [max(pair) for pair in zip(cells, parts, strict=True)]
        if sum(widths) <= room:
            return widths
    texts_at = [place for place, column in enumerate(columns) if not column.digits] or list(range(len(columns)))
    widest = max(texts_at, key=lambda place: widths[place])
    widths[widest] = max(0.8, widths[widest] - (sum(widths) - room))
    return [width * min(1.0, room / sum(widths)) for width in widths]
