"""Beta barium borate against the literature's numbers (Kato 1986 and the usual tables)."""

from __future__ import annotations

import math

import pytest

from core.physics import bbo


@pytest.mark.parametrize(("wavelength_m", "degrees"), [(800e-9, 29.18), (780e-9, 29.94)])
def test_phase_matching_angle(wavelength_m, degrees):
    assert math.degrees(bbo.phase_matching_angle(wavelength_m)) == pytest.approx(degrees, abs=0.01)


@pytest.mark.parametrize(("wavelength_m", "fs_per_mm"), [(800e-9, 194), (780e-9, 207)])
def test_group_velocity_mismatch(wavelength_m, fs_per_mm):
    assert bbo.group_velocity_mismatch(wavelength_m) * 1e12 == pytest.approx(fs_per_mm, abs=0.6)


def test_group_velocity_dispersion_at_780_and_390_nm():
    angle = bbo.phase_matching_angle(780e-9)
    ordinary = bbo.group_velocity_dispersion(bbo.ordinary_index, 780e-9)
    extraordinary = bbo.group_velocity_dispersion(lambda w: bbo.extraordinary_index(w, angle), 390e-9)
    assert ordinary * 1e27 == pytest.approx(78, abs=1)
    assert extraordinary * 1e27 == pytest.approx(204, abs=1)


def test_the_extraordinary_index_is_the_ordinary_one_along_the_axis():
    assert bbo.extraordinary_index(780e-9, 0.0) == pytest.approx(bbo.ordinary_index(780e-9))
    assert bbo.extraordinary_index(780e-9, math.pi / 2) == pytest.approx(bbo.principal_extraordinary_index(780e-9))
