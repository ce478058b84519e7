"""Vowels by their formants: Hillenbrand's women (the paper's task) and Peterson and Barney's talkers of 1952."""

from __future__ import annotations

import csv
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from core.ports import DataError
from core.task.dataset import Part, Task, draw_stratified, draw_talkers, make_part, split_task
from core.task.download import fetch

PAPER_VOWELS = ("ae", "ah", "aw", "er", "ih", "iy", "uw")
# Columns of vowdata.dat, counted from 0: F1-F3 at steady state, and at 20, 50 and 80 % of the duration.
FORMANT_COLUMNS = (3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15)
FORMANTS = tuple(f"F{k} {place}" for place in ("steady", "at 20 %", "at 50 %", "at 80 %") for k in (1, 2, 3))
TEST_FRACTION_1952 = 0.25
TEST_OF_37 = 7


def load_vowels(*, validation: float, seed: int, split: str, paper: bool) -> Task:
    """Load 259 tokens of women, seven vowels, twelve formants, 210/49 or no talker in both parts.

    They are the `paper`'s own, or drawn with the seed from the 316 that have all formants; the split is drawn with the
    seed in either case. Each formant is divided by its maximum over the set, as in the paper. Raises DataError when the
    file is missing and cannot be fetched, or is damaged.
    """
    path = fetch("vowels/vowdata.dat")
    tokens = [line.split() for line in path.read_text("ascii", errors="replace").splitlines()]
    rows = [token for token in tokens if len(token) == 16 and token[0][0] == "w" and token[0][3:5] in PAPER_VOWELS]
    try:
        formants = np.array([[float(row[column]) for column in FORMANT_COLUMNS] for row in rows])
    except ValueError as error:
        raise DataError(f"{path} is damaged ({error}). Delete it and run again to fetch it anew.") from None
    if formants.ndim != 2:
        raise DataError(f"{path} holds no vowels. Delete it and run again to fetch it anew.")
    measured = (formants > 0).all(1)  # 0 marks a formant that could not be measured
    formants = formants[measured]
    names = np.array([row[0] for row in rows])[measured]
    labels = np.array([PAPER_VOWELS.index(name[3:5]) for name in names])
    generator = np.random.default_rng([seed, 1])
    smallest = int(np.bincount(labels, minlength=7).min())
    if paper:
        chosen = np.flatnonzero(np.isin(names, _paper_tokens()))
    else:
        drawn = [generator.permutation(np.flatnonzero(labels == k))[:smallest] for k in range(7)]
        chosen = np.sort(np.concatenate(drawn))
    features = formants[chosen] / formants[chosen].max(0)
    talkers = np.array([name[:3] for name in names[chosen]])
    title = f"Seven vowels of women (Hillenbrand 1995), {'the tokens of the paper' if paper else 'tokens drawn anew'}"
    parts = _split(features, labels[chosen], talkers, split, TEST_OF_37 / smallest, generator)
    name = "vowels-paper" if paper else "vowels"
    return split_task(name, title, PAPER_VOWELS, *parts, validation=validation, seed=seed, feature_names=FORMANTS)


def _paper_tokens() -> list[str]:
    return (resources.files("resources") / "data" / "vowels_paper_tokens.txt").read_text("ascii").split()


def load_vowels_1952(*, validation: float, seed: int, split: str) -> Task:
    """Load the bundled table: 1,520 tokens of 76 talkers, ten vowels, F0 to F3, each divided by its maximum."""
    text = (resources.files("resources") / "data" / "peterson_barney_1952.csv").read_text("ascii")
    rows = list(csv.DictReader(text.splitlines()))
    classes = tuple(sorted({row["vowel"] for row in rows}))
    formants = np.array([[float(row[f"f{k}_hz"]) for k in range(4)] for row in rows])
    labels = np.array([classes.index(row["vowel"]) for row in rows])
    talkers = np.array([row["speaker"] for row in rows])
    generator = np.random.default_rng([seed, 1])
    parts = _split(formants / formants.max(0), labels, talkers, split, TEST_FRACTION_1952, generator)
    title = "Ten vowels of men, women and children (Peterson and Barney 1952)"
    names = tuple(f"F{k}" for k in range(4))
    return split_task("vowels1952", title, classes, *parts, validation=validation, seed=seed, feature_names=names)


def _split(
    features: NDArray[np.floating],
    labels: NDArray[np.integer],
    talkers: NDArray[np.str_],
    split: str,
    fraction: float,
    generator: np.random.Generator,
) -> tuple[Part, Part]:
    if split == "talker":
        kept, drawn = draw_talkers(talkers, fraction, generator)
    else:
        kept, drawn = draw_stratified(labels, fraction, generator)
    whole = make_part(features, labels)
    return whole.take(kept), whole.take(drawn)
