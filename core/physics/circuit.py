"""A transistor across the capacitor of a series LRC loop, driven by a voltage waveform.

    L di/dt = g u - R i - v,   C dv/dt = i - v/R_p - I_T(v),   I_T = (k/2) max(v - V_th, 0)²

A field-effect transistor with its gate at its drain; the square law is also ngspice's LEVEL=1 model in saturation, so
that both solve the same equations. The voltage u is held between samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from core.physics.kernels import circuit as compiled
from core.physics.kernels.circuit import SUB_STEPS
from core.physics.kernels.function import Kernel, check_finite, solve
from core.physics.model import FitParameter

SAMPLES = 784
RATE_HZ = 1e6
DRIVE_V = 3.0  # at the ends of the control range
FULL_SCALE_V = 4.0
IMPEDANCE_OHM = 2236.0  # only a unit: currents are kept in volts


@dataclass(frozen=True)
class CircuitParameters:
    """The circuit's data sheet (est.): f0 = 71 kHz, Q = 2.8, Z0 = 2.2 kΩ."""

    inductance_h: float = 5e-3
    capacitance_f: float = 1e-9
    resistance_ohm: float = 800.0  # with the winding's
    parallel_ohm: float = 50e3
    transconductance_a_v2: float = 1e-3
    threshold_v: float = 0.5


NOMINAL = CircuitParameters()


def coefficients(
    inductance_h: Tensor,
    capacitance_f: Tensor,
    resistance_ohm: Tensor,
    parallel_ohm: Tensor,
    k_a_v2: Tensor,
    v_th: Tensor,
) -> Float[Tensor, " coefficient"]:
    """Return the kernel's coefficients: the equations' factors times the length of a sub-step."""
    h = 1 / (RATE_HZ * SUB_STEPS)
    loop = h * IMPEDANCE_OHM / inductance_h
    node = h / capacitance_f
    return torch.stack(
        [
            loop,
            h * resistance_ohm / inductance_h,
            loop,
            node / IMPEDANCE_OHM,
            node / parallel_ohm,
            node * k_a_v2 / 2,
            v_th,
        ]
    )


def simulate(
    voltage: Float[Tensor, "batch sample"], factors: Float[Tensor, " coefficient"]
) -> Float[Tensor, "batch sample"]:
    """Return v at the end of every sample, from rest, differentiable in both.

    Raises SimulationDiverged when a voltage is not finite.
    """
    response = solve(KERNEL, voltage, factors)
    advice = "Lower the drive or the transconductance."
    check_finite(response, "The circuit's voltage", advice, step_coefficients=factors, drive_v=voltage)
    return response


def reference(
    voltage: Float[Tensor, "batch sample"], factors: Float[Tensor, " coefficient"]
) -> Float[Tensor, "batch sample"]:
    """Step the equations in plain torch: readable, on every device, differentiable to any order."""
    return _stepped(voltage, factors, SUB_STEPS)


@torch.jit.script_if_tracing  # a traced loop is as many nodes as it has steps; a script stays a loop
def _stepped(voltage: Tensor, factors: Tensor, sub_steps: int) -> Tensor:
    f = list(factors.unbind())
    i = v = torch.zeros_like(voltage[:, 0])
    outputs: list[Tensor] = []
    for u in voltage.unbind(1):
        for _ in range(sub_steps):
            k1i, k1v = _slope(i, v, u, f)
            k2i, k2v = _slope(i + k1i / 2, v + k1v / 2, u, f)
            k3i, k3v = _slope(i + k2i / 2, v + k2v / 2, u, f)
            k4i, k4v = _slope(i + k3i, v + k3v, u, f)
            i, v = i + (k1i + 2 * k2i + 2 * k3i + k4i) / 6, v + (k1v + 2 * k2v + 2 * k3v + k4v) / 6
        outputs.append(v)
    return torch.stack(outputs, 1)


def _slope(i: Tensor, v: Tensor, u: Tensor, factors: list[Tensor]) -> tuple[Tensor, Tensor]:
    a_u, a_r, a_v, c_i, c_g, c_k, v_th = factors
    m = (v - v_th).clamp_min(0)
    return a_u * u - a_r * i - a_v * v, c_i * i - c_g * v - c_k * m * m


KERNEL = Kernel(reference, compiled.forward, compiled.backward)


class CircuitModel:
    """The circuit's equations with its components unknown (`core.physics.model.PhysicsModel`)."""

    @property
    def fit_parameters(self) -> tuple[FitParameter, ...]:
        """Name components within their tolerances, amplifier gains and the converter's offset."""
        p = NOMINAL
        return (
            FitParameter("inductance", "H", p.inductance_h, 0.05, "log"),
            FitParameter("capacitance", "F", p.capacitance_f, 0.1, "log"),
            FitParameter("resistance", "ohm", p.resistance_ohm, 0.05, "log"),
            FitParameter("parallel", "ohm", p.parallel_ohm, 0.2, "log"),
            FitParameter("transconductance", "A/V2", p.transconductance_a_v2, 0.3, "log"),
            FitParameter("threshold", "V", p.threshold_v, 0.05, "linear"),
            FitParameter("drive_gain", "1", 1.0, 0.03, "log"),
            FitParameter("gain", "1", 1.0, 0.03, "log"),
            FitParameter("offset", "1", 0.0, 0.005, "linear"),
        )

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *shared: Tensor) -> Tensor:
        """Compute the voltage (batch, 784) relative to full scale, for controls (batch, 784) in [0, 1]."""
        names = ("inductance", "capacitance", "resistance", "parallel", "transconductance", "threshold")
        factors = coefficients(*(values[name] for name in names))
        voltage = DRIVE_V * values["drive_gain"] * (2 * drive - 1)
        signal = values["gain"] * simulate(voltage, factors) / FULL_SCALE_V + values["offset"]
        return signal.clamp(-1, 1)  # the digitiser's full scale
