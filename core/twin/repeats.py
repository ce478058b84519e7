"""Shots that were measured more than once: how far they scatter, whatever a twin says of them."""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from core.twin.shots import ShotBatch, Shots


class Repeats:
    """The shots of equal controls: their `rows` among all, their `responses`, and in which of the `groups` each is."""

    def __init__(self, shots: Shots) -> None:
        controls = torch.cat([_controls(batch) for batch in shots.batches])
        _, groups, counts = controls.unique(dim=0, return_inverse=True, return_counts=True)
        self.rows: Int[Tensor, " shot"] = (counts[groups] > 1).nonzero().flatten()
        if not len(self.rows):
            raise ValueError("No shot was measured twice, so that none tells how shots scatter.")
        _, self.groups, counts = groups[self.rows].unique(return_inverse=True, return_counts=True)
        self.responses: Float[Tensor, "shot response"] = shots.responses[self.rows].double()
        self._counts: Int[Tensor, " group"] = counts

    def medians(self) -> Float[Tensor, "shot response"]:
        """Return the median of each shot's group, which a few odd shots do not move."""
        split = self.responses[self.groups.argsort(stable=True)].split(self._counts.tolist())
        return torch.stack([group.quantile(0.5, dim=0) for group in split])[self.groups]

    def means(self, kept: Bool[Tensor, " shot"]) -> Float[Tensor, "shot response"]:
        """Return the mean of each shot's group over the shots that are kept."""
        sums = self.sums(torch.where(kept[:, None], self.responses, 0.0))
        return (sums / self._kept(kept).clamp_min(1)[:, None])[self.groups]

    def sums(self, values: Float[Tensor, "shot value"]) -> Float[Tensor, "group value"]:
        """Add up values of shots group by group."""
        return values.new_zeros(len(self._counts), values.shape[1]).index_add_(0, self.groups, values)

    def weights(self, kept: Bool[Tensor, " shot"]) -> Float[Tensor, " shot"]:
        """Return by what a square of a deviation from the mean is multiplied to be the variance; 0 tells nothing."""
        count = self._kept(kept)[self.groups]
        return torch.where(kept & (count > 1), count / (count - 1).clamp_min(1), 0.0)

    def share(self, chosen: Bool[Tensor, " shot"]) -> float:
        """Return which part of the shots is chosen; in a pair nobody can tell which of the two it is."""
        return float((chosen / torch.where(self._counts[self.groups] == 2, 2.0, 1.0)).mean())

    def _kept(self, kept: Bool[Tensor, " shot"]) -> Float[Tensor, " group"]:
        return self.sums(kept.double()[:, None])[:, 0]


def _controls(batch: ShotBatch) -> Float[Tensor, "shot control"]:
    shared = [value.reshape(1, -1).expand(len(batch.drives), -1) for value in batch.parameters]
    return torch.cat([batch.drives, *shared], 1)
