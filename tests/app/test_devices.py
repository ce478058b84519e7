"""Instruments without a window: the verb, the buses, what is remembered, and a test shot on the demo bench."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from app import doctor
from app.choice import Choice
from app.device_book import Device, DeviceBook
from app.device_shot import take_shot
from app.discovery import BUSES, MARK, BusAbsent, BusReport, Found, command, identify, read_report, scan, scan_all
from app.forecast import forecast
from app.presets import read_preset
from core.phrase import Phrase
from core.ports import DeviceError, OutOfRange, SpecError
from core.run.connection import ConnectionSpec
from core.run.spec import SystemSpec, load_experiment
from devices.catalogue import BUNDLED, circuit_wiring
from devices.emulator.bench import Bench, wired
from devices.emulator.table import Table

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}


@pytest.fixture
def table():
    """A circuit between a generator and an oscilloscope, on raw sockets."""
    made = Table(wired(BUNDLED["circuit"].build(3, 0, {}), circuit_wiring()))
    made.addresses = made.listen("socket")
    yield made
    made.close()


def spec(table: Table, **connection: object) -> SystemSpec:
    generator, scope = table.addresses
    return SystemSpec(
        kind="circuit", address=generator, connection=ConnectionSpec(recorder=scope, deadline_s=2.0, **connection)
    )


def overtone(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        cwd=ROOT,
        env=ENVIRONMENT | environment,
    )


def test_a_test_shot_is_ramped_up_half_as_large_as_the_drive_and_leaves_the_output_off(table):
    shot = take_shot(spec(table))
    assert shot.info.status == "demo"
    assert np.abs(shot.drive - 0.5).max() == pytest.approx(0.25, abs=1e-6)
    # what was on the wire, by the bench: half of the drive's voltage, within the generator's 16 bits
    assert max(table.bench.highest_v, -table.bench.lowest_v) == pytest.approx(0.5 * circuit_wiring().drive_v, rel=1e-3)
    assert table.bench.frames >= 4  # three parts of the ramp, and the shot
    assert not table.generator.output_on
    assert shot.response.std() > 0.05
    assert shot.output_v == 10.0  # of a 33500 into a high impedance, by its data sheet


@pytest.mark.parametrize(
    ("connection", "told"),
    [
        ({"drive_v": 3.0, "limit_v": 1.0}, "needs ±3 V"),
        ({"drive_v": 400.0}, "at most"),
        ({"range_v": 900.0}, "900 V is wanted"),
        ({"dialect": "rigol"}, "reports an error"),
    ],
)
def test_what_the_instrument_cannot_do_moves_nothing(table, connection: dict, told: str):
    with pytest.raises((SpecError, DeviceError, OutOfRange), match=told):
        take_shot(spec(table, **connection))
    assert table.bench.frames == 0
    assert not table.generator.output_on


def test_an_instrument_says_who_it_is_and_what_it_is_for(table):
    generator, scope = table.addresses
    assert identify(generator) == Found(generator, table.generator.identity, "generator")
    assert identify(scope) == Found(scope, table.scope.identity, "oscilloscope")
    with pytest.raises(SpecError, match="Addresses are like"):
        identify("carrier pigeon")
    table.close()
    with pytest.raises(DeviceError, match="No instrument answers"):
        identify(generator, 0.5)


@pytest.mark.parametrize("name", sorted(BUSES))
def test_a_bus_without_its_library_says_what_to_install(monkeypatch, name: str):
    monkeypatch.setattr("app.discovery.find_spec", lambda library: None)
    report = scan(name)
    assert report.found == ()
    assert BUSES[name].install in report.problem


def test_a_library_that_fails_or_a_bus_that_is_absent_is_a_sentence(monkeypatch):
    def absent() -> list[Found]:
        raise BusAbsent(Phrase("PortAudio is missing."))

    def broken() -> list[Found]:
        raise RuntimeError("segment\nregister")

    for work, told in ((absent, "PortAudio is missing."), (broken, "RuntimeError: segment register"), (list, "None")):
        monkeypatch.setitem(BUSES, "sound", BUSES["sound"].__class__("Sound", work, "None", "json", "pip"))
        assert told in scan("sound").problem


def test_a_bus_whose_process_hangs_or_dies_costs_only_itself(monkeypatch):
    hang = "import sys, time, os\nif sys.argv[1] == 'daq': time.sleep(60)\nif sys.argv[1] == 'sound': os.abort()\n"
    report = f'print({MARK!r} + \'{{"found": [["a", "b", "c"]], "problem": "", "values": {{}}}}\')'
    monkeypatch.setattr("app.discovery.command", lambda name: [sys.executable, "-c", hang + report, name])
    monkeypatch.setattr("app.discovery.DEADLINE_S", 5.0)
    begun_s = time.monotonic()
    found = {report.bus: report for report in scan_all(["visa", "daq", "sound"])}
    assert time.monotonic() - begun_s < 30
    assert found["visa"].found == (Found("a", "b", "c"),)
    for name in ("daq", "sound"):
        assert found[name].found == ()
        assert "hung or crashed" in found[name].problem


def test_a_report_crosses_the_processes_with_its_template():
    """NI's driver is not on this machine, or it is: either way the words can be translated."""
    done = subprocess.run(command("daq"), capture_output=True, text=True, check=True, cwd=ROOT, env=ENVIRONMENT)
    report = read_report("daq", "a banner of a library\n" + done.stdout)
    assert report.found or isinstance(report.problem, Phrase)


