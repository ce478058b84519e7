"""Tasks by name."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points

from core.ports import SpecError
from core.task.dataset import Task
from core.task.mnist import load_mnist
from core.task.table import load_table
from core.task.vowels import load_vowels, load_vowels_1952

TASKS = ("mnist", "vowels-paper", "vowels", "vowels1952", "table")


def load_task(
    name: str,
    *,
    data: str = "bundled",
    seed: int = 0,
    validation: float = 0.1,
    split: str = "token",
    path: str = "",
    label: str = "",
    augmentation: float = 0.0,
) -> Task:
    """Load a bundled task, or a plug-in's (called with `seed` and `validation`).

    Raises SpecError on an unknown name and DataError on data that cannot be used.
    """
    task = _load(name, data=data, seed=seed, validation=validation, split=split, path=path, label=label)
    return replace(task, augmentation=augmentation)


def _load(name: str, *, data: str, seed: int, validation: float, split: str, path: str, label: str) -> Task:
    if name == "mnist":
        return load_mnist(data=data, validation=validation, seed=seed)
    if name in ("vowels", "vowels-paper"):
        return load_vowels(validation=validation, seed=seed, split=split, paper=name == "vowels-paper")
    if name == "vowels1952":
        return load_vowels_1952(validation=validation, seed=seed, split=split)
    if name == "table":
        return load_table(path, label, validation=validation, seed=seed)
    plugins = {point.name: point for point in entry_points(group="overtone.tasks")}
    if name not in plugins:
        raise SpecError(f"No task is called {name!r}. Choose from {', '.join([*TASKS, *plugins])}.")
    try:
        return plugins[name].load()(seed=seed, validation=validation)
    except Exception as error:  # a plug-in may fail in any way
        raise SpecError(f"The plug-in task {name!r} is broken: {type(error).__name__}: {error}") from None
