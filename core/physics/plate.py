"""A metal plate driven by one force waveform and heard by one microphone: a sum of modes, a controlled convolution.

    q̈_n + (ω_n/Q_n) q̇_n + ω_n² q_n = Γ_n F(t),   mic(t) = Σ c_n q̈_n

F is held between samples, so the discrete impulse response is exact. What precedes the plate, amplifier and speaker,
compresses: F = u / (1 + κ u²). Wright, Onodera et al., Nature 601, 549 (2022); free-plate modes of a titanium square.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.physics.kernels import plate as compiled
from core.physics.kernels.function import Kernel, check_finite, solve
from core.physics.model import FitParameter, PhysicsModel

SAMPLES = 784
RATE_HZ = 48_000.0
# Suspension, mount rocking, then the free square plate of 32 mm × 1 mm (E 116 GPa, ρ 4506 kg/m³, ν 0.32).
MODES_HZ = (100.0, 620.0, 900.0, 1400.0, 3200.0, 4800.0, 5900.0, 8380.0, 8420.0, 14760.0, 14840.0)
# Above 15 kHz the speaker is silent. Near-twins stand for modes that the square's symmetry makes equal.
QUALITY = (30.0, 30.0, 40.0, 40.0, 120.0, 150.0, 100.0, 200.0, 200.0, 150.0, 150.0)
# Products c_n Γ_n relative to the strongest (est.): a driver off the nodal lines, the signs of the mode shapes.
WEIGHTS = (0.15, 0.5, -0.6, 0.7, 1.0, -0.9, 0.8, -0.7, 0.6, 0.35, -0.3)
COMPRESSION = 0.03  # of the force at full drive (est. 1-5 %)
SUSPENDED = 4  # the first modes: suspension and mount, whose springs are not metal
SIZE, MOUNT, SCATTER = 0.01, 0.02, 0.003  # relative tolerances of frequencies (est.): what modes share, and what not
FREQUENCY_WALK = 125e-6  # relative, in an hour: -250 ppm/K in a room that changes by 0.5 K (est.)
OUTPUT_SCALE = 0.05  # microphone gain (est.): loud waveforms just stay below full scale


def coefficients(
    frequency_hz: Float[Tensor, " mode"], quality: Float[Tensor, " mode"], weight: Float[Tensor, " mode"]
) -> Float[Tensor, "4 mode"]:
    """Return each mode's loss and turn in a sample, and the weights of cosine and sine after a step of force.

    After the step the acceleration is e^{at} (cos bt + a/b sin bt) with the pole a ± ib: it starts at 1 and has the
    slope -ω/Q there. In double precision, because the phase of a kilohertz mode after hundreds of samples asks for it.
    """
    angle, q, w = 2 * math.pi * frequency_hz.double() / RATE_HZ, quality.double(), weight.double()
    loss = 0.5 * angle / q
    turn = angle * (1 - 0.25 / q**2).sqrt()
    return torch.stack([loss, turn, w, -w * loss / turn])


def simulate(force: Float[Tensor, "batch sample"], modes: Float[Tensor, "4 mode"]) -> Float[Tensor, "batch sample"]:
    """Return Σ c_n q̈_n at the ends of the samples over which the force is held, from rest; differentiable in both.

    Raises SimulationDiverged when it is not finite.
    """
    response = solve(KERNEL, force, modes)
    check_finite(response, "The plate's signal", "Check drive and quality factors.", force=force, modes=modes)
    return response


def reference(force: Float[Tensor, "batch sample"], modes: Float[Tensor, "4 mode"]) -> Float[Tensor, "batch sample"]:
    """Convolve with the impulse response in plain torch: readable, on every device, differentiable to any order."""
    return convolve(force, modal_impulse_response(modes, force.shape[1]).to(force.dtype))


def modal_impulse_response(modes: Float[Tensor, "4 mode"], samples: int) -> Float[Tensor, " sample"]:
    """Return what a unit force held for one sample sounds like at the ends of the samples.

    It is a step less the same step one sample later.
    """
    loss, turn, cosine, sine = modes.double()[:, :, None].unbind()
    time = torch.arange(1, samples + 1, device=modes.device, dtype=torch.float64)
    step = ((-loss * time).exp() * (cosine * (turn * time).cos() + sine * (turn * time).sin())).sum(0)
    return step - torch.nn.functional.pad(step[:-1], (1, 0))


def convolve(signal: Float[Tensor, "batch sample"], kernel: Float[Tensor, " sample"]) -> Float[Tensor, "batch sample"]:
    """Return the causal linear convolution, as long as the signal."""
    length = signal.shape[1]
    size = 2 * length
    return torch.fft.irfft(torch.fft.rfft(signal, size) * torch.fft.rfft(kernel, size), size)[:, :length]


KERNEL = Kernel(reference, compiled.forward, compiled.backward)


def compress(voltage: Tensor, compression: Tensor) -> Tensor:
    """Return what amplifier and speaker make of a voltage in [-1, 1]: u / (1 + κ u²)."""
    return voltage / (1 + compression * voltage**2)


def _frequency_spread() -> tuple[tuple[float, ...], ...]:
    """Return each mode's own scatter beside the mount's offset and, for the free plate's modes, its size."""
    suspended = [mode < SUSPENDED for mode in range(len(MODES_HZ))]
    own = np.diag(np.full(len(MODES_HZ), SCATTER))
    causes = np.column_stack([own, np.where(suspended, MOUNT, 0.0), np.where(suspended, 0.0, SIZE)])
    return tuple(map(tuple, causes.tolist()))


FREQUENCY_SPREAD = _frequency_spread()


class PlateModel:
    """The plate's equations with its modes unknown (`core.physics.model.PhysicsModel`)."""

    @property
    def fit_parameters(self) -> tuple[FitParameter, ...]:
        """Name modes, compression and converter offset."""
        count = len(MODES_HZ)
        return (
            FitParameter("frequency", "Hz", MODES_HZ, FREQUENCY_SPREAD, "log", FREQUENCY_WALK),
            FitParameter("quality", "1", QUALITY, (0.3,) * count, "log"),
            FitParameter("weight", "1", WEIGHTS, (0.1,) * count, "linear"),
            FitParameter("compression", "1", COMPRESSION, 0.01, "linear"),
            FitParameter("offset", "1", 0.0, 0.005, "linear"),
        )

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *shared: Tensor) -> Tensor:
        """Compute the microphone's signal (batch, 784), of order one, for controls (batch, 784) in [0, 1]."""
        force = compress(2 * drive - 1, values["compression"])
        heard = simulate(force, effective_modes(values))
        return (heard + values["offset"]).clamp(-1, 1)  # the digitiser's full scale

    def wider(self) -> PhysicsModel:
        """Let the suspension and the mount harden, which takes the slower stepping solver."""
        from core.physics.plate_cubic import HardeningPlateModel  # which builds on this module

        return HardeningPlateModel()


def effective_modes(values: Mapping[str, Tensor]) -> Float[Tensor, "4 mode"]:
    """Return the modes as the microphone hears them."""
    return coefficients(values["frequency"], values["quality"], OUTPUT_SCALE * values["weight"])


def effective_kernel(values: Mapping[str, Tensor], samples: int = SAMPLES) -> Float[Tensor, " sample"]:
    """Return the kernel with which a layer convolves its drive in the linear regime, in double precision."""
    return modal_impulse_response(effective_modes(values), samples)
