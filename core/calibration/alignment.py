"""How a twin's derivative agrees with its device's, from measured Jacobian-vector products.

At measured operating points x the device's Jacobian J and the twin's, J_t, are compared along random directions v with
independent entries ±1: the cosine E<J v, J_t v> / √(E|J v|² E|J_t v|²) is that of the angle between the two matrices,
<J, J_t> / (|J| |J_t|) in the Frobenius norm, and so is that of the gradients Jᵀg that the two return to a random
cotangent g. PAT descends while it is positive.

J v is measured by central differences, repeated. Their noise would make |J v|² too large and the cosine too small:
products of different repeats only are averaged instead, in which independent noise has no mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from scipy.special import stdtrit
from torch import Tensor

from core.calibration.events import LayerAlignment, Verdict
from core.ports import Measure

REPEATS = 4  # of each central difference
SMALLEST_STEP = 0.02  # of the controls' range: far above the steps of a 10-bit converter
LARGEST_STEP = 0.2
TWIN_STEP = 0.002  # between the kinks of a transistor's threshold and float32's rounding
TOLD_APART = 3.0  # standard deviations of noise that the device's answer must exceed
GOOD = math.sqrt(0.5)  # half of the gradient's power goes the right way


class Controls(NamedTuple):
    """What a layer was sent, or a direction from there: drive (sample, drive), shared parameters (sample, *shape)."""

    drive: Tensor
    shared: tuple[Tensor, ...]


def random_direction(point: Controls, generator: torch.Generator) -> Controls:
    """Draw entries ±1, shrunk near the ends of [0, 1] so that the largest step stays inside.

    A control at an end does not move at all: behind the clamp no gradient passes in training, either.
    """

    def entries(value: Tensor) -> Tensor:
        room = (torch.minimum(value, 1 - value) / LARGEST_STEP).clamp(0, 1)
        return room * (2.0 * torch.randint(2, value.shape, generator=generator) - 1)

    return Controls(entries(point.drive), tuple(entries(value) for value in point.shared))


def _at(shoot: Measure, point: Controls, direction: Controls, step: float) -> Float[Tensor, "sample response"]:
    """Measure at point + step · direction: in one call, or in one for each sample where shots share parameters."""
    drive, *shared = (
        (value + step * change).clamp(0, 1)  # against rounding
        for value, change in zip((point.drive, *point.shared), (direction.drive, *direction.shared), strict=True)
    )
    if not shared:
        return shoot(drive)
    return torch.cat([shoot(row[None], *values) for row, *values in zip(drive, *shared, strict=True)])


def measured_slope(
    shoot: Measure, point: Controls, direction: Controls, step: float
) -> Float[Tensor, "sample response"]:
    """Return the central difference along a direction: a Jacobian-vector product to second order in the step."""
    return (_at(shoot, point, direction, step) - _at(shoot, point, direction, -step)) / (2 * step)


def twin_slope(twin: Measure, point: Controls, direction: Controls) -> tuple[Float[Tensor, "sample response"], float]:
    """Return the twin's Jacobian-vector products and how a far central difference departs from them, per step².

    The products are near central differences, with an error of 2e-4: forward mode is exact but takes the kernels' slow
    reference path, seconds for a circuit in place of milliseconds.
    """
    slope, far = (measured_slope(twin, point, direction, step) for step in (TWIN_STEP, LARGEST_STEP / 2))
    return slope, float((far - slope).norm() / math.sqrt(len(slope)) / (LARGEST_STEP / 2) ** 2)


def step_size(noise: float, bend: float) -> float:
    """Choose the step ε at which curvature and noise make the smallest mean square error of a central difference.

    `noise` is the rms norm of a response's noise, `bend` ε² the norm of the central difference's error. That of the
    mean of R repeats is bend² ε⁴ + noise² / (2R ε²), smallest at ε⁶ = noise² / (4R bend²).
    """
    if bend <= 0:
        return LARGEST_STEP
    best = (noise / (2 * math.sqrt(REPEATS) * bend)) ** (1 / 3)
    return min(max(best, SMALLEST_STEP), LARGEST_STEP)


def alignment(
    layer: int, slopes: Float[Tensor, "repeat sample response"], twin: Float[Tensor, "sample response"]
) -> LayerAlignment:
    """Compare measured, noisy Jacobian-vector products with the twin's: cosine with 95 % interval, and |twin|/|device|.

    The interval is Student's about the ratio of the samples' sums, its error from leaving out each sample in turn
    (jackknife). It is all of [-1, 1] where the device's answer to the directions cannot be told from noise. What the
    finite step leaves of curvature is not in it.
    """
    slopes, twin = slopes.double(), twin.double()
    repeats, count, _ = slopes.shape
    products = torch.einsum("isk,jsk->sij", slopes, slopes)
    products = (products - torch.diag_embed(products.diagonal(dim1=1, dim2=2))) / (repeats * (repeats - 1))
    along, device_power, twin_power = (slopes.mean(0) * twin).sum(1), products.sum((1, 2)), twin.square().sum(1)
    # Were all noise, each repeat's sign would be as good as the other: so much would the sum of the products scatter.
    relative = products / (slopes.square().sum((0, 2))[:, None, None] + 1e-30)  # one wild shot must not hide the rest
    scatter_of_noise = (2 * relative.square().sum()).sqrt()
    if not relative.sum() > TOLD_APART * scatter_of_noise or not device_power.sum() > 0 or not twin_power.sum() > 0:
        return LayerAlignment(layer, 0.0, -1.0, 1.0, math.nan)

    def cosine(along: Tensor, device: Tensor, model: Tensor) -> Tensor:
        return along / (device.clamp_min(0) * model + 1e-30).sqrt()

    sums = along.sum(), device_power.sum(), twin_power.sum()
    whole = float(cosine(*sums))
    without_one = cosine(sums[0] - along, sums[1] - device_power, sums[2] - twin_power)
    half_width = float(stdtrit(count - 1, 0.975) * math.sqrt(count - 1) * without_one.std(correction=0))
    low, middle, high = (min(max(whole + side * half_width, -1.0), 1.0) for side in (-1, 0, 1))
    return LayerAlignment(layer, middle, low, high, float((sums[2] / sums[1]).sqrt()))


def verdict(layers: Sequence[LayerAlignment]) -> Verdict:
    """Judge by the worst layer's interval, so that noise alone raises no alarm.

    A twin is good when all of every interval is above √½, usable when all is above 0, against when all of one is below.
    """
    if any(layer.high < 0 for layer in layers):
        return "against"
    lowest = min(layer.low for layer in layers)
    return "good" if lowest > GOOD else "usable" if lowest > 0 else "poor"
