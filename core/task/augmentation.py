"""Training samples changed at random, so that a network sees what makes a class and not the samples by heart."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
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


def borrow_deviations(
    features: Float[Tensor, "sample feature"],
    labels: Int[Tensor, " sample"],
    rows: Int[Tensor, " row"],
    strength: float,
    generator: torch.Generator,
) -> Float[Tensor, "row feature"]:
    """Add to each chosen sample ±`strength` times how another sample of its class deviates from their mean.

    So the noise is correlated as the class is: features that hardly vary within it stay sharp (the smoothed bootstrap:
    Efron, Ann. Statist. 7, 1, 1979).
    """
    same = (labels[rows][:, None] == labels).to(features)
    others = torch.multinomial(same, 1, generator=generator)[:, 0]
    deviations = features[others] - same @ features / same.sum(1, keepdim=True)
    signs = 2 * torch.randint(2, (len(rows), 1), generator=generator) - 1
    return features[rows] + strength * signs * deviations
