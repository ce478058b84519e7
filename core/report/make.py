"""Write the report of a run: a web page, pages to print, tables and plain data."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from core.ports import SpecError
from core.report.canvas import drawing
from core.report.content import Report, Table
from core.report.facts import read_facts
from core.report.sections import build_report
from core.run.files import explained, write_atomically

Format = Literal["html", "pdf", "csv", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)
Choice = TypeVar("Choice", bound=str)


def parse_formats(text: str) -> tuple[Format, ...]:
    """Read comma-separated formats. Raises SpecError naming the choices."""
    return parse_choices(text, FORMATS, "--format {!r} names no format of a report.")


def parse_choices(text: str, choices: tuple[Choice, ...], complaint: str) -> tuple[Choice, ...]:
    """Read comma-separated names, in the order of the choices. Raises SpecError naming them, with the text said."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names or not set(names) <= set(choices):
        raise SpecError(f"{complaint.format(text)} Choose from {', '.join(choices)}.")
    return tuple(name for name in choices if name in names)


def make_report(run: Path, formats: Iterable[Format] = FORMATS, out: Path | None = None) -> list[Path]:
    """Write the report of a run, finished or not, and return its files.

    report.html, report.pdf, report.json and data/*.csv come into `out`, the run's own folder where it is None. May be
    called in any thread, one report at a time. Raises RunFileError when the run cannot be read, or the report not
    written.
    """
    report = build_report(read_facts(run))
    folder, files = run if out is None else out, dict[Path, bytes]()
    with drawing():
        for name in formats:
            if name == "html":
                from core.report.html import render_html

                files[folder / "report.html"] = render_html(report).encode()
            elif name == "pdf":
                from core.report.pdf import render_pdf

                files[folder / "report.pdf"] = render_pdf(report)
            elif name == "csv":
                files |= {folder / "data" / f"{table.name}.csv": render_csv(table) for table in report.tables()}
            else:
                files[folder / "report.json"] = render_json(report)
    return write_files(files)


def write_files(files: Mapping[Path, bytes]) -> list[Path]:
    """Write files, each atomically, into folders that are made where there are none. Raises RunFileError."""
    for path, content in files.items():
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content)
    return list(files)


def render_csv(table: Table) -> bytes:
    """Write a table below its titles with units; numbers are not rounded, and what is missing is empty."""
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(column.heading for column in table.columns)
    writer.writerows([_cell(value) for value in row] for row in table.rows)
    return buffer.getvalue().encode()


def render_json(report: Report) -> bytes:
    """Write all that the report says, as plain data; numbers that are not finite are null."""
    tables = {
        table.name: {
            "caption": table.caption,
            "columns": [{"title": column.title, "unit": column.unit} for column in table.columns],
            "rows": [list(row) for row in table.rows],
        }
        for table in report.tables()
    }
    data = {"title": report.title, "warnings": list(report.warnings), **report.facts, "tables": tables}
    return (json.dumps(_finite(data), ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def _cell(value: Any) -> Any:
    return "" if value is None or (isinstance(value, float) and not math.isfinite(value)) else value


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_finite(item) for item in value]
    return value
