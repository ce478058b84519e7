"""The linear plate compiled: a fast convolution with the modes' impulse response, or for a single shot their recursion.

A step of force is heard as Σ Re(u λ^t), with λ = exp(-loss + i turn) per sample and u = cosine - i sine the weight. Its
powers are products of coarse and fine ones, λ^(64a + b) = (λ^64)^a λ^b, so that the sum over modes is one product of
matrices; all of it in double precision, because float32 loses the phase. The convolution is circular at twice the
length, in chunks of shots that stay in cache.
"""

from __future__ import annotations

from math import ceil, log2
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.physics.kernels.blas import use_one_thread
from core.physics.kernels.function import Gradients
from core.physics.kernels.jit import inline, jit
from core.physics.kernels.memory import empty
from core.physics.kernels.pool import over_blocks

FINE = 64  # samples between two coarse powers
KINDS = {torch.float32: np.float32, torch.float64: np.float64}
CHUNK = 2**17  # numbers that are transformed together: with their spectrum, a second-level cache
LANES, CHAINS = 8, 4  # modes of a single shot stepped together, in double precision; such chains that overlap
_ROW = 6 * LANES  # real and imaginary part of state, λ - 1 and weight of eight modes
_SUM = CHAINS * _ROW


def forward(keep: bool, force: Tensor, modes: Tensor) -> tuple[Tensor, Any]:
    """Answer all shots; keep the impulse response's spectrum and, where the modes want gradients, the force's."""
    force, factors = force.detach(), modes.detach().double()
    if len(force) == 1 and not keep:
        return _single_shot(force, factors), None
    samples = force.shape[1]
    size = _fast_size(2 * samples - 1)
    spectrum = torch.fft.rfft(_impulse_response(factors, samples).to(force.dtype), size)
    chunks = _chunks(size, len(force))
    heard = torch.from_numpy(empty(force.shape, KINDS[force.dtype]))
    sent: list[Tensor] = [spectrum] * len(chunks) if keep and modes.requires_grad else []

    def answer(first: int, last: int) -> None:
        for index in range(first, last):
            part = chunks[index]
            drive = torch.fft.rfft(force[part], size)
            if sent:
                sent[index] = drive
                drive = drive * spectrum
            else:
                drive *= spectrum
            heard[part] = torch.fft.irfft(drive, size)[:, :samples]

    over_blocks(answer, len(chunks))
    return heard, (factors, spectrum, sent, size)


def backward(kept: Any, cotangent: Tensor, needed: tuple[bool, ...]) -> Gradients:
    """Transpose `forward`: correlate the cotangent with the impulse response, and with the force for the modes."""
    factors, spectrum, sent, size = kept
    (batch, samples), mirrored = cotangent.shape, spectrum.conj().resolve_conj()
    chunks = _chunks(size, batch)
    gradient = torch.from_numpy(empty(cotangent.shape, KINDS[cotangent.dtype]))
    parts = spectrum.new_empty(len(chunks), len(spectrum))

    def transpose(first: int, last: int) -> None:
        for index in range(first, last):
            part = chunks[index]
            incoming = torch.fft.rfft(cotangent[part], size)
            if needed[1]:
                _correlate(sent[index].numpy(), incoming.numpy(), parts[index].numpy())
            if needed[0]:
                gradient[part] = torch.fft.irfft(incoming.mul_(mirrored), size)[:, :samples]

    over_blocks(transpose, len(chunks))
    by_modes = None
    if needed[1]:
        by_modes = _impulse_response_transposed(factors, torch.fft.irfft(parts.sum(0), size)[:samples].double())
    return gradient if needed[0] else None, by_modes


@jit
def _correlate(sent, incoming, total):  # pyright: ignore
    """Fill total (frequency) with the conjugate of sent (shot, frequency) times incoming, over all shots."""
    for k in range(len(total)):
        total[k] = 0
    for shot in range(sent.shape[0]):
        for k in range(len(total)):
            a, b = sent[shot, k], incoming[shot, k]
            total[k] += complex(a.real * b.real + a.imag * b.imag, a.real * b.imag - a.imag * b.real)


def _fast_size(least: int) -> int:
    """Return the least length of a fast transform, a small odd number times a power of two, that is long enough."""
    return min(odd * 2 ** max(0, ceil(log2(least / odd))) for odd in (1, 3, 5, 9, 15, 25))


