"""From the couplings of pairs of pendula to the matrix of all pulls, and back for gradients."""

from __future__ import annotations

from core.physics.kernels.jit import jit


@jit
def fill_pull(coupling, stiffness, pull):  # pyright: ignore
    """Fill pull (pendulum, pendulum) = J - diag(ΣJ + stiffness) from J_ij, i < j row by row."""
    count, begin = len(pull), 0
    sums = stiffness.copy()
    for i in range(count):
        pairs, row, others = coupling[begin : begin + count - 1 - i], pull[i, i + 1 :], sums[i + 1 :]
        begin += len(pairs)
        for k in range(len(pairs)):
            row[k] = pairs[k]
            others[k] += pairs[k]
        for j in range(i):
            pull[i, j] = pull[j, i]
        total = sums[i]
        for k in range(len(pairs)):
            total += pairs[k]
        pull[i, i] = -total


@jit
def fill_pull_adjoint(pull, coupling, stiffness):  # pyright: ignore
    """Fill the gradients of coupling and stiffness from that of pull."""
    count, begin = len(pull), 0
    for i in range(count):
        stiffness[i] = -pull[i, i]
    for i in range(count):
        pairs, row = coupling[begin : begin + count - 1 - i], pull[i, i + 1 :]
        begin += len(pairs)
        for k in range(len(pairs)):
            pairs[k] = row[k] + pull[i + 1 + k, i] + stiffness[i] + stiffness[i + 1 + k]
