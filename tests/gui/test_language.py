"""The window in Chinese: switched while it is open, complete, and back again exactly as it was."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QCoreApplication, QEvent, QSettings, QThreadPool
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QLabel, QWidget

import app.language
from app.bridge import Bridge
from app.engine import Engine, new_run
from app.language import LanguageController, said, say, tr
from app.presets import bundled_presets
from app.theme import ThemeController
from app.window import EXPERIMENT, LOG, RUNS, START, MainWindow
from core.phrase import Phrase
from tests.core.report.conftest import run as make_run
from tests.gui.shown import texts_of
from tests.gui.texts import catalogue

WAIT_MS = 120_000
# what is written in Latin letters in Chinese texts, too: names of methods, keys, formats, units, programs; checksums
LATIN = re.compile(
    r"""PAT|SHG|SPSA|MNIST|ADC|USB|Bl|Overtone|overtone|resume|softmax|English|McNemar|Wilcoxon|Hann|Blackman|Harris|sha256|
    Ctrl|Shift|Esc|Enter|Del|CSV|TOML|toml|csv|Jupyter|TensorBoard|TorchScript|PNG|SVG|PDF|NPZ|gzip|
    VISA|TCPIP|SOCKET|GPIB|IDN|NI|MAX|DAQmx|gRPC|ni|grpc|HOST|Dev1|com|downloads|PortAudio|Debian|Ubuntu|sudo|apt|install|
    libportaudio2|keysight|rigol|siglent|MB|kB|dB|ms|nm|Hz|kHz|MHz|fs|fs2|fs3|rad|ppm|mV|run|runs|F\d|h5|
    [0-9a-f]{12}""",
    re.VERBOSE,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Two finished runs, of unlike estimators."""
    out = tmp_path_factory.mktemp("made")
    make_run(out)
    make_run(out, "training.estimator=in_silico")
    return out


@pytest.fixture
def looked_up(monkeypatch) -> set[str]:
    """Every text that has been looked up in the catalogue: also those that are drawn, which no widget tells."""
    found: set[str] = set()

    class Spy(QCoreApplication):
        @staticmethod
        def translate(context: str, text: str) -> str:
            found.add(text)
            return QCoreApplication.translate(context, text)

    monkeypatch.setattr(app.language, "QCoreApplication", Spy)
    return found


