"""A device whose sign turns after its calibration, so that every gradient of the twin points away: what a run does."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from core.ports import SpecError
from core.run.record import RunRecord
from core.run.setup import Setup
from core.run.spec import CalibrationSpec
from core.training.events import AlignmentChecked, EpochDone, Event, Finished, Message, StepDone, Stopped, TwinRefined
from core.training.trainer import rate_factor
from tests.conftest import SquareSystem
from tests.core.run.test_session import EXPERIMENT, run, setup

EPOCHS = 10
CALIBRATION = CalibrationSpec(twin="neural", shots=128, steps=100)


class Turning(SquareSystem):
    """The square law, positive during the calibration and negative about 1 from then on."""

    def __init__(self, after: int = CALIBRATION.shots) -> None:
        super().__init__()
        self.after, self.rows = after, 0

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        response, before = super().run(drive), self.rows
        self.rows += len(drive)
        return response if before < self.after else 1 - response


def turning(action: str, system: SquareSystem | None = None, **training: object) -> Setup:
    settings = {"epochs": EPOCHS, "monitor_share": 1.0, "on_misalignment": action} | training
    return setup(system or Turning(), calibration=CALIBRATION, training=replace(EXPERIMENT.training, **settings))


def texts(events: list[Event]) -> str:
    return " ".join(event.text for event in events if isinstance(event, Message))


def verdicts(events: list[Event]) -> list[str]:
    return [event.verdict for event in events if isinstance(event, AlignmentChecked)]


def losses(events: list[Event]) -> list[float]:
    return [event.loss for event in events if isinstance(event, EpochDone)]


def test_warn_warns_and_goes_on_uphill(tmp_path):
    events, _ = run(tmp_path, turning("warn"))
    assert set(verdicts(events)) == {"against"}
    assert "calibrate again" in texts(events)
    assert losses(events)[-1] > losses(events)[0]


def test_scale_takes_no_step_against_the_device(tmp_path):
    events, _ = run(tmp_path, turning("scale"))
    assert {event.learning_rate for event in events if isinstance(event, StepDone)} == {0.0}
    good, _ = run(tmp_path, turning("scale", SquareSystem(), epochs=2))
    first = next(event for event in good if isinstance(event, StepDone))
    check = next(event for event in good if isinstance(event, AlignmentChecked))
    settings = EXPERIMENT.training
    usual = settings.learning_rate * rate_factor(0.0, settings.warmup)
    assert first.learning_rate == pytest.approx(check.cosine * usual)


def test_refit_fits_the_twin_to_the_device_as_it_is(tmp_path):
    system = Turning()
    events, path = run(tmp_path, turning("refit", system))
    assert verdicts(events)[0] == "against"
    assert "against" not in verdicts(events)[1:]
    assert losses(events)[-1] < losses(events)[0]
    assert events[-1].result["device_passes"] == sum(rows for rows, _ in system.calls)
    calibrated = [len(call.drive) for call in RunRecord(path).calls() if call.purpose == "calibration"]
    assert sum(calibrated) == 2 * CALIBRATION.shots


def test_spsa_takes_the_twins_place(tmp_path):
    system = Turning()
    events, path = run(tmp_path, turning("spsa", system))
    assert "three passes" in texts(events)
    training = [len(call.drive) for call in RunRecord(path).calls() if call.purpose == "training"]
    assert sum(training) == 3 * EPOCHS * 30 * 2  # epochs, samples, layers
    assert losses(events)[-1] < losses(events)[0]


def test_spsa_gives_its_place_back(tmp_path):
    """The device turns back to what it was: from the next check on the twin is asked again."""

    class TurningBack(Turning):
        def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
            return super().run(drive) if self.rows < 1500 else SquareSystem.run(self, drive)

    events, _ = run(tmp_path, turning("spsa", TurningBack()))
    assert verdicts(events)[0] == "against"
    assert verdicts(events)[-1] != "against"
    assert "trusted again" in texts(events)


def test_pause_ends_the_run_so_that_it_can_be_gone_on_with(tmp_path):
    system = Turning()
    events, path = run(tmp_path, turning("pause", system))
    assert isinstance(events[-1], Stopped)
    assert not any(isinstance(event, StepDone) for event in events)
    assert system.safe
    record = RunRecord(path)
    assert record.state == "interrupted"
    assert "Stopped by the user" not in str(record.log())


def test_a_good_twin_meets_no_action(tmp_path):
    plain = run(tmp_path, turning("warn", SquareSystem(), epochs=2))[0][-1].result["weights_sha256"]
    for action in ("refit", "pause", "spsa"):
        events, _ = run(tmp_path, turning(action, SquareSystem(), epochs=2))
        assert isinstance(events[-1], Finished)
        assert events[-1].result["weights_sha256"] == plain


def test_versions_of_a_refined_twin_are_told_and_recorded_with_their_hashes(tmp_path):
    class Drifting(SquareSystem):
        def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
            self.gain += 0.001
            return super().run(drive)

    events, path = run(tmp_path, turning("warn", Drifting(), refine=4))
    told = [event for event in events if isinstance(event, TwinRefined)]
    assert [event.step for event in told][-1] == EPOCHS * 2
    assert [event.version for event in told] == torch.tensor([event.kept for event in told]).cumsum(0).tolist()
    assert told[-1].version > 2
    hashes = {event.version: event.sha256 for event in told}
    assert len(set(hashes.values())) == len(hashes)
    record = RunRecord(path)
    table = record.arrays("refinements")
    assert [bytes(row).hex() for row in table["sha256"]] == [event.sha256 for event in told]
    assert table["after"].tolist() == [event.after for event in told]
    assert record.provenance is not None
    assert record.provenance["twin"]["sha256"] == told[-1].sha256


def test_hours_pass_evenly_and_only_where_a_system_can_age(tmp_path):
    class Idle(SquareSystem):
        def __init__(self) -> None:
            super().__init__()
            self.aged: list[float] = []

        def age(self, hours: float) -> None:
            self.aged.append(hours)

    system = Idle()
    run(tmp_path, turning("warn", system, hours=10.0))
    assert system.aged == pytest.approx([10.0 / (2 * EPOCHS)] * (2 * EPOCHS))
    with pytest.raises(SpecError, match=r"training\.hours=0"):
        turning("warn", SquareSystem(), hours=10.0)
