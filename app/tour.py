"""The five-minute tour: what it shows, in which order, and what lets it go on by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.states import ACTIVE
from app.widgets.tour_card import TourCard

if TYPE_CHECKING:
    from app.window import MainWindow

SEEN = "tour/seen"  # in the settings: it has been taken, or declined


@dataclass(frozen=True)
class Step:
    """A control on a page, and what is said of it; `done` names what has happened when the step is over.

    With `of_run` the step is left out where no run is under way.
    """

    title: str
    text: str
    page: str
    target: Callable[[MainWindow], QWidget]
    done: str = ""
    of_run: bool = False


STEPS = (
    Step(
        "Choose an experiment",
        "Each preset is a whole experiment: a system, a task, a network. Press the first one: it takes half a minute.",
        "Experiment",
        lambda window: window.setup.list,
        "chosen",
    ),
    Step(
        "What it does",
        "The chain reads from left to right: features drive the physical system, its answer drives it again, and the "
        "last answer is read as classes. Filled boxes are physics, hatched ones are arithmetic. Press a box to see its "
        "settings.",
        "Experiment",
        lambda window: window.experiment.chain,
        "pressed",
    ),
    Step(
        "Start it",
        "Nothing moves before this button is pressed. The bench is simulated: it has noise, drift and hidden errors of "
        "its own, which its digital twin has to find out first.",
        "Experiment",
        lambda window: window.setup.start,
        "started",
    ),
    Step(
        "Watch the light",
        "Here the second harmonic of each shot appears as the spectrometer reads it. The bands say where each class is "
        "read, the efficiency how much of the light was converted.",
        "Live",
        lambda window: window.live.response,
    ),
    Step(
        "Watch it learn",
        "First the error of the twin falls, then the accuracy rises. Point at a curve to read it; the menu has cursors "
        "and more.",
        "Live",
        lambda window: window.live.training,
    ),
    Step(
        "Hold it",
        "Pause the run, here or with the space bar. The outputs go to their safe state meanwhile.",
        "Live",
        lambda window: window.run_bar.pause,
        "paused",
        of_run=True,
    ),
    Step(
        "Go on",
        "Ctrl+. does one single step of the paused run. Press Resume, or the space bar, to let it go on.",
        "Live",
        lambda window: window.run_bar.pause,
        "resumed",
        of_run=True,
    ),
    Step(
        "Let it end",
        "Wait for the end, or press Stop: a stopped run keeps a checkpoint from which it can go on. Esc is the safe "
        "stop at any time.",
        "Live",
        lambda window: window.run_bar.stop,
        "ended",
        of_run=True,
    ),
    Step(
        "Keep a picture",
        "The menu of each view saves what it shows: as a picture to print, or as numbers with their units.",
        "Live",
        lambda window: window.live.training.header,
        "saved",
    ),
    Step(
        "Read the report",
        "Your run is in this list, with all that was measured. Choose it and press Report for a page to read and to "
        "print. That was the tour; F1 explains each page.",
        "Runs",
        lambda window: window.runs_page.table,
        "reported",
    ),
)


class Tour(QObject):
    """Leads through STEPS; it never blocks what it shows, and ends when a run fails."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._settings = window, window.themes.settings
        self.card = TourCard(window)
        self.place: int | None = None
        self.card.moved.connect(self._go)
        self.card.ended.connect(self.end)
        self._connect()
        window.start.offer_tour(not self._settings.value(SEEN, False, bool))

    def begin(self) -> None:
        """Start at the first step, whatever was done before."""
        self.decline()
        self._go(0)

    def decline(self) -> None:
        """Offer it no more on the start page; the palette and the help still do."""
        self._settings.setValue(SEEN, True)
        self._window.start.offer_tour(False)

    def end(self) -> None:
        """Take the card away."""
        self.place = None
        self.card.close_card()

    def _go(self, place: int) -> None:
        """Show a step, or the next one in that direction that makes sense now; beyond the last one it ends."""
        onwards = 1 if self.place is None or place >= self.place else -1
        while 0 <= place < len(STEPS) and STEPS[place].of_run and not self._window.controller.active:
            place += onwards
        if not 0 <= place < len(STEPS):
            self.end()
            return
        self.place, step = place, STEPS[place]
        target = step.target(self._window)
        self._window.show_page(self._window.rail.words.index(step.page))
        self._window.live.bring_to_front(target)
        self.card.show_step(step.title, step.text, target, place, len(STEPS))

    def _chose(self) -> None:
        if self._window.setup.choice.preset.name == "quick":
            self._happened("chosen")

    def _happened(self, what: str, *_told: object) -> None:
        """Go on after the step that this ends: the present one, or one that the user was too quick for."""
        ends = [place for place, step in enumerate(STEPS) if step.done == what]
        if self.place is not None and ends and ends[0] >= self.place:
            self._go(ends[0] + 1)

    def _state_changed(self, state: str) -> None:
        if self.place is None:
            return
        if state == "failed":
            self.end()  # the notice says why
        elif state in ACTIVE:
            what = "paused" if state == "paused" else "resumed"
            if STEPS[self.place].done == what:
                self._happened(what)
        elif STEPS[self.place].of_run:
            self._go(self.place + 1)

    def _connect(self) -> None:
        window, happened = self._window, self._happened
        window.setup.list.itemClicked.connect(self._chose)
        window.experiment.chain.pressed.connect(partial(happened, "pressed"))
        window.controller.began.connect(partial(happened, "started"))
        window.controller.state_changed.connect(self._state_changed)
        window.saver.saved.connect(partial(happened, "saved"))
        window.runs_page.actions_of_runs.report.triggered.connect(partial(happened, "reported"))
        window.themes.changed.connect(self.card.apply_theme)
        self.card.apply_theme(window.themes.theme)
        window.start.tour_requested.connect(self.begin)
        window.start.tour_declined.connect(self.decline)
        window.help_sheet.tour_requested.connect(self.begin)
