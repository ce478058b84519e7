"""Keys that plug-ins widen: what the window calls their bundled values, and which plug-ins there are."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Any

from app.spec_fields import Value, text_of
from app.systems import CARDS

ESTIMATORS = {
    "pat": ("Physics-aware (PAT)", "Forward on the device, backward through its digital twin."),
    "in_silico": ("In silico", "Train on the digital twin alone; only the finished network meets the device."),
    "ideal": ("Ideal", "Use the simulator's own derivative, which no real device can lend: the upper bound."),
    "spsa": ("SPSA", "Measure gradients on the device, three passes a shot: noisy, but no twin is trusted."),
}
TASKS = {
    "mnist": ("MNIST digits", "Ten digits of 14 × 14 pixels."),
    "vowels-paper": ("Vowels, the paper's", "Seven vowels of women by twelve formants, the paper's 259 tokens."),
    "vowels": ("Vowels, drawn anew", "Seven vowels of women by twelve formants, tokens drawn anew with every seed."),
    "vowels1952": ("Vowels of 1952", "Ten vowels of 76 talkers by pitch and three formants."),
    "table": ("A table of one's own", "A CSV file with a header, numbers, and a column of labels."),
}
SYSTEMS = {kind: (card.name, card.line) for kind, card in CARDS.items()}
OPEN: Mapping[str, tuple[str, Mapping[str, tuple[str, str]]]] = {
    "system.kind": ("overtone.systems", SYSTEMS),
    "task.name": ("overtone.tasks", TASKS),
    "training.estimator": ("overtone.estimators", ESTIMATORS),
}


def open_choices(key: str) -> dict[str, tuple[str, str]] | None:
    """Return value to (name, explanation), plug-ins last; None where the key is not one of these."""
    if key not in OPEN:
        return None
    group, bundled = OPEN[key]
    plugins = {point.name: (point.name, "A plug-in.") for point in _plugins().select(group=group)}
    return {**bundled, **{name: told for name, told in plugins.items() if name not in bundled}}


def name_of(key: str, value: Value) -> str:
    """Write a value as the window calls it."""
    names = open_choices(key) or {}
    return names[str(value)][0] if str(value) in names else text_of(value)


@lru_cache(maxsize=1)
def _plugins() -> Any:
    return entry_points()  # reads a file of every installed distribution, which takes a while
