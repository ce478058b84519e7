"""Keys, steps and choices of the form, held to pydantic's own checks and to the loader that a run uses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.choice import Choice, differences
from app.presets import PresetFolder, bundled_presets, flat, nested, read_preset
from app.spec_choices import ESTIMATORS, SYSTEMS, TASKS
from app.spec_fields import IMPERFECTIONS, SpecField, imperfection_fields, spec_fields, text_of
from core.ports import RunFileError, SpecError
from core.run.spec import Experiment, load_experiment
from core.task import load as tasks
from core.training import estimators
from devices.catalogue import BUNDLED

FIELDS = {field.key: field for field in spec_fields()}
NUMBERS = [field for field in FIELDS.values() if field.kind in {"int", "float"}]
PRESETS = bundled_presets()
SHG = imperfection_fields(BUNDLED["shg"].imperfections())  # type: ignore[misc]


def accepted(key: str, value: object) -> bool:
    try:
        Experiment.model_validate(nested({**PRESETS[0].values, key: value}))  # type: ignore[dict-item]
    except ValidationError:
        return False
    return True


def numbers(field: SpecField):
    edges = [x for x in (field.low, field.high) if abs(x) < 1e300]
    near = st.sampled_from([edge + shift for edge in edges for shift in (-1, -1e-9, 0, 1e-9, 1)])
    return st.one_of(near, st.floats(), st.integers(-(10**9), 10**9), st.floats(-2, 200))


@pytest.mark.parametrize("field", NUMBERS, ids=lambda field: field.key)
@settings(max_examples=60)
@given(data=st.data())
def test_a_number_is_taken_exactly_when_the_specification_takes_it(field, data):
    number = data.draw(numbers(field))
    try:
        value = field.parse(repr(number))
    except ValueError:
        assert not accepted(field.key, number)
    else:
        assert value == number
        assert accepted(field.key, number)


@pytest.mark.parametrize(
    "text", ["", " ", "abc", "nan", "-inf", "1e999", "9" * 5000, "1,5", "0x10", "\0", "1 2", "--1"]
)
@pytest.mark.parametrize(
    "field", [*NUMBERS, *(field for field in SHG if field.kind != "bool")], ids=lambda field: field.key
)
def test_what_is_no_number_is_refused_with_a_sentence(field, text):
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        field.parse(text)


@given(st.floats(0, 10, exclude_min=True))
def test_a_number_is_shown_so_that_it_is_read_back_exactly(value):
    assert FIELDS["training.learning_rate"].parse(text_of(value)) == value


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "../a", "ä", "a" * 61, "a\n"])
def test_a_name_that_the_specification_refuses_is_refused(name):
    assert not accepted("name", name)
    with pytest.raises(ValueError, match=r"letters|characters"):
        FIELDS["name"].parse(name)


def steps(key: str, value: float, *, up: bool, count: int = 4) -> list[float]:
    shown = []
    for _ in range(count):
        value = FIELDS[key].stepped(value, up=up)
        shown.append(value)
    return shown


def test_arrows_step_as_suits_the_quantity_and_stay_within_its_limits():
    assert steps("training.learning_rate", 0.01, up=True) == [0.02, 0.05, 0.1, 0.2]
    assert steps("training.learning_rate", 0.03, up=False) == [0.02, 0.01, 0.005, 0.002]
    assert steps("training.learning_rate", 4.0, up=True) == [5, 10, 10, 10]
    assert steps("training.batch_size", 64, up=True) == [128, 256, 512, 1024]
    assert steps("training.batch_size", 3, up=False) == [1, 1, 1, 1]
    assert steps("network.layers", 63, up=True) == [64, 64, 64, 64]
    assert steps("seed", 0, up=False) == [0, 0, 0, 0]
    assert steps("training.warmup", 0.98, up=True) == [0.99, 0.99, 0.99, 0.99]
    assert steps("calibration.age_h", 0.0, up=True) == [0.01, 0.02, 0.05, 0.1]
    assert steps("calibration.age_h", 0.02, up=False) == [0.01, 0, 0, 0]


def test_limits_and_units_are_said_in_words():
    assert FIELDS["training.epochs"].limits == "1 to 100,000"
    assert FIELDS["training.learning_rate"].limits == "above 0 to 10"
    assert FIELDS["training.warmup"].limits == "0 to below 1"
    assert FIELDS["journal.window_mb"].limits == "8 to 1,000,000 MB"
    assert (FIELDS["calibration.age_h"].label, FIELDS["calibration.age_h"].unit) == ("Age", "h")


def test_the_window_names_all_that_is_bundled():
    assert set(TASKS) == set(tasks.TASKS)
    assert set(SYSTEMS) == set(BUNDLED)
    assert set(ESTIMATORS) == set(estimators.ESTIMATORS)


def values_of(field: SpecField):
    if field.kind == "bool":
        return st.booleans()
    if field.kind == "choice":
        return st.sampled_from(field.choices)
    if field.key in {"name", "system.kind", "task.name", "training.estimator"}:
        return st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,20}", fullmatch=True)
    if field.kind == "text":
        controls = ["Cc", "Zl", "Zp"] if field.pattern else []
        return st.text(st.characters(exclude_categories=["Cs", *controls]), max_size=20)
    low, high = max(field.low, -1e9), min(field.high, 1e9)
    if field.kind == "int":
        return st.integers(int(low), int(high) - field.high_open)
    return st.floats(low, high, exclude_min=field.low_open, exclude_max=field.high_open)


@st.composite
def choices(draw):
    choice = Choice(draw(st.sampled_from(PRESETS)))
    for field in draw(st.lists(st.sampled_from([*FIELDS.values(), *SHG]), max_size=12)):
        choice = choice.changed(field.key, draw(values_of(field)), field.default)
    return choice


@settings(max_examples=200)
@given(choices())
def test_a_run_from_preset_and_settings_is_what_the_form_shows(choice):
    assert load_experiment(choice.preset.source, choice.settings) == choice.experiment()


@settings(max_examples=60)
@given(choice=choices())
def test_a_saved_preset_is_read_as_the_same_experiment(choice, tmp_path_factory):
    folder = PresetFolder(tmp_path_factory.mktemp("presets"))
    experiment = choice.experiment(name="mine")
    assume(not (experiment.calibration.twin == "saved" and experiment.calibration.file))  # which is not there
    saved = folder.save(experiment)
    assert load_experiment(saved.source) == experiment.kept() == Choice(saved).experiment()
    assert folder.read() == ([saved], {})


def test_a_saved_preset_brings_its_own_copy_of_the_table(tmp_path):
    table = tmp_path / "mine.csv"
    table.write_text("a,b,label\n1,2,x\n")
    choice = Choice(PRESETS[0]).changed("task.name", "table").changed("task.path", str(table))
    saved = PresetFolder(tmp_path / "presets").save(choice.experiment(name="mine"))
    table.unlink()
    copy = Path(load_experiment(saved.source).task.path)
    assert copy.parent == tmp_path / "presets"
    assert copy.read_text() == "a,b,label\n1,2,x\n"
    with pytest.raises(RunFileError, match=r"mine\.csv"):
        PresetFolder(tmp_path / "presets").save(choice.experiment(name="other"))


def test_a_saved_preset_brings_its_own_copy_of_the_twin(tmp_path):
    twin = tmp_path / "mine.safetensors"
    twin.write_bytes(b"a twin")
    choice = Choice(PRESETS[0]).changed("calibration.twin", "saved").changed("calibration.file", str(twin))
    saved = PresetFolder(tmp_path / "presets").save(choice.experiment(name="mine"))
    twin.unlink()
    copy = Path(load_experiment(saved.source).calibration.file)
    assert copy.parent == tmp_path / "presets"
    assert copy.read_bytes() == b"a twin"
    with pytest.raises(SpecError, match=r"mine\.safetensors"):
        PresetFolder(tmp_path / "presets").save(choice.experiment(name="other"))


@pytest.mark.parametrize("text", ["a\nb", "a\x00", "\u2028", "\udc80"])
def test_a_path_that_the_specification_refuses_is_refused(text):
    with pytest.raises(ValueError, match=r"^[A-Z].*\.$"):
        FIELDS["task.path"].parse(text)


def test_a_run_is_what_the_form_shows_even_where_the_file_has_changed_since(tmp_path):
    key = f"{IMPERFECTIONS}.read_noise"
    folder = PresetFolder(tmp_path)
    saved = folder.save(Choice(PRESETS[0]).changed("training.epochs", 7).experiment(name="mine"))
    choice = Choice(saved).changed("seed", 5)
    folder.save(Choice(PRESETS[0]).changed(key, 0.1, 3e-4).changed("training.epochs", 9).experiment(name="mine"))
    experiment = load_experiment(choice.preset.source, choice.settings)
    assert experiment == choice.experiment()
    assert (experiment.training.epochs, experiment.system.imperfections) == (7, {})


@settings(max_examples=100)
@given(choices())
def test_resetting_every_change_leads_back_to_the_preset(choice):
    for key in choice.changes:
        choice = choice.reset(key)
    assert choice == Choice(choice.preset)


def test_the_full_data_bring_their_own_values_and_changes_stay():
    preset = next(preset for preset in PRESETS if preset.name == "plate-mnist")
    choice = Choice(preset).changed("training.learning_rate", 0.5).changed("task.data", "full")
    assert choice.values["training.epochs"] == 9
    assert choice.values["training.learning_rate"] == 0.5
    assert choice.changed("task.data", "bundled").values["training.epochs"] == 20


def test_another_kind_of_system_drops_the_imperfections_of_the_former():
    key = f"{IMPERFECTIONS}.read_noise"
    choice = Choice(PRESETS[0]).changed(key, 0.1, 3e-4).changed("system.kind", "plate")
    assert choice.experiment().system.imperfections == {}
    assert choice.changed("system.kind", "shg") == Choice(PRESETS[0])


def test_differences_are_the_keys_whose_values_differ():
    old, new = Choice(PRESETS[0]), Choice(PRESETS[0]).changed("training.epochs", 7)
    assert differences(old, new) == {"training.epochs": (20, 7)}


FILE = '[system]\nkind = "shg"\n[task]\nname = "vowels1952"\n[network]\narchitecture = "chain"\n'


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('name = "x"\nfrom_2031 = 1\n' + FILE, "from_2031"),
        ('name = "x"\n' + FILE + "[training]\nquantum = true\n", "quantum"),
        ('name = "x"\n' + FILE + "[training]\nepochs = 0\n", "training.epochs"),
        ("name = ", "not valid TOML"),
        ("[" * 3000, "not valid TOML"),
        ("x = 1\n" * 300_000, "bytes"),
        ("", "name"),
    ],
)
def test_a_file_that_cannot_be_used_is_told_by_name_and_key_and_hides_no_other(text, key, tmp_path):
    (tmp_path / "good.toml").write_text('name = "good"\n' + FILE)
    bad = tmp_path / "bad.toml"
    bad.write_text(text)
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(SpecError) as caught:
        read_preset(str(bad))
    assert str(bad) in str(caught.value)
    assert key in str(caught.value)
    found, broken = PresetFolder(tmp_path).read()
    assert [preset.name for preset in found] == ["good"]
    assert broken.keys() == {"bad.toml", "folder.toml"}


def test_a_preset_is_not_saved_over_a_bundled_one_nor_where_nothing_can_be_written(tmp_path):
    experiment = load_experiment("quick")
    with pytest.raises(SpecError, match="bundled"):
        PresetFolder(tmp_path).save(experiment)
    (tmp_path / "file").write_text("")
    with pytest.raises(SpecError, match="cannot be written"):
        PresetFolder(tmp_path / "file" / "presets").save(Choice(PRESETS[0]).experiment(name="mine"))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_flat_and_nested_are_inverse():
    tables = load_experiment("shg-vowels", ["system.imperfections.noise=0.5"]).model_dump()
    assert nested(flat(tables)) == tables
