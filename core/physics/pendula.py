"""Coupled nonlinear pendula, after the example in the repository of Wright, Onodera et al., Nature 601, 549 (2022).

    q̈_i = -γ q̇_i + Ω² [-(ω_i/Ω)² sin q_i + Σ_j J_ij (sin q_j - sin q_i) + e_i + b_i],   q̇(0) = 0,   J symmetric

The authors have γ = b = 0, ω_i = Ω and look at Ω t = 0.5, with five Runge-Kutta steps. J and e are in units of Ω², the
positions in radians. The controls are the initial positions, the response is the positions at the end, both in units
of `POSITION_RANGE_RAD`, so that a response can be the next drive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.physics.kernels import pendula as compiled
from core.physics.kernels.function import Kernel, check_finite, solve
from core.physics.kernels.pendula import PHASE_RAD, STEPS
from core.physics.model import FitParameter

PENDULA = 206
PAIRS = PENDULA * (PENDULA - 1) // 2
PARAMETER_SHAPES = {"coupling": (PAIRS,), "force": (PENDULA,)}
# The ranges are ours (est.): the couplings of 40 lit pixels can move a pendulum by several radians, and with all
# couplings at their edge a Runge-Kutta step is 1.4 rad of the fastest mode, inside the stable 2.8.
POSITION_RANGE_RAD = 1.0
COUPLING_RANGE = 1.0
FORCE_RANGE = 4.0


# The authors' equation has no units: the time scale is an analogue computer's (est.).
REFERENCE_FREQUENCY_RAD_S = 1000.0
SHOT_S = 2e-3  # 0.5 ms of motion, the rest to bring the pendula to rest and to their next positions (est.)


@dataclass(frozen=True)
class PendulaParameters:
    """The data sheet of a bench of pendula: ω in rad/s, γ in 1/s, b in units of Ω²; gains multiply what was asked for.

    Values and tolerances (see `PendulaModel`) are estimates; the authors' pendula are ideal.
    """

    natural_frequency_rad_s: float = REFERENCE_FREQUENCY_RAD_S
    damping_rate_s: float = 20.0
    bias_force: float = 0.0
    coupling_gain: float = 1.0
    force_gain: float = 1.0
    release_gain: float = 1.0
    readout_gain: float = 1.0


NOMINAL = PendulaParameters()


def coupling_matrix(coupling: Float[Tensor, " pair"]) -> Float[Tensor, "pendulum pendulum"]:
    """Arrange the couplings J_ij, i < j row by row, as a symmetric matrix without diagonal."""
    count = round((1 + (1 + 8 * len(coupling)) ** 0.5) / 2)
    upper = coupling.new_zeros(count * count).scatter(0, _upper(count, coupling.device), coupling).view(count, count)
    return upper + upper.T


@lru_cache(maxsize=4)
def _upper(count: int, device: torch.device) -> Int[Tensor, " pair"]:
    """Return where the elements above the diagonal lie in a matrix of `count` rows, kept: it is asked for each shot."""
    row, column = torch.triu_indices(count, count, offset=1, device=device)
    return row * count + column


def release(
    start: Float[Tensor, "batch pendulum"],
    coupling: Float[Tensor, " pair"],
    force: Float[Tensor, " pendulum"],
    stiffness: Float[Tensor, " pendulum"],
    damping: Float[Tensor, ""],
) -> Float[Tensor, "batch pendulum"]:
    """Release pendula from rest and return their positions (rad) at Ω t = `PHASE_RAD`, after `STEPS` steps.

    `coupling` is J_ij, i < j row by row, the others as in `evolve`. Differentiable in all. A position beyond 1e6 rad
    cannot be followed. Raises ValueError when the shapes don't fit together, and SimulationDiverged.
    """
    count = start.shape[1]
    right, found = (count * (count - 1) // 2, count, count), (coupling.numel(), force.numel(), stiffness.numel())
    if found != right:
        told = "{} couplings, {} forces and {} stiffnesses".format(*right)
        raise ValueError(f"{count} pendula have {told}, not {found[0]}, {found[1]} and {found[2]}")
    position = solve(KERNEL, start, coupling, force, stiffness, damping)
    advice = "Lower the couplings or the forces."
    values = {"start": start, "coupling": coupling, "force": force, "stiffness": stiffness}
    check_finite(position, "A pendulum's position", advice, along="pendulum", **values)
    return position


def reference(
    start: Float[Tensor, "batch pendulum"],
    coupling: Float[Tensor, " pair"],
    force: Float[Tensor, " pendulum"],
    stiffness: Float[Tensor, " pendulum"],
    damping: Float[Tensor, ""],
) -> Float[Tensor, "batch pendulum"]:
    """Do what `release` does in plain torch: readable, on every device, differentiable to any order."""
    return evolve(start, coupling_matrix(coupling), force, stiffness, damping)[0]


KERNEL = Kernel(reference, compiled.forward, compiled.backward)


def evolve(
    start: Float[Tensor, "batch pendulum"],
    coupling: Float[Tensor, "pendulum pendulum"],
    force: Float[Tensor, " pendulum"],
    stiffness: Float[Tensor, " pendulum"] | float = 1.0,
    damping: Tensor | float = 0.0,
    *,
    phase: float = PHASE_RAD,
    steps: int = STEPS,
) -> tuple[Float[Tensor, "batch pendulum"], Float[Tensor, "batch pendulum"]]:
    """Release pendula from rest and return positions (rad) and velocities (rad, in units of Ω) at Ω t = `phase`.

    Classical Runge-Kutta in Nyström form, in plain torch. `coupling` is J, symmetric, `force` is e, `stiffness` is
    (ω/Ω)² and `damping` is γ/Ω. All forces come from one product of the sines with J - diag(ΣJ + stiffness). At rest,
    the second stage has the positions of the first.
    """
    pull = coupling - torch.diag_embed(coupling.sum(1) + stiffness)
    h = phase / steps
    position, velocity = start, torch.zeros_like(start)

    def attraction(at: Tensor) -> Tensor:
        return torch.addmm(force, at.sin(), pull)

    for step in range(steps):
        f1 = attraction(position)
        a1 = f1 - damping * velocity
        f2 = f1 if step == 0 else attraction(position + h / 2 * velocity)
        a2 = f2 - damping * (velocity + h / 2 * a1)
        a3 = attraction(position + h / 2 * velocity + h * h / 4 * a1) - damping * (velocity + h / 2 * a2)
        f4 = attraction(position + h * velocity + h * h / 2 * a2)
        a4 = f4 - damping * (velocity + h * a3)
        position = position + h * velocity + h * h / 6 * (a1 + a2 + a3)
        velocity = velocity + h / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
    return position, velocity


class PendulaModel:
    """The pendula's equation with a bench's unknowns named: each pendulum's frequency and bias, and five scalars."""

    def __init__(self, sheet: PendulaParameters = NOMINAL) -> None:
        frequencies = (sheet.natural_frequency_rad_s,) * PENDULA
        self._fit_parameters = (
            FitParameter("natural_frequency", "rad/s", frequencies, 0.02, "log"),
            FitParameter("bias_force", "1", (sheet.bias_force,) * PENDULA, 0.03, "linear"),
            FitParameter("damping_rate", "1/s", sheet.damping_rate_s, 0.3, "log"),
            FitParameter("coupling_gain", "1", sheet.coupling_gain, 0.05, "log"),
            FitParameter("force_gain", "1", sheet.force_gain, 0.05, "log"),
            FitParameter("release_gain", "1", sheet.release_gain, 0.03, "log"),
            FitParameter("readout_gain", "1", sheet.readout_gain, 0.02, "log"),
        )

    @property
    def fit_parameters(self) -> tuple[FitParameter, ...]:
        """Name the parameters that calibration determines."""
        return self._fit_parameters

    def response(
        self, values: Mapping[str, Tensor], drive: Float[Tensor, "batch drive"], *parameters: Tensor
    ) -> Float[Tensor, "batch response"]:
        """Compute the positions at the end of a shot (batch, 206), in units of `POSITION_RANGE_RAD`.

        `parameters` are the couplings (21115,) and the forces (206,), in [0, 1] with 0 at 0.5.
        """
        coupling, force = parameters
        return respond(values, drive, COUPLING_RANGE * (2 * coupling - 1), force)


def respond(
    values: Mapping[str, Tensor],
    drive: Float[Tensor, "batch drive"],
    coupling: Float[Tensor, " pair"],
    force: Float[Tensor, " pendulum"],
) -> Float[Tensor, "batch response"]:
    """Compute a bench's response to the couplings J_ij; drive and force are controls in [0, 1]."""
    position = release(
        values["release_gain"] * POSITION_RANGE_RAD * drive,
        values["coupling_gain"] * coupling,
        values["force_gain"] * FORCE_RANGE * (2 * force - 1) + values["bias_force"],
        (values["natural_frequency"] / REFERENCE_FREQUENCY_RAD_S) ** 2,
        values["damping_rate"] / REFERENCE_FREQUENCY_RAD_S,
    )
    return values["readout_gain"] / POSITION_RANGE_RAD * position
