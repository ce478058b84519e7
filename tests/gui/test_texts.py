"""No text of the window can be forgotten: every one goes through the catalogue, and the catalogue has them all."""

from __future__ import annotations

import ast
import os
import string
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QTranslator

from app.language import CONTEXT, LANGUAGES
from app.presets import bundled_presets
from app.spec_fields import imperfection_fields, section_help, spec_fields
from app.states import BADGES, STATES
from app.step_words import OUTCOMES, PURPOSES, TITLES, TWINS
from app.step_words import VERDICTS as TWIN_VERDICTS
from app.widgets.bus_view import ROLES
from app.widgets.epochs_view import AXES as EPOCH_AXES
from app.widgets.recent_run import STATE_WORDS
from app.widgets.run_bar import VERDICTS
from app.widgets.status_line import MODE_NAMES
from app.widgets.timing_view import PARTS
from app.widgets.training_view import CURVES, ESTIMATOR_NAMES, QUANTITIES
from app.window import PAGES
from core.physics.model import Widened
from core.report.caveats import STATES as CAVEATS
from core.run.watch import ADVICE
from core.twin.instruments import InstrumentedModel
from devices.catalogue import find_system
from tests.gui.texts import (
    ROOT,
    TS,
    calls_in,
    catalogue,
    engine_files,
    literals_of,
    said_in,
    sentences_in,
    window_files,
)

SETTERS = {
    "setText", "setToolTip", "setWindowTitle", "setPlaceholderText", "setAccessibleName", "setAccessibleDescription",
    "setTitle", "setIconText", "setStatusTip", "setWhatsThis", "setTabText", "setItemText", "setHorizontalHeaderLabels",
    "addItem", "addItems", "addTab", "addRow", "addAction", "addMenu", "setMarkdown", "setHtml", "setPlainText",
    "drawText", "QLabel", "QPushButton", "QAction", "QMenu", "QCheckBox", "QGroupBox", "QDockWidget", "QListWidgetItem",
    "QTableWidgetItem", "getOpenFileName", "getSaveFileName", "getExistingDirectory", "information", "critical",
}  # fmt: skip
# words that are shown as they are in every language
SHOWN_AS_THEY_ARE = {
    "Overtone": "the program's name",
    "●": "a mark",
    "→": "a mark",
    "…": "a mark",
    " ms": "a unit",
}
# texts that are set without the catalogue: file and what is set
SET_DIRECTLY = {
    "app/views/log.py: bug_report(self._lines())": "a bug report is in English, for anyone to read",
    "app/widgets/notice.py: text": "goes to the clipboard as it is shown",
    "app/window.py: 'Overtone'": "the program's name",
    "app/widgets/panel.py: headline(text)": "what was said to it",
    "app/window.py: choice.preset.name": "a preset's name",
    "app/window.py: order.name": "a preset's name",
    "app/widgets/field_editors.py: text_of(value)": "a value, as files have it",
    "app/widgets/notes_editor.py: ', '.join(notes.tags)": "what the user wrote",
    "app/widgets/notes_editor.py: notes.text": "what the user wrote",
    "app/widgets/notice.py: details": "a traceback",
    "app/views/log.py: text": "a line of the log",
    "app/widgets/recent_run.py: escape(run.reason or str(run.path))": "a path, or an error",
    "app/widgets/training_view.py: '' if rate is None else f'{rate:g}'": "a number",
    "app/widgets/training_view.py: f'{self._rate:g}'": "a number",
    "app/widgets/inline_question.py: ''": "nothing",
    "app/widgets/setup_panel.py: tip": "a path, or an error",
    "app/widgets/text_table.py: tr(cell) if isinstance(cell, Phrase) else cell": "a name or a number",
    "app/widgets/help.py: _shortcuts(self._shown)": "translated there",
    "app/widgets/help.py: file.read_text('utf-8')": "a page of the help in the language of the window",
}
# literals that read like a text and are none
NO_TEXTS = {
    "Answer": "a type",
    "Job": "a type",
    "Setup": "a type",
    "Esc": "a key",
    "Overtone": "the program's name",
    "Not saved": "the beginning of a text that is looked for",
    "Hz": "a unit",
    "overtone found: ": "what one process tells another",
    "pip install pyvisa pyvisa-py": "a command",
    "pip install 'nidaqmx[grpc]'": "a command",
    "pip install sounddevice": "a command",
    "pip install 'seabreeze[pyseabreeze]'": "a command",
    "class map": "a view's identifier",
    "Description": "a field of a file's metadata",
    "Subject": "a field of a file's metadata",
    "Stopped by the user.": "a line in the run's log",
    "shot drive": "the shape of an array",
    "shot sample": "the shape of an array",
    "shot response": "the shape of an array",
}


