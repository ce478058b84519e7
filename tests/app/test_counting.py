"""Where the form says that a key does not count, another value of it changes nothing; where it counts, something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor

from app.compose import compose
from app.presets import flat
from app.spec_choices import name_of
from app.spec_fields import SpecField, Value, spec_fields
from core.network.base import PhysicalNetwork
from core.run.folder import RunFolder
from core.run.session import run_experiment
from core.run.spec import load_experiment
from core.training.control import ControlToken

PRESETS = ("quick", "plate-mnist", "shg-mnist-hybrid", "pendula-mnist")
COMPOSED = ("task", "network")
TINY = ("training.epochs=1", "training.batch_size=128", "calibration.shots=16", "calibration.steps=2")


def values_of(preset: str, *settings: str) -> Mapping[str, Value]:
    return flat(load_experiment(preset, settings).model_dump())


def with_rules(preset: str, *settings: str, idle: bool) -> list[str]:
    values = values_of(preset, *settings)
    ruled = [field for field in spec_fields() if field.when or field.unless]
    return [field.key for field in ruled if bool(field.idle(values, name_of)) == idle]


def other(key: str, value: Value) -> str:
    field: SpecField = next(field for field in spec_fields() if field.key == key)
    if field.kind == "bool":
        return str(not value).lower()
    if field.choices:
        return next(choice for choice in field.choices if choice != value)
    if field.kind == "text":
        return "another"
    assert isinstance(value, int | float)
    changed = field.stepped(field.stepped(value, up=True), up=True)
    return repr(changed if changed != value else field.stepped(value, up=False))


def composed(preset: str, *settings: str) -> list[Tensor]:
    """Return all that a run would work with: its data, its network's state, and what that makes of known answers."""
    setup = compose(load_experiment(preset, settings))
    info, network, task = setup.system.info, setup.network, setup.task
    spread = torch.randn(info.drive_dim, info.response_dim, generator=torch.Generator().manual_seed(0))

    def shoot(drive: Tensor, *_shared: Tensor) -> Tensor:
        return 0.5 + (drive @ spread).square() / info.drive_dim

    features = task.train.features[:32]
    assert isinstance(network, PhysicalNetwork)
    network.prepare(features, shoot)
    scores = network(features, shoot)[0]
    parts = [part for each in (task.train, task.validation, task.test) for part in (each.features, each.labels)]
    return [*parts, *network.state_dict().values(), scores.detach()]


def same(first: list[Tensor], second: list[Tensor]) -> bool:
    return len(first) == len(second) and all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("preset", PRESETS)
def test_what_does_not_count_changes_nothing_that_is_composed(preset: str):
    values, before = values_of(preset), composed(preset)
    keys = [key for key in with_rules(preset, idle=True) if key.startswith(COMPOSED)]
    assert keys
    for key in keys:
        assert same(composed(preset, f"{key}={other(key, values[key])}"), before), key


def test_what_counts_changes_something_that_is_composed():
    values, before = values_of("quick"), composed("quick")
    keys = [key for key in with_rules("quick", idle=False) if key.startswith(COMPOSED)]
    assert len(keys) >= 8
    for key in keys:
        assert not same(composed("quick", f"{key}={other(key, values[key])}"), before), key


def test_a_run_without_a_twin_takes_no_notice_of_its_settings(tmp_path):
    def trained(number: int, *settings: str) -> tuple[dict[str, Tensor], object]:
        experiment = load_experiment("quick", (*TINY, "training.estimator=ideal", *settings))
        folder = RunFolder.create(tmp_path / str(number), experiment)
        events: list[Any] = []
        setup = compose(experiment)
        run_experiment(setup, folder, events.append, ControlToken(), threads=1)
        return setup.network.state_dict(), events[-1].result["test_accuracy"]

    keys = [key for key in with_rules("quick", "training.estimator=ideal", idle=True) if not key.startswith(COMPOSED)]
    assert {"calibration.shots", "calibration.steps", "training.monitor_share"} <= set(keys)
    values = values_of("quick", *TINY)
    weights, accuracy = trained(0)
    again, other_accuracy = trained(1, *(f"{key}={other(key, values[key])}" for key in keys))
    assert accuracy == other_accuracy
    assert all(torch.equal(weights[name], again[name]) for name in weights)
