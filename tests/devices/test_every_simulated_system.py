"""What all simulated systems promise: a unit for ever, every imperfection switchable, no hidden truth outside."""

from __future__ import annotations

import json
from dataclasses import fields
from importlib import import_module

import pytest
import torch

from core.ports import DifferentiableSystem, OutOfRange
from core.twin.physics import PhysicsTwin
from devices.catalogue import BUNDLED
from tests.devices.conftest import KINDS, build, perfect, shot


@pytest.mark.parametrize("kind", KINDS)
def test_a_serial_number_is_a_unit_and_a_seed_its_noise(kind: str):
    first, same, session, other = build(kind), build(kind), build(kind, seed=2), build(kind, serial_number=6)
    controls = shot(first)
    for _ in range(3):
        assert torch.equal(first.run(*controls), same.run(*controls))
    assert not torch.equal(first.run(*controls), session.run(*controls))
    ideal = first.ideal_response(*controls)
    assert torch.equal(ideal, session.ideal_response(*controls))
    assert float((ideal - other.ideal_response(*controls)).norm() / ideal.norm()) > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_without_imperfections_it_is_the_model_of_the_data_sheet(kind: str):
    system = perfect(kind)
    model = BUNDLED[kind].model
    assert model is not None
    controls = shot(system)
    expected = PhysicsTwin(model())(*controls).detach()
    # The SHG bench integrates finer than its twin: the difference is the twin's own numerical error.
    tolerance = 5e-5 if kind == "shg" else 2e-5
    for response in (system.run(*controls), system.ideal_response(*controls).detach()):
        assert float((response - expected).norm() / expected.norm()) < tolerance


@pytest.mark.parametrize("kind", KINDS)
def test_every_imperfection_can_be_told_from_its_absence(kind: str):
    """Each entry alone changes what is measured (a spread between units needs its scale switched on, too)."""
    module = import_module(f"devices.simulated.{kind}")
    defaults = getattr(module, f"{kind.capitalize()}Imperfections")()
    controls = shot(perfect(kind), batch=64)
    clean = perfect(kind, unit_spread=1.0)
    clean.clock_s = 3600.0
    baseline = clean.run(*controls)
    for item in fields(defaults):
        if item.name == "align":
            continue
        value = getattr(defaults, item.name)
        if item.name == "unit_spread":
            changed, reference = perfect(kind, unit_spread=1.0), perfect(kind).run(*controls)
        else:
            rare = "hour" in item.name or item.name == "misaligned"
            strength = 20 * (value or 0.01) if rare else value
            unaligned = {"align": False} if item.name == "start_jitter" else {}
            changed, reference = perfect(kind, unit_spread=1.0, **{item.name: strength}, **unaligned), baseline
        changed.clock_s = 3600.0
        assert not torch.equal(changed.run(*controls), reference), item.name


@pytest.mark.parametrize("kind", KINDS)
def test_hidden_parameters_stay_hidden(kind: str):
    first, other = build(kind, serial_number=5), build(kind, serial_number=5, unit_spread=0.0)
    told, plain = first.snapshot(), other.snapshot()
    told.pop("imperfections")
    plain.pop("imperfections")
    assert told == plain  # what is told does not depend on the unit's hidden values
    json.dumps(first.snapshot())
    assert isinstance(first, DifferentiableSystem)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", [float("nan"), 1.2, -0.1, float("inf")])
def test_a_drive_out_of_range_is_refused_before_anything_moves(kind: str, wrong: float):
    system = build(kind)
    drive, *shared = shot(system)
    drive[1, 3] = wrong
    with pytest.raises(OutOfRange, match="nothing was sent"):
        system.run(drive, *shared)
    assert system.shots == 0
    assert not system.output_enabled


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_shape_is_refused_with_the_right_one(kind: str):
    system = build(kind)
    drive, *shared = shot(system)
    with pytest.raises(OutOfRange, match=str(system.info.drive_dim)):
        system.run(drive[:, :-1], *shared)
    with pytest.raises(OutOfRange, match="shared parameters"):
        system.run(drive, *shared, torch.zeros(1))


@pytest.mark.parametrize("kind", KINDS)
def test_a_measurement_carries_no_gradient_and_the_ideal_response_does(kind: str):
    system = build(kind)
    controls = [value.requires_grad_() for value in shot(system)]
    assert not system.run(*controls).requires_grad
    gradients = torch.autograd.grad(system.ideal_response(*controls).square().sum(), controls)
    assert all(bool(gradient.isfinite().all()) and float(gradient.abs().max()) > 0 for gradient in gradients)


@pytest.mark.parametrize("kind", KINDS)
def test_the_safe_state_switches_the_output_off(kind: str):
    system = build(kind)
    system.run(*shot(system))
    assert system.output_enabled
    system.safe_state()
    system.safe_state()
    assert not system.output_enabled


@pytest.mark.parametrize("kind", KINDS)
def test_the_clock_counts_shots(kind: str):
    system = build(kind)
    system.run(*shot(system, batch=7))
    assert system.shots == 7
    assert system.clock_s == pytest.approx(7 * system.info.shot_s)
