"""What the page of runs shows of one run, or of several side by side: read from their folders, in any thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from core.phrase import Phrase, joined
from core.ports import OvertoneError, RunFileError
from core.run.notes import Notes, read_notes

if TYPE_CHECKING:
    from core.report.content import KeyFigure
    from core.report.facts import Facts

GROUPS = ("epochs", "system", "twin", "test", "alignment")
MOST_CLASSES = 100  # whose counts can be told apart
MOST_POINTS = 4000  # of a curve: more than a screen has columns
MOST_COMPARED = 12  # runs whose curves can be told apart
COLUMNS = ("epoch", "shots", "wall_s", "accuracy", "validation_accuracy", "loss")
STAMP_LETTERS = len("20261231T235959Z-")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Track:
    """A run's epochs by column (epochs,), what the run is called, and its place in the series of colours."""

    name: str
    place: int
    epochs: Mapping[str, np.ndarray]


@dataclass(frozen=True)
class RunPreview:
    """One run: where `reason` says why it cannot be read, there is nothing else but the notes.

    `notes` are None where they cannot be read, which `notes_reason` explains. `counts` are the test samples by true
    and chosen class, None where there are none or too many classes.
    """

    path: Path
    notes: Notes | None
    notes_reason: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()
    figures: tuple[KeyFigure, ...] = ()
    track: Track | None = None
    levels: Mapping[str, float] = field(default_factory=dict[str, float])
    classes: tuple[str, ...] = ()
    counts: np.ndarray | None = None


@dataclass(frozen=True)
class RunsPreview:
    """Several runs: their curves, what can be said of them, and tables by title, of which the first row is the head."""

    tracks: tuple[Track, ...]
    words: tuple[str, ...]
    tables: Mapping[str, Sequence[Sequence[str]]]


def short_name(name: str) -> str:
    """Return the name of a run's folder without its time, which its line in the list has."""
    return name[STAMP_LETTERS:] if name[8:9] == "T" and name[STAMP_LETTERS - 2 : STAMP_LETTERS] == "Z-" else name


def read_preview(path: Path) -> RunPreview:
    """Read one run; what cannot be read becomes a reason. Raises nothing."""
    try:
        notes, notes_reason = read_notes(path), ""
    except RunFileError as error:
        notes, notes_reason = None, str(error)
    try:
        return _sound(path, lambda: _read(path, notes, notes_reason))
    except OvertoneError as error:
        return RunPreview(path, notes, notes_reason, str(error))


def compare(paths: Sequence[Path]) -> RunsPreview:
    """Read and compare runs, in words that call them by their short names. Raises SpecError and RunFileError."""
    from core.report.compare import compare_runs, tables_of
    from core.report.compare_figure import places

    def read() -> RunsPreview:
        comparison = compare_runs(paths)
        looks = places(comparison)
        names = {path.name: short_name(path.name) for path in paths}
        if len(set(names.values())) < len(paths):
            names = {name: name for name in names}

        def shorten(text: str) -> str:
            if isinstance(text, Phrase):
                values = {key: shorten(x) if isinstance(x, str) else x for key, x in text.values.items()}
                return Phrase(text.template, **values)
            for name, short in names.items():
                text = text.replace(name, short)
            return text

        tracks = [
            Track(shorten(looks[run.name][0]), looks[run.name][1], _columns(run.epochs)) for run in comparison.runs
        ]
        tables = {
            title: [[shorten(cell) for cell in row] for row in rows] for title, rows in tables_of(comparison).items()
        }
        return RunsPreview(tuple(tracks), tuple(shorten(sentence) for sentence in comparison.words), tables)

    return _sound(paths[0].parent, read)


def _sound(path: Path, read: Callable[[], Answer]) -> Answer:
    """Read, and turn what records that do not fit together raise into one line."""
    try:
        return read()
    except OvertoneError:
        raise
    except Exception as error:  # a damaged file makes h5py and NumPy raise nearly anything
        reason = (str(error).splitlines() or [""])[0]
        raise RunFileError(
            f"{path} cannot be read: its records do not fit together ({type(error).__name__}: {reason}). "
            f"See what can be saved with: overtone doctor {path}"
        ) from None


