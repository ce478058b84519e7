"""A plate whose suspension hardens: modes with a cubic stiffness, driven by one force, heard by one microphone.

    q̈_n + (ω_n/Q_n) q̇_n + ω_n² q_n + α_n q_n³ = Γ_n F(t),   mic(t) = Σ c_n q̈_n

The state of a mode is kept in units of its static deflection: x = ω² q/Γ and y = ω q̇/Γ, so that with the hardening
β = α Γ²/ω⁶ and the weight w = c Γ

    ẋ = ω y,   ẏ = ω (F - x - y/Q - β x³),   mic = Σ w ẏ/ω

A free vibration of amplitude X is faster than a weak one by the fraction (3/8) β X², that is 3 α A²/(8 ω²).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from jaxtyping import Float
from torch import Tensor

from core.physics import plate
from core.physics.kernels import plate_cubic as compiled
from core.physics.kernels.function import Kernel, check_finite, solve
from core.physics.model import FitParameter

HARDENING = 0.01  # tolerance (est.): a free vibration as large as full drive's static deflection is 0.4 % faster


def coefficients(
    frequency_hz: Float[Tensor, " mode"],
    quality: Float[Tensor, " mode"],
    weight: Float[Tensor, " mode"],
    hardening: Float[Tensor, " mode"],
) -> Float[Tensor, "7 mode"]:
    """Return what one sample takes: the exact linear step less the identity (d, a, e), the kick, three weights.

    In double precision: the step of a slow mode differs from the identity by less than float32 resolves.
    """
    angle = 2 * math.pi * frequency_hz.double() / plate.RATE_HZ
    q, w, beta = quality.double(), weight.double(), hardening.double()
    loss = 0.5 * angle / q
    turn = angle * (1 - 0.25 / q**2).sqrt()
    decay, cosine, sine = (-loss).exp(), turn.cos(), turn.sin() / turn
    kick = angle * beta
    return torch.stack(
        [
            decay * (cosine + loss * sine) - 1,
            decay * angle * sine,
            decay * (cosine - loss * sine) - 1,
            kick,
            -w,
            -w / q,
            w * (0.5 * kick / q - beta),
        ]
    )


def simulate(force: Float[Tensor, "batch sample"], factors: Float[Tensor, "7 mode"]) -> Float[Tensor, "batch sample"]:
    """Return Σ w ẏ/ω at the ends of the samples over which the force is held, from rest; differentiable in both.

    Strang splitting, second order in the sample's length: half a kick by the cubic force, the exact linear step, half a
    kick; the halves on both sides of a sample's end are one. Raises SimulationDiverged when the signal is not finite.
    """
    heard = solve(KERNEL, force, factors)
    advice = "Lower the drive or the hardening."
    check_finite(heard, "The plate's signal", advice, force=force, kick=factors[3])
    return heard


def reference(force: Float[Tensor, "batch sample"], factors: Float[Tensor, "7 mode"]) -> Float[Tensor, "batch sample"]:
    """Step the equations in plain torch: readable, on every device, differentiable to any order."""
    d, a, e, k, wx, wy, w3 = factors.to(force.dtype).unbind()
    x = y = force.new_zeros(force.shape[0], d.shape[0])
    heard: list[Tensor] = []
    for f in force[:, :, None].unbind(1):
        s = x - f
        x, y = x + d * s + a * y, y + e * y - a * s
        cube = x**3
        heard.append((wx * (x - f) + wy * y + w3 * cube).sum(1))
        y = y - k * cube
    return torch.stack(heard, 1)


KERNEL = Kernel(reference, compiled.forward, compiled.backward)


class HardeningPlateModel:
    """The plate with a suspension and a mount that harden (`core.physics.model.PhysicsModel`)."""

    @property
    def fit_parameters(self) -> tuple[FitParameter, ...]:
        """Name the linear plate's parameters and the hardening of its suspended modes."""
        hardening = FitParameter("hardening", "1", (0.0,) * plate.SUSPENDED, (HARDENING,) * plate.SUSPENDED, "linear")
        return (*plate.PlateModel().fit_parameters, hardening)

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *shared: Tensor) -> Tensor:
        """Compute the microphone's signal (batch, 784), of order one, for controls (batch, 784) in [0, 1]."""
        force = plate.compress(2 * drive - 1, values["compression"])
        free = len(plate.MODES_HZ) - plate.SUSPENDED
        hardening = torch.nn.functional.pad(values["hardening"], (0, free))
        weight = plate.OUTPUT_SCALE * values["weight"]
        heard = simulate(force, coefficients(values["frequency"], values["quality"], weight, hardening))
        return (heard + values["offset"]).clamp(-1, 1)
