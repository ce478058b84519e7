"""Runs side by side: in what their specifications differ, what they reached, and what that allows to conclude."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from core.phrase import Phrase, joined
from core.ports import RunFileError, SpecError
from core.report.compare_words import (
    ABOVE,
    ALL_SIMULATED,
    BELOW,
    HOLDS_ZERO,
    LEAVES_ZERO_OUT,
    MEAN_OF_GROUP,
    NOT_CORRECTED,
    ONE_PAIR,
    ONE_SEED,
    ONE_UNIT,
    PAIRS,
    SAME_SAMPLES,
    SEVERAL_KEYS,
    SOME_SIMULATED,
    TOO_FEW,
    UNLIKE_TASKS,
)
from core.run.record import RunRecord
from core.task.statistics import mean_with_interval

REPLICATE = ("seed", "system.serial_number")  # what is varied to see the scatter
WITHOUT_EFFECT = ("name", "title", "journal.")  # keys that no accuracy depends on
FIGURES = {"test_accuracy", "test_interval95", "baselines", "device_passes", "wall_s"}  # of a result, that are shown
MOST_EXACT_ZERO = 1e-12  # accuracies are ratios of counts: a smaller difference is rounding


@dataclass(frozen=True)
class ComparedRun:
    """One run: its specification by dotted key, its result (None before it has one), its epochs' columns."""

    name: str
    specification: Mapping[str, Any]
    result: Mapping[str, Any] | None
    epochs: Mapping[str, np.ndarray]
    simulated: bool

    @property
    def best_baseline(self) -> float | None:
        """The highest test accuracy of the digital baselines."""
        baselines = self.result["baselines"] if self.result else []
        return max((item["test_accuracy"] for item in baselines), default=None)


@dataclass(frozen=True)
class Group:
    """Runs that differ in seed and unit alone: mean test accuracy and half width of its 95 % t interval.

    Several runs of one seed on one unit count as one, with their mean.
    """

    value: Any
    runs: tuple[str, ...]
    mean: float
    half_width95: float | None


@dataclass(frozen=True)
class Pairing:
    """Two values of one key over pairs of runs that agree in all else; differences are first minus second.

    The half width is that of the mean's 95 % interval (Student's t, n - 1 degrees of freedom); p values are two-sided,
    of Wilcoxon's signed ranks and of the sign test, both without the pairs whose difference is 0. All three are None
    with fewer than two pairs.
    """

    key: str
    first: Any
    second: Any
    differences: tuple[float, ...]
    mean: float
    half_width95: float | None
    wilcoxon_p: float | None
    sign_p: float | None


@dataclass(frozen=True)
class McNemar:
    """Two networks on the same test samples: how many each alone got right, and the exact two-sided p of chance."""

    only_first: int
    only_second: int
    p: float


@dataclass(frozen=True)
class Comparison:
    """Two or more runs compared; `differing` holds each differing key's value in every run."""

    runs: tuple[ComparedRun, ...]
    differing: Mapping[str, tuple[Any, ...]]
    key: str | None
    groups: tuple[Group, ...]
    pairings: tuple[Pairing, ...]
    mcnemar: McNemar | None
    words: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return all but the curves as plain data."""
        runs = [{"run": run.name, "result": run.result and dict(run.result)} for run in self.runs]
        plain = asdict(self) | {"runs": runs}
        return plain | {"differing": {key: list(values) for key, values in self.differing.items()}}


def compare_runs(paths: Sequence[Path]) -> Comparison:
    """Read and compare runs, finished or not. Raises SpecError, and RunFileError where one is no run."""
    if len({path.resolve() for path in paths}) < max(2, len(paths)):
        raise SpecError(f"A comparison needs two or more different runs; {len(paths)} named. Name their folders.")
    records = [RunRecord(path) for path in paths]
    runs = tuple(_read(record) for record in records)
    differing = differing_keys([run.specification for run in runs])
    treatments = [key for key in differing if key not in REPLICATE and not key.startswith(WITHOUT_EFFECT)]
    key = treatments[0] if len(treatments) == 1 else None
    finished = [run for run in runs if run.result is not None]
    groups = _groups(finished, key) if len(treatments) < 2 else ()
    pairings = _pairings(finished, key, differing) if key else ()
    mcnemar = _mcnemar_of(records) if len(finished) == len(runs) == 2 else None
    words = (*_scope(runs, treatments), *_words_of_groups(groups, key), *_words_of_pairings(pairings, finished))
    if mcnemar is not None:
        words = (*words, _words_of_mcnemar(mcnemar, runs))
    return Comparison(runs, differing, key, groups, pairings, mcnemar, words)


def differing_keys(specifications: Sequence[Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """Return by key the values of all that the specifications do not agree in, None where one lacks the key."""
    keys = dict.fromkeys(key for specification in specifications for key in specification)
    columns = {key: tuple(specification.get(key) for specification in specifications) for key in keys}
    return {key: values for key, values in columns.items() if any(value != values[0] for value in values)}


def paired_statistics(key: str, first: Any, second: Any, differences: Sequence[float]) -> Pairing:
    """Return mean, interval and p values of paired differences, of which there is at least one."""
    exact = [0.0 if abs(value) < MOST_EXACT_ZERO else round(value, 12) for value in differences]  # ties stay ties
    mean, half_width = mean_with_interval(exact)
    if half_width is None:
        return Pairing(key, first, second, tuple(exact), mean, None, None, None)
    from scipy.stats import binomtest, wilcoxon

    rest = [value for value in exact if value]
    wilcoxon_p = float(wilcoxon(rest)[1]) if rest else 1.0  # pyright: ignore[reportArgumentType]
    sign_p = float(binomtest(sum(value > 0 for value in rest), len(rest)).pvalue) if rest else 1.0
    return Pairing(key, first, second, tuple(exact), mean, half_width, wilcoxon_p, sign_p)


def mcnemar_exact(first_right: np.ndarray, second_right: np.ndarray) -> McNemar:
    """Test whether two classifiers err alike on the same samples (McNemar, Psychometrika 12, 153 (1947), exact)."""
    from scipy.stats import binomtest

    only_first = int((first_right & ~second_right).sum())
    only_second = int((second_right & ~first_right).sum())
    both = only_first + only_second
    return McNemar(only_first, only_second, float(binomtest(only_first, both).pvalue) if both else 1.0)


def shown(value: Any) -> Phrase:
    """Write a specification's value in a table."""
    return Phrase("" if value is None else "PAT" if value == "pat" else str(value).replace("in_silico", "in silico"))