def _read(path: Path, notes: Notes | None, notes_reason: str) -> RunPreview:
    from core.report.caveats import find_warnings
    from core.report.facts import confusion, read_facts

    facts = read_facts(path, GROUPS, with_siblings=False)
    epochs, answers, result = facts.arrays["epochs"], facts.arrays["test"], facts.result
    levels = {} if result is None else {"test": float(result["test_accuracy"])}
    levels |= {str(item["name"]): float(item["test_accuracy"]) for item in (result or {}).get("baselines", [])}
    counts = None
    if answers and len(facts.classes) <= MOST_CLASSES:
        counts = confusion(answers["label"], answers["chosen"], len(facts.classes))
    return RunPreview(
        path,
        notes,
        notes_reason,
        warnings=tuple(find_warnings(facts)),
        figures=tuple(_figures(facts)),
        track=Track(short_name(path.name), _place(facts.experiment.training.estimator), _columns(epochs)),
        levels=levels,
        classes=tuple(facts.classes),
        counts=counts,
    )


def _place(estimator: str) -> int:
    from core.report.compare_figure import ESTIMATORS

    return ESTIMATORS.index(estimator) if estimator in ESTIMATORS else len(ESTIMATORS)


def _columns(epochs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the columns that are drawn, no longer than can be seen. Raises where they do not fit together."""
    if not epochs:
        return {}
    columns = {name: np.asarray(epochs[name], float) for name in COLUMNS}
    count = len(columns["epoch"])
    if any(values.shape != (count,) for values in columns.values()):
        raise ValueError("the columns of its epochs are of unlike length")
    return {name: values[:: count // MOST_POINTS + 1] for name, values in columns.items()}


def _figures(facts: Facts) -> list[KeyFigure]:
    from core.report.content import KeyFigure, duration, interval, per_cent

    result: dict[str, Any] | None = facts.result
    error = facts.attributes["twin"].get("held_out_error")
    twin = [] if error is None else [KeyFigure("Twin's error", per_cent(float(error)), "Left of held-out shots, rms")]
    if result is None:
        epochs = facts.arrays["epochs"]
        done = len(epochs["epoch"]) if epochs else 0
        shown = [KeyFigure("Epochs", Phrase("{done} of {count}", done=done, count=facts.experiment.training.epochs))]
        if done:
            shown.append(KeyFigure("Training accuracy", per_cent(float(epochs["accuracy"][-1])), "In the last epoch"))
        return [*shown, *twin]
    low_high = interval(result["test_interval95"])
    reached = Phrase("{reached} ({interval})", reached=per_cent(result["test_accuracy"]), interval=low_high)
    note = Phrase("On the device, with the 95 % interval of {count:,} samples", count=result["test_count"])
    shown = [KeyFigure("Test accuracy", reached, note)]
    shown.append(KeyFigure("The twin predicts", per_cent(result["twin_belief"])))
    baselines = [joined((per_cent(item["test_accuracy"]), Phrase(item["name"]))) for item in result["baselines"]]
    shown.append(KeyFigure("Digital baselines", joined(baselines, ", ") if baselines else "none"))
    cosine = result.get("alignment_cosine")
    aligned = Phrase("not checked")
    if cosine is not None:
        aligned = joined((f"{cosine:.3f}", Phrase(result.get("verdict", ""))), ", ")
    note = "Cosine of the twin's gradient to the device's, at the last check, in the layer where it is lowest"
    shown.append(KeyFigure("Alignment", aligned, note))
    each = ""
    if "shots_per_inference" in result:
        each = Phrase("{shots} for an inference", shots=result["shots_per_inference"])
    shown += [*twin, KeyFigure("Device passes", f"{result['device_passes']:,}", each)]
    shown.append(KeyFigure("Wall time", duration(result["wall_s"])))
    shown.append(KeyFigure("Weights", str(result["weights_sha256"])[:12], "The first digits of their sha256"))
    return shown
