"""Characterisation of the four simulated systems, on units that nothing was tuned on: their imperfections come out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.calibration.characterise import (
    CHARACTERISATION,
    drift_step,
    latency_step,
    linearity_step,
    noise_step,
    range_step,
    response_step,
)
from core.calibration.characterise_probe import SHARED_AMPLITUDE
from core.calibration.events import StepEnded
from core.physics.circuit import DRIVE_V, FULL_SCALE_V
from devices.catalogue import BUNDLED
from devices.simulated.base import SimulatedSystem
from devices.simulated.circuit import TYPICAL_RMS

UNITS = (9001, 9002, 9003)


def device(kind: str, unit: int, **imperfections: bool | int | float) -> SimulatedSystem:
    system = BUNDLED[kind].build(unit, 17, imperfections)
    assert isinstance(system, SimulatedSystem)
    return system


def figure(ended: StepEnded, name: str) -> float:
    return ended.figures[name].value


@pytest.mark.parametrize("kind", BUNDLED)
@pytest.mark.parametrize("name", CHARACTERISATION)
def test_no_sound_unit_is_called_bad(kind, name):
    for unit in UNITS:
        system = device(kind, unit)
        ended = CHARACTERISATION[name](system.run, system.info, seed=unit)
        assert ended.outcome in ("good", "warning", "skipped"), ended.text
        assert figure(ended, "Device passes") == system.shots


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize(("kind", "expected"), [("plate", 0.01), ("circuit", 0.05 * TYPICAL_RMS), ("shg", 4 * 3e-4)])
def test_the_noise_floor_is_the_imperfection_s(kind, expected, unit):
    system = device(kind, unit)
    assert figure(noise_step(system.run, system.info, seed=0), "Noise floor") == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("unit", UNITS)
def test_the_pendula_s_noise_is_that_of_release_and_read_out(unit):
    """√(0.005² + (0.003 |∂q/∂q0|)²), the derivative's rows by differences of the noise-free response."""
    system = device("pendula", unit)
    ended = noise_step(system.run, system.info, seed=5)
    draw = torch.Generator().manual_seed(5)
    shapes = system.info.parameter_shapes.values()
    shared = [0.5 + SHARED_AMPLITUDE * (torch.rand(*shape, generator=draw) - 0.5) for shape in shapes]
    rest, step = torch.zeros(1, 206), 1e-2
    slopes = (system.ideal_response(step * torch.eye(206), *shared) - system.ideal_response(rest, *shared)) / step
    expected = float((0.005**2 + 0.003**2 * slopes.square().sum(0)).mean().sqrt())
    assert figure(ended, "Noise floor") == pytest.approx(expected, rel=0.1)


def test_twice_the_common_power_noise_of_a_bench_is_the_common_part_of_its_noise():
    """SH power goes as the square of the laser's: 3 % of its power are 6 % of the response."""
    quiet = {"pointing_noise": 0.0, "electrons": 0.0, "power_noise": 0.03}
    system = device("shg", 9004, **quiet)
    ended = noise_step(system.run, system.info, seed=0)
    assert figure(ended, "Common parts of the noise") == 1
    (loud,) = [curve for curve in ended.curves if curve.name == "Loud"]
    (rest,) = [curve for curve in ended.curves if curve.name == "At rest"]
    assert loud.y.max() > 5 * rest.y.max()


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("jitter_s", [0.1e-6, 0.5e-6])
def test_a_circuit_s_trigger_jitter_is_recovered_as_a_time_shift(unit, jitter_s):
    system = device("circuit", unit, trigger_jitter_s=jitter_s)
    ended = latency_step(system.run, system.info, seed=0)
    assert figure(ended, "Jitter") == pytest.approx(jitter_s, rel=0.2)


@pytest.mark.parametrize("unit", UNITS)
def test_a_circuit_without_jitter_has_none(unit):
    system = device("circuit", unit, trigger_jitter_s=0.0)
    assert figure(latency_step(system.run, system.info, seed=0), "Jitter") < 0.02e-6


@pytest.mark.parametrize("unit", UNITS)
def test_a_sound_card_s_late_starts_are_found(unit):
    """Whole samples from 0 to 20 alike: standard deviation √((21² - 1) / 12)."""
    system = device("plate", unit, align=False)
    ended = latency_step(system.run, system.info, seed=0)
    assert ended.outcome == "bad"
    assert figure(ended, "Jitter") == pytest.approx(np.sqrt(440 / 12) / 48e3, rel=0.2)


