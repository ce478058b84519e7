"""The form of the experiment page, moved by real keys: what is wrong changes nothing, what is right can be undone."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.bridge import Bridge
from app.choice import Choice
from app.engine import Engine
from app.presets import PresetFolder, bundled_presets, flat
from app.spec_fields import IMPERFECTIONS
from app.theme import ThemeController
from app.views.experiment import ExperimentPage
from app.widgets.field_editors import ChoiceEdit, FlagEdit, LineEdit, PathEdit
from app.window import EXPERIMENT, MainWindow
from core.run.spec import load_experiment
from devices.simulated.shg import ShgImperfections

SMALL = (
    ("training.epochs", "1"),
    ("training.batch_size", "128"),
    ("calibration.shots", "32"),
    ("calibration.steps", "5"),
    ("training.learning_rate", "5e-2"),
)


@pytest.fixture
def page(qtbot, tmp_path):
    made = ExperimentPage(bundled_presets(), PresetFolder(tmp_path / "presets"))
    made.problems = []
    made.problem.connect(made.problems.append)
    made.resize(1184, 620)
    qtbot.addWidget(made)
    made.show()
    open_all(made)
    qtbot.waitUntil(lambda: f"{IMPERFECTIONS}.read_noise" in made.form.rows, timeout=120_000)
    return made


def open_all(page) -> None:
    for section in page.form.sections.values():
        section.set_open(True)


def type_into(page, key: str, text: str) -> None:
    editor = page.form.rows[key].editor
    line = editor.line if isinstance(editor, PathEdit) else editor
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)


def test_every_key_has_an_editor_of_its_kind(page):
    kinds = {bool: FlagEdit, int: LineEdit, float: LineEdit, str: (LineEdit, ChoiceEdit, PathEdit)}
    values = flat(load_experiment("quick").model_dump())
    usual = {f"{IMPERFECTIONS}.{key}": value for key, value in vars(ShgImperfections()).items()}
    assert page.form.rows.keys() == {*values, *usual}
    for key, value in {**values, **usual}.items():
        editor = page.form.rows[key].editor
        assert isinstance(editor, kinds[type(value)])
        shown = {FlagEdit: "isChecked", ChoiceEdit: "currentData"}.get(type(editor))
        if shown:
            assert getattr(editor, shown)() == value
        else:
            text = (editor.line if isinstance(editor, PathEdit) else editor).text()
            assert type(value)(text) == value


@pytest.mark.parametrize("text", ["0", "100001", "1.5", "nan", "1e999", "9" * 500, "ten", " "])
def test_a_wrong_value_is_marked_where_it_stands_and_changes_nothing(page, qtbot, text):
    qtbot.waitUntil(page.setup.start.isEnabled, timeout=60_000)
    before = page.setup.choice
    type_into(page, "training.epochs", text)
    row = page.form.rows["training.epochs"]
    assert row.editor.text() == text
    assert row.editor.property("wrong")
    assert row.reason.isVisible()
    assert row.reason.text().endswith(".")
    assert page.setup.choice == before
    assert not page.setup.start.isEnabled()
    assert "Epochs" in page.setup.start.toolTip()
    assert not page.form.save.isEnabled()
    assert page.form.sections["training"].note.text() == "1 wrong"
    row.reset.click()
    assert row.editor.text() == "20"
    assert not row.reason.isVisible()
    assert page.setup.start.isEnabled()


def test_a_text_that_becomes_wrong_while_it_is_typed_leaves_the_value_from_before(page):
    type_into(page, "training.epochs", "10000")
    assert page.setup.choice.values["training.epochs"] == 10000
    QTest.keyClicks(page.form.rows["training.epochs"].editor, "00")
    assert page.setup.choice.changes == {}
    assert not page.draft.history.canUndo()


def test_undo_in_a_wrong_field_brings_back_its_value(page, qtbot):
    page.activateWindow()
    type_into(page, "training.warmup", "0.25")
    type_into(page, "training.epochs", "x")
    editor = page.form.rows["training.epochs"].editor
    QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert editor.text() == "20"
    assert page.form.problem == ""
    assert page.setup.choice.changes == {"training.warmup": 0.25}


def test_keys_undo_and_redo_while_one_types(page, qtbot):
    with qtbot.waitActive(page):
        page.activateWindow()
    type_into(page, "training.epochs", "7")
    type_into(page, "training.warmup", "0.25")
    editor = page.form.rows["training.warmup"].editor
    QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (page.setup.choice.changes, editor.text()) == ({"training.epochs": 7}, "0.05")
    QTest.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert page.setup.choice.changes == {}
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(editor, Qt.Key.Key_Z, both)
    QTest.keyClick(editor, Qt.Key.Key_Z, both)
    assert page.setup.choice.changes == {"training.epochs": 7, "training.warmup": 0.25}


def test_edits_of_one_field_in_a_row_are_one_edit(page):
    for text in ("7", "12", "128"):
        type_into(page, "training.epochs", text)
    assert page.draft.history.count() == 1
    page.form.undo.trigger()
    assert page.form.rows["training.epochs"].editor.text() == "20"


def test_fifty_edits_are_undone_and_done_again_exactly(page):
    chance = random.Random(5)
    draft, states = page.draft, [page.setup.choice]
    rows = [row for row in page.form.rows.values() if row.field.kind != "text"]
    while len(states) <= 50:
        row = chance.choice(rows)
        field, editor = row.field, row.editor
        act = chance.randrange(10)
        if act == 0:
            page.setup.choose(chance.choice(bundled_presets()).name)
        elif act == 1:
            draft.reset_all()
        elif isinstance(editor, FlagEdit):
            editor.click()
        elif isinstance(editor, ChoiceEdit):
            if field.key not in {"system.kind", "task.name"}:
                editor.edited.emit(chance.choice([editor.itemData(place) for place in range(editor.count())]))
        else:
            QTest.keyClick(editor, chance.choice([Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp]))
        if draft.history.count() == len(states):
            states.append(page.setup.choice)
        else:  # merged with the edit before, or nothing
            del states[draft.history.count() + 1 :]
            states[-1] = page.setup.choice
    for state in reversed(states[:-1]):
        page.form.undo.trigger()
        assert page.setup.choice == state
    assert not page.form.undo.isEnabled()
    for state in states[1:]:
        page.form.redo.trigger()
        assert page.setup.choice == state


def test_changes_are_marked_counted_and_reset(page):
    type_into(page, "training.epochs", "7")
    type_into(page, f"{IMPERFECTIONS}.read_noise", "1e-3")
    row = page.form.rows[f"{IMPERFECTIONS}.read_noise"]
    assert page.setup.choice.settings == ("training.epochs=7", f"{IMPERFECTIONS}.read_noise=0.001")
    assert row.dot.isVisible()
    assert not page.form.rows["training.patience"].dot.isVisible()
    assert page.form.sections["system"].note.text() == "1 changed"
    row.reset.click()
    assert row.editor.text() == "0.0003"
    assert page.setup.choice.settings == ("training.epochs=7",)
    page.form.reset_all.click()
    assert page.setup.choice.settings == ()
    page.form.undo.trigger()
    assert page.setup.choice.settings == ("training.epochs=7",)


def test_another_preset_shows_what_will_change_and_waits(page):
    type_into(page, "training.epochs", "7")
    before = page.setup.choice
    page.setup.list.setCurrentRow(3)
    plate = bundled_presets()[3]
    assert page.setup.choice == before
    assert page.question.isVisible()
    assert not page.setup.start.isEnabled()
    labels = [label.text() for label in page.question.details.widget().findChildren(QLabel)]
    listed = {key: (old, new) for key, old, _, new in zip(*[iter(labels)] * 4, strict=True)}
    assert listed["training.epochs"] == ("7", "20")
    assert listed["system.kind"] == ("shg", "plate")
    assert listed.keys() == {key for key, value in plate.values.items() if before.values[key] != value}
    page.question.keep.click()
    assert (page.setup.choice, page.setup.list.currentRow()) == (before, 0)
    assert page.form.isVisible()
    page.setup.list.setCurrentRow(3)
    page.question.apply.click()
    assert page.setup.choice == Choice(plate)
    page.form.undo.trigger()
    assert (page.setup.choice, page.setup.list.currentRow()) == (before, 0)


def test_a_preset_is_saved_listed_found_by_another_window_and_removed(page, qtbot):
    type_into(page, "training.epochs", "7")
    page.form.save.click()
    names = page.question.details.widget()
    assert names.values["name"] == "my-quick"
    names.edits["name"].selectAll()
    QTest.keyClicks(names.edits["name"], "shg-vowels")
    assert not page.question.apply.isEnabled()
    assert "bundled" in names.note.text()
    names.edits["name"].selectAll()
    QTest.keyClicks(names.edits["name"], "seven")
    page.question.apply.click()
    choice = page.setup.choice
    assert (choice.preset.name, choice.preset.own, choice.changes) == ("seven", True, {})
    assert load_experiment(choice.preset.source).training.epochs == 7
    assert page.setup.list.count() == 8  # six, a heading, and this one
    other = ExperimentPage(bundled_presets(), PresetFolder(Path(choice.preset.source).parent))
    qtbot.addWidget(other)
    other.setup.choose("seven")
    assert other.setup.choice == choice
    page.setup.remove.click()
    assert Path(choice.preset.source).exists()
    page.question.apply.click()
    assert not Path(choice.preset.source).exists()
    assert page.setup.choice.preset.name == "quick"
    assert page.setup.list.count() == 6
    assert page.problems == []


def test_a_file_from_a_newer_version_is_one_notice_and_changes_nothing(page, tmp_path):
    file = tmp_path / "newer.toml"
    file.write_text(load_experiment("quick").toml() + "\n[quantum]\nbits = 2\n")
    before = page.setup.choice
    page.open_file(str(file))
    assert len(page.problems) == 1
    assert str(file) in page.problems[0]
    assert "quantum" in page.problems[0]
    assert page.setup.choice == before
    file.write_text(load_experiment("quick", ["training.epochs=9"]).toml())
    page.open_file(str(file))
    assert page.setup.choice.values["training.epochs"] == 9


def test_a_broken_file_in_the_folder_is_listed_with_its_reason(qtbot, tmp_path):
    (tmp_path / "old.toml").write_text("nonsense = 1\n")
    made = ExperimentPage(bundled_presets(), PresetFolder(tmp_path))
    qtbot.addWidget(made)
    item = made.setup.list.item(made.setup.list.count() - 1)
    assert item.text().startswith("old.toml: ")
    assert not item.flags() & Qt.ItemFlag.ItemIsSelectable
    made.setup.choose("shg-vowels")
    assert made.setup.choice.preset.name == "shg-vowels"


def test_another_system_brings_its_own_imperfections(page, qtbot):
    page.form.rows["system.kind"].editor.edited.emit("pendula")
    qtbot.waitUntil(lambda: f"{IMPERFECTIONS}.release_bits" in page.form.rows, timeout=60_000)
    assert f"{IMPERFECTIONS}.read_noise" not in page.form.rows
    assert page.setup.choice.kind == "pendula"


def test_pressing_a_box_of_the_chain_opens_its_section(page, qtbot):
    qtbot.waitUntil(lambda: len(page.chain.stages) > 0, timeout=60_000)
    sections = page.form.sections
    for place, name in ((0, "task"), (1, "network"), (2, "system"), (len(page.chain.stages) - 1, "training")):
        centre = page.chain.frame_of(place).center().toPoint()
        QTest.mouseClick(page.chain, Qt.MouseButton.LeftButton, pos=centre)
        assert [other for other, section in sections.items() if section.open] == [name]


def test_what_cannot_be_composed_says_so_before_it_starts(page, qtbot):
    page.form.rows["task.name"].editor.edited.emit("table")
    qtbot.waitUntil(lambda: not page.setup.start.isEnabled(), timeout=60_000)
    assert "task.path" in page.setup.start.toolTip()
    assert "task.path" in page.cost.reason.text()


def test_a_field_that_does_not_count_is_disabled_with_the_reason(page):
    rows = page.form.rows

    def told(key: str) -> tuple[bool, str]:
        return rows[key].editor.isEnabled(), rows[key].editor.toolTip().splitlines()[0]

    assert told("task.path") == (False, "Counts only where “Task · Name” is A table of one's own.")
    assert told("task.data") == (False, "Counts only where “Task · Name” is MNIST digits.")
    assert told("journal.window_mb")[0]
    assert told("calibration.steps")[0]
    rows["journal.keep"].editor.edited.emit("all")
    assert told("journal.window_mb") == (False, "Counts only where “Journal · Keep” is auto / window.")
    rows["training.estimator"].editor.edited.emit("ideal")
    for key in ("calibration.shots", "calibration.steps", "training.monitor_share"):
        assert told(key) == (False, "Does not count where “Training · Estimator” is Ideal."), key
    page.draft.history.undo()
    page.draft.history.undo()
    assert told("journal.window_mb")[0]
    assert told("training.monitor_share")[0]
    assert told("calibration.file") == (False, "Counts only where “Calibration · Twin” is saved.")
    rows["calibration.twin"].editor.edited.emit("saved")
    assert told("calibration.file")[0]
    kinds = "physics / neural / hybrid / ensemble"
    reason = f"Counts only where “Calibration · Twin” is {kinds}. Or where “Training · On misalignment” is refit."
    assert told("calibration.steps") == (False, reason)
    rows["training.on_misalignment"].editor.edited.emit("refit")
    assert told("calibration.steps")[0]


def test_a_wrong_value_that_no_longer_counts_keeps_nothing_from_starting(page):
    type_into(page, "journal.window_mb", "2")
    assert page.form.problem
    page.form.rows["journal.keep"].editor.edited.emit("none")
    assert page.form.problem == ""
    assert page.form.rows["journal.window_mb"].editor.text() == "16"


def test_nothing_is_clipped_in_the_smallest_window(page, qtbot):
    page.resize(1080 - 96, 560)
    QTest.qWait(50)
    for row in page.form.rows.values():
        right = row.reset.mapTo(page.form, row.reset.rect().topRight()).x()
        assert right < page.form.width()


def test_a_run_from_the_form_has_exactly_its_settings(qtbot, tmp_path):
    themes = ThemeController(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    bridge = Bridge()
    engine = Engine(bridge)
    window = MainWindow(bridge, engine, themes, tmp_path / "runs")
    qtbot.addWidget(window)
    window.show()
    window.show_page(EXPERIMENT)
    open_all(window.experiment)
    qtbot.waitUntil(lambda: f"{IMPERFECTIONS}.read_noise" in window.experiment.form.rows, timeout=120_000)
    for key, text in (*SMALL, (f"{IMPERFECTIONS}.shaper_bits", "8"), ("title", 'Öfter "x" = 1')):
        type_into(window.experiment, key, text)
    window.experiment.form.rows["network.skip"].editor.click()
    qtbot.waitUntil(window.setup.start.isEnabled, timeout=60_000)
    window.setup.start.click()
    qtbot.waitUntil(lambda: window.run_bar.state == "finished", timeout=120_000)
    qtbot.waitUntil(lambda: not engine.alive, timeout=60_000)
    (file,) = (tmp_path / "runs").glob("*/experiment.toml")
    expected = flat(load_experiment("quick").model_dump())
    expected |= {key: float(text) for key, text in SMALL}
    expected |= {f"{IMPERFECTIONS}.shaper_bits": 8, "title": 'Öfter "x" = 1', "network.skip": False}
    assert flat(load_experiment(str(file)).model_dump()) == expected