def percent(value: float | None, half_width: float | None = None) -> str:
    """Write a fraction as per cent, with its interval's half width where there is one."""
    if value is None:
        return ""
    return f"{100 * value:.1f} %" if half_width is None else f"({100 * value:.1f} ± {100 * half_width:.1f}) %"


def tables_of(comparison: Comparison) -> dict[str, list[list[str]]]:
    """Return the tables to show, by title: rows of text, of which the first is the head."""
    runs = comparison.runs
    names = [run.name for run in runs]
    figures = [["Run", "Test accuracy", "95 % interval", "Best baseline", "Device passes", "Wall time / s"]]
    for run in runs:
        result = run.result
        if result is None:
            told = Phrase("not finished, {count} epochs", count=len(run.epochs.get("epoch", ())))
            figures.append([run.name, told, "", "", "", ""])
            continue
        low, high = result["test_interval95"]
        figures.append(
            [
                run.name,
                percent(result["test_accuracy"]),
                Phrase("{low:.1f} to {high:.1f} %", low=100 * low, high=100 * high),
                percent(run.best_baseline),
                f"{result['device_passes']:,}",
                f"{result['wall_s']:.0f}",
            ]
        )
    tables = {"Figures": figures}
    if comparison.differing:
        rows = [[key, *(shown(value) for value in values)] for key, values in comparison.differing.items()]
        tables["What differs"] = [["Key", *names], *rows]
    if comparison.pairings:
        head = ["Pair", "Pairs", "Mean difference", "95 % interval", "Wilcoxon p", "Sign test p"]
        tables["Pairs"] = [head, *(_pairing_row(item) for item in comparison.pairings)]
    return tables


def _pairing_row(item: Pairing) -> list[str]:
    mean = Phrase("{mean:+.1f} points", mean=100 * item.mean)
    row = [joined((shown(item.first), shown(item.second)), " - "), str(len(item.differences)), mean]
    if item.half_width95 is None or item.wilcoxon_p is None or item.sign_p is None:
        return [*row, "", "", ""]
    low, high = item.mean - item.half_width95, item.mean + item.half_width95
    interval = Phrase("{low:+.1f} to {high:+.1f}", low=100 * low, high=100 * high)
    return [*row, interval, f"{item.wilcoxon_p:.3g}", f"{item.sign_p:.3g}"]


def _read(record: RunRecord) -> ComparedRun:
    specification = _flat(record.experiment.model_dump())
    status = record.attributes("system").get("status", "simulated")
    if record.result is not None and not record.result.keys() >= FIGURES:
        raise RunFileError(f"{record.path} has a result without {', '.join(sorted(FIGURES - record.result.keys()))}.")
    return ComparedRun(record.path.name, specification, record.result, record.table("epochs"), status == "simulated")


