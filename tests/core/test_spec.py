"""The specification: every key checked, every message naming what to do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ports import SpecError
from core.run.spec import Experiment, load_experiment, preset_names


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_is_valid_and_survives_a_round_trip(name, tmp_path):
    experiment = load_experiment(name)
    assert experiment.name == name
    file = tmp_path / "again.toml"
    file.write_text(experiment.toml(), "utf-8")
    assert load_experiment(str(file)) == experiment


FILE = """
name = "mine"
[system]
kind = "shg"
[task]
name = "mnist"
[network]
architecture = "hybrid"
[training]
epochs = 2
learning_rate = 0.5
[full.training]
epochs = 15
[full.network]
branches = 4
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(FILE, "utf-8")
    return path


def test_the_full_data_change_what_the_table_full_names_and_nothing_else(file):
    bundled, full = load_experiment(str(file)), load_experiment(str(file), ["task.data=full"])
    assert (bundled.training.epochs, bundled.network.branches) == (2, 1)
    assert (full.training.epochs, full.network.branches) == (15, 4)
    assert full.training.learning_rate == bundled.training.learning_rate == 0.5


def test_a_file_may_choose_the_full_data_itself(file):
    file.write_text(FILE.replace('"mnist"', '"mnist"\ndata = "full"'), "utf-8")
    assert load_experiment(str(file)).training.epochs == 15
    assert load_experiment(str(file), ["task.data=bundled"]).training.epochs == 2


def test_settings_go_over_the_table_full_whatever_their_order(file):
    for settings in (["task.data=full", "training.epochs=3"], ["training.epochs=3", "task.data=full"]):
        assert load_experiment(str(file), settings).training.epochs == 3


def test_a_resolved_experiment_has_no_table_full(file, tmp_path):
    experiment = load_experiment(str(file), ["task.data=full"])
    again = tmp_path / "again.toml"
    again.write_text(experiment.toml(), "utf-8")
    assert "full]" not in experiment.toml()
    assert load_experiment(str(again)) == experiment


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[full.training]\nepoch = 3", r"\[full\].*no key 'training\.epoch'.*epochs"),
        ("[full.colours]\nred = 3", r"\[full\].*no key 'colours'"),
        ("[full.full.training]\nepochs = 3", r"\[full\].*no key 'full'"),
        ("[full.training]\nepochs = 0", r"\[full\].*training\.epochs = 0"),
    ],
)
@pytest.mark.parametrize("data", ["bundled", "full"])
def test_a_wrong_key_in_the_table_full_is_named_whether_it_is_used_or_not(file, table, message, data):
    file.write_text(FILE.split("[full")[0] + table, "utf-8")
    with pytest.raises(SpecError, match=message):
        load_experiment(str(file), [f"task.data={data}"])


def test_full_must_be_a_table_and_is_no_setting(file):
    file.write_text("full = 3\n" + FILE.split("[full")[0], "utf-8")
    with pytest.raises(SpecError, match="full = 3 is a value"):
        load_experiment(str(file))
    with pytest.raises(SpecError, match="no key 'full'"):
        load_experiment("quick", ["full.training.epochs=3"])


def test_any_key_can_be_set():
    experiment = load_experiment(
        "quick",
        [
            "system.serial_number=77",
            "task.data=full",
            "training.epochs=3",
            "system.imperfections.unit_spread=0.0",
        ],
    )
    assert experiment.system.serial_number == 77
    assert experiment.task.data == "full"
    assert experiment.training.epochs == 3
    assert experiment.system.imperfections == {"unit_spread": 0.0}


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("training.epochs=0", r"training\.epochs = 0.*greater than or equal to 1"),
        ("training.learning_rate=nan", r"training\.learning_rate = nan"),
        ("training.learning_rate=inf", r"training\.learning_rate = inf"),
        ("training.epoch=3", r"no key 'training\.epoch'.*epochs"),
        ("network.layer=3", r"no key 'network\.layer'.*layers"),
        ("colour=3", r"no key 'colour'.*system"),
        ("system.serial_number=-1", r"system\.serial_number"),
        ("name.first=3", "is a value, not a section"),
        ("training.epochs", "key=value"),
        ("network.architecture=magic", "'chain', 'hybrid' or 'pendula'"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(setting, message):
    with pytest.raises(SpecError, match=message) as caught:
        load_experiment("quick", [setting])
    assert "\n" not in str(caught.value)


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(SpecError, match=r"'quik'.*quick"):
        load_experiment("quik")


def test_a_broken_file_says_where(tmp_path):
    file = tmp_path / "broken.toml"
    file.write_text("name = ", "utf-8")
    with pytest.raises(SpecError, match="not valid TOML"):
        load_experiment(str(file))
    with pytest.raises(SpecError, match="Cannot read"):
        load_experiment(str(tmp_path / "missing.toml"))


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_learning_rate_is_accepted_exactly_in_its_range(rate):
    if math.isfinite(rate) and 0 < rate <= 10:
        experiment = load_experiment("quick", [f"training.learning_rate={rate!r}"])
        assert experiment.training.learning_rate == rate
    else:
        with pytest.raises(SpecError):
            load_experiment("quick", [f"training.learning_rate={rate!r}"])


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_twin_may_be_up_to_a_hundred_thousand_hours_old(age_h):
    if 0 <= age_h <= 1e5:
        assert load_experiment("quick", [f"calibration.age_h={age_h!r}"]).calibration.age_h == age_h
    else:
        with pytest.raises(SpecError, match="age_h"):
            load_experiment("quick", [f"calibration.age_h={age_h!r}"])


def test_experiments_are_immutable():
    experiment = load_experiment("quick")
    with pytest.raises(ValueError, match="frozen"):
        experiment.seed = 3  # pyright: ignore[reportAttributeAccessIssue]
    assert isinstance(experiment, Experiment)


def leaves(schema: dict, definitions: dict, where: str = ""):
    for name, entry in schema["properties"].items():
        section = definitions[entry["$ref"].rpartition("/")[2]] if "$ref" in entry else {}
        yield f"{where}{name}", section | entry
        if section:
            yield from leaves(section, definitions, f"{where}{name}.")


def test_every_key_says_what_it_does():
    schema = Experiment.model_json_schema()
    found = dict(leaves(schema, schema["$defs"]))
    assert len(found) > 40
    assert [key for key, entry in found.items() if not entry.get("description", "").endswith(".")] == []
