"""The README's table of results: every preset over seeds and units it was not tuned on, made again by one command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.sweep import SweepTable, cell, finished_runs, run_trials, summarise, trials_of
from core.ports import DataError

# Preset, settings, what the row says of them, how many seeds. A vowels' split has 49 test tokens: one error is 2 %, so
# many splits are needed.
ROWS: tuple[tuple[str, tuple[str, ...], str, int], ...] = (
    ("shg-vowels", (), "", 20),
    ("shg-vowels", ("task.name=vowels",), ", tokens drawn anew", 20),
    ("shg-mnist-hybrid", ("task.data=full",), "", 3),
    ("circuit-mnist", ("task.data=full",), "", 3),
    ("plate-mnist", ("task.data=full",), "", 3),
    ("pendula-mnist", ("task.data=full",), "", 3),
)
ESTIMATORS = ("pat", "in_silico")
BEGIN, END = "<!-- made by `overtone tables` -->", "<!-- end of what `overtone tables` makes -->"
COLUMNS = (
    "PAT",
    "in silico, believed",
    "in silico, on the device",
    "softmax regression",
    "multilayer perceptron",
)


def make_tables(
    *, first_seed: int, first_unit: int, processes: int, out: Path, report: Callable[[str], None]
) -> SweepTable:
    """Run all presets and return their table; runs of the same specification that `out` holds already are used.

    Raises OvertoneError when a run fails; what has finished by then need not be run again.
    """
    groups = [
        trials_of(preset, settings, [(first_seed + k, first_unit + k) for k in range(seeds)], ESTIMATORS)
        for preset, settings, _, seeds in ROWS
    ]
    finished = finished_runs(out)
    trials = [trial for group in groups for trial in group]
    results = iter(run_trials(trials, processes=processes, out=out, report=report, finished=finished))
    summaries = [summarise([next(results) for _ in group]) for group in groups]
    for summary, (_, _, said, _) in zip(summaries, ROWS, strict=True):
        summary["preset"] += said
    return SweepTable("\n".join(_lines(summaries)), {"rows": summaries})


def replace_table(readme: Path, table: str) -> None:
    """Put the table between its two marks. Raises DataError when they are not there; the file is then left alone."""
    text = readme.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise DataError(f"{readme} lacks the marks {BEGIN} and {END}, between which the table belongs.")
    readme.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", "utf-8")


def _lines(summaries: list[dict[str, Any]]) -> Iterator[str]:
    head = ("preset", "runs", *COLUMNS, "digital parameters", "digital multiply-accumulates", "one PAT run")
    yield f"| {' | '.join(head)} |"
    yield "|---|" + "---|" * (len(head) - 1)
    for summary in summaries:
        walls_s = summary["wall_s"]["pat"]
        cells = (
            summary["preset"],
            str(len(walls_s)),
            *(cell(summary["columns"][name]) for name in COLUMNS),
            f"{summary['digital_parameters']:,}",
            f"{summary['digital_macs']:,}",
            f"{sorted(walls_s)[len(walls_s) // 2]:.0f} s",
        )
        yield f"| {' | '.join(cells)} |"
