"""The page of runs, with real runs: lists, finds, compares, notes, repeats and removes them; damage is a sentence."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import tomllib
from pathlib import Path

import h5py
import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QPoint, QSettings, Qt, QThreadPool
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

import app.run_actions
from app.bridge import Bridge
from app.engine import Engine
from app.run_list import RunList
from app.run_preview import compare, read_preview
from app.runs_model import COLUMNS
from app.theme import ThemeController
from app.views.runs import RunsPage
from app.window import LIVE, RUNS, MainWindow
from core.ports import RunFileError
from core.run.files import Ownership
from core.run.notes import read_notes
from core.training.events import EpochDone
from tests.core.report.conftest import run as make_run
from tests.core.run.hostile import mutated, offences

WAIT_MS = 60_000
TITLES = [column.title for column in COLUMNS]


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Three runs: with PAT, in silico on another seed, and one that was stopped after its first epoch."""
    out = tmp_path_factory.mktemp("made")
    make_run(out)
    make_run(out, "training.estimator=in_silico", "seed=3")
    make_run(out, "title=Cut short", listener=lambda event, control: isinstance(event, EpochDone) and control.stop())
    return out


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "runs"))


@pytest.fixture
def settings(tmp_path) -> QSettings:
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def page(qtbot, folder, settings):
    runs = RunList(folder)
    shown = RunsPage(runs, settings)
    runs.setParent(shown)
    shown.list = runs
    shown.problems = []
    shown.problem.connect(shown.problems.append)
    qtbot.addWidget(shown)
    shown.apply_theme(ThemeController(settings).theme)
    shown.resize(1184, 628)
    shown.show()
    qtbot.waitUntil(lambda: runs.known, timeout=WAIT_MS)
    yield shown
    pools = shown.findChildren(QThreadPool)
    assert len(pools) == 3
    assert all(pool.waitForDone(WAIT_MS) for pool in pools)


def result(path: Path) -> dict | None:
    with h5py.File(path / "run.h5") as file:
        text = file["entry"].attrs.get("result")
    return None if text is None else json.loads(text)


def find(folder: Path, **wanted: str) -> Path:
    """Return the one run whose specification has these values."""

    def fits(path: Path) -> bool:
        data = tomllib.loads((path / "experiment.toml").read_text())
        return all({**data, **data["training"]}.get(key) == value for key, value in wanted.items())

    (path,) = [path for path in folder.iterdir() if path.is_dir() and fits(path)]
    return path


def pat(folder: Path) -> Path:
    return find(folder, estimator="pat", title="Quick start: SHG, ten vowels")


def column(page, title: str) -> list[str]:
    place = TITLES.index(title)
    return [page.table.filter.index(row, place).data() for row in range(page.table.filter.rowCount())]


def names(page) -> list[str]:
    rows = range(page.table.filter.rowCount())
    return [page.table.filter.index(row, 0).data(Qt.ItemDataRole.UserRole).name for row in rows]


def choose(page, qtbot, *paths: Path) -> None:
    page.table.choose({path.name for path in paths})
    assert {run.path for run in page.table.chosen()} == set(paths)
    if len(paths) == 1:
        qtbot.waitUntil(lambda: page.run.notes.isEnabled() and page._shown[0].path == paths[0], timeout=WAIT_MS)


def figures(page) -> dict[str, str]:
    """Return the key figures as their labels tell a screen reader."""
    told = [label.accessibleName() for label in page.run.figures.findChildren(QLabel) if not label.isHidden()]
    return dict(text.split(": ", 1) for text in told if text)


