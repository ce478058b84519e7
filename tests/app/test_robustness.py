"""The robustness card: its figures against devices built and counted by hand, and the command that measures it."""

from __future__ import annotations

import json
import math
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from scipy.stats import t

from app import robustness
from app.cli import command_line
from app.compose import compose, make_job
from app.robustness import conditions, measure_run
from core.ports import SpecError
from core.run.record import RunRecord
from core.run.robustness import Condition
from core.run.robustness_card import Changed, Omitted, RobustnessCard, read_card
from core.run.spec import load_experiment
from core.training.control import ControlToken
from core.training.trainer import EVALUATION_BATCH
from devices.catalogue import find_system
from devices.simulated.base import SimulatedSystem
from devices.simulated.shg import ShgImperfections, SimulatedShg

SMALL = ["training.epochs=6", "calibration.steps=20", "calibration.shots=64"]
OWN = 900_003  # one of the units that are unseen elsewhere
SEED = 4


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A short run with more noise than there usually is."""
    out = tmp_path_factory.mktemp("runs")
    settings = [*SMALL, f"system.serial_number={OWN}", f"seed={SEED}", "system.imperfections.read_noise=0.002"]
    _, job = make_job(load_experiment("quick", settings), out)
    job(lambda event: None, ControlToken())
    (path,) = out.iterdir()
    return path


@pytest.fixture(scope="module")
def card(run) -> RobustnessCard:
    return measure_run(run, report=lambda text: None)


def row(card: RobustnessCard, name: str) -> Changed:
    (found,) = (row for row in card.measured if row.condition == name)
    return found


def answers(run: Path, system: SimulatedSystem) -> np.ndarray:
    """Which test samples the network with the weights in the run's file classifies rightly on a device."""
    setup = compose(RunRecord(run).experiment)
    tensors = load_file(run / "checkpoints" / "final.safetensors")
    weights = {name.removeprefix("network."): value for name, value in tensors.items() if name.startswith("network.")}
    setup.network.load_state_dict(weights)
    test = setup.task.test
    with torch.no_grad():
        logits = [setup.network(features, system.run).logits for features in test.features.split(EVALUATION_BATCH)]
    return (torch.cat(logits).argmax(1) == test.labels).numpy()


def test_each_condition_is_what_a_device_built_by_hand_gives(run, card):
    usual = ShgImperfections(read_noise=0.002)
    nominal = answers(run, SimulatedShg(OWN, SEED + 1, usual))
    assert card.nominal.accuracy == nominal.mean()
    noisy = replace(usual, power_noise=0.02, pointing_noise=0.01, read_noise=0.004, electrons=12_500.0)
    coarse = replace(usual, shaper_bits=8, adc_bits=12)
    for name, imperfections in (("twice the noise", noisy), ("2 bits less", coarse)):
        right, found = answers(run, SimulatedShg(OWN, SEED + 1, imperfections)), row(card, name)
        assert found.accuracy == right.mean()
        assert found.difference == pytest.approx(right.mean() - nominal.mean())
        won, lost, total = int((right & ~nominal).sum()) + 1, int((nominal & ~right).sum()) + 1, len(right) + 2
        half = 1.959964 * math.sqrt((won + lost) / total - ((won - lost) / total) ** 2) / math.sqrt(total)
        assert found.difference95 == pytest.approx(((won - lost) / total - half, (won - lost) / total + half))
    for session in row(card, "20 unseen units").sessions[:3]:
        assert session.accuracy == answers(run, SimulatedShg(session.serial_number, session.seed, usual)).mean()
    session = row(card, "100 h of drift").sessions[7]
    aged = SimulatedShg(OWN, session.seed, usual)
    aged.age(100)
    assert session.accuracy == answers(run, aged).mean()


def test_units_are_distinct_and_unseen_and_no_noise_is_that_of_the_training(card):
    units = [session.serial_number for session in row(card, "20 unseen units").sessions]
    assert len(set(units)) == 20
    assert OWN not in units
    for measured in (card.nominal, *card.measured):
        assert SEED not in {session.seed for session in measured.sessions}
    histories = row(card, "10 h of drift").sessions
    assert {session.serial_number for session in histories} == {OWN}
    assert len({session.seed for session in histories}) == 10


def test_means_and_intervals_over_units_are_student_s(card):
    for name in ("20 unseen units", "1 h of drift", "100 h of drift"):
        found = row(card, name)
        values = np.array([session.accuracy for session in found.sessions])
        low, high = t.interval(0.95, len(values) - 1, values.mean(), values.std(ddof=1) / math.sqrt(len(values)))
        assert found.accuracy == pytest.approx(values.mean())
        assert found.interval95 == pytest.approx((max(0, low), min(1, high)))
        assert found.worst.accuracy == values.min()


def test_passes_are_counted_and_other_units_are_worse(run, card):
    result = RunRecord(run).result
    sessions = sum(len(measured.sessions) for measured in (card.nominal, *card.measured))
    assert card.device_passes == sessions * card.test_samples * result["shots_per_inference"]
    assert card.test_samples == card.test_samples_there_are == result["test_count"]
    assert card.weights_sha256 == result["weights_sha256"]
    assert row(card, "20 unseen units").difference95[1] < 0  # a phase mask of one bench is none of another


