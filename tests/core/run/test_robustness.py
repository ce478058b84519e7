"""The card of a system that can be counted by hand, and cards as nobody should write them."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from torch import Tensor

from app.robustness import conditions
from core.ports import DeviceLost, RunFileError
from core.run.robustness import Condition, Planned, measure_robustness
from core.run.robustness_card import MOST_BYTES, Omitted, RobustnessCard, read_card, write_card
from devices.catalogue import SystemEntry
from tests.conftest import SquareSystem
from tests.core.run.hostile import mutated, offences
from tests.core.run.test_session import run, setup


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    return run(tmp_path_factory.mktemp("runs"), setup())[1]


class Silent(SquareSystem):
    """Answers nothing but zeros, so that the first class is always chosen."""

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        return 0 * super().run(drive, *parameters)


class Lost(SquareSystem):
    """Answers one batch."""

    def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
        if self.calls:
            raise DeviceLost("The square system\ndoes not answer.")
        return super().run(drive, *parameters)


def measured(folder: Path, *systems: SquareSystem, **choices: int) -> tuple[RobustnessCard, list[str]]:
    def condition(name: str, *those: SquareSystem) -> Condition:
        return Condition(name, "", [Planned(1, 1, lambda system=system: system) for system in those])

    nominal, *others = (condition(f"system {number}", system) for number, system in enumerate(systems))
    told: list[str] = []
    both = condition("both", *systems[:2])
    return measure_robustness(setup(), folder, nominal, [*others, both], report=told.append, **choices), told


def test_figures_of_a_system_that_is_known(finished):
    systems = SquareSystem(), Silent(), Lost()
    card, told = measured(finished, *systems)
    silent, both = card.measured
    assert silent.accuracy == 0.5  # of the test samples, half are of the first class
    assert both.accuracy == pytest.approx((card.nominal.accuracy + 0.5) / 2)
    assert both.difference == pytest.approx((0.5 - card.nominal.accuracy) / 2)
    assert both.worst.accuracy == min(card.nominal.accuracy, 0.5)
    (lost,) = card.omitted
    assert (lost.condition, lost.reason) == ("system 2", "The square system does not answer.")
    assert all(system.safe for system in systems)
    assert card.device_passes == 4 * 30 * 2  # four sessions, thirty samples, two layers
    assert len(told) == 2 + 3


def test_a_device_that_fails_as_it_is_ends_the_card_with_its_outputs_safe(finished):
    system = Lost()
    with pytest.raises(DeviceLost):
        measured(finished, system)
    assert system.safe


def test_of_a_system_that_tells_nothing_only_what_can_be_measured_is(finished):
    class Connected(SquareSystem):
        def __init__(self) -> None:
            super().__init__()
            self.info = replace(self.info, status="connected")

    system = Connected()
    entry = SystemEntry("Square", lambda unit, seed, imperfections: pytest.fail("there is one device"), None)
    nominal, *others = conditions(setup(system), entry, 7)
    assert isinstance(nominal, Condition)
    assert nominal.sessions[0].build() is system
    assert len(others) == 7
    assert all(isinstance(item, Omitted) and item.reason.endswith(".") for item in others)
    card = measure_robustness(setup(system), finished, nominal, others, report=lambda text: None)
    assert (len(card.measured), len(card.omitted)) == (0, 7)


def test_a_run_without_a_final_checkpoint_is_one_line(tmp_path):
    with pytest.raises(RunFileError, match="cannot be used"):
        measured(tmp_path, SquareSystem())


def test_a_card_is_read_as_it_was_written(finished, tmp_path):
    card, _ = measured(finished, SquareSystem(), Silent(), Lost())
    assert read_card(tmp_path) is None
    write_card(card, tmp_path)
    assert read_card(tmp_path) == card
    (tmp_path / "file").touch()
    with pytest.raises(RunFileError, match="Choose another --out"):
        write_card(card, tmp_path / "file")


@pytest.fixture
def content(finished) -> str:
    return measured(finished, SquareSystem(), Silent(), Lost())[0].model_dump_json()


WRONG = {
    "accuracy": 1.5, "interval95": [0.1], "device_passes": -1, "sessions": [], "condition": "\u001b[31m", "wall_s": "x",
    "change": "x" * 1000, "new": 1, "difference95": [0, 2], "difference": None,
}  # fmt: skip


@pytest.mark.parametrize("key", WRONG)
def test_a_wrong_entry_is_named_in_one_line(tmp_path, content, key):
    data = json.loads(content)
    data["rows"][0][key] = WRONG[key]
    (tmp_path / "robustness.json").write_text(json.dumps(data))
    with pytest.raises(RunFileError, match=rf"cannot be read: 'rows\.0.*{key}.*--robustness") as caught:
        read_card(tmp_path)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="makes a pipe, and reads in forked processes")
def test_no_file_of_that_name_does_harm(tmp_path, content):
    path = tmp_path / "robustness.json"

    def read(seed: int) -> None:
        path.write_bytes(mutated(content.encode(), seed))
        read_card(tmp_path)

    assert offences(read, range(300)) == {}

    def read_pipe(_seed: int) -> None:
        path.unlink()
        os.mkfifo(path)
        read_card(tmp_path)

    assert offences(read_pipe, [0]) == {}
    path.unlink()
    path.write_bytes(b" " * (MOST_BYTES + 1))
    with pytest.raises(RunFileError, match="more than"):
        read_card(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(RunFileError, match="not a file"):
        read_card(tmp_path)