@pytest.fixture
def window(qtbot, tmp_path, made):
    shutil.copytree(made, tmp_path / "runs")
    themes = ThemeController(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    themes.apply()
    bridge = Bridge()
    engine = Engine(bridge)
    opened = MainWindow(bridge, engine, themes, tmp_path / "runs")
    opened.engine = engine
    qtbot.addWidget(opened)
    opened.show()
    yield opened
    opened.languages.set_language("en")
    engine.stop()
    qtbot.waitUntil(lambda: not engine.alive, timeout=WAIT_MS)


def words_in_latin(text: str, data: list[str]) -> set[str]:
    """Return the Latin words of a text, besides those of Chinese texts and of data; neither tags nor values."""
    text = re.sub(r"<[^<>]*>|\{[^{}]*\}", " ", text)
    for known in sorted(data, key=len, reverse=True):
        text = text.replace(known, " ")
    return {word for word in re.findall(r"\b[A-Za-z][A-Za-z0-9]+", text) if not LATIN.fullmatch(word)}


def check_both_ways(window: MainWindow, data: list[str]) -> None:
    """Switch to Chinese, find nothing in English, and switch back to exactly what was before."""
    before = texts_of(window)
    window.languages.set_language("zh_CN")
    left = {}
    for where, text in texts_of(window).items():
        words = words_in_latin(text, data)
        if words and not (where[0] is window.log_page.table and where[1].endswith(" 2")):  # the log is in English
            left[f"{type(where[0]).__name__} {where[1]}: {text}"] = sorted(words)
    assert list(left.items()) == []
    for page in range(window.pages.count()):
        window.pages.setCurrentIndex(page)
        window.grab()  # draws what is looked up as it is drawn
    window.languages.set_language("en")
    after = texts_of(window)
    assert len(before.keys() & after.keys()) > 0.95 * len(before)
    assert [(text, after[where]) for where, text in before.items() if after.get(where, text) != text] == []


def data_of(window: MainWindow) -> list[str]:
    """Return what is data and stays: presets, names of runs and keys, paths, names of classes."""
    presets = [text for preset in bundled_presets() for text in (preset.name, preset.source)]
    runs = [text for run in window.runs.runs for text in (run.name, run.preset, str(run.path)) if text]
    keys = list(window.setup.choice.values) + list(window.experiment.form.rows)
    short = [name[17:] for name in runs]
    kinds = ["mnist", "vowels1952", "vowels-paper", "shg", "plate", "circuit", "my-quick.toml"]
    kinds.append(str(window.experiment._folder.path))
    return [text for text in (*kinds, *presets, *runs, *short, *keys) if text]


def open_all(window: MainWindow, qtbot) -> None:
    """Open all that opens when it is asked for: sections of the form, questions, sheets."""
    form = window.experiment.form
    qtbot.waitUntil(lambda: "…" not in form.imperfections_note.text(), timeout=WAIT_MS)
    qtbot.waitUntil(lambda: window.runs.known, timeout=WAIT_MS)
    for section in form.sections.values():
        section.set_open(True)


@pytest.mark.parametrize("kind", ["shg", "plate", "circuit", "pendula"])
def test_the_form_of_every_system_speaks_both_languages(window, qtbot, kind):
    window.show_page(EXPERIMENT)
    window.setup.choose_system(kind)
    qtbot.waitUntil(lambda: bool(window.experiment.chain.stages), timeout=WAIT_MS)
    open_all(window, qtbot)
    qtbot.waitUntil(lambda: any(".imperfections." in key for key in window.experiment.form.rows), timeout=WAIT_MS)
    window.experiment.form.rows["training.epochs"].editor.setText("7")
    window.experiment.form.rows["training.epochs"].editor.textEdited.emit("7")
    window.experiment.form.rows["training.batch_size"].editor.textEdited.emit("-3")
    QThreadPool.globalInstance().waitForDone()
    qtbot.wait(300)
    check_both_ways(window, data_of(window))


def test_lists_previews_questions_and_sheets_speak_both_languages(window, qtbot, looked_up):
    open_all(window, qtbot)
    page = window.runs_page
    window.show_page(RUNS)
    qtbot.waitUntil(lambda: len(window.runs.runs) == 2, timeout=WAIT_MS)
    page.table.selectRow(0)
    qtbot.waitUntil(lambda: page.run.tabs.isVisible() and page.run._labels != [], timeout=WAIT_MS)
    data = data_of(window)
    check_both_ways(window, data)
    window.show_page(RUNS)
    page.table.selectAll()
    qtbot.waitUntil(lambda: bool(page.comparison.tables), timeout=WAIT_MS)
    page.actions_of_runs.trash.trigger()
    window.closing.ask()
    window.experiment.ask_to_save()
    window.rail.count(LOG, 3)
    window.open_help()
    check_both_ways(window, data)
    window.open_shortcuts()
    window.open_palette()
    check_both_ways(window, data)
    missing = {text for text in looked_up if re.search("[A-Za-z]{2}", text) and words_in_latin(text, data)}
    assert missing - catalogue().keys() == set()


def test_a_run_speaks_both_languages_while_it_lasts(window, qtbot, tmp_path, looked_up):
    small = ("network.branches=1", "training.epochs=40", "calibration.shots=32", "calibration.steps=5")
    window._start(new_run("circuit-mnist", small, tmp_path / "runs"))
    qtbot.waitUntil(lambda: window.run_bar.state == "training", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: not window.live.traces.empty, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: window.run_bar.alignment.isVisible(), timeout=WAIT_MS)
    window.controller.toggle_pause()
    qtbot.waitUntil(lambda: window.run_bar.state == "paused", timeout=WAIT_MS)
    qtbot.wait(500)
    window._watch.stop()
    check_both_ways(window, data_of(window))
    assert window.engine.alive
    window.languages.set_language("zh_CN")
    window.controller.toggle_pause()
    steps = len(window.live.training.series["batch accuracy"])
    qtbot.waitUntil(lambda: len(window.live.training.series["batch accuracy"]) > steps, timeout=WAIT_MS)
    for dock in window.live.docks.values():
        dock.raise_()
        window.grab()
        qtbot.wait(60)
    assert words_in_latin(window.status.text(), data_of(window)) == set()
    window.controller.stop()
    qtbot.waitUntil(lambda: window.run_bar.state == "stopped", timeout=WAIT_MS)
    assert words_in_latin(window.run_bar.state_label.text().partition("</span>")[2], []) == set()
    data = [*data_of(window), *(str(number) for number in range(10))]
    missing = {text for text in looked_up if words_in_latin(text, data)} - catalogue().keys()
    assert {text for text in missing if "/runs/" not in text} == set()


def test_qt_itself_follows(window):
    window.languages.set_language("zh_CN")
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, window)
    assert box.button(QDialogButtonBox.StandardButton.Cancel).text().startswith("取消")