def test_runs_are_sorted_by_any_column_and_what_has_no_value_comes_last(page, folder):
    reached = {path.name: result(path)["test_accuracy"] for path in folder.iterdir() if path.is_dir() and result(path)}
    order = sorted(reached, key=reached.__getitem__)
    (rest,) = {path.name for path in folder.iterdir() if path.is_dir()} - set(order)
    accuracy = TITLES.index("Accuracy")
    page.table.sortByColumn(accuracy, Qt.SortOrder.AscendingOrder)
    assert names(page) == [*order, rest]
    page.table.sortByColumn(accuracy, Qt.SortOrder.DescendingOrder)
    assert names(page) == [*order[::-1], rest]
    assert column(page, "Accuracy")[0] == f"{100 * reached[order[-1]]:.1f} %"
    page.table.sortByColumn(TITLES.index("Started"), Qt.SortOrder.AscendingOrder)
    assert names(page) == sorted(names(page))


def test_runs_are_found_by_words_state_and_system(page, folder, qtbot):
    stopped = find(folder, title="Cut short")
    page.search.setText("cut SHORT")
    assert names(page) == [stopped.name]
    page.search.setText("in silico")
    assert names(page) == [find(folder, estimator="in_silico").name]
    page.search.clear()
    choose(page, qtbot, stopped, find(folder, estimator="in_silico"))
    page.search.setText("no such words")
    assert page.table.chosen() == []
    assert not page.actions_of_runs.trash.isEnabled()  # nothing that is not seen is removed
    assert page.hint.isVisible()
    assert page.empty.isVisible()
    assert "No run has all of this" in page.empty.text()
    page.search.clear()
    page.state.setCurrentIndex(page.state.findData("interrupted"))
    assert names(page) == [stopped.name]
    page.state.setCurrentIndex(0)
    assert [page.system.itemText(place) for place in range(page.system.count())] == ["All systems", "SHG bench"]
    page.system.setCurrentIndex(1)
    assert len(names(page)) == 3


def test_the_preview_shows_what_the_run_recorded(page, folder, qtbot):
    path = pat(folder)
    choose(page, qtbot, path)
    with h5py.File(path / "run.h5") as file:
        label, chosen = file["entry/test/label"][:], file["entry/test/chosen"][:]
        accuracy, epoch = file["entry/epochs/accuracy"][:], file["entry/epochs/epoch"][:]
    count = label.max() + 1
    counts = np.bincount(label * count + chosen, minlength=count**2).reshape(count, count)
    assert (page.run.confusion.matrix.counts == counts).all()
    qtbot.waitUntil(lambda: "Weights" in figures(page), timeout=WAIT_MS)
    assert figures(page)["Test accuracy"].startswith(f"{100 * np.mean(label == chosen):.1f}\u00a0%")
    assert figures(page)["Weights"] == result(path)["weights_sha256"][:12]
    assert figures(page)["Device passes"] == f"{result(path)['device_passes']:,}"
    curve = next(curve for curve in page.run.curves.plot.canvas.curves if curve.name == "training")
    assert np.allclose(curve.x, epoch)
    assert np.allclose(curve.y, 100 * accuracy)
    page.run.curves.choice.setCurrentText("Loss")
    assert [curve.name for curve in page.run.curves.plot.canvas.curves] == ["loss"]
    assert "The test set is small" in page.run.warning_text.text()
    assert page.run.warnings.isVisible()


