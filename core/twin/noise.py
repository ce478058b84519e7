"""The twin of a device's noise: how strong it is at a drive, and what of it all outputs have in common.

The noise of a shot with the noise-free response y is Gaussian with the covariance diag(a² + b |y|) + Σ_k s_k² u_k u_kᵀ.
Its independent part is a read-out's, a_i for each output, and the shot noise of what is counted. Its common parts u_k
are those of real apparatus: the gain (y), the time at which the shot starts (dy/dt), and a tilt and a bow of the gain
along the response (a laser's pointing).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import LowRankMultivariateNormal

from core.ports import Axis, SystemInfo
from core.twin.shots import Shots

STEPS = 200
LEARNING_RATE = 0.05
QUIET = 1e-3  # of the noise: where the common parts and the shot noise start


class NoiseTwin(nn.Module):
    """The distribution of a device's responses about those of its twin."""

    def __init__(self, twin: Callable[..., Tensor], info: SystemInfo) -> None:
        super().__init__()
        self._twin = twin  # if a module, a part of this one
        self._ordered = is_ordered(info.response_axis)
        self.log_independent = nn.Parameter(torch.zeros(info.response_dim))
        self.log_counting = nn.Parameter(torch.zeros(()))
        self.log_common = nn.Parameter(torch.zeros(4 if self._ordered else 1))

    def forward(self, drive: Float[Tensor, "batch drive"], *parameters: Tensor) -> LowRankMultivariateNormal:
        """Return the distribution of the responses (batch, response)."""
        return self._about(self._twin(drive, *parameters))

    def fit(self, repeats: Sequence[Shots]) -> None:
        """Fit to the same shots measured twice or more: the twin's misfit is in all of them and drops out.

        Maximises the likelihood of the deviations from the repeats' mean, scaled to the full variance.
        """
        count = len(repeats)
        responses = torch.stack([shots.responses for shots in repeats])
        deviations = (responses - responses.mean(0)) * (count / (count - 1)) ** 0.5
        with torch.no_grad():
            centres = torch.cat([self._twin(batch.drives, *batch.parameters) for batch in repeats[0].batches])
            rms = deviations.square().mean((0, 1)).sqrt().clamp_min(1e-9)
            self.log_independent.copy_(rms.log())
            level = float(rms.mean().log())
            self.log_counting.fill_(2 * level + torch.tensor(QUIET).log())
            self.log_common.fill_(level + torch.tensor(QUIET).log())
        weights = [self.log_independent, self.log_counting, self.log_common]
        optimiser = torch.optim.Adam(weights, lr=LEARNING_RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
        for _ in range(STEPS):
            loss = -self._about(centres).log_prob(centres + deviations).mean() / responses.shape[2]
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()

    def _about(self, centre: Float[Tensor, "batch response"]) -> LowRankMultivariateNormal:
        common = common_shapes(centre, self._ordered) * self.log_common.exp()
        independent = (2 * self.log_independent).exp() + self.log_counting.exp() * centre.abs()
        return LowRankMultivariateNormal(centre, common, independent, validate_args=False)


def is_ordered(axis: Axis) -> bool:
    """Tell whether neighbours along an axis are neighbours in time or frequency: pendula are only numbered."""
    return bool(axis.unit)


def common_shapes(response: Float[Tensor, "shot response"], ordered: bool) -> Float[Tensor, "shot response shape"]:
    """Return what a shot's own gain does to its response, and its own delay, tilt and bow along an ordered axis."""
    if not ordered:
        return response[..., None]
    position = torch.linspace(-1, 1, response.shape[1])
    (slope,) = torch.gradient(response, dim=1)
    return torch.stack([response, slope, response * position, response * (1.5 * position**2 - 0.5)], -1)
