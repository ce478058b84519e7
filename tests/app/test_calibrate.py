"""`overtone calibrate`: what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
from torch import Tensor
from typer.testing import CliRunner

from app.cli import cli
from core.calibration.events import STEPS, CalibrationEnded, StepBegun, StepEnded
from core.calibration.job import CalibrationSettings, calibrate
from core.physics.circuit import CircuitModel
from core.ports import DataError, SpecError
from core.training.control import ControlToken, StopRequested
from core.twin.file import SavedTwin, pack_twin, unpack_twin
from core.twin.physics import PhysicsTwin
from devices.emulator.demo import start_demo_bench
from devices.simulated.circuit import SimulatedCircuit
from tests.conftest import SquareSystem

KEYS = {
    "system",
    "twin",
    "shots",
    "nrmse",
    "r2",
    "alignment_cosine",
    "alignment_interval95",
    "gain",
    "noise",
    "parameters",
    "verdict",
    "reasons",
    "wall_s",
}


def test_it_prints_the_result_and_reveals_only_when_asked():
    arguments = ["calibrate", "circuit", "--shots", "128", "--serial-number", "901", "--json"]
    plain = json.loads(CliRunner().invoke(cli, arguments).stdout)
    assert set(plain) >= KEYS
    assert "hidden" not in plain
    assert (plain["system"], plain["twin"], plain["shots"]) == ("circuit", "physics", 128)
    assert plain["verdict"] == "good"
    low, high = plain["alignment_interval95"]
    assert 0.95 <= low <= plain["alignment_cosine"] <= high <= 1
    assert 0 < plain["nrmse"] < 0.1
    assert plain["r2"] == pytest.approx(1 - plain["nrmse"] ** 2)
    revealed = json.loads(CliRunner().invoke(cli, [*arguments, "--reveal"]).stdout)
    new = SimulatedCircuit(901, 0).hidden()  # before it warmed or cooled: -2 mV/K, 0.5 K in an hour
    assert revealed["hidden"] == {**new, "threshold": pytest.approx(new["threshold"], abs=1e-3)}
    assert {**revealed, "wall_s": 0, "hidden": 0} == {**plain, "wall_s": 0, "hidden": 0}
    noise = plain["noise"]
    assert noise["interval95"][0] <= noise["ratio"] <= noise["interval95"][1]
    assert noise["ratio"] == pytest.approx(1, abs=0.1)
    assert noise["ratio"] == noise["predicted_standard_deviation"] / noise["measured_standard_deviation"]
    assert noise["outlying_shots"] == 0
    offset = plain["parameters"]["offset"]
    assert abs(offset["value"] - revealed["hidden"]["offset"]) < 4 * offset["standard_error"]


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["organ"], 2, "No system is of kind 'organ'"),
        (["circuit", "--shots", "3"], 2, ""),
        (["circuit", "--twin", "crystal-ball"], 2, ""),
    ],
)
def test_wrong_usage_is_told_before_anything_is_measured(arguments, code, reason):
    result = CliRunner().invoke(cli, ["calibrate", *arguments])
    assert result.exit_code == code
    assert reason in result.stderr


def test_the_checklist_is_told_in_its_order_and_ends_with_the_verdict():
    told: list[object] = []
    system = SimulatedCircuit(902, 0)
    found = calibrate(system, CircuitModel(), CalibrationSettings(shots=128, steps=40), told.append, ControlToken())
    # A step may go on with another text.
    begun = list(dict.fromkeys(event.step for event in told if isinstance(event, StepBegun)))
    assert begun == [event.step for event in told if isinstance(event, StepEnded)]
    assert begun == [step for step in STEPS if step in begun]
    assert begun == list(STEPS)
    assert isinstance(told[-1], CalibrationEnded)
    assert told[-1].result == found.result
    json.dumps(found.result, allow_nan=False)
    assert not system.output_enabled


def test_sentinels_between_the_shots_tell_how_far_a_device_moves_meanwhile():
    class Warming(SquareSystem):
        """Gains 20 % an hour; a shot takes three seconds."""

        def __init__(self) -> None:
            super().__init__()
            self.info = replace(self.info, shot_s=3.0)
            self.shots = 0

        def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
            self.shots += len(drive)
            self.gain = 1 + 0.2 * 3 * self.shots / 3600
            return super().run(drive)

    told: list[object] = []
    settings = CalibrationSettings("neural", 64, steps=20)
    found = calibrate(Warming(), None, settings, told.append, ControlToken())
    (drift,) = (event for event in told if isinstance(event, StepEnded) and event.step == "drift")
    assert drift.outcome == "bad"
    assert drift.text in found.result["reasons"]
    (gain,) = (curve for curve in drift.curves if curve.name == "Gain")
    assert gain.x[-1] - gain.x[0] == pytest.approx(3 * (64 + 4 * 32))
    slope = 3600 * np.polyfit(gain.x, gain.y, 1)[0]  # an hour
    assert slope == pytest.approx(drift.figures["Gain drift"].value)
    before = sum(ended.figures["Device passes"].value for ended in told[: told.index(drift)] if has_passes(ended))
    assert slope == pytest.approx(0.2 / (1 + 0.2 * 3 * (before + 32) / 3600), rel=0.02)


def has_passes(event: object) -> bool:
    return isinstance(event, StepEnded) and "Device passes" in event.figures


@pytest.mark.parametrize("step", ["connect", "shots", "drift", "fit", "verdict"])
def test_a_stop_ends_it_with_the_outputs_safe(step):
    system, control = SimulatedCircuit(902, 0), ControlToken()

    def listen(event: object) -> None:
        if isinstance(event, StepBegun) and event.step == step:
            control.stop()

    with pytest.raises(StopRequested):
        calibrate(system, CircuitModel(), CalibrationSettings(shots=64, steps=5), listen, control)
    assert not system.output_enabled


def test_a_system_without_equations_has_a_neural_twin_and_no_parameters():
    settings = CalibrationSettings("neural", 256, steps=150)
    found = calibrate(SquareSystem(), None, settings, lambda event: None, ControlToken())
    assert found.result["parameters"] == {}
    with pytest.raises(SpecError, match=r"calibration\.twin=neural"):
        calibrate(SquareSystem(), None, CalibrationSettings("physics", 64), lambda event: None, ControlToken())


def test_an_interrupt_ends_it_with_code_130():
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "calibrate", "circuit", "--shots", "100000"],
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Measuring"):
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "outputs are safe" in rest


def test_a_saved_twin_is_judged_on_its_unit_on_another_one_and_on_another_system(tmp_path):
    file = tmp_path / "twin.safetensors"

    def run(system: str, unit: int, *more: str):
        arguments = ["calibrate", system, "--shots", "64", "--serial-number", str(unit), *more]
        return CliRunner().invoke(cli, [*arguments, "--json"])

    saved = json.loads(run("circuit", 903, "--out", str(file)).stdout)
    own = json.loads(run("circuit", 903, "--check", str(file), "--seed", "5").stdout)
    assert own["verdict"] == saved["verdict"] == "good"
    assert own["nrmse"] == pytest.approx(saved["nrmse"], rel=0.2)
    copy = tmp_path / "copy.safetensors"
    other = json.loads(run("circuit", 904, "--check", str(file), "--out", str(copy)).stdout)
    assert copy.read_bytes() == file.read_bytes()  # it stays the twin of its own unit
    assert other["verdict"] == "refit"
    assert "The twin is of unit #903, and this is unit #904. Calibrate this one." in other["reasons"]
    foreign = run("shg", 903, "--check", str(file))
    assert (foreign.exit_code, foreign.stdout) == (1, "")
    assert "twin of a system of kind 'circuit', not of SHG bench #903" in foreign.stderr


def test_a_saved_twin_is_judged_on_drives_that_it_was_not_fitted_to():
    class Recording(SquareSystem):
        drives: set[tuple[float, ...]] | None = None

        def run(self, drive: Tensor, *parameters: Tensor) -> Tensor:
            if self.drives is not None:
                self.drives.update(map(tuple, drive.tolist()))
            return super().run(drive, *parameters)

    def judged(fitted: SavedTwin | None = None):
        system, shots = Recording(), set[tuple[float, ...]]()

        def listen(event: object) -> None:
            if isinstance(event, StepBegun | StepEnded):
                measures = isinstance(event, StepBegun) and event.step == "shots"
                system.drives = shots if measures else None

        settings = CalibrationSettings("neural", 64, steps=5)
        return shots, calibrate(system, None, settings, listen, ControlToken(), fitted=fitted).twin

    fitted_to, twin = judged()
    judged_by, _ = judged(SavedTwin(twin, "neural", SquareSystem().info.serial_number, b""))
    assert len(fitted_to) == len(judged_by) >= 64
    assert not fitted_to & judged_by


def test_an_instrument_is_calibrated_as_a_simulator_is():
    bench = start_demo_bench(905, 0, None, 1000)
    try:
        circuit = next(item for item in bench.instruments if item.kind == "circuit")
        settings = [text for key, value in circuit.settings.items() for text in ("--set", f"{key}={value}")]
        arguments = ["calibrate", "circuit", "--shots", "128", *settings, "--json"]
        result = CliRunner().invoke(cli, arguments)
        refused = CliRunner().invoke(cli, [*arguments, "--reveal"])
    finally:
        bench.close()
    found = json.loads(result.stdout)
    hidden = SimulatedCircuit(905, 0).hidden()["resistance"]
    assert found["verdict"] == "good", found["reasons"]
    estimate = found["parameters"]["resistance"]
    assert abs(estimate["value"] - hidden) < 4 * estimate["standard_error"]
    assert refused.exit_code == 2
    assert "no hidden parameters" in refused.stderr


@pytest.mark.parametrize("damage", ["nothing", "text", "cut", "header"])
def test_a_damaged_twin_file_is_one_line(tmp_path, damage):
    info = SimulatedCircuit(1, 0).info
    whole = pack_twin(PhysicsTwin(CircuitModel()), "physics", info)
    content = {"nothing": b"", "text": b"not a twin", "cut": whole[:-9], "header": b"\xff" * 8 + whole[8:]}[damage]
    with pytest.raises(DataError, match=r"twin\.safetensors") as caught:
        unpack_twin(content, info, CircuitModel(), name="twin.safetensors")
    assert "\n" not in str(caught.value)
    saved = unpack_twin(whole, info, CircuitModel(), name="twin.safetensors")
    assert (saved.kind, saved.serial_number) == ("physics", 1)
    assert saved.twin.state_dict().keys() == PhysicsTwin(CircuitModel()).state_dict().keys()