def test_notes_and_tags_are_written_and_survive(page, folder, qtbot):
    path, other = pat(folder), find(folder, estimator="in_silico")
    choose(page, qtbot, path)
    page.run.notes.tags.setFocus()
    QTest.keyClicks(page.run.notes.tags, "good,  to  keep ,good")
    assert "Not saved yet" in page.run.notes.state.text()
    page.run.notes.text.setFocus()
    qtbot.waitUntil(lambda: (path / "notes.toml").exists(), timeout=WAIT_MS)
    page.run.notes.text.setPlainText('Wärme & "noise"\nsecond line')
    QTest.keyClick(page.run.notes.text, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    expected = {"tags": ["good", "to keep"], "text": 'Wärme & "noise"\nsecond line'}
    qtbot.waitUntil(lambda: tomllib.loads((path / "notes.toml").read_text("utf-8")) == expected, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: "good, to keep" in column(page, "Tags"), timeout=WAIT_MS)
    assert [run.path for run in page.table.chosen()] == [path]
    page.search.setText("wärme")
    qtbot.waitUntil(lambda: names(page) == [path.name], timeout=WAIT_MS)
    page.search.clear()
    choose(page, qtbot, other)
    assert page.run.notes.text.toPlainText() == ""
    page.run.notes.text.setPlainText("written, then another run is chosen")
    choose(page, qtbot, path)
    qtbot.waitUntil(lambda: read_notes(other).text == "written, then another run is chosen", timeout=WAIT_MS)
    assert page.run.notes.tags.text() == "good, to keep"
    assert page.problems == []


def test_notes_that_cannot_be_read_are_left_alone(page, folder, qtbot):
    path = pat(folder)
    (path / "notes.toml").write_text("tags = [1")
    choose(page, qtbot, path)
    assert page.run.notes.text.isReadOnly()
    assert "Correct or delete it" in page.run.notes.state.text()
    page.run.notes.keep()
    assert (path / "notes.toml").read_text() == "tags = [1"


def test_notes_that_cannot_be_written_are_not_lost(page, folder, qtbot):
    path, other = pat(folder), find(folder, estimator="in_silico")
    choose(page, qtbot, path)
    (path / "notes.toml").mkdir()  # which no file can take the place of
    page.run.notes.text.setPlainText("important")
    page.run.notes.keep()
    qtbot.waitUntil(lambda: len(page.problems) == 1, timeout=WAIT_MS)
    choose(page, qtbot, other)
    (path / "notes.toml").rmdir()
    choose(page, qtbot, path)
    assert page.run.notes.text.toPlainText() == "important"


def test_two_runs_are_compared(page, folder, qtbot):
    choose(page, qtbot, pat(folder), find(folder, estimator="in_silico"))
    qtbot.waitUntil(lambda: "What differs" in page.comparison.tables, timeout=WAIT_MS)
    table = page.comparison.tables["What differs"]
    rows = {table.item(row, 0).text(): {table.item(row, 1).text(), table.item(row, 2).text()} for row in range(2)}
    assert rows == {"seed": {"0", "3"}, "training.estimator": {"PAT", "in silico"}}
    assert table.rowCount() == 2
    curves = {curve.name: curve for curve in page.comparison.curves.plot.canvas.curves}
    assert set(curves) == {"PAT", "in silico"}
    assert curves["PAT"].pen.style() == Qt.PenStyle.SolidLine
    assert curves["in silico"].pen.style() == Qt.PenStyle.DashLine
    assert "simulated devices" in page.comparison.words.text()
    assert not page.run.isVisible()
    assert "one run alone" in page.actions_of_runs.repeat.toolTip()


def test_too_many_runs_to_compare_are_refused(page, folder, qtbot):
    source = pat(folder)
    for number in range(12):
        shutil.copytree(source, folder / f"copy-{number}", ignore=shutil.ignore_patterns("checkpoints"))
    QTest.keyClick(page.table, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: len(names(page)) == 15, timeout=WAIT_MS)
    page.table.selectAll()
    qtbot.waitUntil(lambda: "at most 12" in page.comparison.words.text(), timeout=WAIT_MS)
    assert not page.comparison.curves.isVisible()


def test_a_new_run_appears_and_the_selection_stays(page, folder, qtbot):
    path = pat(folder)
    choose(page, qtbot, path)
    shutil.copytree(path, folder / "20990101T000000Z-quick-000000")
    QTest.keyClick(page.search, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: len(names(page)) == 4, timeout=WAIT_MS)
    assert [run.path for run in page.table.chosen()] == [path]


def test_columns_are_kept_and_can_be_reset(page, folder, settings, qtbot):
    header = page.table.horizontalHeader()
    page.table.sortByColumn(TITLES.index("Seed"), Qt.SortOrder.AscendingOrder)
    header.resizeSection(1, 333)
    header.moveSection(header.visualIndex(TITLES.index("Tags")), 0)
    page.hide()
    again = RunsPage(page.list, settings)
    qtbot.addWidget(again)
    kept = again.table.horizontalHeader()
    assert kept.sectionSize(1) == 333
    assert kept.visualIndex(TITLES.index("Tags")) == 0
    assert kept.sortIndicatorSection() == TITLES.index("Seed")
    again.table.reset_columns()
    assert [kept.visualIndex(place) for place in range(len(COLUMNS))] == list(range(len(COLUMNS)))
    settings.setValue("runs/columns-1", b"rubbish")
    qtbot.addWidget(RunsPage(page.list, settings))


def test_what_cannot_be_done_says_why(page, folder, qtbot):
    actions = page.actions_of_runs
    assert actions.trash.toolTip() == "Choose a run first."
    choose(page, qtbot, pat(folder))
    assert not actions.go_on.isEnabled()
    assert "finished, not interrupted" in actions.go_on.toolTip()
    assert all(action.isEnabled() for action in actions.all if action is not actions.go_on)
    choose(page, qtbot, find(folder, title="Cut short"))
    assert actions.go_on.isEnabled()
    assert not actions.targets["torchscript"].isEnabled()
    page.set_busy("A run is in progress: stop it first.")
    assert not actions.go_on.isEnabled()
    assert not actions.repeat.isEnabled()
    assert "in progress" in actions.repeat.toolTip()
    assert actions.report.isEnabled()


def test_a_report_is_written_and_opened(page, folder, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr(app.run_actions, "open_path", opened.append)
    path = pat(folder)
    choose(page, qtbot, path)
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert page.strip.isVisible()
    assert page.strip.progress.isVisible()
    assert "wait until that is done" in page.actions_of_runs.export.toolTip()
    qtbot.waitUntil(lambda: opened == [path / "report.html"], timeout=WAIT_MS)
    assert (path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert page.actions_of_runs.report.isEnabled()
    page.actions_of_runs.folder.trigger()
    assert opened[-1] == path


def test_a_run_is_exported(page, folder, qtbot):
    path = pat(folder)
    choose(page, qtbot, path)
    page.actions_of_runs.targets["csv"].trigger()
    qtbot.waitUntil(lambda: "Exported" in page.strip.text.text(), timeout=WAIT_MS)
    with (path / "export" / "csv" / "epochs.csv").open() as file:
        rows = list(csv.DictReader(file))
    with h5py.File(path / "run.h5") as run:
        accuracy = run["entry/epochs/accuracy"][:]
    (head,) = [head for head in rows[0] if head.startswith("accuracy")]
    assert [float(row[head]) for row in rows] == pytest.approx(accuracy.tolist())


@pytest.mark.skipif(sys.platform != "linux", reason="the trash of the freedesktop specification")
def test_a_run_goes_to_the_trash_when_asked_twice(page, folder, qtbot, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    path = pat(folder)
    choose(page, qtbot, path)
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert "to the trash?" in page.strip.text.text()
    assert page.focusWidget() is page.strip.leave
    page.strip.leave.click()
    assert not page.strip.isVisible()
    page.actions_of_runs.trash.trigger()
    assert page.strip.isVisible()
    choose(page, qtbot, find(folder, estimator="in_silico"))
    assert not page.strip.isVisible()  # the question was about the other one
    choose(page, qtbot, path)
    page.actions_of_runs.trash.trigger()
    content = (path / "run.h5").read_bytes()
    page.strip.act.click()
    qtbot.waitUntil(lambda: len(names(page)) == 2, timeout=WAIT_MS)
    assert not path.exists()
    (trashed,) = (tmp_path / "data" / "Trash" / "files").iterdir()
    assert (trashed / "run.h5").read_bytes() == content
    assert len(page.table.chosen()) == 1
    assert "Moved" in page.strip.text.text()
    assert page.problems == []


def test_without_a_trash_nothing_is_removed(page, folder, qtbot, monkeypatch):
    class NoTrash:
        @staticmethod
        def moveToTrash(name: str) -> bool:
            return False

    monkeypatch.setattr(app.run_actions, "QFile", NoTrash)
    path = pat(folder)
    choose(page, qtbot, path)
    page.actions_of_runs.trash.trigger()
    page.strip.act.click()
    qtbot.waitUntil(lambda: len(page.problems) == 1, timeout=WAIT_MS)
    assert "no trash" in page.problems[0]
    assert (path / "run.h5").is_file()
    assert not page.strip.isVisible()


def test_a_run_that_is_written_to_stays(page, folder, qtbot):
    path = find(folder, title="Cut short")
    choose(page, qtbot, path)
    page.actions_of_runs.trash.trigger()
    owner = Ownership(path)
    try:
        page.strip.act.click()
        qtbot.waitUntil(lambda: len(page.problems) == 1, timeout=WAIT_MS)
        assert "being written to" in page.problems[0]
        qtbot.waitUntil(lambda: "running" in column(page, "State"), timeout=WAIT_MS)
        assert not page.actions_of_runs.trash.isEnabled()
        assert "being written to" in page.actions_of_runs.trash.toolTip()
        assert not page.actions_of_runs.go_on.isEnabled()
    finally:
        owner.release()
    assert (path / "run.h5").is_file()


def test_a_run_that_cannot_be_read_says_why(page, folder, qtbot):
    path = pat(folder)
    (path / "run.h5").write_bytes((path / "run.h5").read_bytes()[:9000])
    page.list.refresh()
    qtbot.waitUntil(lambda: "unreadable" in column(page, "State"), timeout=WAIT_MS)
    choose(page, qtbot, path)
    assert "overtone doctor" in page.run.warning_text.text()
    assert not page.run.stack.isVisible()
    assert not page.actions_of_runs.report.isEnabled()
    assert "cannot be read" in page.actions_of_runs.report.toolTip()
    assert page.actions_of_runs.trash.isEnabled()
    with qtbot.waitSignal(page.actions_of_runs.repeat_requested) as asked:
        page.actions_of_runs.repeat.trigger()
    assert asked.args[0].path == path
    choose(page, qtbot, path, find(folder, estimator="in_silico"))
    qtbot.waitUntil(lambda: "cannot be read" in page.comparison.words.text(), timeout=WAIT_MS)
    assert page.problems == []


@pytest.mark.skipif(sys.platform == "win32", reason="reads in forked processes")
def test_damage_is_a_reason_and_never_an_exception(folder):
    path, other = pat(folder), find(folder, estimator="in_silico")
    content = (path / "run.h5").read_bytes()

    def read(seed: int) -> None:
        (path / "run.h5").write_bytes(mutated(content, seed))
        preview = read_preview(path)
        assert (preview.track is None) == bool(preview.reason)
        compare([path, other])

    assert offences(read, range(12)) == {}


def damaged(path: Path, damage: str) -> None:
    with h5py.File(path / "run.h5", "a") as file:
        entry = file["entry"]
        told = json.loads(entry.attrs["result"])
        if damage == "accuracy":
            entry.attrs["result"] = json.dumps(told | {"test_accuracy": "high"})
        elif damage == "baselines":
            entry.attrs["result"] = json.dumps(told | {"baselines": [1, 2]})
        elif damage == "epochs":
            values = entry["epochs/accuracy"][:]
            del entry["epochs/accuracy"]
            entry["epochs/accuracy"] = values[:1]
        elif damage == "labels":
            entry["test/label"][0] = 10**6
        elif damage == "no labels":
            del entry["test/label"]


@pytest.mark.parametrize("damage", ["accuracy", "baselines", "epochs", "labels", "no labels"])
def test_records_that_do_not_fit_together_are_a_reason(folder, damage):
    path = pat(folder)
    damaged(path, damage)
    preview = read_preview(path)
    assert preview.track is None
    assert str(path) in preview.reason
    assert f"overtone {'evaluate' if damage in {'accuracy', 'baselines'} else 'doctor'} " in preview.reason
    assert len(preview.reason.splitlines()) == 1
    if damage in {"accuracy", "baselines", "epochs"}:
        with pytest.raises(RunFileError, match="overtone"):
            compare([path, find(folder, estimator="in_silico")])


def test_a_title_from_elsewhere_is_no_html(page, folder, qtbot):
    path = pat(folder)
    text = (path / "experiment.toml").read_text()
    (path / "experiment.toml").write_text(text.replace("Quick start: SHG, ten vowels", "<b>bold</b> & <img src=x>"))
    page.list.refresh()
    qtbot.waitUntil(lambda: "<b>bold</b> & <img src=x>" in column(page, "Run"), timeout=WAIT_MS)
    choose(page, qtbot, path)
    assert page.run.title.text() == "<b>bold</b> & <img src=x>"
    assert page.run.title.textFormat() == Qt.TextFormat.PlainText


def test_a_folder_without_runs_teaches(qtbot, tmp_path, settings):
    runs = RunList(tmp_path / "none")
    shown = RunsPage(runs, settings)
    runs.setParent(shown)
    qtbot.addWidget(shown)
    shown.show()
    qtbot.waitUntil(lambda: "Quick start" in shown.empty.text(), timeout=WAIT_MS)
    assert shown.empty.isVisible()
    assert shown.hint.isVisible()


def test_nothing_is_cut_off_at_the_smallest_size(page, folder, qtbot):
    choose(page, qtbot, pat(folder))
    page.resize(984, 548)
    QTest.qWait(50)
    right = page.actions_of_runs.trash.associatedObjects()
    (button,) = [item for item in right if item.metaObject().className() == "QToolButton"]
    assert button.mapTo(page, QPoint(button.width(), 0)).x() <= page.width() - 12
    for label in (page.run.title, page.run.line, page.run.warning_text):
        assert label.height() >= label.heightForWidth(label.width())


@pytest.fixture
def window(qtbot, folder, settings):
    themes = ThemeController(settings)
    themes.set_mode("light")
    bridge = Bridge()
    engine = Engine(bridge)
    opened = MainWindow(bridge, engine, themes, folder)
    qtbot.addWidget(opened)
    opened.show()
    qtbot.waitUntil(lambda: opened.runs.known and opened.start.recent != [], timeout=WAIT_MS)
    yield opened
    engine.stop()
    qtbot.waitUntil(lambda: not engine.alive, timeout=WAIT_MS)


def test_a_recent_run_is_shown_and_repeated(window, folder, qtbot):
    path = pat(folder)
    before = set(folder.iterdir())
    (row,) = [row for row in window.start.recent if row.run.path == path]
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert window.pages.currentIndex() == RUNS
    qtbot.waitUntil(lambda: [run.path for run in window.runs_page.table.chosen()] == [path], timeout=WAIT_MS)
    window.runs_page.actions_of_runs.repeat.trigger()
    assert window.pages.currentIndex() == LIVE
    assert not window.runs_page.actions_of_runs.repeat.isEnabled()
    qtbot.waitUntil(lambda: window.run_bar.state == "finished", timeout=120_000)
    (new,) = {item for item in folder.iterdir() if item.is_dir()} - before
    assert tomllib.loads((new / "experiment.toml").read_text()) == tomllib.loads((path / "experiment.toml").read_text())
    assert result(new)["weights_sha256"] == result(path)["weights_sha256"]
    qtbot.waitUntil(lambda: new.name in names(window.runs_page), timeout=WAIT_MS)


def test_an_interrupted_run_goes_on_in_its_folder(window, folder, qtbot):
    path = find(folder, title="Cut short")
    before = {item for item in folder.iterdir() if item.is_dir()}
    window.show_page(RUNS)
    window.runs_page.show_run(path.name)
    qtbot.waitUntil(window.runs_page.actions_of_runs.go_on.isEnabled, timeout=WAIT_MS)
    window.runs_page.actions_of_runs.go_on.trigger()
    qtbot.waitUntil(lambda: window.run_bar.state == "finished", timeout=120_000)
    assert {item for item in folder.iterdir() if item.is_dir()} == before
    assert result(path) is not None
    qtbot.waitUntil(lambda: "interrupted" not in column(window.runs_page, "State"), timeout=WAIT_MS)
