"""The tour, taken by pressing what it shows; it is never in the way, and can be left and taken again."""

from __future__ import annotations

import os

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtTest import QTest

from app.tour import STEPS
from app.widgets.tour_card import MARGIN_PX, TourCard, placed
from app.window import EXPERIMENT, LIVE, RUNS, START
from tests.gui.test_window import window  # noqa: F401, the fixture  # pyright: ignore[reportUnusedImport]

NUMBER = {step.done: place for place, step in enumerate(STEPS) if step.done}


def on_screen(window) -> tuple[QRect, QRect]:  # noqa: F811
    """Return where the card and the frame are in the window."""
    return window.tour.card.geometry(), window.tour.card.frame.geometry()


def press(widget) -> None:
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_the_first_start_offers_the_tour_and_a_refusal_is_kept(window, qtbot):  # noqa: F811
    window.show_page(START)
    assert window.start.tour.isVisible()
    press(window.start.decline)
    assert not window.start.tour.isVisible()
    assert window.themes.settings.value("tour/seen", False, bool)
    press(window.start.decline)


def test_every_step_goes_on_when_its_thing_is_done(window, qtbot, tmp_path):  # noqa: F811
    window.resize(1280, 720)
    window.show_page(START)
    press(window.start.take)
    tour, card = window.tour, window.tour.card
    assert (tour.place, window.pages.currentIndex()) == (0, EXPERIMENT)
    assert not window.start.tour.isVisible()

    item = window.setup.list.visualItemRect(window.setup.list.item(0)).center()
    QTest.mouseClick(window.setup.list.viewport(), Qt.MouseButton.LeftButton, pos=item)
    assert tour.place == NUMBER["chosen"] + 1
    qtbot.waitUntil(lambda: len(window.experiment.chain.stages) > 0, timeout=60_000)
    QTest.mouseClick(
        window.experiment.chain, Qt.MouseButton.LeftButton, pos=window.experiment.chain.frame_of(1).center().toPoint()
    )
    assert tour.place == NUMBER["pressed"] + 1
    qtbot.waitUntil(window.setup.start.isEnabled, timeout=60_000)
    press(window.setup.start)
    assert (tour.place, window.pages.currentIndex()) == (NUMBER["started"] + 1, LIVE)
    qtbot.waitUntil(lambda: window.run_bar.state == "training", timeout=120_000)
    press(card.next)
    press(card.next)
    assert STEPS[tour.place].done == "paused"
    press(window.run_bar.pause)
    assert STEPS[tour.place].done == "resumed"
    window.controller.step()
    assert STEPS[tour.place].done == "resumed"
    press(window.run_bar.pause)
    assert STEPS[tour.place].done == "ended"
    press(window.run_bar.stop)
    qtbot.waitUntil(lambda: window.run_bar.state in {"stopped", "finished"}, timeout=60_000)
    qtbot.waitUntil(lambda: STEPS[tour.place].done == "saved", timeout=5000)
    window.saver.save(window.live.training.record(), tmp_path / "curve.png")
    qtbot.waitUntil(lambda: window.pages.currentIndex() == RUNS, timeout=30_000)
    assert (tmp_path / "curve.png").stat().st_size > 1000
    assert card.next.text() == "Done"
    press(card.next)
    assert (tour.place, card.isVisible(), card.frame.isVisible()) == (None, False, False)


def test_one_who_starts_at_once_is_not_left_behind(window, qtbot):  # noqa: F811
    window.tour.begin()
    qtbot.waitUntil(window.setup.start.isEnabled, timeout=60_000)
    press(window.setup.start)
    assert (window.tour.place, window.pages.currentIndex()) == (NUMBER["started"] + 1, LIVE)
    qtbot.waitUntil(lambda: window.run_bar.state == "training", timeout=120_000)
    assert window.tour.place == NUMBER["started"] + 1  # whatever the run's states are called
    window.controller.stop()
    qtbot.waitUntil(lambda: window.run_bar.state in {"stopped", "finished"}, timeout=60_000)


def test_the_card_stands_beside_its_control_in_every_size_and_covers_none(window, qtbot):  # noqa: F811
    window.tour.begin()
    for size in (QSize(1080, 640), QSize(1280, 720), QSize(1920, 1080)):
        window.resize(size)
        for place in (0, 1, 2, 4):
            window.tour._go(place)
            target = STEPS[place].target(window)
            qtbot.waitUntil(target.isVisible)

            def stands(target=target) -> bool:
                corner = target.mapTo(window, QPoint(0, 0))
                return window.tour.card.frame.geometry().contains(QRect(corner, target.size()) & window.rect())

            qtbot.waitUntil(stands)
            card, frame = on_screen(window)
            assert window.rect().contains(card)
            assert not card.intersects(frame), (size, place)
            for label in (window.tour.card.title, window.tour.card.text):
                assert label.height() >= label.heightForWidth(label.width())
    window.tour.end()


def test_another_page_or_theme_or_a_failure_does_no_harm(window, qtbot, tmp_path):  # noqa: F811
    window.tour.begin()
    window.show_page(START)
    qtbot.waitUntil(lambda: not window.tour.card.frame.isVisible())
    assert window.tour.card.isVisible()
    window.themes.set_mode("dark")
    assert window.tour.card.frame.colour.name().upper() == window.themes.theme.accent
    press(window.tour.card.next)
    assert window.pages.currentIndex() == EXPERIMENT
    press(window.tour.card.back)
    assert window.tour.place == 0
    press(window.tour.card.end)
    assert window.tour.place is None
    window.help_sheet.show_page("start")
    press(window.help_sheet.tour)
    assert window.tour.place == 0
    assert not window.help_sheet.isVisible()
    (tmp_path / "runs").write_text("a file where the runs should be")
    window.start_run()
    qtbot.waitUntil(lambda: window.run_bar.state == "failed", timeout=60_000)
    assert not window.tour.card.isVisible()
    assert window.notice.isVisible()


def test_what_belongs_to_a_run_is_left_out_without_one(window):  # noqa: F811
    window.tour.begin()
    for _ in range(20):
        if window.tour.place is None:
            break
        assert not STEPS[window.tour.place].of_run
        press(window.tour.card.next)
    assert window.tour.place is None


@pytest.mark.parametrize("target", [QRect(0, 0, 300, 700), QRect(900, 100, 300, 500), QRect(500, 300, 80, 30)])
def test_a_card_is_placed_in_the_window_and_off_its_target(target: QRect):
    card, room = QSize(320, 180), QRect(0, 0, 1280, 720)
    found = QRect(placed(card, target, room), card)
    assert room.adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX).contains(found)
    assert not found.intersects(target)


def test_the_frame_lets_the_mouse_through(window, qtbot):  # noqa: F811
    window.tour.begin()
    window.tour._go(2)
    card: TourCard = window.tour.card
    qtbot.waitUntil(lambda: card.frame.isVisible())
    centre = window.setup.start.mapTo(window, window.setup.start.rect().center())
    assert window.childAt(centre) is window.setup.start
    window.tour.end()
