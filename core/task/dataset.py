"""What a task is, and how its parts are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor

from core.ports import DataError
from core.task.augmentation import borrow_deviations, warp_images


@dataclass(frozen=True)
class Part:
    """Samples: features (sample, feature) in [0, 1] and class numbers (sample,)."""

    features: Float[Tensor, "sample feature"]
    labels: Int[Tensor, " sample"]

    def take(self, rows: NDArray[np.int64]) -> Part:
        """Return the chosen samples."""
        chosen = torch.as_tensor(rows, dtype=torch.long)
        return Part(self.features[chosen], self.labels[chosen])


@dataclass(frozen=True)
class Task:
    """A classification task, split into parts that share no sample.

    `augmentation` is how strongly training samples are changed at random, each time that one is shown: images by how
    many pixels they move, others by which part of another sample's deviation from the mean of their class they borrow.
    `feature_names` tells what each feature is, where that is known; `table` is the file that a table of one's own was
    read from, byte for byte.
    """

    name: str
    title: str
    classes: tuple[str, ...]
    image_shape: tuple[int, int] | None
    train: Part
    validation: Part
    test: Part
    augmentation: float = 0.0
    feature_names: tuple[str, ...] = ()
    table: bytes = field(default=b"", repr=False)

    def training_batch(self, rows: Int[Tensor, " row"], generator: torch.Generator) -> Part:
        """Return the chosen training samples, augmented."""
        features, labels = self.train.features[rows], self.train.labels[rows]
        if self.augmentation and self.image_shape:
            features = warp_images(features, self.image_shape, self.augmentation, generator)
        elif self.augmentation:
            features = borrow_deviations(self.train.features, self.train.labels, rows, self.augmentation, generator)
        return Part(features, labels)


def make_part(features: NDArray[np.floating], labels: NDArray[np.integer]) -> Part:
    """Build a part from arrays (sample, feature) and (sample,). Raises DataError on values outside [0, 1] or NaN."""
    if not (features.size and np.isfinite(features).all() and features.min() >= 0 and features.max() <= 1):
        raise DataError("The features are empty, not finite or outside [0, 1]; check the table's columns.")
    return Part(torch.as_tensor(features, dtype=torch.float32), torch.as_tensor(labels, dtype=torch.long))


def draw_stratified(
    labels: NDArray[np.integer], fraction: float, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split rows into (kept, drawn): of every class the same fraction is drawn, rounded. Both are sorted."""
    drawn = [
        generator.permutation(np.flatnonzero(labels == label))[: round(fraction * int((labels == label).sum()))]
        for label in np.unique(labels)
    ]
    chosen = np.sort(np.concatenate(drawn)) if drawn else np.empty(0, dtype=np.int64)
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen


def draw_some(labels: NDArray[np.integer], count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """Draw `count` rows, all where they are fewer, of every class about its share; sorted."""
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        place[rows] = (np.arange(len(rows)) + generator.random()) / len(rows)
    return np.sort(np.argsort(place)[:count])


def draw_talkers(
    talkers: NDArray[np.str_], fraction: float, generator: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split rows into (kept, drawn) so that no talker is in both."""
    names = generator.permutation(np.unique(talkers))
    mask = np.isin(talkers, names[: max(1, round(fraction * len(names)))])
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def split_task(
    name: str,
    title: str,
    classes: tuple[str, ...],
    training: Part,
    test: Part,
    *,
    validation: float,
    seed: int,
    image_shape: tuple[int, int] | None = None,
    feature_names: tuple[str, ...] = (),
) -> Task:
    """Carve the validation part out of the training part and assemble the task."""
    generator = np.random.default_rng([seed, 2])
    kept, drawn = draw_stratified(training.labels.numpy(), validation, generator)
    kept_part, drawn_part = training.take(kept), training.take(drawn)
    return Task(name, title, classes, image_shape, kept_part, drawn_part, test, feature_names=feature_names)