def _chunks(size: int, batch: int) -> list[slice]:
    shots = max(1, CHUNK // size)
    return [slice(start, start + shots) for start in range(0, batch, shots)]


def _impulse_response(modes: Tensor, samples: int) -> Tensor:
    use_one_thread()
    response = np.empty(samples)
    _sum_modes(modes.numpy(), _step(modes), response)
    return torch.from_numpy(response)


def _impulse_response_transposed(modes: Tensor, cotangent: Tensor) -> Tensor:
    """Return the gradient of Σ cotangent · impulse response with respect to loss, turn and both weights."""
    use_one_thread()
    gradient = np.empty(modes.shape)
    _sum_modes_transposed(modes.numpy(), _step(modes), cotangent.numpy(), gradient)
    return torch.from_numpy(gradient)


def _step(modes: Tensor) -> Any:
    """Return λ, complex (mode)."""
    loss, turn = modes[:2].numpy()
    return np.exp(-loss + 1j * turn)


@jit
def _powers(first, factor, count):  # pyright: ignore
    """Return first times growing powers of a factor, (power, real then imaginary parts of the modes)."""
    modes = len(first)
    table = np.empty((count, 2 * modes))
    for n in range(modes):
        r, i = first[n].real, first[n].imag
        for power in range(count):
            table[power, n] = r
            table[power, modes + n] = i
            r, i = r * factor[n].real - i * factor[n].imag, r * factor[n].imag + i * factor[n].real
    return table


@jit
def _tables(once, samples):  # pyright: ignore
    """Return λ^(64a) from a = 0, and λ^b for b = 1 to 64."""
    fine = _powers(once, once, FINE)
    modes = len(once)
    last = fine[FINE - 1, :modes] + 1j * fine[FINE - 1, modes:]
    return _powers(np.ones_like(once), last, -(-samples // FINE)), fine


@jit
def _sum_modes(factors, once, response):  # pyright: ignore
    """Fill response (sample): that to a step less the same one sample later."""
    modes, samples = len(once), len(response)
    coarse, fine = _tables(once, samples)
    for a in range(len(coarse)):
        for n in range(modes):
            r, i, cosine, sine = coarse[a, n], coarse[a, modes + n], factors[2, n], factors[3, n]
            coarse[a, n] = cosine * r + sine * i
            coarse[a, modes + n] = sine * r - cosine * i
    step = np.dot(coarse, fine.T).ravel()
    response[0] = step[0]
    for t in range(1, samples):
        response[t] = step[t] - step[t - 1]


@jit
def _sum_modes_transposed(factors, once, cotangent, gradient):  # pyright: ignore
    """Fill gradient (4, mode) from Σ g λ^t and Σ g t λ^t over t = 64a + b, first over b."""
    modes, samples = len(once), len(cotangent)
    coarse, fine = _tables(once, samples)
    rows = np.zeros((2, len(coarse) * FINE))
    for t in range(samples):
        rows[0, t] = cotangent[t] - cotangent[t + 1] if t < samples - 1 else cotangent[t]
        rows[1, t] = (t + 1) * rows[0, t]
    inner = np.dot(rows.reshape(-1, FINE), fine)
    sums = np.zeros((4, modes))
    for a in range(len(coarse)):
        for kind in range(2):
            row = kind * len(coarse) + a
            for n in range(modes):
                r, i, x, y = coarse[a, n], coarse[a, modes + n], inner[row, n], inner[row, modes + n]
                sums[2 * kind, n] += r * x - i * y
                sums[2 * kind + 1, n] += r * y + i * x
    for n in range(modes):
        cosine, sine = factors[2, n], factors[3, n]
        gradient[0, n] = -cosine * sums[2, n] - sine * sums[3, n]
        gradient[1, n] = sine * sums[2, n] - cosine * sums[3, n]
        gradient[2, n] = sums[0, n]
        gradient[3, n] = sums[1, n]


def _single_shot(force: Tensor, modes: Tensor) -> Tensor:
    step, (cosine, sine) = _step(modes) - 1, modes[2:].numpy()
    rows = np.zeros((6, -(-len(step) // (CHAINS * LANES)) * CHAINS * LANES))
    rows[2:, : len(step)] = step.real, step.imag, cosine, sine
    groups = np.ascontiguousarray(rows.reshape(6, -1, CHAINS, LANES).transpose(1, 2, 0, 3))
    heard = np.zeros(force.shape[1])
    _recur(force[0].double().numpy(), groups.reshape(len(groups), -1), heard)
    return torch.from_numpy(heard)[None].to(force.dtype)


@inline
def _turn(work, at, j, change):  # pyright: ignore
    """Step z = λ (z + change of force); return Re(u z)."""
    r, i = work[at + j] + change, work[at + LANES + j]
    d, e = work[at + 2 * LANES + j], work[at + 3 * LANES + j]
    r, i = r + (d * r - e * i), i + (d * i + e * r)
    work[at + j] = r
    work[at + LANES + j] = i
    return work[at + 4 * LANES + j] * r + work[at + 5 * LANES + j] * i


@jit
def _recur(force, groups, heard):  # pyright: ignore
    """Add what all modes sound like to heard (sample); groups (group, 4 rows of z, λ - 1 and u of eight modes)."""
    work = np.zeros(CHAINS * _ROW + LANES)
    for group in range(groups.shape[0]):
        for j in range(CHAINS * _ROW):
            work[j] = groups[group, j]
        before = 0.0
        for t in range(force.shape[0]):
            change = force[t] - before
            before = force[t]
            for j in range(LANES):
                low = _turn(work, 0, j, change) + _turn(work, _ROW, j, change)
                high = _turn(work, 2 * _ROW, j, change) + _turn(work, 3 * _ROW, j, change)
                work[_SUM + j] = low + high
            low = (work[_SUM] + work[_SUM + 1]) + (work[_SUM + 2] + work[_SUM + 3])
            high = (work[_SUM + 4] + work[_SUM + 5]) + (work[_SUM + 6] + work[_SUM + 7])
            heard[t] += low + high
