"""Random drives that show a system from its quiet to its loud side."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from core.ports import SystemInfo

SMALLEST_AMPLITUDE = 0.03
SMALLEST_FRACTION = 0.2


def uniform(count: int, dim: int, generator: torch.Generator) -> Float[Tensor, "shot drive"]:
    """Draw controls (shot, drive) uniformly from [-1, 1]."""
    return 2 * torch.rand(count, dim, generator=generator) - 1


def latin_hypercube(count: int, dim: int, generator: torch.Generator) -> Float[Tensor, "shot drive"]:
    """Draw controls (shot, drive) in [0, 1] of which each has one value in each of `count` equal intervals.

    McKay, Beckman, Conover, Technometrics 21, 239 (1979).
    """
    from scipy.stats import qmc  # half a second to import: not before it is wanted

    seed = int(torch.randint(2**31, (), generator=generator))
    return torch.as_tensor(qmc.LatinHypercube(dim, rng=seed).random(count), dtype=torch.float32)


def low_pass(count: int, dim: int, generator: torch.Generator) -> Float[Tensor, "shot drive"]:
    """Draw Gaussian noise (shot, drive) below a cut-off that is log-uniform over the band, with peak 1.

    Where the controls are samples of a waveform, white noise has nearly all its energy in the highest octaves; these
    drives have much of theirs in the lower ones.
    """
    spectrum = torch.fft.rfft(torch.randn(count, dim, generator=generator))
    bins = spectrum.shape[1]
    cutoff = 2 * (bins / 2) ** torch.rand(count, 1, generator=generator)
    noise = torch.fft.irfft(spectrum * torch.exp(-((torch.arange(bins) / cutoff) ** 2)), n=dim)
    return noise / noise.abs().amax(1, keepdim=True)


def mixed(count: int, dim: int, signed: bool, generator: torch.Generator) -> Float[Tensor, "shot drive"]:
    """Draw drives (shot, drive) in [0, 1]: half white, half low-pass, log-uniform in amplitude, some of them sparse.

    The rest position is 0.5 for signed controls, else 0.
    """
    white = torch.rand(count, 1, generator=generator) < 0.5
    shape = torch.where(white, uniform(count, dim, generator), low_pass(count, dim, generator))
    if not signed:
        shape = 0.5 * (1 + shape)
    dense = torch.rand(count, 1, generator=generator) < 0.5
    fraction = SMALLEST_FRACTION + (1 - SMALLEST_FRACTION) * torch.rand(count, 1, generator=generator)
    present = dense | (torch.rand(count, dim, generator=generator) < fraction)
    # Half the drives use the whole range, as a task's data do; the other half go down to the linear regime.
    amplitude = SMALLEST_AMPLITUDE ** (torch.rand(count, 1, generator=generator) * 2 - 1).clamp(min=0)
    drive = amplitude * shape * present
    return (0.5 + 0.5 * drive if signed else drive).clamp(0, 1)


def shared_parameter(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Draw a shared parameter in [0, 1] about its middle, log-uniform in the size of its deviations."""
    amplitude = SMALLEST_AMPLITUDE ** float(torch.rand((), generator=generator))
    return 0.5 + amplitude * (torch.rand(*shape, generator=generator) - 0.5)


def middle_parameters(info: SystemInfo) -> list[Tensor]:
    """Return the shared parameters with all values in their middle."""
    return [torch.full(shape, 0.5) for shape in info.parameter_shapes.values()]
