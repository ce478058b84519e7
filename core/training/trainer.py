"""The training loop: gradient steps along a route through device and twin, validation, early stopping."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from core.network.base import PhysicalNetwork, Shoot
from core.ports import SimulationDiverged
from core.task.dataset import Part, Task
from core.training.bench import Bench
from core.training.control import ControlToken
from core.training.estimators import Route
from core.training.events import EpochDone, Listener, Message, StepDone
from core.training.settings import TrainingSettings

EVALUATION_BATCH = 256


@dataclass(frozen=True)
class Score:
    """How many of how many samples a network classified rightly, and the class it chose for each."""

    correct: int
    total: int
    chosen: Tensor

    @property
    def accuracy(self) -> float:
        """Return the fraction of right answers, NaN without samples."""
        return self.correct / self.total if self.total else math.nan


def evaluate(network: PhysicalNetwork, part: Part, shoot: Shoot, bench: Bench, control: ControlToken) -> Score:
    """Classify every sample of a part once, without gradients, on whoever answers the shots."""
    chosen: list[Tensor] = []
    with torch.no_grad():
        for start in range(0, len(part.labels), EVALUATION_BATCH):
            control.safe_point()
            bench.begin_batch()
            features = part.features[start : start + EVALUATION_BATCH]
            chosen.append(network(features, shoot).logits.argmax(1))
    answers = torch.cat(chosen) if chosen else torch.empty(0, dtype=torch.long)
    return Score(int((answers == part.labels).sum()), len(part.labels), answers)


def rate_factor(fraction: float, warmup: float) -> float:
    """Return the learning rate at a fraction of the training relative to its peak: linear rise, cosine fall."""
    if fraction < warmup:
        return (fraction + 1e-3) / (warmup + 1e-3)
    return 0.5 * (1 + math.cos(math.pi * (fraction - warmup) / (1 - warmup)))


def train(
    network: PhysicalNetwork,
    route: Route,
    task: Task,
    settings: TrainingSettings,
    bench: Bench,
    *,
    seed: int,
    listener: Listener,
    control: ControlToken,
    on_epoch: Callable[[EpochDone], None],
) -> None:
    """Train the network in place.

    The last state is kept, or with `patience` the one of the best validation accuracy. `on_epoch` is called after each
    epoch, before the listener (to write a checkpoint). Raises SimulationDiverged on a loss that is not finite, and
    StopRequested when the control token says so.
    """
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    order = torch.Generator().manual_seed(seed)
    count, batch_size = len(task.train.labels), settings.batch_size
    steps_per_epoch = math.ceil(count / batch_size)
    steps, step, start_s = settings.epochs * steps_per_epoch, 0, time.perf_counter()
    peak_rate, best, best_epoch = settings.learning_rate, -1.0, 0
    best_state: dict[str, Tensor] = {}

    for epoch in range(settings.epochs):
        loss_sum, correct = 0.0, 0
        for rows in torch.randperm(count, generator=order).split(batch_size):
            control.safe_point()
            peak_rate = control.take_learning_rate() or peak_rate
            rate = peak_rate * rate_factor(step / steps, settings.warmup)
            optimiser.param_groups[0]["lr"] = rate
            batch = task.training_batch(rows, order)
            bench.begin_batch()
            logits, penalty = network(batch.features, route.train)
            loss = cross_entropy(logits, batch.labels, label_smoothing=settings.label_smoothing)
            optimiser.zero_grad()
            (loss + settings.range_penalty * penalty).backward()
            optimiser.step()
            step += 1
            value, right = loss.item(), int((logits.argmax(1) == batch.labels).sum())
            if not math.isfinite(value):
                raise SimulationDiverged(
                    f"The loss is {value} at step {step} (epoch {epoch + 1}). Lower training.learning_rate "
                    f"(now {peak_rate:g}) or network.initial_gain."
                )
            loss_sum, correct = loss_sum + value * len(rows), correct + right
            listener(
                StepDone(
                    step,
                    epoch + 1,
                    step / steps,
                    value,
                    right / len(rows),
                    rate,
                    bench.shots,
                    bench.device_s,
                    time.perf_counter() - start_s,
                )
            )
        validation = None
        if len(task.validation.labels):
            validation = evaluate(network, task.validation, route.validate, bench, control).accuracy
        wall_s = time.perf_counter() - start_s
        done = EpochDone(epoch + 1, settings.epochs, loss_sum / count, correct / count, validation, bench.shots, wall_s)
        on_epoch(done)
        listener(done)
        if settings.patience and validation is not None:
            if validation > best:
                best, best_epoch = validation, epoch
                best_state = {name: value.clone() for name, value in network.state_dict().items()}
            elif epoch - best_epoch >= settings.patience:
                listener(Message("info", f"No better validation accuracy for {settings.patience} epochs: ending."))
                break
    if best_state:
        network.load_state_dict(best_state)
