"""The window: a run bar, a rail of pages, a status line. It connects; it computes nothing and waits for nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_config_path
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.bridge import Bridge, Trouble
from app.calibrations import Calibrations
from app.choice import Choice
from app.closing import Closing
from app.controller import Progress, RunController
from app.engine import Engine, Order, new_run, resumed_run
from app.folder_watch import FolderWatch
from app.instruments import Instruments
from app.language import LanguageController, say
from app.log_model import LogModel
from app.plot_saver import PlotSaver
from app.presets import bundled_presets
from app.run_list import RunList
from app.states import ACTIVE
from app.theme import Theme, ThemeController, icon
from app.tour import Tour
from app.views.calibration import CalibrationPage
from app.views.devices import DevicesPage
from app.views.experiment import ExperimentPage
from app.views.live import LivePage
from app.views.log import LogPage
from app.views.runs import RunsPage
from app.views.start import StartPage
from app.widgets.help import HelpSheet
from app.widgets.notice import Notice
from app.widgets.palette import Palette
from app.widgets.rail import Rail
from app.widgets.run_bar import RunBar
from app.widgets.status_line import StatusLine
from app.window_commands import add_commands
from app.window_state import keep_state
from core.phrase import Phrase, numbered
from core.training.events import Finished, Message, RunOpened

if TYPE_CHECKING:
    from core.run.index import RunSummary

PAGES = {
    "Start": "start",
    "Experiment": "experiment",
    "Live": "live",
    "Calibration": "calibration",
    "Devices": "devices",
    "Runs": "runs",
    "Log": "log",
}
START, EXPERIMENT, LIVE, CALIBRATION, DEVICES, RUNS, LOG = range(len(PAGES))
REACHED = (
    "Test accuracy on the device {reached:.1%} [{low:.1%}, {high:.1%}] of {count} · the twin predicts {belief:.1%}"
)
TITLE_BAR_PX = 40  # about, of a window manager


class MainWindow(QMainWindow):
    """One run at a time, on as many pages as it has sides."""

    def __init__(
        self, bridge: Bridge, engine: Engine, themes: ThemeController, runs_folder: Path, config: Path | None = None
    ) -> None:
        super().__init__()
        config = config or user_config_path("overtone")
        self.languages = LanguageController(themes.settings, self)
        self.languages.apply()
        self.setWindowTitle("Overtone")
        room = self.screen().availableSize() - QSize(0, TITLE_BAR_PX)
        self.resize(QSize(1280, 720).boundedTo(room))
        self.setMinimumSize(QSize(1080, 640))
        self.bridge, self.themes, self._runs_folder = bridge, themes, runs_folder
        self.controller = RunController(bridge, engine, self)
        self.log = LogModel()
        self.runs = RunList(runs_folder, self)
        self.run_bar = RunBar()
        # one that types in a field comes first
        self._space = QShortcut(QKeySequence(Qt.Key.Key_Space), self, autoRepeat=False, enabled=False)
        self.rail = Rail(PAGES)
        self.start = StartPage(self.runs)
        self.experiment = ExperimentPage(bundled_presets())
        self.live = LivePage()
        self.calibration = CalibrationPage(self.experiment.draft)
        self.devices = DevicesPage()
        self.runs_page = RunsPage(self.runs, themes.settings)
        self.log_page = LogPage(self.log)
        self._all_pages = (
            self.start,
            self.experiment,
            self.live,
            self.calibration,
            self.devices,
            self.runs_page,
            self.log_page,
        )
        self.pages = QStackedWidget()
        self.notice = Notice()
        self.status_line = StatusLine(themes, self.languages)
        self.status, self.result = self.status_line.status, self.status_line.result
        self.saver, self._watch = PlotSaver(self), FolderWatch(self)
        self._lay_out()
        self.commands = add_commands(self)
        self._palette, self.help_sheet = Palette(self, self.commands), HelpSheet(self)
        self.closing = Closing(self, self.controller, self._leave)
        self._connect()
        self.tour = Tour(self)
        self.calibrations = Calibrations(self, config / "twins")
        self.instruments = Instruments(self)
        self._theme_changed(themes.theme)
        self._choice_changed(self.setup.choice)
        self.runs.refresh()
        self.keeper = keep_state(self, config / "window.json")

    @property
    def setup(self) -> Any:
        """Return the panel in which an experiment is chosen."""
        return self.experiment.setup

    def show_page(self, place: int) -> None:
        """Show a page."""
        self.rail.show_page(place)
        self.pages.setCurrentIndex(place)
        if place == LOG:
            self.log.mark_read()

    def start_run(self) -> None:
        """Start what the experiment page says."""
        choice: Choice | None = self.setup.choice
        if choice is not None:
            self._start(new_run(choice.preset.source, choice.settings, self._runs_folder, estimator=choice.estimator))

    def quick_start(self) -> None:
        """Start the smallest experiment."""
        self.setup.choose("quick")
        self.start_run()

    def resume_run(self, run: RunSummary) -> None:
        """Go on with an interrupted run."""
        self._start(resumed_run(run.path, name=run.preset or run.name, estimator=run.estimator))

    def repeat_run(self, run: RunSummary) -> None:
        """Start a new run with all settings of an earlier one."""
        order = new_run(str(run.path / "experiment.toml"), (), self._runs_folder, estimator=run.estimator or "pat")
        self._start(replace(order, name=run.preset or run.name))

    def show_run(self, run: RunSummary) -> None:
        """Show a run on the page of runs."""
        self.runs_page.show_run(run.name)
        self.show_page(RUNS)

    def open_palette(self) -> None:
        """Let a command be found by its words."""
        self._palette.open()

    def open_help(self) -> None:
        """Explain the page that is shown."""
        self.help_sheet.show_page(list(PAGES.values())[self.pages.currentIndex()])

    def open_shortcuts(self) -> None:
        """List all keys."""
        self.help_sheet.show_shortcuts(self.commands)

    def interrupt(self, _signal: int, _frame: object) -> None:
        """Close without a question, as a signal asks."""
        self.closing.begin()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close, or ask first while a run goes on."""
        if self.controller.alive:
            event.ignore()
            self.closing.ask()
            return
        self._keep()
        event.accept()

    def _keep(self) -> None:
        """Write down how the window is arranged, and take no more events."""
        self.keeper.close()
        self.devices.stop()
        self.bridge.close()

    def _leave(self) -> None:
        self._keep()
        QApplication.exit()  # `quit` would ask the window again, which cannot close while a device hangs

    def _start(self, order: Order) -> None:
        if self.controller.alive:
            return
        self.controller.start(order)
        self.show_page(LIVE)

    def _connect(self) -> None:
        run, bar, bridge = self.controller, self.run_bar, self.bridge
        self.rail.chosen.connect(self.show_page)
        self.setup.start_requested.connect(self.start_run)
        self.setup.chosen.connect(self._choice_changed)
        self.experiment.problem.connect(self.tell_problem)
        self.start.quick_start.connect(self.quick_start)
        self.start.system_chosen.connect(self._choose_system)
        self.start.resume_requested.connect(self.resume_run)
        self.start.run_chosen.connect(self.show_run)
        self.runs_page.repeat_requested.connect(self.repeat_run)
        self.runs_page.resume_requested.connect(self.resume_run)
        self.runs_page.problem.connect(self.tell_problem)
        self.runs_page.save_requested.connect(self.saver.ask)
        bar.pause_toggled.connect(run.toggle_pause)
        bar.stop_requested.connect(run.stop)
        bar.safe_stop_requested.connect(run.stop)
        run.began.connect(self._began)
        run.state_changed.connect(self._state_changed)
        run.system_changed.connect(self._system_changed)
        run.progressed.connect(self._progressed)
        run.told.connect(partial(say, self.status.setText))
        run.problem.connect(self.tell_problem)
        bridge.ready.connect(self.live.set_run)
        bridge.message.connect(self._message)
        bridge.frame.connect(self.live.show_frame)
        bridge.answers.connect(self.live.show_answers)
        bridge.prepared.connect(self.live.show_prepared)
        bridge.alignment.connect(self.live.show_alignment)
        bridge.opened.connect(self._opened)
        bridge.closed.connect(self.runs.refresh)
        self.live.save_requested.connect(self.saver.ask)
        self.live.training.rate_changed.connect(run.set_learning_rate)
        self._watch.told.connect(partial(say, self.status_line.kept.setText))
        self.saver.saved.connect(self._saved)
        self.saver.failed.connect(self.tell_problem)
        bridge.alignment.connect(bar.set_alignment)
        bridge.trouble.connect(self._trouble)
        bridge.finished.connect(self._finished)
        self.log.unread_changed.connect(partial(self.rail.count, LOG))
        self.runs.failed.connect(partial(self.log.add, "warning"))
        self.themes.changed.connect(self._theme_changed)
        self._space.activated.connect(run.toggle_pause)

    def _opened(self, event: RunOpened) -> None:
        self.saver.run = Path(event.folder).name
        self._watch.follow(Path(event.folder))
        self.runs.refresh()

    def _saved(self, path: str) -> None:
        text = Phrase("Saved {file}", file=path)
        say(self.status.setText, text)
        self.log.add("info", text)

    def _choice_changed(self, choice: Choice | None) -> None:
        if choice is not None and not self.controller.active:
            self._system_changed(*self.instruments.named(choice))
            self.run_bar.preset.setText(choice.preset.name)

    def _system_changed(self, name: str, status: str) -> None:
        self.run_bar.set_system(numbered(name), status)

    def _choose_system(self, kind: str) -> None:
        self.setup.choose_system(kind)
        self.show_page(EXPERIMENT)

    def _began(self, order: Order) -> None:
        self.notice.hide()
        say(self.result.setText, "")
        self.run_bar.set_alignment(None)
        if order.calibrates:
            say(self.run_bar.preset.setText, "calibration")
            return
        self.run_bar.preset.setText(order.name)
        self.live.begin(order.estimator)
        self.runs.read_earlier(order.name, order.estimator, self.live.training.show_others)
        self.log.add("info", f"Started {order.name}")

    def _state_changed(self, state: str) -> None:
        self.run_bar.set_state(state)
        self._space.setEnabled(state in ACTIVE)
        for page in (self.setup, self.start, self.calibration, self.devices, self.runs_page):
            page.set_busy(self.controller.busy)
        if state not in ACTIVE:
            self._watch.stop()
            self.live.training.allow_rate(None)

    def _progressed(self, progress: Progress) -> None:
        self.run_bar.set_progress(progress.fraction, progress.step, progress.remaining_s)

    def _message(self, message: Message) -> None:
        self.log.add(message.level, message.text)

    def _trouble(self, trouble: Trouble) -> None:
        if trouble.level == "error":
            self.tell_problem(trouble.text, trouble.details)
        else:
            self.log.add(trouble.level, trouble.text, trouble.details)

    def tell_problem(self, text: str, details: str = "") -> None:
        """Show what went wrong in a notice, and note it in the log."""
        self.notice.show_error(text, details)
        self.log.add("error", text, details)
        if self.pages.currentIndex() == LOG:
            self.log.mark_read()

    def _finished(self, event: Finished) -> None:
        result: dict[str, Any] = event.result
        self.live.show_result(result)
        low, high = result["test_interval95"]
        values = {"low": low, "high": high, "count": result["test_count"], "belief": result["twin_belief"]}
        text = Phrase(REACHED, reached=result["test_accuracy"], **values)
        say(self.result.setText, text)
        self.log.add("info", f"{text}. Saved in {event.folder}")

    def _theme_changed(self, theme: Theme) -> None:
        for part in (self.run_bar, self.rail, *self._all_pages, self.notice, self.status_line):
            part.apply_theme(theme)
        self.setWindowIcon(icon("overtone", theme.accent, 64))

    def _lay_out(self) -> None:
        for page in self._all_pages:
            self.pages.addWidget(page)
        self.show_page(START)
        middle = QVBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.notice)
        middle.addWidget(self.pages, 1)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.rail)
        body.addLayout(middle, 1)
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.run_bar)
        layout.addLayout(body, 1)
        layout.addWidget(self.status_line)
        self.setCentralWidget(centre)
