"""Training images changed at random, so that a network sees the digit and not the pixels."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample


def warp_images(
    features: Float[Tensor, "sample feature"], shape: tuple[int, int], pixels: float, generator: torch.Generator
) -> Float[Tensor, "sample feature"]:
    """Send each image (rows × columns, flattened) through an affine map of its own, interpolating linearly.

    The map is the identity plus uniform noise: it shifts by up to `pixels`, and turns, stretches and shears so that the
    middle of an edge moves by up to as much again. What comes in from outside is 0.
    """
    rows, columns = shape
    scale = torch.tensor([2 * pixels / columns, 2 * pixels / rows])  # an image is 2 wide and high in grid_sample
    noise = 2 * torch.rand(len(features), 2, 3, generator=generator) - 1
    maps = torch.eye(2, 3) + scale[:, None] * noise
    grid = affine_grid(maps, [len(features), 1, rows, columns], align_corners=False)
    return grid_sample(features.view(-1, 1, rows, columns), grid, align_corners=False).flatten(1)