def shown_tables() -> set[str]:
    """Return the words of the tables from which the window speaks."""
    words = {*STATES, *STATE_WORDS.values(), *(word.capitalize() for word in STATE_WORDS.values()), *PARTS, *CURVES}
    words |= {word for _, word in VERDICTS.values()} | {*VERDICTS, *MODE_NAMES.values(), *LANGUAGES.values(), *PAGES}
    words |= {*QUANTITIES, *(title for title, _ in QUANTITIES.values()), *EPOCH_AXES, *ESTIMATOR_NAMES.values()}
    words |= {*CAVEATS.values(), *ADVICE.values(), *TITLES.values(), *PURPOSES.values()}
    words |= {word for word, _ in (*OUTCOMES.values(), *TWIN_VERDICTS.values())} | {
        x for told in TWINS.values() for x in told
    }
    words |= {*BADGES.values(), *ROLES.values()}
    for field in spec_fields():
        words |= {field.label, field.help, *field.choices}
    for name, help in section_help().items():
        words |= {name.capitalize(), help}
    for kind in ("shg", "plate", "circuit", "pendula"):
        entry = find_system(kind)
        for field in imperfection_fields(entry.imperfections()):
            words |= {field.label, field.help}
        info = entry.build(serial_number=1, seed=0, imperfections={}).info
        model = entry.model().wider() if isinstance(entry.model(), Widened) else entry.model()
        words |= {parameter.name.replace("_", " ") for parameter in InstrumentedModel(model, info).fit_parameters}
        for label in (info.drive_label, info.response_label, info.drive_axis.quantity, info.response_axis.quantity):
            words |= {label, label[:1].upper() + label[1:]}
        words |= {info.drive_axis.quantity.lower(), info.response_axis.quantity.lower(), info.name.partition(" #")[0]}
    return (words | {preset.title for preset in bundled_presets()}) - {""}


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("path", window_files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_text_is_shown_past_the_catalogue(path: Path):
    found: list[str] = []
    for called, call in calls_in(ast.parse(path.read_text("utf-8"))):
        if called not in SETTERS:
            continue
        for argument in call.args:
            texts = {text for text in literals_of(argument) if any(letter.isalpha() for letter in text)}
            if isinstance(argument, ast.JoinedStr):
                pieces = [part.value for part in argument.values if isinstance(part, ast.Constant)]
                texts = {str(piece) for piece in pieces if any(letter.isalpha() for letter in str(piece))}
            found += [f"line {call.lineno}, {called}: {text}" for text in texts - SHOWN_AS_THEY_ARE.keys()]
    assert found == []


def test_what_is_set_directly_is_listed_with_its_reason():
    found: set[str] = set()
    for path in window_files():
        for called, call in calls_in(ast.parse(path.read_text("utf-8"))):
            direct = called.startswith("set") and called in SETTERS and called not in {"setTabText", "setItemText"}
            if direct and not any(name == "tr" for name, _ in calls_in(ast.Expression(call.args[0]))):
                found.add(f"{path.relative_to(ROOT).as_posix()}: {ast.unparse(call.args[0])}")
    assert found - SET_DIRECTLY.keys() == set()


def test_the_catalogue_has_every_text():
    files = [*window_files(), *engine_files()]
    assert len(files) > 60
    wanted = shown_tables().union(*map(said_in, files), *map(sentences_in, files)) - NO_TEXTS.keys()
    assert len(wanted) > 600
    assert sorted(wanted - catalogue().keys()) == []


def test_each_translation_is_one_with_the_same_values():
    same = {text for text, chinese in catalogue().items() if text == chinese}
    letters = {text for text in same if any(letter.isalpha() for letter in text)}
    names = {"English", "简体中文", "PAT", "Hann", "Blackman-Harris", "Wilcoxon p"}
    assert {text for text in letters if placeholders(text) == []} == names
    assert [text for text, chinese in catalogue().items() if not chinese.strip()] == []
    unlike = {text: chinese for text, chinese in catalogue().items() if placeholders(text) != placeholders(chinese)}
    assert unlike == {}


def test_the_compiled_catalogue_says_what_its_source_says():
    """After a change: pyside6-lrelease resources/translations/overtone_zh_CN.ts"""
    compiled = QTranslator()
    assert compiled.load(str(TS.with_suffix(".qm")))
    said = {text: compiled.translate(CONTEXT, text) for text in catalogue()}
    assert said == catalogue()


def test_every_page_of_the_help_has_its_chinese_one():
    pages = {path.name for path in (ROOT / "resources" / "help").glob("*.md")}
    english = {name for name in pages if not name.endswith(".zh_CN.md")}
    assert english == {f"{page}.md" for page in PAGES.values()}
    assert pages - english == {name.replace(".md", ".zh_CN.md") for name in english}
