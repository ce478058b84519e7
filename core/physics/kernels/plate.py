"""The linear plate compiled: products of matrices within blocks of samples, its modes' states from block to block.

The impulse response is h_t = Re Σ v λ^t, and Σ cosine more at t = 0, with λ = exp(-loss + i turn) per sample and the
residue v = (λ - 1) (cosine - i sine). Of the L samples f of a block, which begins with the states z, the ear hears

    y_j = Σ_i h_(j-i) f_i + Re Σ v λ^(j+1) z,   and   z' = λ^L z + Σ_i λ^(L-1-i) f_i

begins the next. The matrices are rounded from double precision, and the states are carried in it, because their phases
add up over the blocks: single precision is as good after many samples as after few. The transpose is the same backwards
in time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from core.physics.kernels.blas import use_one_thread
from core.physics.kernels.function import Gradients
from core.physics.kernels.jit import jit
from core.physics.kernels.memory import empty
from core.physics.kernels.pool import over_blocks

BLOCK = 32  # samples: a longer one costs more within than it spares between
VECTOR = 8  # modes are filled up to a multiple, with silent ones: double precision steps so many at once
ROWS = 200  # blocks in a product: OpenBLAS has faster kernels for small matrices, and all stays in cache
PARTS = 8  # of a batch, which threads share; each adds up its own gradient of the modes
# Unsigned, since numba guards every index that might be negative, and a guard turns a vector load into a gather.
_ZERO, _ONE, _TWO, _L = np.uintp(0), np.uintp(1), np.uintp(2), np.uintp(BLOCK)
Numbers = Any  # numpy array


def forward(keep: bool, force: Tensor, modes: Tensor) -> tuple[Tensor, Any]:
    """Answer all shots; where the modes want gradients, keep the states that blocks begin with (block, 2 modes)."""
    use_one_thread()
    signal, factors = force.detach().contiguous().numpy(), modes.detach().double().contiguous().numpy()
    matrices = _matrices(factors, signal.dtype)
    heard = empty(signal.shape, signal.dtype)
    blocks = len(signal) * -(-signal.shape[1] // BLOCK)
    states = empty((blocks if keep and modes.requires_grad else 0, len(matrices[2])), signal.dtype)
    edges = _edges(len(signal))
    over_blocks(lambda first, last: _forward(signal, matrices, heard, states, edges, first, last), len(edges) - 1)
    return torch.from_numpy(heard), (signal, factors, matrices, states)


def backward(kept: Any, cotangent: Tensor, needed: tuple[bool, ...]) -> Gradients:
    """Transpose `forward`: answer the cotangent backwards in time, and correlate it with force and states."""
    signal, factors, (enter, within, leave, factor), states = kept
    incoming, edges = cotangent.contiguous().numpy(), _edges(len(signal))
    mirrored = *(np.ascontiguousarray(each) for each in (enter[::-1], within.T, leave[:, ::-1])), factor
    by_force = empty(signal.shape if needed[0] else (0, 0), signal.dtype)
    by_modes = np.empty(factors.shape)
    products = empty((len(edges) - 1, BLOCK + 2 * len(leave), BLOCK), np.float64)
    carried = empty((len(edges) - 1, len(leave)), np.float64)
    arrays = signal, states if needed[1] else states[:0], incoming, mirrored, by_force, products, carried, edges
    over_blocks(lambda first, last: _backward(*arrays, first, last), len(edges) - 1)
    if needed[1]:
        _by_modes(factors, products.sum(0), carried.sum(0), by_modes)
    return tuple(
        torch.from_numpy(each) if needs else None for each, needs in zip((by_force, by_modes), needed, strict=True)
    )


def _edges(batch: int) -> Numbers:
    """Return where the parts of a batch begin, and its end."""
    parts = min(PARTS, batch)
    return np.arange(parts + 1) * batch // max(parts, 1)


def _matrices(modes: Numbers, dtype: Any) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """Return what enters the states (sample, 2 modes), what is heard of a block's samples and of its states, and λ^L.

    The real parts of all modes, silent ones added, come before the imaginary ones.
    """
    width = 2 * VECTOR * -(-modes.shape[1] // VECTOR)
    enter, within, leave = (np.zeros(shape, dtype) for shape in ((BLOCK, width), (BLOCK, BLOCK), (width, BLOCK)))
    factor = np.zeros(width)
    _fill_matrices(modes, enter, within, leave, factor)
    return enter, within, leave, factor


@jit
def _fill_matrices(modes, enter, within, leave, factor):  # pyright: ignore
    half, pulse = len(factor) // 2, np.zeros(BLOCK)
    for n in range(modes.shape[1]):
        loss, turn, cosine, sine = modes[:, n]
        once, power = np.exp(complex(-loss, turn)), complex(1, 0)
        residue = (once - 1) * complex(cosine, -sine)
        pulse[0] += cosine
        for j in range(BLOCK):
            pulse[j] += (residue * power).real
            enter[BLOCK - 1 - j, n], enter[BLOCK - 1 - j, half + n] = power.real, power.imag
            power *= once
            heard = residue * power
            leave[n, j], leave[half + n, j] = heard.real, -heard.imag
        factor[n], factor[half + n] = power.real, power.imag
    for i in range(BLOCK):
        within[i, i:] = pulse[: BLOCK - i]


@jit
def _forward(signal, matrices, heard, states, edges, first, last):  # pyright: ignore
    """Fill heard (shot, sample) and, unless it is empty, states (block, 2 modes)."""
    blocks = -(-signal.shape[1] // BLOCK)
    group = max(1, ROWS // blocks)
    space = np.empty((3, group * blocks, BLOCK), signal.dtype)
    passing = np.empty((group * blocks, len(matrices[2])), signal.dtype)
    for part in range(first, last):  # a product rounds by its size on some processors: never across parts
        for start in range(edges[part], edges[part + 1], group):
            stop = min(start + group, edges[part + 1])
            rows = (stop - start) * blocks
            before = states[start * blocks : stop * blocks] if len(states) else passing[:rows]
            f = space[0, :rows]
            _fill(signal, start, blocks, f)
            _pass(f, blocks, matrices, before, False)
            _hear(f, blocks, before, matrices, space[1, :rows], space[2, :rows], heard, start)


@jit
def _backward(signal, states, cotangent, matrices, gradient, products, carried, edges, first, last):  # pyright: ignore
    """Fill gradient (shot, sample) unless it is empty; unless there are no states, the sums that `_by_modes` wants."""
    blocks, width = -(-signal.shape[1] // BLOCK), len(matrices[2])
    group = max(1, ROWS // blocks)
    space = np.empty((4, group * blocks, BLOCK), signal.dtype)
    passing = np.empty((group * blocks, width), signal.dtype)
    near, far = np.empty((BLOCK, BLOCK), signal.dtype), np.empty((width, BLOCK), signal.dtype)
    for part in range(first, last):
        products[part] = 0
        carried[part] = 0
        for start in range(edges[part], edges[part + 1], group):
            stop = min(start + group, edges[part + 1])
            rows = (stop - start) * blocks
            g, after = space[0, :rows], passing[:rows]
            _fill(cotangent, start, blocks, g)
            _pass(g, blocks, matrices, after, True)
            if len(gradient):
                _hear(g, blocks, after, matrices, space[1, :rows], space[2, :rows], gradient, start)
            if len(states):
                f, before = space[3, :rows], states[start * blocks : stop * blocks]
                _fill(signal, start, blocks, f)
                _add(np.dot(f.T, g, near), products[part, :BLOCK])
                _add(np.dot(before.T, g, far), products[part, BLOCK : BLOCK + width])
                _add(np.dot(after.T, f, far), products[part, BLOCK + width :])
                _meet(before, after, carried[part])


@jit
def _fill(signal, start, blocks, rows):  # pyright: ignore
    """Lay shots from `start` on out in rows (block, sample), the last of a shot filled up with silence."""
    padded = rows.reshape((-1, blocks * BLOCK))
    samples = np.uintp(signal.shape[1])
    for shot in range(np.uintp(padded.shape[0])):
        for t in range(samples):
            padded[shot, t] = signal[np.uintp(start) + shot, t]
        padded[shot, samples:] = 0


@jit
def _pass(rows, blocks, matrices, states, backwards):  # pyright: ignore
    """Fill states (block, 2 modes): those with which blocks begin or, backwards, those after their ends."""
    np.dot(rows, matrices[0], states)
    blocks, half = np.uintp(blocks), np.uintp(states.shape[1]) // _TWO
    factor, now = matrices[3], np.empty(states.shape[1])
    # A table: LLVM compares addresses once for the rows in order, which fails backwards.
    order = np.empty(blocks, np.uintp)
    for k in range(blocks):
        order[k] = blocks - _ONE - k if backwards else k
    for start in range(_ZERO, np.uintp(states.shape[0]), blocks):
        now[:] = 0
        for k in range(blocks):
            row = start + order[k]
            for n in range(half):
                r, i, c, s = now[n], now[half + n], factor[n], factor[half + n]
                now[n] = c * r - s * i + states[row, n]
                now[half + n] = c * i + s * r + states[row, half + n]
                states[row, n] = r
                states[row, half + n] = i


@jit
def _hear(rows, blocks, states, matrices, within, of_states, heard, start):  # pyright: ignore
    """Fill heard (shot, sample) from the shot `start` on: what is heard of the samples of blocks, and of the states."""
    np.dot(rows, matrices[1], within)
    np.dot(states, matrices[2], of_states)
    one, other = within.reshape((-1, blocks * BLOCK)), of_states.reshape((-1, blocks * BLOCK))
    for shot in range(np.uintp(one.shape[0])):
        for t in range(np.uintp(heard.shape[1])):
            heard[np.uintp(start) + shot, t] = one[shot, t] + other[shot, t]


@jit
def _add(matrix, total):  # pyright: ignore
    """Add a matrix to a total; `total += matrix` would take about twice as long."""
    for i in range(np.uintp(matrix.shape[0])):
        for j in range(np.uintp(matrix.shape[1])):
            total[i, j] += matrix[i, j]


@jit
def _meet(before, after, total):  # pyright: ignore
    """Add to total (2 modes) the products of the states before blocks and the adjoint ones after them."""
    half = np.uintp(before.shape[1]) // _TWO
    for row in range(np.uintp(before.shape[0])):
        for n in range(half):
            a, b, c, d = before[row, n], before[row, half + n], after[row, n], after[row, half + n]
            total[n] += a * c - b * d
            total[half + n] += a * d + b * c


@jit
def _by_modes(modes, products, carried, gradient):  # pyright: ignore
    """Fill gradient (4, mode) from Σ r_t λ^t and Σ t r_t λ^t, r_t being Σ force · cotangent t samples later.

    Such pairs lie in one block; or one before a block, one in it; or on both sides of blocks, which makes them longer.
    """
    half, near = len(carried) // 2, np.zeros(BLOCK)
    before, after = products[BLOCK : BLOCK + 2 * half], products[BLOCK + 2 * half :]
    for i in range(BLOCK):
        for j in range(i, BLOCK):
            near[j - i] += products[i, j]
    for n in range(modes.shape[1]):
        loss, turn, cosine, sine = modes[:, n]
        once, power = np.exp(complex(-loss, turn)), complex(1, 0)
        total = slope = complex(0, 0)
        for j in range(BLOCK):
            total += near[j] * power
            slope += j * near[j] * power
            power *= once
            into, out = complex(before[n, j], before[half + n, j]), complex(after[n, -1 - j], after[half + n, -1 - j])
            total += into * power
            slope += ((j + 1) * into + j * out) * power
        slope += BLOCK * once * power * complex(carried[n], carried[half + n])
        by_factor = complex(cosine, -sine) * (once * total + (once - 1) * slope)
        by_weight = (once - 1) * total
        gradient[0, n], gradient[1, n] = -by_factor.real, -by_factor.imag
        gradient[2, n], gradient[3, n] = near[0] + by_weight.real, by_weight.imag
