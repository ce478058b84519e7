"""Everything by keyboard: the palette finds commands and says why one cannot be done; help opens on every page."""

from __future__ import annotations

from importlib import resources

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.window import PAGES
from tests.gui.test_window import window  # noqa: F401, the fixture  # pyright: ignore[reportUnusedImport]


def type_into_palette(window, words: str) -> None:  # noqa: F811
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(window._palette.search, words)


def test_the_palette_does_what_is_typed(window):  # noqa: F811
    type_into_palette(window, "go log")
    assert [command.text for command in window._palette._found] == ["Log"]
    QTest.keyClick(window._palette.search, Qt.Key.Key_Return)
    assert not window._palette.isVisible()
    assert window.pages.currentIndex() == list(PAGES).index("Log")


def test_the_palette_says_why_not_and_stays(window):  # noqa: F811
    type_into_palette(window, "pause")
    assert "Nothing is running" in window._palette.list.item(0).text()
    QTest.keyClick(window._palette.search, Qt.Key.Key_Return)
    assert window._palette.isVisible()
    QTest.keyClicks(window._palette.search, " xyz")
    assert window._palette.nothing.isVisible()
    QTest.keyClick(window._palette.search, Qt.Key.Key_Escape)
    assert not window._palette.isVisible()


def test_no_two_commands_have_the_same_keys(window):  # noqa: F811
    keys = [command.shortcut for command in window.commands if command.shortcut]
    assert len(keys) == len(set(keys))
    assert {"Esc", "Ctrl+K", "F1", "Ctrl+1"} <= set(keys)


@pytest.mark.parametrize("place", range(len(PAGES)))
def test_every_page_has_help(window, place):  # noqa: F811
    window.show_page(place)
    QTest.keyClick(window, Qt.Key.Key_F1)
    assert window.help_sheet.isVisible()
    assert len(window.help_sheet.text.toPlainText()) > 200
    QTest.keyClick(window.help_sheet, Qt.Key.Key_Escape)
    assert not window.help_sheet.isVisible()
    name = list(PAGES.values())[place]
    assert (resources.files("resources") / "help" / f"{name}.md").is_file()


def test_shortcuts_are_listed(window):  # noqa: F811
    QTest.keyClick(window, Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)
    text = window.help_sheet.text.toPlainText()
    for command in window.commands:
        assert not command.shortcut or command.text in text


def test_an_edit_is_undone_and_done_again_from_the_palette(window):  # noqa: F811
    window.setup.choose("quick")
    window.setup.seed.setValue(9)
    for words, seed in (("undo", 0), ("redo", 9)):
        type_into_palette(window, words)
        QTest.keyClick(window._palette.search, Qt.Key.Key_Return)
        assert window.setup.choice.values["seed"] == seed
    type_into_palette(window, "redo")
    assert "Nothing to redo." in window._palette.list.item(0).text()
    window._palette.close_sheet()
    window.open_shortcuts()
    assert "Ctrl+Shift+Z" in window.help_sheet.text.toPlainText()
    window.help_sheet.close_sheet()
    window.show_page(0)
    type_into_palette(window, "undo")
    QTest.keyClick(window._palette.search, Qt.Key.Key_Return)
    assert window.setup.choice.values["seed"] == 9  # not where nobody sees it