def test_no_drift_is_the_nominal_condition(run, monkeypatch):
    monkeypatch.setattr(robustness, "DRIFT_H", (0,))
    card = measure_run(run, report=lambda text: None)
    idle = row(card, "0 h of drift")
    assert idle.sessions[0].accuracy == card.nominal.accuracy  # the same noise
    low, high = idle.difference95
    assert low < 0 < high
    assert high - low < 0.1


def test_a_smaller_test_sample_is_said_and_the_same_each_time(run):
    cards = [measure_run(run, test_samples=57, report=lambda text: None) for _ in range(2)]
    assert (cards[0].test_samples, cards[0].test_samples_there_are) == (57, 380)
    for first, second in zip(cards[0].measured, cards[1].measured, strict=True):
        assert first.sessions == second.sessions


def listed(*settings: str) -> dict[str, Condition | Omitted]:
    experiment = load_experiment("quick", settings)
    found = conditions(compose(experiment), find_system(experiment.system.kind), 1)
    return {item.condition if isinstance(item, Omitted) else item.name: item for item in found}


def test_what_a_system_has_not_is_said():
    jitter = listed()["twice the jitter"]
    assert isinstance(jitter, Omitted)
    assert jitter.reason == "The system has no jitter."
    off = ["system.imperfections.shaper_bits=0", "system.imperfections.adc_bits=0"]
    ideal = listed(*off)["2 bits less"]
    assert isinstance(ideal, Omitted)
    assert ideal.reason == "The system has no converter bits: shaper_bits = 0, adc_bits = 0."
    coarse = listed("system.imperfections.adc_bits=2")["2 bits less"]
    assert isinstance(coarse, Omitted)
    assert "adc_bits = 2 nothing is left" in coarse.reason


def test_a_device_that_drifts_away_is_said_to(run, monkeypatch):
    experiment = RunRecord(run).experiment
    system = experiment.system.model_copy(update={"imperfections": {"parameter_drift_per_hour": 0.02}})
    drifting = experiment.model_copy(update={"system": system})
    monkeypatch.setattr(robustness, "read_experiment", lambda _folder, as_written: drifting)
    monkeypatch.setattr(robustness, "UNITS", 2)
    card = measure_run(run, test_samples=20, report=lambda text: None)
    (lost,) = (item for item in card.omitted if item.condition == "100 h of drift")
    assert "has drifted away" in lost.reason
    assert len(row(card, "10 h of drift").sessions) == 10


def test_drift_begins_at_the_age_at_which_the_network_was_trained():
    found = listed("calibration.age_h=5")
    for name, hours in (("nominal", 5), ("1 h of drift", 6), ("20 unseen units", 5)):
        condition = found[name]
        assert isinstance(condition, Condition)
        assert condition.sessions[-1].build().snapshot()["clock_s"] == pytest.approx(3600 * hours)


@pytest.fixture
def command(monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["overtone", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_info:
            command_line()
        return int(exit_info.value.code or 0), *capsys.readouterr()

    return call


def test_the_command_shows_and_writes_the_card(run, command, tmp_path):
    code, out, told = command(
        "evaluate", str(run), "--robustness", "--test-samples", "30", "--out", str(tmp_path), "--json"
    )
    assert code == 0
    written = read_card(tmp_path)
    assert written == RobustnessCard.model_validate_json(out)
    assert json.loads(out)["test_samples"] == 30
    assert [path.name for path in tmp_path.iterdir()] == ["robustness.json"]
    assert read_card(run) is None
    assert "30 of 380 test samples" in told
    assert "twice the jitter: not applicable. The system has no jitter." in told
    assert "device passes" in told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--robustness", "--serial-number", "7"], "--serial-number"),
        (["--test-samples", "5"], "--robustness only"),
        (["--robustness", "--test-samples", "0"], "--test-samples"),
        (["--robustness", "--seed", str(SEED)], "the training had"),
        (["--robustness", "--seed", str(SEED - 9)], "the training had"),
    ],
)
def test_what_does_not_go_together_is_one_line(run, command, arguments, message):
    code, _, told = command("evaluate", str(run), *arguments)
    assert code == 2
    assert message in told
    assert len(told.strip().splitlines()) == 1
    assert read_card(run) is None


def test_the_training_s_noise_is_refused(run):
    with pytest.raises(SpecError, match="Take another"):
        measure_run(run, seed=SEED, report=lambda text: None)


def test_an_interrupt_leaves_the_old_card(run, command, tmp_path, monkeypatch):
    (tmp_path / "robustness.json").write_text("old")

    def say(text: str) -> None:
        if text.startswith("10 h"):
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("app.cli.say", say)
    code, out, _ = command("evaluate", str(run), "--robustness", "--out", str(tmp_path), "--json")
    assert (code, out) == (130, "")
    assert [path.name for path in tmp_path.iterdir()] == ["robustness.json"]
    assert (tmp_path / "robustness.json").read_text() == "old"
