"""What a plain digital model reaches on the same split."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from core.task.dataset import Part, Task

DECAYS = (1e-5, 1e-4, 1e-3, 1e-2)
FOLD = 5  # without a validation part, every fifth training sample chooses the weight decay
MLP_STEPS = 1500
MLP_BATCH = 128


@dataclass(frozen=True)
class Baseline:
    """A digital model's test accuracy and its cost per inference."""

    name: str
    test_accuracy: float
    parameters: int
    macs: int


def baselines(task: Task, *, parameters: int, seed: int) -> list[Baseline]:
    """Train softmax regression and a perceptron of about `parameters` parameters; measure both on the test part."""
    features, classes = task.train.features.shape[1], len(task.classes)
    width = max(1, round((parameters - classes) / (features + classes + 1)))
    softmax = _softmax(task)
    perceptron = _perceptron(task, width, seed)
    return [
        Baseline("softmax regression", _accuracy(softmax, task.test), *_cost(softmax)),
        Baseline("multilayer perceptron", _accuracy(perceptron, task.test), *_cost(perceptron)),
    ]


def _parts(task: Task) -> tuple[Part, Part]:
    """Return the samples to fit and those to choose by; the test part is never among them."""
    if len(task.validation.labels):
        return task.train, task.validation
    every = torch.arange(len(task.train.labels)) % FOLD == 0
    train = task.train
    return (
        Part(train.features[~every], train.labels[~every]),
        Part(train.features[every], train.labels[every]),
    )


def _standardiser(features: Tensor) -> tuple[Tensor, Tensor]:
    return features.mean(0), features.std(0).clamp_min(1e-2)


class _Standardised(nn.Module):
    def __init__(self, features: Tensor, model: nn.Module) -> None:
        super().__init__()
        self._mean, self._scale = _standardiser(features)
        self.model = model

    def forward(self, features: Tensor) -> Tensor:
        return self.model((features - self._mean) / self._scale)


def _softmax(task: Task) -> nn.Module:
    fit, choose = _parts(task)
    best = max(DECAYS, key=lambda decay: _accuracy(_fit_softmax(fit, len(task.classes), decay), choose))
    return _fit_softmax(task.train, len(task.classes), best)


def _fit_softmax(part: Part, classes: int, decay: float) -> nn.Module:
    linear = nn.Linear(part.features.shape[1], classes)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    model = _Standardised(part.features, linear)
    optimiser = torch.optim.LBFGS(linear.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = cross_entropy(model(part.features), part.labels) + decay * linear.weight.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)  # pyright: ignore[reportArgumentType]: the stub wants a float, the code a tensor
    return model


def _perceptron(task: Task, width: int, seed: int) -> nn.Module:
    generator = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = nn.Sequential(
            nn.Linear(task.train.features.shape[1], width), nn.GELU(), nn.Linear(width, len(task.classes))
        )
    model = _Standardised(task.train.features, layers)
    optimiser = torch.optim.AdamW(layers.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, MLP_STEPS)
    for _ in range(MLP_STEPS):
        rows = torch.randint(len(task.train.labels), (MLP_BATCH,), generator=generator)
        loss = cross_entropy(model(task.train.features[rows]), task.train.labels[rows])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
    return model


def _accuracy(model: nn.Module, part: Part) -> float:
    with torch.no_grad():
        return float((model(part.features).argmax(1) == part.labels).double().mean())


def _cost(model: nn.Module) -> tuple[int, int]:
    linears = [module for module in model.modules() if isinstance(module, nn.Linear)]
    macs = sum(linear.in_features * linear.out_features for linear in linears)
    return sum(value.numel() for value in model.parameters()), macs
