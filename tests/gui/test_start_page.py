"""The start page with both of its cards and many runs: nothing of it is cut in the smallest usual window."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QPoint, QRect, QSettings
from PySide6.QtWidgets import QLabel, QPushButton, QScrollArea, QWidget

from app.run_list import RunList
from app.theme import ThemeController
from app.views.start import StartPage
from core.run.index import RunSummary

TITLE = "Quick start: SHG, ten vowels"


def run(folder: Path, number: int, state: str = "finished") -> RunSummary:
    name = f"2026112{number}T000000Z-quick-{number}"
    started = f"2026-11-2{number}T00:00:00+00:00"
    return RunSummary(
        name, folder / name, state, title=TITLE, preset="quick", estimator="pat", started=started, epochs=20
    )


@pytest.fixture
def page(qtbot, tmp_path) -> StartPage:
    themes = ThemeController(QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    themes.set_mode("light")  # its style and its font, as in the window
    runs = RunList(tmp_path)
    made = StartPage(runs)
    runs.setParent(made)
    qtbot.addWidget(made)
    made.apply_theme(themes.theme)
    made.resize(1280 - 96, 720 - 56 - 37)  # the window's, without rail, run bar and status line
    made.show()
    return made


def inside(part: QWidget, whole: QWidget) -> bool:
    return whole.rect().contains(QRect(part.mapTo(whole, QPoint(0, 0)), part.size()))


@pytest.mark.parametrize("interrupted", [False, True])
@pytest.mark.parametrize("offered", [False, True])
def test_nothing_is_cut(page: StartPage, qtbot, tmp_path, interrupted: bool, offered: bool):
    page.offer_tour(offered)
    runs = [run(tmp_path, number) for number in range(9, 0, -1)]
    if interrupted:
        runs[0] = run(tmp_path, 9, "interrupted")
    page._list._take(runs)
    assert (page.tour.isVisible(), page.recover.isVisible()) == (offered, interrupted)
    qtbot.waitUntil(lambda: page.recent[-1].isVisible() and page.recent[-1].y() > page.recent[0].y())
    (scroll,) = page.findChildren(QScrollArea)
    assert scroll.verticalScrollBar().maximum() == 0
    assert len(page.recent) >= 4
    for part in (*page.findChildren(QLabel), *page.findChildren(QPushButton), *page.recent):
        if part.isVisible():
            assert inside(part, page), part
    for label in page.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
