"""Augmented samples: the digit moves, the formants vary as their class does, and nothing else changes."""

from __future__ import annotations

import pytest
import torch

from core.task.augmentation import borrow_deviations, warp_images
from core.task.load import load_task

SHAPE = (14, 14)


def blob(row: float, column: float, width: float = 1.5) -> torch.Tensor:
    """Return one image (1, 196) of a Gaussian spot."""
    rows, columns = torch.meshgrid(torch.arange(14.0), torch.arange(14.0), indexing="ij")
    return torch.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * width**2)).reshape(1, -1)


def centres(images: torch.Tensor) -> torch.Tensor:
    """Return the centres of mass (image, 2) in pixels."""
    grid = torch.stack(torch.meshgrid(torch.arange(14.0), torch.arange(14.0), indexing="ij")).reshape(2, -1)
    return images @ grid.T / images.sum(1, keepdim=True)


def test_no_movement_is_the_identity():
    images = torch.rand(5, 196)
    torch.testing.assert_close(warp_images(images, SHAPE, 0.0, torch.Generator()), images)


def test_a_spot_in_the_middle_moves_by_up_to_the_given_pixels_on_both_axes():
    moved = warp_images(blob(6.5, 6.5).repeat(2000, 1), SHAPE, 1.0, torch.Generator().manual_seed(1))
    shift = centres(moved) - 6.5
    assert float(shift.abs().max()) < 1.25  # the stretch of a spot beside the middle adds a little
    # A uniform shift in ±1 has a standard deviation of 1/√3.
    torch.testing.assert_close(shift.std(0), torch.full((2,), 3**-0.5), rtol=0.08, atol=0)
    assert float(shift.mean(0).abs().max()) < 0.05


def test_a_spot_at_an_edge_moves_by_up_to_twice_as_much():
    """Shift and stretch add up: two uniform numbers, of standard deviation (1 + 1)^½ / √3 at the very edge."""
    moved = warp_images(blob(2.5, 6.5, 0.8).repeat(2000, 1), SHAPE, 1.0, torch.Generator().manual_seed(1))
    shift = centres(moved)[:, 0] - 2.5
    expected = ((1 + (4 / 7) ** 2) / 3) ** 0.5  # 4 of the 7 pixels between the middle and the edge
    assert float(shift.std()) == pytest.approx(expected, rel=0.1)


def test_images_stay_in_range_and_differ_from_one_another():
    images = torch.rand(50, 196)
    moved = warp_images(images, SHAPE, 2.0, torch.Generator().manual_seed(2))
    assert moved.shape == images.shape
    assert 0 <= float(moved.min()) <= float(moved.max()) <= 1
    same = warp_images(images[:1].repeat(9, 1), SHAPE, 2.0, torch.Generator().manual_seed(2))
    assert len({row.numpy().tobytes() for row in same}) == 9


def test_a_training_batch_is_augmented_and_other_parts_are_not():
    rows, generator = torch.tensor([3, 1, 4]), torch.Generator().manual_seed(0)
    plain, augmented = load_task("mnist"), load_task("mnist", augmentation=1.0)
    assert torch.equal(plain.training_batch(rows, generator).features, plain.train.features[rows])
    batch = augmented.training_batch(rows, generator)
    assert torch.equal(batch.labels, augmented.train.labels[rows])
    assert not torch.equal(batch.features, augmented.train.features[rows])
    assert torch.equal(augmented.validation.features, plain.validation.features)
    assert torch.equal(augmented.test.features, plain.test.features)


def test_borrowed_deviations_have_the_mean_and_the_covariance_of_the_class():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(400) % 2
    mix = torch.tensor([[[1.0, 0.9], [0.0, 0.1]], [[0.2, 0.0], [0.0, 2.0]]])[labels]
    features = torch.einsum("si,sij->sj", torch.randn(400, 2, generator=generator), mix) + 5.0 * labels[:, None]
    rows = torch.arange(400).repeat(50)
    augmented = borrow_deviations(features, labels, rows, 0.5, generator)
    for label in (0, 1):
        own, drawn = features[labels == label], augmented[labels[rows] == label]
        torch.testing.assert_close(drawn.mean(0), own.mean(0), atol=0.04, rtol=0)
        # The sample's own deviation and half of an independent one: the variances add.
        torch.testing.assert_close(torch.cov(drawn.T), 1.25 * torch.cov(own.T), atol=0.15, rtol=0.05)


def test_what_is_no_image_borrows_deviations():
    rows, generator = torch.tensor([3, 1, 4]), torch.Generator().manual_seed(0)
    task = load_task("vowels1952", augmentation=0.5)
    batch = task.training_batch(rows, generator)
    assert torch.equal(batch.labels, task.train.labels[rows])
    assert not torch.equal(batch.features, task.train.features[rows])
