"""Views of an optical bench: the phase that was asked for, and an efficiency that the crystal's depletion confirms."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
import numpy as np
import torch

from app.optics import efficiency, visible_phase_rad
from app.plot_record import csv_bytes
from app.widgets.optical_view import DriveView, ResponseView
from core.physics.shg import (
    BINS,
    HARMONIC_M,
    SPECTROMETER_M,
    ShgModel,
    linear_phases,
    nominal_values,
    propagate,
    shaped_pulse,
)
from devices.catalogue import BUNDLED

SMOOTH = np.sin(np.pi * np.linspace(0, 1, 100)) ** 2
SWITCHED_OFF = dict.fromkeys(
    (
        "unit_spread",
        "cubic_phase_fs3",
        "shaper_blur_nm",
        "shaper_bits",
        "power_noise",
        "pointing_noise",
        "electrons",
        "read_noise",
        "adc_bits",
        "drift_per_hour",
    ),
    0,
)


def bench(**imperfections: float):
    return BUNDLED["shg"].build(1, 0, imperfections)


def converted(drive: np.ndarray) -> float:
    """Return the share of its energy that the fundamental loses to wavelengths which the spectrometer sees."""
    model = ShgModel()
    values = {name: value.double() for name, value in nominal_values(model).items()}
    controls = torch.as_tensor(drive)[None]
    pulse = shaped_pulse(controls, values["axis_shift"], values["centre"], values["width"], values["chirp"])
    phases = linear_phases(values["mismatch"], values["walk_off"], model._dispersion, pulse.real)
    left, harmonic = propagate(pulse, values["nonlinearity"], phases, 12)[0].abs().square().numpy()
    pitch_m = (SPECTROMETER_M[1] - SPECTROMETER_M[0]) / (BINS - 1)
    low_m, high_m = SPECTROMETER_M[0] - pitch_m / 2, SPECTROMETER_M[1] + pitch_m / 2
    seen = harmonic[(low_m <= HARMONIC_M) & (high_m >= HARMONIC_M)].sum() / harmonic.sum()
    return float(seen * (1 - left.sum() / pulse.abs().square().sum().item()))


@pytest.mark.parametrize("scale", [1.0, 0.5])
@pytest.mark.parametrize("shape", ["smooth", "flat", "rough"])
def test_the_efficiency_is_what_the_fundamental_loses_to_what_is_seen(shape: str, scale: float):
    rough = np.random.default_rng(3).random(100)
    drive = scale * {"smooth": SMOOTH, "flat": np.ones(100), "rough": rough}[shape]
    system = bench(**SWITCHED_OFF)
    response = system.run(torch.as_tensor(drive, dtype=torch.float32)[None])[0].numpy()
    share = efficiency(system.info.light, drive, response)
    assert share == pytest.approx(converted(drive), rel=0.02)
    assert 0.001 < share < 0.3


def test_the_efficiency_grows_with_the_power_where_it_is_small():
    system = bench(**SWITCHED_OFF)
    shares = []
    for scale in (0.1, 0.2):
        drive = torch.as_tensor(scale * SMOOTH, dtype=torch.float32)[None]
        shares.append(efficiency(system.info.light, drive[0].numpy(), system.run(drive)[0].numpy()))
    assert shares[1] / shares[0] == pytest.approx(4, rel=0.02)


def test_what_is_declared_is_the_data_sheet_and_not_the_unit():
    lights = [bench().info.light, BUNDLED["shg"].build(77, 5, {}).info.light]
    for name in ("drive_power", "response_power", "drive_phase_rad"):
        np.testing.assert_array_equal(*(getattr(light, name) for light in lights))


def test_a_phase_is_blank_where_there_is_no_light():
    light = replace(bench().info.light, drive_phase_rad=np.linspace(-1, 1, 100))
    drive = np.r_[np.zeros(10), np.full(40, 0.0039), np.full(49, 0.0041), 0.4]
    shown = np.isfinite(visible_phase_rad(light, drive))
    assert shown.tolist() == [False] * 50 + [True] * 50
    assert not np.isfinite(visible_phase_rad(light, np.zeros(100))).any()


@pytest.fixture
def views(qtbot) -> tuple[DriveView, ResponseView]:
    made = DriveView(), ResponseView()
    for view in made:
        qtbot.addWidget(view)
        view.set_system(bench().info)
    return made


def test_the_view_tells_the_efficiency_and_saves_amplitude_and_phase(views):
    drive_view, response_view = views
    drive, response = SMOOTH, np.full(50, 2.0)
    drive_view.show_values(drive)
    response_view.show_shot(drive, response)
    share = efficiency(bench().info.light, drive, response)
    assert response_view.efficiency.text() == f"efficiency {100 * share:.2f} %"
    head = next(line for line in csv_bytes(drive_view.record(), {}).decode().splitlines() if "Wavelength" in line)
    assert "Spectral amplitude: Spectral amplitude / full scale" in head
    assert "phase: Phase asked for / rad" in head
    response_view.show_shot(np.zeros(100), response)
    assert response_view.efficiency.text() == "efficiency –"


def test_a_bench_that_tells_no_powers_has_no_efficiency_and_says_why(views):
    drive_view, response_view = views
    unknown = replace(bench().info, status="connected", light=None)
    for view in views:
        view.set_system(unknown)
    drive_view.show_values(SMOOTH)
    response_view.show_shot(SMOOTH, np.ones(50))
    assert response_view.efficiency.text() == "efficiency not known"
    assert "power meter" in response_view.efficiency.toolTip()
    assert [line.name for line in drive_view.record().lines] == ["Spectral amplitude"]
    pendula = BUNDLED["pendula"].build(1, 0, {}).info
    response_view.set_system(pendula)
    assert response_view.efficiency.isHidden()