def _flat(data: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in data.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def _groups(finished: Sequence[ComparedRun], key: str | None) -> tuple[Group, ...]:
    groups: list[Group] = []
    values = dict.fromkeys(run.specification.get(key) if key else None for run in finished)
    for value in values:
        those = [run for run in finished if key is None or run.specification.get(key) == value]
        repeats: dict[Any, list[float]] = {}  # of one seed on one unit: together one draw
        for run in those:
            repeats.setdefault(tuple(run.specification[name] for name in REPLICATE), []).append(_accuracy(run))
        mean, half_width = mean_with_interval([fmean(accuracies) for accuracies in repeats.values()])
        groups.append(Group(value, tuple(run.name for run in those), mean, half_width))
    return tuple(groups)


def _pairings(
    finished: Sequence[ComparedRun], key: str, differing: Mapping[str, tuple[Any, ...]]
) -> tuple[Pairing, ...]:
    """Pair the runs that agree in seed and unit; several runs of one specification count as one, with their mean."""
    blocks = [name for name in REPLICATE if name in differing]
    cells: dict[Any, dict[tuple[Any, ...], list[float]]] = {}
    for run in finished:
        block = tuple(run.specification[name] for name in blocks)
        cells.setdefault(run.specification.get(key), {}).setdefault(block, []).append(_accuracy(run))
    pairings: list[Pairing] = []
    for first, second in combinations(cells, 2):
        both = [block for block in cells[first] if block in cells[second]]
        if both:
            differences = [fmean(cells[first][block]) - fmean(cells[second][block]) for block in both]
            pairings.append(paired_statistics(key, first, second, differences))
    return tuple(pairings)


def _accuracy(run: ComparedRun) -> float:
    assert run.result is not None
    return float(run.result["test_accuracy"])


def _mcnemar_of(records: Sequence[RunRecord]) -> McNemar | None:
    """Compare the answers of two runs, None where their test samples are not the same or were not kept."""
    answers = [record.arrays("test") for record in records]
    samples = [record.arrays("examples").get("features") for record in records]
    tasks = [record.experiment.task for record in records]
    if tasks[0] != tasks[1] or not all({"label", "chosen"} <= item.keys() for item in answers):
        return None
    # a split that depends on the seed may have equal labels all the same: the samples themselves must be equal
    if samples[0] is None or samples[1] is None or not np.array_equal(samples[0], samples[1]):
        return None
    if not np.array_equal(answers[0]["label"], answers[1]["label"]):
        return None
    first, second = (item["chosen"] == item["label"] for item in answers)
    return mcnemar_exact(first, second)


def _scope(runs: Sequence[ComparedRun], treatments: Sequence[str]) -> list[str]:
    words: list[str] = []
    unfinished = [run.name for run in runs if run.result is None]
    if unfinished:
        words.append(Phrase("Not finished, and only in the curves: {runs}.", runs=", ".join(unfinished)))
    if any(run.simulated for run in runs):
        words.append(Phrase(ALL_SIMULATED if all(run.simulated for run in runs) else SOME_SIMULATED))
    if any(key.startswith("task.") for key in treatments):
        words.append(Phrase(UNLIKE_TASKS))
    if len(treatments) > 1:
        words.append(Phrase(SEVERAL_KEYS, keys=", ".join(treatments)))
    return words


def _words_of_groups(groups: Sequence[Group], key: str | None) -> list[str]:
    words: list[str] = []
    for group in groups:
        count, name = len(group.runs), Phrase("This specification")
        if key:
            name = Phrase("{key} = {value}", key=key, value=shown(group.value))
        if group.half_width95 is not None:
            mean = percent(group.mean, group.half_width95)
            words.append(Phrase(MEAN_OF_GROUP, name=name, mean=mean, count=count))
    return words


def _words_of_pairings(pairings: Sequence[Pairing], finished: Sequence[ComparedRun]) -> list[str]:
    words: list[str] = []
    for item in pairings:
        first, second, count = shown(item.first), shown(item.second), len(item.differences)
        relation = Phrase(ABOVE if item.mean >= 0 else BELOW, points=abs(100 * item.mean), second=second)
        if item.half_width95 is None:
            words.append(Phrase(ONE_PAIR, first=first, relation=relation))
            continue
        low, high = 100 * (item.mean - item.half_width95), 100 * (item.mean + item.half_width95)
        values = {"first": first, "relation": relation, "count": count, "low": low, "high": high}
        words.append(Phrase(PAIRS, **values, verdict=Phrase(HOLDS_ZERO if low <= 0 <= high else LEAVES_ZERO_OUT)))
        used = sum(1 for value in item.differences if value)
        if used and 2.0 ** (1 - used) > 0.05:
            words.append(Phrase(TOO_FEW, used=used, p=2.0 ** (1 - used)))
    if len(pairings) > 1:
        words.append(Phrase(NOT_CORRECTED, count=len(pairings)))
    if any(item.half_width95 is not None for item in pairings):
        for key, text in zip(REPLICATE, (ONE_SEED, ONE_UNIT), strict=True):
            values = {run.specification[key] for run in finished}
            if len(values) == 1:
                words.append(Phrase(text, number=values.pop()))
    return words


def _words_of_mcnemar(item: McNemar, runs: Sequence[ComparedRun]) -> str:
    first, second = (run.name for run in runs)
    verdict = Phrase("chance is an unlikely reason" if item.p < 0.05 else "this may well be chance")
    counts = {"only_first": item.only_first, "only_second": item.only_second, "p": item.p}
    return Phrase(SAME_SAMPLES, first=first, second=second, **counts, verdict=verdict)
