"""Each imperfection has the size and the shape that physics and its name say."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
import torch

from core.physics.circuit import RATE_HZ, SAMPLES, CircuitModel
from core.twin.physics import PhysicsTwin
from devices.simulated.circuit import TYPICAL_RMS, CircuitImperfections, SimulatedCircuit
from devices.simulated.plate import PlateImperfections, SimulatedPlate
from devices.simulated.shg import SATURATION, ShgImperfections, SimulatedShg


def only(kind: type, **kept: float | bool) -> object:
    off = {item.name: False if isinstance(item.default, bool) else 0 for item in fields(kind)}
    return kind(**(off | kept))


def sine(frequency_hz: float, rate_hz: float, amplitude: float = 0.3) -> torch.Tensor:
    time_s = torch.arange(SAMPLES) / rate_hz
    return (0.5 + amplitude * torch.sin(2 * math.pi * frequency_hz * time_s))[None]


def test_shg_doubles_the_relative_power_noise():
    """SH power goes as the square of the fundamental's."""
    device = SimulatedShg(1, 0, only(ShgImperfections, power_noise=0.01))
    response = device.run(0.7 * torch.ones(2000, 100))
    total = response.sum(1)
    assert float(total.std() / total.mean()) == pytest.approx(0.02, rel=0.08)
    shape = response / total[:, None]
    assert float(shape.std(0).max()) < 1e-6  # common to all bins


def test_shg_pointing_noise_has_rank_two():
    device = SimulatedShg(1, 0, only(ShgImperfections, pointing_noise=0.005))
    response = device.run(0.7 * torch.ones(400, 100)).double()
    change = response / response.mean(0) - 1
    singular = np.linalg.svd(change.numpy(), compute_uv=False)
    assert singular[1] > 100 * singular[2]


def test_shg_shot_noise_goes_as_the_root_of_the_signal():
    electrons = 50_000.0
    device = SimulatedShg(1, 0, only(ShgImperfections, electrons=electrons))
    response = device.run(0.9 * torch.ones(4000, 100))
    bright = response.mean(0) > 0.05 * SATURATION
    counts = response[:, bright].mean(0) / SATURATION * electrons
    expected = counts.sqrt() / electrons * SATURATION  # Poisson: σ = √N
    torch.testing.assert_close(response[:, bright].std(0), expected, rtol=0.06, atol=0.0)


def test_shg_reads_whole_steps_below_saturation():
    bits = 6
    response = SimulatedShg(1, 0, only(ShgImperfections, adc_bits=bits)).run(torch.rand(50, 100))
    steps = response / (SATURATION / 2**bits)
    torch.testing.assert_close(steps, steps.round(), atol=1e-4, rtol=0.0)
    assert float(response.max()) < SATURATION


def test_shg_does_not_saturate_on_any_drive():
    responses = [SimulatedShg(unit, 0).run(torch.ones(8, 100)).mean(0).max() for unit in range(20)]
    assert float(torch.stack(responses).median()) < SATURATION


def test_circuit_jitter_is_a_time_shift():
    """A shift δt of a sine of frequency f leaves the relative error 2π f δt: 19 % at 30 kHz and 1 µs."""
    jitter_s, frequency_hz = 0.2e-6, 30e3
    drive = sine(frequency_hz, RATE_HZ, amplitude=0.02).repeat(300, 1)
    device = SimulatedCircuit(1, 0, only(CircuitImperfections, trigger_jitter_s=jitter_s))
    settled = slice(300, 700)
    residual = (device.run(drive) - device.ideal_response(drive))[:, settled]
    reference = device.ideal_response(drive)[:, settled]
    relative = float(residual.square().mean().sqrt() / (reference - reference.mean()).square().mean().sqrt())
    assert relative == pytest.approx(2 * math.pi * frequency_hz * jitter_s, rel=0.15)


def test_circuit_noise_is_white_and_as_large_as_it_says():
    device = SimulatedCircuit(1, 0, only(CircuitImperfections, noise=0.05))
    residual = device.run(torch.full((200, SAMPLES), 0.5)) - device.ideal_response(torch.full((1, SAMPLES), 0.5))
    assert float(residual.std()) == pytest.approx(0.05 * TYPICAL_RMS, rel=0.02)
    power = torch.fft.rfft(residual).abs().square().mean(0)[1:-1]
    assert float(power[:100].mean() / power[-100:].mean()) == pytest.approx(1.0, abs=0.1)


def test_circuit_units_spread_as_their_tolerances():
    """Log-normal: 5 % on L, 10 % on C, so 5.6 % on the resonance 1/(2π√LC)."""
    resonances = []
    for unit in range(300):
        values = SimulatedCircuit(unit, 0)._values
        resonances.append(-0.5 * math.log(float(values["inductance"]) * float(values["capacitance"])))
    assert float(np.std(resonances)) == pytest.approx(0.5 * math.hypot(0.05, 0.1), rel=0.15)


def test_plate_resonances_fall_by_250_ppm_per_kelvin():
    device = SimulatedPlate(1, 0, only(PlateImperfections, align=True, temperature=True))
    drive = torch.full((1, SAMPLES), 0.5)
    drive[0, 0] = 1.0
    cold = device.ideal_response(drive)
    device._kelvin = 20.0
    device.info = device.info.__class__(**{**vars(device.info), "shot_s": 0.0})  # no further drift
    warm = device.run(drive)

    def peak_hz(signal: torch.Tensor) -> float:
        size = 64 * SAMPLES
        spectrum = torch.fft.rfft(signal[0].double() * torch.hann_window(SAMPLES).double(), size).abs()
        frequency = torch.arange(len(spectrum)) * 48_000 / size
        near = (frequency > 2900) & (frequency < 3500)
        return float(frequency[near][spectrum[near].argmax()])

    assert peak_hz(warm) / peak_hz(cold) - 1 == pytest.approx(-250e-6 * 20, rel=0.15)


def test_plate_jitter_is_whole_samples_and_alignment_removes_all_but_a_few():
    drive = torch.rand(400, SAMPLES, generator=torch.Generator().manual_seed(0))
    raw = SimulatedPlate(1, 0, only(PlateImperfections, start_jitter=20))
    shifted, ideal = raw.run(drive), raw.ideal_response(drive)
    delays = [
        next(d for d in range(21) if torch.allclose(row[d:], true[: SAMPLES - d], atol=1e-5))
        for row, true in zip(shifted, ideal, strict=True)
    ]
    assert set(delays) == set(range(21))
    aligned = SimulatedPlate(1, 0, only(PlateImperfections, align=True, misaligned=0.1))
    off = (aligned.run(drive) - ideal).abs().amax(1) > 1e-4
    assert float(off.float().mean()) == pytest.approx(0.1, abs=0.05)


def test_a_model_alone_misses_the_unit():
    """Half of all units differ from the data sheet's by more than the noise of 5 %: calibration is needed."""
    drive, misses = torch.rand(16, SAMPLES, generator=torch.Generator().manual_seed(1)), []
    expected = PhysicsTwin(CircuitModel())(drive).detach()
    for unit in range(20):
        ideal = SimulatedCircuit(unit, 0).ideal_response(drive)
        misses.append(float((expected - ideal).norm() / (ideal - ideal.mean(0)).norm()))
    assert float(np.median(misses)) > 0.05
