"""A simulated system's session can be kept and gone on with; time passes for it with and without shots."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from scipy.stats import chi2
from torch import Tensor

from core.ports import Ageing, DeviceError, Resumable
from devices.catalogue import BUNDLED
from devices.simulated.base import SimulatedSystem

KINDS = list(BUNDLED)


def build(kind: str, serial_number: int = 5, seed: int = 1, **imperfections: float | bool) -> SimulatedSystem:
    system = BUNDLED[kind].build(serial_number, seed, imperfections)
    assert isinstance(system, SimulatedSystem)
    return system


def shot(system: SimulatedSystem, batch: int = 3) -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(batch)
    shapes = system.info.parameter_shapes.values()
    shared = [0.5 + 0.05 * torch.randn(*shape, generator=generator) for shape in shapes]
    return (torch.rand(batch, system.info.drive_dim, generator=generator), *shared)


@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_system_goes_on_bit_for_bit(kind: str):
    first, second = build(kind), build(kind)
    assert isinstance(first, Resumable)
    first.run(*shot(first, batch=5))  # an odd number of normal deviates may leave one waiting in the generator
    kept = first.state()
    second.run(*shot(second, batch=2))
    torch.manual_seed(0)  # the global generator plays no part
    going_on = [first.run(*shot(first, batch)) for batch in (1, 4)]
    second.restore(kept)
    torch.manual_seed(1)
    for batch, expected in zip((1, 4), going_on, strict=True):
        assert torch.equal(second.run(*shot(second, batch)), expected)
    assert second.snapshot() == first.snapshot()
    assert all(torch.equal(value, second.state()[name]) for name, value in first.state().items())


GO_ON = """
import sys
from safetensors.torch import load_file, save_file
from devices.catalogue import BUNDLED
before, after = sys.argv[1:]
given = load_file(before)
system = BUNDLED["shg"].build(5, 1, {})
drive = given.pop("drive")
system.restore(given)
save_file({"response": system.run(drive), **system.state()}, after)
"""


def test_another_process_goes_on_from_a_file(tmp_path: Path):
    system = build("shg")
    drive = shot(system)[0]
    system.run(drive)
    save_file({"drive": drive, **system.state()}, tmp_path / "before")
    subprocess.run([sys.executable, "-c", GO_ON, tmp_path / "before", tmp_path / "after"], check=True)
    after = load_file(tmp_path / "after")
    assert torch.equal(after.pop("response"), system.run(drive))
    assert {name: value.tolist() for name, value in after.items()} == {
        name: value.tolist() for name, value in system.state().items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(kind: str):
    system, other_unit = build(kind), build(kind, serial_number=6)
    other_kind = build(KINDS[KINDS.index(kind) - 1])
    system.run(*shot(system))
    state = system.state()
    clock, noise = f"{kind}.clock_s", f"{kind}.noise"
    wrong = {
        "described by": [other_kind.state(), {}, state | {"dust": torch.zeros(())}],
        f"unit #6, not of .*{system.info.serial_number}": [other_unit.state()],
        "needs torch": [state | {clock: state[clock].float()}, state | {clock: state[clock][None]}],
        "not finite": [state | {clock: torch.tensor(float("nan"), dtype=torch.float64)}],
        "noise generator": [state | {noise: torch.zeros_like(state[noise])}],
    }
    wrong["described by"].append({name: value for name, value in state.items() if name != clock})
    wrong["needs torch"].append(state | {noise: state[noise][:-1]})
    for message, states in wrong.items():
        for given in states:
            with pytest.raises(DeviceError, match=message):
                system.restore(given)
    assert all(torch.equal(value, system.state()[name]) for name, value in state.items())


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
    assert system.shots == 3
    assert system.clock_s - clock_s == pytest.approx(30 * 3600)
    assert not torch.equal(system.run(*shot(system)), fresh.run(*shot(system)))


@pytest.mark.parametrize("hours", [-1.0, float("nan"), float("inf"), 2e5])
def test_time_runs_forwards_and_not_for_ever(hours: float):
    system = build("shg")
    with pytest.raises(DeviceError, match="cannot age"):
        system.age(hours)
    assert system.clock_s == 0.0