@pytest.mark.parametrize("unit", UNITS)
def test_a_plate_s_resonances_are_the_free_square_s_within_the_tolerance(unit):
    """PHYSICS.md: 3.2, 4.8, 5.9, 8.4 and 14.8 kHz; units are ±1 % in size, each mode 0.3 % more: 3 σ are 3.2 %."""
    system = device("plate", unit)
    ended = response_step(system.run, system.info, seed=0)
    (maxima,) = [curve for curve in ended.curves if curve.name == "Maxima"]
    for mode_hz in (3200, 4800, 5900, 8400, 14800):
        assert np.abs(maxima.x / mode_hz - 1).min() < 0.032
    hidden = system._values["frequency"].numpy()
    for peak_hz in maxima.x[:3]:  # a few hertz, where neighbours do not pull
        assert np.abs(hidden / peak_hz - 1).min() < 0.005


@pytest.mark.parametrize("unit", UNITS)
def test_a_circuit_s_quiet_transfer_function_is_that_of_its_loop(unit):
    """Below the transistor's threshold, g / (1 + R/R_p + s (L/R_p + R C) + s² L C)."""
    system = device("circuit", unit, threshold_v=0.0, hysteresis=0.0)
    system._values["threshold"].fill_(100.0)
    ended = response_step(system.run, system.info, seed=0)
    (measured,) = [curve for curve in ended.curves if curve.name == "Random" and curve.y_quantity == "Magnitude"]
    v = {name: float(value) for name, value in system._values.items()}
    s = 2j * np.pi * measured.x
    inductance, capacitance, leak = v["inductance"], v["capacitance"], 1 / v["parallel"]
    loop = 1 + v["resistance"] * leak + s * (inductance * leak + v["resistance"] * capacitance)
    expected = np.abs(1 / (loop + s**2 * inductance * capacitance))
    expected *= np.abs(np.sinc(measured.x / 1e6))  # the generator holds each sample
    expected *= v["gain"] * v["drive_gain"] * DRIVE_V / FULL_SCALE_V
    low = measured.x < 150e3
    np.testing.assert_allclose(measured.y[low], expected[low], atol=0.02 * expected.max())


@pytest.mark.parametrize("unit", UNITS)
def test_a_bench_s_small_signal_matrix_is_the_derivative_of_its_response(unit):
    system = device("shg", unit)
    ended = response_step(system.run, system.info, seed=0)
    (matrix,) = [curve for curve in ended.curves if curve.kind == "image"]
    point = torch.full((100,), 0.5)
    true = torch.autograd.functional.jacobian(lambda d: system.ideal_response(d[None])[0], point).numpy()
    cosine = np.sum(matrix.y * true) / np.linalg.norm(matrix.y) / np.linalg.norm(true)
    assert cosine > 0.95


@pytest.mark.parametrize("kind", ["plate", "circuit"])
def test_a_waveform_system_saturates_under_a_sine_at_its_resonance(kind):
    """The plate's digitiser clips it, the circuit's transistor conducts."""
    system = device(kind, 9001)
    ended = linearity_step(system.run, system.info, seed=0)
    assert figure(ended, "Distortion at full drive") > 0.05
    assert figure(ended, "Compression at full drive") > 0.2
    assert figure(ended, "Distortion at full drive") > 2 * figure(ended, "Distortion at a quarter")


@pytest.mark.parametrize("kind", BUNDLED)
def test_a_stuck_channel_of_any_system_is_found(kind):
    system = device(kind, 9002)
    middle = system.info.response_dim // 2

    def stuck(drive: torch.Tensor, *parameters: torch.Tensor) -> torch.Tensor:
        response = system.run(drive, *parameters)
        response[:, middle] = 0.125
        return response

    ended = range_step(stuck, system.info, seed=0)
    assert ended.outcome == "bad"
    assert f"({middle + 1})" in ended.text


@pytest.mark.parametrize("unit", UNITS)
def test_a_drifting_bench_is_told(unit):
    """Conversion strength that walks by 5 % in √h."""
    system = device("shg", unit, parameter_drift_per_hour=0.02)
    ended = drift_step(system.run, system.info, seed=0, between=lambda: system.age(0.2), clock_s=lambda: system.clock_s)
    assert ended.outcome in ("warning", "bad")
    still = device("shg", unit, drift_per_hour=0.0)
    ended = drift_step(still.run, still.info, seed=0, between=lambda: still.age(0.2), clock_s=lambda: still.clock_s)
    assert ended.outcome == "good"