def test_the_choice_of_the_language_is_kept_and_can_be_made_in_the_palette(window):
    command = next(each for each in window.commands if "简体中文" in each.text)
    command.run()
    assert window.rail.buttons[START].text() == "开始"
    assert command in window.commands.matching("language 简体")
    assert command in window.commands.matching("语言")
    again = LanguageController(window.themes.settings)
    assert again.language == "zh_CN"


def test_theme_and_language_are_chosen_in_the_menu_at_the_foot_whose_marks_follow_the_palette_too(window):
    menu = window.status_line.theme_button.menu()
    entries = {said(action.setText): action for action in menu.actions()}
    entries["Language: 简体中文"].trigger()
    assert window.rail.buttons[START].text() == "开始"
    entries["Theme: dark"].trigger()
    assert window.themes.mode == "dark"
    next(each for each in window.commands if said(each.action.setText) == "Language: English").run()
    menu.aboutToShow.emit()
    assert [text for text, action in entries.items() if action.isChecked()] == ["Theme: dark", "Language: English"]
    assert window.rail.buttons[START].text() == "Start"


@pytest.mark.parametrize(("asked", "word"), [(["zh-Hans-CN", "zh"], "停止"), (["en-US"], "Stop"), (["C"], "Stop")])
def test_the_system_decides_unless_the_user_has(qtbot, tmp_path, monkeypatch, asked, word):
    class Locale:
        system = staticmethod(lambda: Locale())
        uiLanguages = staticmethod(lambda: asked)

    monkeypatch.setattr(app.language, "QLocale", Locale)
    languages = LanguageController(QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat))
    languages.apply()
    assert tr("Stop") == word
    languages.set_language("en")


def test_what_was_said_dies_with_its_widget_and_a_later_text_takes_its_place(qtbot):
    languages = LanguageController(QSettings("nowhere.ini", QSettings.Format.IniFormat))
    label, other = QLabel(), QWidget()
    qtbot.addWidget(other)
    gone = QLabel(other)
    say(label.setText, "Stop")
    say(label.setText, "{count} runs", count=2)
    say(gone.setText, "Stop")
    assert said(label.setText) == "2 runs"
    known = len(app.language._said)
    gone.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    del gone
    languages._language = "zh_CN"
    languages.apply()
    assert label.text() == "2 次运行"
    assert len(app.language._said) < known
    languages._language = "en"
    languages.apply()
    assert (label.text(), QApplication.instance() is not None) == ("2 runs", True)


def test_a_phrase_is_its_english_text_wherever_a_string_is_wanted():
    inner = Phrase("{count} runs", count=2)
    phrase = Phrase("Moved {runs} to the trash.", runs=inner)
    assert phrase == "Moved 2 runs to the trash."
    assert (phrase.template, phrase.values) == ("Moved {runs} to the trash.", {"runs": inner})
    assert Phrase(phrase) is phrase
    assert Phrase("{not} filled") == "{not} filled"
