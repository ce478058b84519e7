"""Time passes for a simulated system with shots and without, and its parameters drift as its entry says."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from scipy.stats import chi2
from torch import Tensor

from core.ports import Ageing, DeviceError, DeviceLost
from devices.catalogue import BUNDLED
from devices.simulated.base import SimulatedSystem
from tests.devices.conftest import KINDS, build, perfect, shot

WALKS = {  # per root hour, as the benches say themselves
    "plate": {"gain": 0.003, "kelvin": 0.5},
    "circuit": {"gain": 0.005, "kelvin": 1.0},
    "shg": {"gain": 0.005},
    "pendula": {"drift": 0.005},
}


@pytest.mark.parametrize("idle", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_drifts_are_random_walks_of_the_same_size_with_shots_and_without(kind: str, idle: bool):
    """The variance after some hours is hours × rate², within what 200 seeds can tell at 1e-4."""
    hours, seeds = 2.5, 200
    ends: dict[str, list[float]] = {name: [] for name in WALKS[kind]}
    drive, *shared = shot(build(kind), batch=1)
    for seed in range(seeds):
        system = build(kind, seed=seed)
        if idle:
            system.age(hours)
        else:
            system.info = replace(system.info, shot_s=0.2 * 3600 * hours)
            for _ in range(5):
                system.run(drive, *shared)
        assert system.clock_s == pytest.approx(3600 * hours)
        for name, values in ends.items():
            values.append(float(system.state()[f"{kind}.{name}"]))
    low, high = chi2.ppf([0.5e-4, 1 - 0.5e-4], seeds - 1) / (seeds - 1)
    for name, rate in WALKS[kind].items():
        variance = float(torch.tensor(ends[name], dtype=torch.float64).var())
        assert low < variance / (hours * rate**2) < high, name


@pytest.mark.parametrize("kind", KINDS)
def test_ageing_takes_no_shots_and_no_time_changes_nothing(kind: str):
    system, fresh = build(kind), build(kind)
    assert isinstance(system, Ageing)
    system.age(0.0)
    assert torch.equal(system.run(*shot(system)), fresh.run(*shot(system)))
    clock_s = system.clock_s
    system.age(30.0)
    assert system.shots == len(shot(system)[0])
    assert system.clock_s - clock_s == pytest.approx(30 * 3600)
    assert not torch.equal(system.run(*shot(system)), fresh.run(*shot(system)))


@pytest.mark.parametrize("hours", [-1.0, float("nan"), float("inf"), 2e5])
def test_time_runs_forwards_and_not_for_ever(hours: float):
    system = build("shg")
    with pytest.raises(DeviceError, match="cannot age"):
        system.age(hours)
    assert system.clock_s == 0.0


def parameters(system: SimulatedSystem) -> Tensor:
    return torch.cat([value.double().flatten() for value in system._values.values()])


@pytest.mark.parametrize("kind", KINDS)
def test_after_an_hour_at_a_hundredth_every_parameter_has_moved_by_a_hundredth(kind: str):
    """Of its value, of its tolerance where its scale is linear; and the bench is the model with these parameters."""
    entry = BUNDLED[kind].model
    assert entry is not None
    model, system = entry(), perfect(kind, unit_spread=1.0, parameter_drift_per_hour=0.01)
    before = {name: value.double() for name, value in system._values.items()}
    controls = shot(system)
    fresh = system.ideal_response(*controls)
    system.info = replace(system.info, shot_s=0.0)  # the hour is exact
    system.age(1.0)
    moved = {}
    for item in model.fit_parameters:
        unit = before[item.name] if item.scale == "log" else torch.tensor(item.spread, dtype=torch.float64)
        direction = torch.sign(system._values[item.name] - before[item.name]) * unit.sign()
        assert bool((direction != 0).all()), item.name
        moved[item.name] = before[item.name] + 0.01 * direction * unit
        torch.testing.assert_close(system._values[item.name].double(), moved[item.name], rtol=1e-6, atol=0.0)
    expected = model.response({name: value.float() for name, value in moved.items()}, *controls)
    # The SHG bench integrates finer than its model: the difference is the model's own numerical error.
    error = 5e-5 if kind == "shg" else 2e-5
    for response in (system.ideal_response(*controls), system.run(*controls)):
        assert float((response - expected).norm() / expected.norm()) < error
        assert float((response - fresh).norm() / expected.norm()) > 100 * error


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_drift_steadily_and_as_their_unit_does(kind: str):
    drifting = {"parameter_drift_per_hour": 0.01}
    first, session, other = build(kind, **drifting), build(kind, seed=2, **drifting), build(kind, 6, **drifting)

    def change(system: SimulatedSystem, hours: float) -> Tensor:
        before = parameters(system)
        system.age(hours)
        return parameters(system) - before

    own = change(first, 1.0)
    assert torch.equal(own, change(session, 1.0))
    assert not torch.equal(own.sign(), change(other, 1.0).sign())
    assert set(own.sign().tolist()) == {-1.0, 1.0}
    torch.testing.assert_close(change(first, 3.0), 3 * own, rtol=1e-3, atol=0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_without_drift_the_parameters_stay_and_with_it_a_unit_starts_as_the_same(kind: str):
    still, drifting = build(kind), build(kind, parameter_drift_per_hour=0.01)
    controls = shot(still)
    expected = still.ideal_response(*controls)
    assert torch.equal(drifting.ideal_response(*controls), expected)
    still.age(100.0)
    assert torch.equal(still.ideal_response(*controls), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_of_which_nothing_is_left_is_lost(kind: str):
    system = build(kind, parameter_drift_per_hour=0.1)
    system.age(9.9)
    with pytest.raises(DeviceLost, match="drifted away"):
        system.age(0.1)
    assert system.clock_s == pytest.approx(9.9 * 3600)
    system.info = replace(system.info, shot_s=400.0)
    with pytest.raises(DeviceLost, match="drifted away"):
        system.run(*shot(system))
    assert not system.output_enabled
