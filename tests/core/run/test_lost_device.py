"""A device that is lost at any call of a run: it holds, outputs safe, and goes on; each shot is counted once.

`OVERTONE_LOST_DEVICES=1 python -m pytest tests/core/run/test_lost_device.py` loses it at every call, not every 5th.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from torch import Tensor

from core.ports import DeviceError, DeviceLost, DeviceTimeout, OutOfRange
from core.run.connection import ConnectionSpec
from core.run.folder import RunFolder
from core.run.record import RunRecord
from core.run.session import resume_experiment, run_experiment
from core.run.setup import Setup
from core.run.spec import SystemSpec
from core.training.control import ControlToken
from core.training.estimators import ESTIMATORS
from core.training.events import Event, Finished, Message, PhaseChanged, Stopped
from tests.conftest import SquareSystem
from tests.core.run.test_session import EXPERIMENT, halves

STRIDE = int(os.environ.get("OVERTONE_LOST_DEVICES", "5"))
SAME = ("weights_sha256", "test_accuracy", "twin_belief", "device_passes")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("core.run.waiting.FIRST_ATTEMPT_S", 1e-3)
    monkeypatch.setattr("core.run.outcome.baselines", lambda *_, **__: [])  # most of so small a run's time


class Cable(SquareSystem):
    """A connected system that fails at the attempts that `failures` names; it remembers what it has answered."""

    def __init__(self, failures: Callable[[int], DeviceError | None] = lambda attempt: None) -> None:
        super().__init__()
        self.info = replace(self.info, status="connected")
        self._failures, self.attempts = failures, itertools.count()
        self.asked: list[tuple[Tensor, bool]] = []

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        self.safe = False
        error = self._failures(next(self.attempts))
        self.asked.append((drive.clone(), error is None))
        if error is not None:
            raise error
        return super().run(drive, *parameters)


def lost_at(*attempts: int, kind: type[DeviceError] = DeviceLost) -> Callable[[int], DeviceError | None]:
    return lambda attempt: kind("The cable is out. Put it in.") if attempt in attempts else None


def parts(system: Cable, reconnect_s: float = 30.0):
    spec = SystemSpec(kind="square", connection=ConnectionSpec(reconnect_s=reconnect_s))
    experiment = EXPERIMENT.model_copy(update={"system": spec})
    return Setup.assemble(experiment, system, None, halves(), ESTIMATORS["pat"])


def perform(act: Callable[..., None], *arguments: object, control: ControlToken | None = None) -> list[Event]:
    events: list[Event] = []
    act(*arguments, events.append, control or ControlToken())
    return events


def begin(tmp_path: Path, system: Cable, reconnect_s: float = 30.0, control: ControlToken | None = None):
    made = parts(system, reconnect_s)
    folder = RunFolder.create(tmp_path, made.experiment)
    return perform(run_experiment, made, folder, control=control), folder.path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory) -> tuple[dict, list[Tensor]]:
    """The result of a run whose device is never lost, and the drives of its calls."""
    system = Cable()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("core.run.outcome.baselines", lambda *_, **__: [])
        events, _ = begin(tmp_path_factory.mktemp("whole"), system)
    assert isinstance(events[-1], Finished)
    return events[-1].result, [drive for drive, _ in system.asked]


def assert_each_call_counts_once(path: Path, systems: list[Cable], undisturbed: tuple[dict, list[Tensor]]) -> None:
    """The journal has every call of the undisturbed run once, and what was answered is what was journalled."""
    expected, drives = undisturbed
    calls = list(RunRecord(path).calls())
    assert [call.number for call in calls] == list(range(1, len(drives) + 1))
    assert sum(len(call.drive) for call in calls) == expected["device_passes"]
    for call, drive in zip(calls, drives, strict=True):
        assert call.drive.tobytes() == drive.numpy().tobytes()
        assert call.response.tobytes() == (drive**2).numpy().tobytes()
    answered = [drive for system in systems for drive, done in system.asked if done]
    assert len(answered) == len(drives)
    assert all(left.equal(right) for left, right in zip(answered, drives, strict=True))


def test_lost_at_any_call_it_goes_on_with_the_same_shots(tmp_path, undisturbed):
    for attempt in range(0, len(undisturbed[1]), STRIDE):
        system = Cable(lost_at(attempt, attempt + 1, kind=(DeviceLost, DeviceTimeout)[attempt % 2]))
        events, path = begin(tmp_path / str(attempt), system)
        assert isinstance(events[-1], Finished)
        assert {key: events[-1].result[key] for key in SAME} == {key: undisturbed[0][key] for key in SAME}
        assert_each_call_counts_once(path, [system], undisturbed)
        first, second, third = (system.asked[attempt + later][0] for later in range(3))
        assert first.equal(second)
        assert second.equal(third)


def test_outputs_are_safe_while_it_waits_and_the_log_tells_both_ends(tmp_path):
    system = Cable(lost_at(4, 5))
    safe: list[bool] = []

    class Watched(ControlToken):
        def wait(self, seconds: float | None) -> None:
            safe.append(system.safe)

    events, path = begin(tmp_path, system, control=Watched())
    assert safe == [True, True]
    phases = [event.phase for event in events if isinstance(event, PhaseChanged)]
    at = phases.index("waiting")
    assert phases[at - 1 : at + 3] == ["calibrating", "waiting", "waiting", "calibrating"]
    warning, found = (
        event for event in events if isinstance(event, Message) and ("cable" in event.text or "again" in event.text)
    )
    assert (warning.level, found.level) == ("warning", "info")
    texts = [entry["text"] for entry in RunRecord(path).log()]
    assert warning.text in texts
    assert found.text in texts


@pytest.mark.parametrize("attempt", [3, 40, 60])
def test_unattended_it_ends_in_time_and_is_gone_on_with_at_the_lost_call(tmp_path, undisturbed, attempt: int):
    first, second = Cable(lambda number: lost_at(number)(number) if number >= attempt else None), Cable()
    with pytest.raises(DeviceLost, match=r"Put it in.*overtone resume"):
        begin(tmp_path, first, reconnect_s=0.02)
    assert first.safe
    (path,) = tmp_path.iterdir()
    assert RunRecord(path).state == "interrupted"
    events = perform(resume_experiment, parts(second), path)
    assert isinstance(events[-1], Finished)
    assert {key: events[-1].result[key] for key in SAME} == {key: undisturbed[0][key] for key in SAME}
    assert_each_call_counts_once(path, [first, second], undisturbed)


@pytest.mark.parametrize("attempt", [3, 40, 60])
def test_it_can_be_stopped_while_it_waits(tmp_path, undisturbed, attempt: int):
    class Stopping(ControlToken):
        def wait(self, seconds: float | None) -> None:
            self.stop()
            super().wait(seconds)

    first, second = Cable(lost_at(attempt)), Cable()
    events, path = begin(tmp_path, first, control=Stopping())
    assert isinstance(events[-1], Stopped)
    assert first.safe
    events = perform(resume_experiment, parts(second), path)
    assert {key: events[-1].result[key] for key in SAME} == {key: undisturbed[0][key] for key in SAME}
    assert_each_call_counts_once(path, [first, second], undisturbed)


def test_attended_it_is_held_until_told_to_try(tmp_path, undisturbed):
    class Hand(ControlToken):
        held: Iterator[int] = itertools.count(1)

        def wait(self, seconds: float | None) -> None:
            if seconds is None and next(self.held) == 2:
                plugged.append(True)
            self.hurry()
            super().wait(seconds)

    plugged: list[bool] = []
    system = Cable(lambda number: lost_at(number)(number) if number >= 50 and not plugged else None)
    control = Hand()
    control.attended = True
    events, path = begin(tmp_path, system, reconnect_s=0.0, control=control)
    assert isinstance(events[-1], Finished)
    assert any(isinstance(event, PhaseChanged) and "Try now" in event.text for event in events)
    assert_each_call_counts_once(path, [system], undisturbed)


def test_a_control_out_of_range_or_a_lost_simulator_ends_the_run_at_once(tmp_path):
    with pytest.raises(OutOfRange):
        begin(tmp_path / "a", Cable(lost_at(3, kind=OutOfRange)))
    simulated = Cable(lost_at(3))
    simulated.info = replace(simulated.info, status="simulated")
    with pytest.raises(DeviceLost):
        begin(tmp_path / "b", simulated)
    assert simulated.safe


def test_a_patient_system_leaves_the_waiting_to_the_run(tmp_path):
    system = Cable()
    system.patience_s = 30.0
    begin(tmp_path, system)
    assert system.patience_s == 1.0