def test_devices_are_remembered_and_a_damaged_book_is_left_as_it_is(tmp_path):
    book = DeviceBook(tmp_path / "deep" / "devices.json")
    assert book.read() == []
    device = Device(alias="Left table", system=SystemSpec(kind="circuit", address="TCPIP::a::1::SOCKET"), output_v=5.0)
    book.write([device])
    assert book.read() == [device]
    for damage in (
        "{",
        '{"devices": [{"alias": ""}]}',
        '{"devices": [{"alias": "a", "system": {"kind": "circuit"}, "b": 1}]}',
    ):
        book.file.write_text(damage)
        with pytest.raises(SpecError, match="move it away"):
            book.read()
        assert book.file.read_text() == damage


def test_a_limit_in_a_text_cannot_be_infinite_or_negative():
    for value in ("inf", "nan", -1.0, 1e9):
        with pytest.raises(ValueError, match="limit_v"):
            SystemSpec.model_validate({"kind": "circuit", "connection": {"limit_v": float(value)}})


def test_an_experiment_on_an_instrument_leaves_the_simulators_imperfections_out():
    choice = Choice(read_preset("circuit-mnist")).changed("system.imperfections.noise", 0.1)
    used = choice.changed("system.address", "TCPIP::a::1::SOCKET", "")
    assert not any("imperfections" in key for key in used.changes)
    assert used.experiment().system.imperfections == {}
    assert "system.imperfections={}" in used.settings
    assert used.changed("system.address", "", "") == Choice(read_preset("circuit-mnist"))


def test_what_a_run_takes_on_an_instrument_counts_its_rests_and_repetitions():
    """A plate's shot over sound is 784 samples and 3,200 of rest at 48 kHz: 83 ms, thrice that with three averages."""
    on_sound = ["system.address=AUDIO::default", "system.connection.averages=3"]
    for settings, shot_s in (([], 0.025), (on_sound[:1], 3984 / 48e3), (on_sound, 3 * 3984 / 48e3)):
        found = forecast(load_experiment("plate-mnist", settings))
        assert found.apparatus_s == pytest.approx(shot_s * found.device_passes)


def test_the_verb_lists_drivers_tests_by_name_and_refuses_in_one_line(table, tmp_path):
    environment = {"XDG_CONFIG_HOME": str(tmp_path)}
    DeviceBook(tmp_path / "overtone" / "devices.json").write([Device(alias="Left table", system=spec(table))])
    listed = json.loads(overtone("devices", "--json", **environment).stdout)
    assert "visa" in listed["drivers"]
    assert [device["alias"] for device in listed["known"]] == ["Left table"]
    done = overtone("devices", "--test", "Left table", "--json", **environment)
    assert done.returncode == 0, done.stderr
    test = json.loads(done.stdout)["test"]
    assert len(test["response"]) == len(test["drive"]) == 784
    assert test["snapshot"]["identity"]["generator"]["serial"] == table.generator.identity.split(",")[2]
    assert not table.generator.output_on
    for address, code, told in (("nowhere", 2, "Addresses are like"), (table.addresses[0], 2, "oscilloscope")):
        done = overtone("devices", "--test", address, XDG_CONFIG_HOME=str(tmp_path / "none"))
        assert done.returncode == code
        assert told in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="a process has another parent there")
def test_the_windows_demo_bench_ends_with_the_window_even_when_that_is_killed():
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'app', 'demo-bench', '--attached', '--json'],"
        " stdout=subprocess.PIPE, text=True)\n"
        "print(child.pid, child.stdout.readline(), flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=ENVIRONMENT,
    ) as parent:
        assert parent.stdout is not None
        pid, _, listed = parent.stdout.readline().partition(" ")
        generator = json.loads(listed)[0]["system.address"]
        assert "33522B" in identify(generator).identity
        parent.send_signal(signal.SIGKILL)
        begun_s = time.monotonic()
        while Path(f"/proc/{pid}").exists() and time.monotonic() - begun_s < 20:
            time.sleep(0.1)
    with pytest.raises(DeviceError):
        identify(generator, 0.5)


def test_a_bench_remembers_what_was_on_the_wire():
    bench = Bench(lambda frames: 0.5 * frames, samples=4, rate_hz=1.0)
    bench.play(np.array([0.0, 2.0, -1.0, 0.0]))
    assert (bench.highest_v, bench.lowest_v, bench.frames) == (2.0, -1.0, 1)


def test_the_doctor_tells_a_bus_that_is_empty_from_one_that_lacks_something(monkeypatch):
    reports = [
        BusReport("visa", problem=Phrase(BUSES["visa"].nothing)),
        BusReport("daq", problem=Phrase("The driver NI-DAQmx is not installed.")),
        BusReport("sound", (Found("AUDIO::a"), Found("AUDIO::b"))),
    ]
    monkeypatch.setattr("app.doctor.scan_all", lambda names: reports)
    checks = {check.subject: check for check in doctor._buses()}
    assert [checks[f"bus {name}"].ok for name in ("visa", "daq", "sound")] == [True, False, True]
    assert checks["bus daq"].finding == "The driver NI-DAQmx is not installed."
    assert checks["bus sound"].finding == "AUDIO::a, AUDIO::b"
