"""The verbs for runs that exist: list them, compare them, take their data elsewhere."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.terminal import Json, one_line_errors, print_result, printable, say

if TYPE_CHECKING:
    from core.run.index import RunSummary

verbs = typer.Typer()
COLUMNS = ("name", "state", "estimator", "seed", "serial_number", "epochs_done", "test_accuracy", "best_baseline")


@verbs.command()
def runs(
    folder: Annotated[Path, typer.Argument(help="Folder that holds the runs.")] = Path("runs"),
    sort: Annotated[str, typer.Option(metavar="KEY", help="Sort by a key, downwards with - before it.")] = "started",
    where: Annotated[
        list[str] | None, typer.Option(metavar="KEY=VALUE", help="Only runs with this value; of tags, with this tag.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the runs in a folder."""
    with one_line_errors(engine=False):
        from core.run.index import list_runs

        conditions = [_condition(text) for text in where or []]
        key = _known(sort.removeprefix("-"))
        chosen = [run for run in list_runs(folder) if all(_meets(run, *condition) for condition in conditions)]
        missing = [run for run in chosen if getattr(run, key) is None]  # at the end in either order
        present = sorted(
            (run for run in chosen if getattr(run, key) is not None),
            key=lambda run: getattr(run, key),
            reverse=sort.startswith("-"),
        )
    listed = [*present, *missing]
    if not as_json:
        for line in _table(listed):
            print(line)
    print_result([asdict(run) | {"path": str(run.path)} for run in listed], as_json)


@verbs.command()
def compare(
    folders: Annotated[list[Path], typer.Argument(metavar="RUN RUN...", help="The folders of two or more runs.")],
    report: Annotated[
        Path | None, typer.Option(help="Write curves and tables: .html; curves: .svg, .pdf, .png.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare runs: what differs, what they reached, and what that allows to conclude."""
    with one_line_errors():
        from core.report.compare import compare_runs, tables_of
        from core.report.compare_figure import write_comparison

        comparison = compare_runs(folders)
        if report is not None:
            write_comparison(report, comparison)
    if not as_json:
        for title, rows in tables_of(comparison).items():
            print(f"{title}:", *_aligned(rows), "", sep="\n")
        print(*(printable(sentence) for sentence in comparison.words), sep="\n")
    print_result(comparison.as_dict(), as_json)


@verbs.command()
def export(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run, finished or not.")],
    to: Annotated[str, typer.Option(help="Comma-separated: tensorboard, csv, notebook, torchscript.")],
    out: Annotated[Path | None, typer.Option(help="Folder for the files; export in the run's own without it.")] = None,
    as_json: Json = False,
) -> None:
    """Take a run elsewhere: events for TensorBoard, tables, a notebook, the network as TorchScript."""
    with one_line_errors():
        from app.compose import compose
        from core.report.export import export_run, parse_targets

        files = export_run(folder, parse_targets(to), compose, out)
    for file in files:
        say(str(file))
    print_result({"files": [str(file) for file in files]}, as_json)


def _known(key: str) -> str:
    """Return a key of RunSummary. Raises SpecError naming the choices."""
    from core.ports import SpecError
    from core.run.index import RunSummary

    names = [field.name for field in fields(RunSummary)]
    if key not in names:
        raise SpecError(f"A run in a list has no key {key!r}. The keys are {', '.join(names)}.")
    return key


def _condition(text: str) -> tuple[str, str]:
    from core.ports import SpecError

    key, separator, value = text.partition("=")
    if not separator:
        raise SpecError(f"--where {text!r} is not of the form key=value, for example estimator=pat.")
    return _known(key), value


def _meets(run: RunSummary, key: str, value: str) -> bool:
    found = getattr(run, key)
    return value in found if key == "tags" else str("" if found is None else found) == value


def _table(listed: list[RunSummary]) -> list[str]:
    rows = [[*COLUMNS], *([_cell(run, key) for key in COLUMNS] for run in listed)]
    reasons = ["", *(f"  {printable(run.reason)}" if run.reason else "" for run in listed)]
    return [line + reason for line, reason in zip(_aligned(rows), reasons, strict=True)]


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    padded = ([printable(text).ljust(width) for text, width in zip(row, widths, strict=True)] for row in rows)
    return ["  ".join(row).rstrip() for row in padded]


def _cell(run: RunSummary, key: str) -> str:
    value: Any = getattr(run, key)
    if key == "epochs_done" and run.epochs is not None:
        return f"{value}/{run.epochs}"
    return f"{value:.1%}" if isinstance(value, float) else "" if value is None else str(value)
