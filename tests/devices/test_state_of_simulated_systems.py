"""A simulated system's session can be kept and gone on with, by another process too; no other state is taken."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from core.ports import DeviceError, Resumable
from tests.devices.conftest import KINDS, build, shot


@pytest.mark.parametrize("kind", KINDS)
def test_a_restored_system_goes_on_bit_for_bit(kind: str):
    first, second = (build(kind, parameter_drift_per_hour=0.01) for _ in range(2))
    assert isinstance(first, Resumable)
    first.age(2.0)
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
