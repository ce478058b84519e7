"""Which shape a neural twin should have: some are asked of Optuna, and it is told what each leaves of the signal."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from core.ports import SpecError
from core.twin.neural import NeuralShape

LEAST, MOST = NeuralShape(16, 1), NeuralShape(512, 6)


def check_search() -> None:
    """Raise SpecError where Optuna is not installed."""
    if find_spec("optuna") is None:
        raise SpecError("A search over neural twins needs the package optuna: pip install 'overtone[search]'.")


def search_shape(error: Callable[[NeuralShape], float], trials: int, *, seed: int) -> NeuralShape:
    """Return the shape of the least error among so many that are tried, the usual one first.

    The others are drawn by a tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011), from the seed.
    """
    optuna: Any = import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial(NeuralShape()._asdict())
    for _ in range(trials):
        trial = study.ask()
        width = trial.suggest_int("width", LEAST.width, MOST.width, log=True)
        shape = NeuralShape(width, trial.suggest_int("depth", LEAST.depth, MOST.depth))
        study.tell(trial, error(shape))
    return NeuralShape(**study.best_params)
