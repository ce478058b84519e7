"""The catalogue: choices are named, a broken plug-in is told and stops nothing."""

from __future__ import annotations

from dataclasses import fields
from importlib.metadata import EntryPoint

import pytest

from core.ports import SpecError
from devices import catalogue
from devices import plugins as plugins_of_packages
from devices.catalogue import BUNDLED, find_system, find_systems


@pytest.fixture
def plugins(monkeypatch):
    def install(**targets: str) -> None:
        points = [EntryPoint(name, target, catalogue.PLUGIN_GROUP) for name, target in targets.items()]
        monkeypatch.setattr(plugins_of_packages, "entry_points", lambda group: points)

    return install


def test_an_unknown_kind_names_the_choices():
    with pytest.raises(SpecError, match="plate, circuit, shg, pendula"):
        find_system("laser")


def test_a_working_plug_in_is_found(plugins):
    plugins(twin="tests.devices.test_catalogue:ENTRY")
    assert find_system("twin") is ENTRY


def test_a_broken_plug_in_is_listed_with_its_reason_and_stops_nothing(plugins):
    plugins(gone="no_such_module:entry", wrong="devices.catalogue:PLUGIN_GROUP")
    found, broken = find_systems()
    assert found.keys() == BUNDLED.keys()
    assert "no_such_module" in broken["gone"]
    assert "not a SystemEntry" in broken["wrong"]
    with pytest.raises(SpecError, match="no_such_module"):
        find_system("gone")


@pytest.mark.parametrize("kind", list(BUNDLED))
def test_imperfections_are_checked_by_name_kind_and_sign(kind: str):
    build = find_system(kind).build
    with pytest.raises(SpecError, match="The keys there are"):
        build(1, 0, {"dust": 1.0})
    with pytest.raises(SpecError, match="is not a float"):
        build(1, 0, {"unit_spread": True})
    with pytest.raises(SpecError, match="negative"):
        build(1, 0, {"unit_spread": -1.0})


@pytest.mark.parametrize(
    ("kind", "what", "changes"),
    [
        ("plate", "bits", {"converter_bits": 10.5}),
        ("plate", "noise", {"noise": 0.02}),
        ("plate", "jitter", {"misaligned": 0.02}),
        ("circuit", "bits", {"converter_bits": 10.5}),
        ("circuit", "noise", {"noise": 0.1}),
        ("circuit", "jitter", {"trigger_jitter_s": 0.2e-6}),
        ("shg", "bits", {"shaper_bits": 8, "adc_bits": 12}),
        ("shg", "noise", {"power_noise": 0.02, "pointing_noise": 0.01, "electrons": 12_500, "read_noise": 6e-4}),
        ("pendula", "bits", {"release_bits": 10, "readout_bits": 10}),
        ("pendula", "noise", {"release_noise": 0.006, "readout_noise": 0.01}),
    ],
)
def test_a_simulated_system_tells_how_to_worsen_it(kind: str, what: str, changes: dict[str, float]):
    assert find_system(kind).worsened(what, {}) == pytest.approx(changes)


@pytest.mark.parametrize("kind", ["shg", "pendula"])
def test_a_system_without_jitter_says_so(kind: str):
    with pytest.raises(SpecError, match="no jitter"):
        find_system(kind).worsened("jitter", {})


def test_what_is_switched_off_cannot_be_worsened():
    with pytest.raises(SpecError, match="no jitter: trigger_jitter_s = 0"):
        find_system("circuit").worsened("jitter", {"trigger_jitter_s": 0.0})
    assert find_system("shg").worsened("noise", {"electrons": 0.0, "read_noise": 0.0}).keys() == {
        "power_noise",
        "pointing_noise",
    }
    assert find_system("plate").worsened("jitter", {"align": False}) == {"start_jitter": 40}


ENTRY = BUNDLED["shg"]


@pytest.mark.parametrize("kind", list(BUNDLED))
def test_every_imperfection_says_what_it_does(kind: str):
    declare = find_system(kind).imperfections
    assert declare is not None
    described = {field.name: field.metadata.get("description", "") for field in fields(declare())}
    assert described
    assert [name for name, text in described.items() if not text.endswith(".")] == []
