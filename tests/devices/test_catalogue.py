"""The catalogue: choices are named, a broken plug-in is told and stops nothing."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from core.ports import SpecError
from devices import catalogue
from devices.catalogue import BUNDLED, find_system, find_systems


@pytest.fixture
def plugins(monkeypatch):
    def install(**targets: str) -> None:
        points = [EntryPoint(name, target, catalogue.PLUGIN_GROUP) for name, target in targets.items()]
        monkeypatch.setattr(catalogue, "entry_points", lambda group: points)

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


ENTRY = BUNDLED["shg"]
