"""The training loop: gradient steps along a route through device and twin, validation, early stopping.

All that a training changes can be taken out between two steps and put back, so that it goes on bit for bit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from core.network.base import PhysicalNetwork, Shoot
from core.phrase import Phrase
from core.ports import SimulationDiverged
from core.task.dataset import Part, Task
from core.training.bench import Bench
from core.training.control import ControlToken
from core.training.estimators import Route
from core.training.events import AnswersCounted, EpochDone, Listener, Message, SampleShown, StepDone, StepTimed
from core.training.settings import TrainingSettings
from core.training.state import exact, pack_optimiser, under, unpack_optimiser

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


def count_answers(name: Literal["validation", "test"], part: Part, score: Score, classes: int) -> AnswersCounted:
    """Count what samples of each class were taken for."""
    pairs = part.labels * classes + score.chosen
    return AnswersCounted(name, torch.bincount(pairs, minlength=classes**2).reshape(classes, classes).numpy())


def rate_factor(fraction: float, warmup: float, final: float = 0.0) -> float:
    """Return the learning rate at a fraction of the training relative to its peak: linear rise, cosine to `final`."""
    if fraction < warmup:
        return (fraction + 1e-3) / (warmup + 1e-3)
    return final + (1 - final) * 0.5 * (1 + math.cos(math.pi * (fraction - warmup) / (1 - warmup)))


class Trainer:
    """Train a network in place, from its start or from a state that was taken out of another trainer.

    The last state is kept, or with `patience` the one of the best validation accuracy; with `average` all that is
    validated and kept is a running mean over about so many steps. `on_step` is called after each step and `on_epoch`
    after each epoch, before the listener (to write a checkpoint). Between steps `rate_scale`, by which the learning
    rate is multiplied, and the route may be changed: neither is part of the state.
    """

    def __init__(
        self,
        network: PhysicalNetwork,
        route: Route,
        task: Task,
        settings: TrainingSettings,
        bench: Bench,
        *,
        seed: int,
        listener: Listener,
        control: ControlToken,
        on_step: Callable[[], None] = lambda: None,
        on_epoch: Callable[[EpochDone], None] = lambda done: None,
    ) -> None:
        self._network, self._task, self._settings = network, task, settings
        self.rate_scale = 1.0
        self._bench, self._listener, self._control = bench, listener, control
        self._on_step, self._on_epoch = on_step, on_epoch
        self._optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
        self._order = torch.Generator().manual_seed(seed)
        self.steps = settings.epochs * math.ceil(len(task.train.labels) / settings.batch_size)
        self._start_s = time.perf_counter()
        self._progress = _Progress(peak_rate=settings.learning_rate)
        self._seed, self._route = seed, route
        self._seed_route()
        self._permutation = torch.empty(0, dtype=torch.long)
        self._best: dict[str, Tensor] = {}
        steps = settings.average
        self._mean = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(1 - 1 / steps)) if steps else None
        self.between_steps = True

    def run(self) -> None:
        """Go through all epochs that are left.

        Raises SimulationDiverged on a loss that is not finite, and StopRequested when the control token says so. The
        state can be taken out while `between_steps` holds: not in the middle of a step or of a validation.
        """
        progress = self._progress
        while progress.epoch < self._settings.epochs and not self._patience_ended():
            self._bench.purpose, self.between_steps = "training", True
            while progress.row < len(self._task.train.labels):
                self._control.safe_point()
                if progress.row == 0:  # only now, so that a state before the first step of an epoch holds no order yet
                    self._permutation = torch.randperm(len(self._task.train.labels), generator=self._order)
                self.between_steps = False
                self._step(self._permutation[progress.row : progress.row + self._settings.batch_size])
                self.between_steps = True
                self._on_step()
                self._control.step_done()
            self._bench.purpose, self.between_steps = "validation", False
            self._end_epoch()
        self._network.load_state_dict(self._best or self._kept.state_dict())

    @property
    def route(self) -> Route:
        """Tell who answers the shots."""
        return self._route

    def change_route(self, route: Route) -> None:
        """Let others answer the shots; what is drawn for it at random depends on the step at which they begin."""
        if route is not self._route:
            self._route = route
            self._seed_route()

    @property
    def step(self) -> int:
        """Count the steps that were done."""
        return self._progress.step

    def state(self) -> dict[str, Tensor]:
        """Return all that training changes, as tensors; the network's own state is not among them."""
        facts = asdict(self._progress) | {"wall_s": self._wall_s()}
        progress = {f"progress.{name}": exact(value) for name, value in facts.items()}
        best = {f"best.{name}": value for name, value in self._best.items()}
        mean = {} if self._mean is None else {f"mean.{name}": value for name, value in self._mean.state_dict().items()}
        optimiser = {f"optimiser.{name}": value for name, value in pack_optimiser(self._optimiser).items()}
        drawn = {} if self._route.generator is None else {"route": self._route.generator.get_state()}
        order = {"order": self._order.get_state(), "permutation": self._permutation}
        return progress | best | mean | optimiser | order | drawn

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Go on from this state. Raises KeyError, ValueError or RuntimeError when it belongs to another training."""
        part = {name: under(state, name) for name in ("progress", "best", "mean", "optimiser")}
        values = {name: value.item() for name, value in part["progress"].items()}
        self._start_s = time.perf_counter() - values.pop("wall_s")
        self._progress = _Progress(**values)  # pyright: ignore[reportArgumentType], whose types `exact` kept
        self._permutation = state["permutation"].clone()
        self._order.set_state(state["order"].clone())
        if self._route.generator is not None:
            self._route.generator.set_state(state["route"].clone())
        self._best = {name: value.clone() for name, value in part["best"].items()}
        if self._mean is not None:
            self._mean.load_state_dict(part["mean"])
        unpack_optimiser(self._optimiser, part["optimiser"])

    def _seed_route(self) -> None:
        if self._route.generator is not None:
            self._route.generator.manual_seed(self._seed + self._progress.step)

    def _step(self, rows: Tensor) -> None:
        progress, settings, bench = self._progress, self._settings, self._bench
        steps = self.steps
        progress.peak_rate = self._control.take_learning_rate() or progress.peak_rate
        rate = (
            self.rate_scale
            * progress.peak_rate
            * rate_factor(progress.step / steps, settings.warmup, settings.final_rate)
        )
        self._optimiser.param_groups[0]["lr"] = rate
        batch = self._task.training_batch(rows, self._order)
        bench.begin_batch()
        start_s, device_s = time.perf_counter(), bench.device_s
        logits, penalty = self._network(batch.features, self._route.train)
        forward_s, device_s = time.perf_counter() - start_s, bench.device_s - device_s
        loss = cross_entropy(logits, batch.labels, label_smoothing=settings.label_smoothing)
        self._optimiser.zero_grad()
        (loss + settings.range_penalty * penalty).backward()
        self._optimiser.step()
        self._listener(StepTimed(device_s, forward_s - device_s, time.perf_counter() - start_s - forward_s))
        if bench.showing:
            shown = batch.features[0].numpy().copy(), int(batch.labels[0]), logits[0].detach().numpy().copy()
            self._listener(SampleShown(*shown))
        value, right = loss.item(), int((logits.argmax(1) == batch.labels).sum())
        progress.step, progress.row = progress.step + 1, progress.row + len(rows)
        if self._mean is not None:
            self._mean.update_parameters(self._network)
        if not math.isfinite(value):
            raise SimulationDiverged(
                f"The loss is {value} at step {progress.step} (epoch {progress.epoch + 1}). Lower "
                f"training.learning_rate (now {progress.peak_rate:g}) or network.initial_gain."
            )
        progress.loss_sum, progress.correct = progress.loss_sum + value * len(rows), progress.correct + right
        self._listener(
            StepDone(
                progress.step,
                progress.epoch + 1,
                progress.step / steps,
                value,
                right / len(rows),
                rate,
                bench.shots,
                bench.device_s,
                self._wall_s(),
            )
        )

    @property
    def _kept(self) -> PhysicalNetwork:
        kept = self._network if self._mean is None else self._mean.module
        assert isinstance(kept, PhysicalNetwork)
        return kept

    def _end_epoch(self) -> None:
        progress, count = self._progress, len(self._permutation)
        validation = None
        if len(self._task.validation.labels):
            score = evaluate(self._kept, self._task.validation, self._route.validate, self._bench, self._control)
            validation = score.accuracy
            self._listener(count_answers("validation", self._task.validation, score, len(self._task.classes)))
        loss, accuracy = progress.loss_sum / count, progress.correct / count
        progress.epoch, progress.row, progress.loss_sum, progress.correct = progress.epoch + 1, 0, 0.0, 0
        if self._settings.patience and validation is not None and validation > progress.best:
            progress.best, progress.best_epoch = validation, progress.epoch
            self._best = {name: value.clone() for name, value in self._kept.state_dict().items()}
        done = EpochDone(
            progress.epoch, self._settings.epochs, loss, accuracy, validation, self._bench.shots, self._wall_s()
        )
        self._on_epoch(done)
        self._listener(done)
        if self._patience_ended():
            epochs = self._settings.patience
            self._listener(
                Message("info", Phrase("No better validation accuracy for {count} epochs: ending.", count=epochs))
            )

    def _patience_ended(self) -> bool:
        progress, patience = self._progress, self._settings.patience
        return bool(self._best) and progress.epoch - progress.best_epoch >= patience

    def _wall_s(self) -> float:
        return time.perf_counter() - self._start_s


@dataclass
class _Progress:
    """How far a training is: `row` counts the samples of the present epoch that have been used."""

    peak_rate: float
    epoch: int = 0
    row: int = 0
    step: int = 0
    loss_sum: float = 0.0
    correct: int = 0
    best: float = -1.0
    best_epoch: int = 0
