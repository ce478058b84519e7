"""The training loop on a system whose answer is known: routes, schedule, early stop, commands, failure."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from core.network.base import PhysicalNetwork
from core.network.build import build_network
from core.network.settings import NetworkSettings
from core.ports import SimulationDiverged, SpecError
from core.task.dataset import Part, Task
from core.training.bench import Bench
from core.training.control import ControlToken, StopRequested
from core.training.estimators import ideal, in_silico, pat
from core.training.events import EpochDone, Event, Message, ShotMeasured, StepDone
from core.training.settings import TrainingSettings
from core.training.trainer import Trainer, evaluate, rate_factor
from tests.conftest import SquareSystem

SETTINGS = TrainingSettings(epochs=6, batch_size=16, learning_rate=0.05)
CHAIN = NetworkSettings("chain", layers=2, normalise="none", readout="mean", initial_gain=0.3, initial_spread=0.5)


class LendingSquareSystem(SquareSystem):
    """The same system as a simulator that lends its derivative."""

    def ideal_response(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        return self.gain * drive**2


def square(drive: Tensor) -> Tensor:
    return drive**2


def stripes(seed: int = 0, count: int = 96) -> Task:
    """Two classes that differ in which half of the features is larger."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 2
    features = 0.3 + 0.2 * torch.rand(count, 6, generator=generator)
    features[:, :3] += 0.4 * labels[:, None]
    part = Part(features, labels)
    third = torch.arange(count).split(count // 3)
    train, validation, test = (part.take(rows.numpy()) for rows in third)
    return Task("stripes", "Stripes", ("a", "b"), None, train, validation, test)


def trained(
    route_of: str = "pat",
    *,
    system: SquareSystem | None = None,
    twin=square,
    settings: TrainingSettings = SETTINGS,
    seed: int = 0,
    control: ControlToken | None = None,
    task: Task | None = None,
) -> tuple[PhysicalNetwork, list[Event], SquareSystem]:
    system = system or LendingSquareSystem()
    events: list[Event] = []
    bench = Bench(system, events.append)
    route = {"pat": pat, "in_silico": in_silico, "ideal": ideal}[route_of](bench.measure, twin, system)
    network = build_network(CHAIN, system.info, 6, 2, seed=seed)
    Trainer(
        network,
        route,
        task or stripes(),
        settings,
        bench,
        seed=seed,
        listener=events.append,
        control=control or ControlToken(),
    ).run()
    return network, events, system


def weights(network: PhysicalNetwork) -> Tensor:
    return torch.cat([value.detach().flatten() for value in network.parameters()])


def test_training_learns_what_can_be_learnt():
    network, events, system = trained(settings=replace(SETTINGS, epochs=20))
    score = evaluate(network, stripes().test, system.run, Bench(system, lambda event: None), ControlToken())
    assert score.accuracy > 0.95
    assert score.total == 32
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert epochs[-1].loss < 0.7 * epochs[0].loss


def test_with_an_exact_twin_and_no_noise_all_three_routes_are_one():
    reference = weights(trained("pat")[0])
    for other in ("in_silico", "ideal"):
        torch.testing.assert_close(weights(trained(other)[0]), reference, rtol=1e-5, atol=1e-6)


def test_in_silico_training_never_meets_the_device():
    _, events, system = trained("in_silico")
    assert system.calls == []
    assert not any(isinstance(event, ShotMeasured) for event in events)


def test_pat_corrects_a_wrong_twin_and_in_silico_does_not():
    """A twin that overestimates the response threefold: PAT's loss is the device's, in silico's the twin's belief."""

    def wrong(drive: Tensor) -> Tensor:
        return 3 * drive**2

    accuracies = {}
    for route in ("pat", "in_silico"):
        network, _, system = trained(route, twin=wrong, settings=replace(SETTINGS, epochs=20))
        bench = Bench(system, lambda event: None)
        accuracies[route] = evaluate(network, stripes().test, system.run, bench, ControlToken()).accuracy
    assert accuracies["pat"] > 0.9
    assert accuracies["pat"] > accuracies["in_silico"]


def test_pat_measures_every_shot_once():
    _, events, system = trained()
    task, layers = stripes(), 2
    assert sum(count for count, _ in system.calls) == layers * SETTINGS.epochs * (
        len(task.train.labels) + len(task.validation.labels)
    )
    last = [event for event in events if isinstance(event, EpochDone)][-1]
    assert last.shots == sum(count for count, _ in system.calls)


def test_ideal_is_refused_on_a_system_that_lends_nothing():
    with pytest.raises(SpecError, match="Choose 'pat' or 'in_silico'"):
        ideal(square, square, SquareSystem())


def test_the_same_seed_gives_the_same_weights_and_another_one_others():
    assert torch.equal(weights(trained(seed=3)[0]), weights(trained(seed=3)[0]))
    assert not torch.equal(weights(trained(seed=3)[0]), weights(trained(seed=4)[0]))


def test_the_rate_rises_linearly_and_falls_as_a_cosine():
    assert rate_factor(0.05, 0.1) == pytest.approx(0.5, abs=0.01)
    assert rate_factor(0.1, 0.1) == pytest.approx(1.0)
    assert rate_factor(0.55, 0.1) == pytest.approx(0.5)
    assert rate_factor(1.0, 0.1) == pytest.approx(0.0, abs=1e-12)
    assert rate_factor(0.25, 0.0) == pytest.approx(0.5 * (1 + math.cos(math.pi / 4)))


def test_patience_ends_early_and_keeps_the_best_state():
    settings = replace(SETTINGS, epochs=60, patience=4)
    network, events, system = trained(settings=settings)
    epochs = [event for event in events if isinstance(event, EpochDone)]
    best = max(event.validation_accuracy for event in epochs)
    first_best = next(index for index, event in enumerate(epochs) if event.validation_accuracy == best)
    assert len(epochs) == first_best + 1 + 4
    assert any(isinstance(event, Message) and "4 epochs" in event.text for event in events)
    again = evaluate(network, stripes().validation, system.run, Bench(system, lambda event: None), ControlToken())
    assert again.accuracy == best


def test_what_is_validated_and_kept_is_the_running_mean_of_the_trained_values():
    system, events = LendingSquareSystem(), list[Event]()
    bench = Bench(system, events.append)
    network, visited = build_network(CHAIN, system.info, 6, 2, seed=0), list[Tensor]()
    Trainer(
        network,
        pat(bench.measure, square, system),
        stripes(),
        replace(SETTINGS, average=4),
        bench,
        seed=0,
        listener=events.append,
        control=ControlToken(),
        on_step=lambda: visited.append(weights(network)),
    ).run()
    mean = visited[0].numpy()
    for value in visited[1:]:
        mean = 0.75 * mean + 0.25 * value.numpy()
    np.testing.assert_allclose(weights(network).numpy(), mean, rtol=1e-5, atol=1e-6)
    assert not np.allclose(mean, visited[-1].numpy(), rtol=1e-3)
    last = [event.validation_accuracy for event in events if isinstance(event, EpochDone)][-1]
    assert evaluate(network, stripes().validation, system.run, bench, ControlToken()).accuracy == last


def test_a_stop_ends_training_at_the_next_step():
    control = ControlToken()
    control.stop()
    with pytest.raises(StopRequested):
        trained(control=control)


def test_a_commanded_rate_is_the_peak_from_then_on():
    control = ControlToken()
    control.set_learning_rate(0.01)
    _, events, _ = trained(control=control)
    rates = [event.learning_rate for event in events if isinstance(event, StepDone)]
    assert max(rates) == pytest.approx(0.01, rel=0.05)


def test_a_loss_that_is_not_finite_ends_with_what_to_do():
    class Broken(LendingSquareSystem):
        def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
            return super().run(drive, *parameters) * float("nan")

    with pytest.raises(SimulationDiverged, match=r"training\.learning_rate"):
        trained(system=Broken())


def test_without_validation_none_is_told():
    task = stripes()
    empty = replace(task, validation=Part(task.train.features[:0], task.train.labels[:0]))
    _, events, _ = trained(task=empty)
    assert all(event.validation_accuracy is None for event in events if isinstance(event, EpochDone))
