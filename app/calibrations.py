"""What the window does about calibrations: orders them, and tells page, log and status line how they go."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject

from app.engine import calibration
from app.language import say
from app.plot_record import PlotRecord
from app.step_words import TITLES, verdict_words
from core.calibration.events import CalibrationEnded, Outcome, StepBegun, StepEnded
from core.phrase import Phrase
from core.run.files import write_atomically

if TYPE_CHECKING:
    from app.window import MainWindow

LEVELS: dict[Outcome, Literal["info", "warning"]] = {
    "good": "info",
    "skipped": "info",
    "warning": "warning",
    "bad": "warning",
}


class Calibrations(QObject):
    """Connects the calibration page with the engine; twins that runs begin with are kept in `folder`."""

    def __init__(self, window: MainWindow, folder: Path) -> None:
        super().__init__(window)
        self._window, self._page, self.folder = window, window.calibration, folder
        bridge, page = window.bridge, self._page
        bridge.calibration.connect(self._told)
        bridge.frame.connect(page.show_frame)
        page.calibrate_requested.connect(self.begin)
        page.system_chosen.connect(self._change_system)
        page.save_requested.connect(self._save)
        page.use_requested.connect(self._use)

    def begin(self) -> None:
        """Calibrate what the page says."""
        window, choice = self._window, self._page.choice
        if window.controller.alive:
            return
        self._page.begin(choice)
        window.controller.start(calibration(choice.source, choice.settings))
        window.log.add("info", Phrase("Began to calibrate {unit}", unit=choice.unit))
        window.show_page(window.rail.words.index("Calibration"))

    def _told(self, event: StepBegun | StepEnded | CalibrationEnded) -> None:
        self._page.show_event(event)
        if isinstance(event, StepEnded):
            text = Phrase("{step}: {text}", step=Phrase(TITLES[event.step]), text=Phrase(event.text))
            self._window.log.add(LEVELS[event.outcome], text)
        elif isinstance(event, CalibrationEnded):
            text = verdict_words(event)
            say(self._window.result.setText, text)
            self._window.log.add("info", text)

    def _change_system(self, kind: str) -> None:
        window = self._window
        window.setup.choose_system(kind)
        if window.setup.choice.kind != kind:  # the experiment page asks whether its changes may go
            window.show_page(window.rail.words.index("Experiment"))

    def _save(self, record: PlotRecord) -> None:
        self._window.saver.ask(record, self._page.file_name)

    def _use(self, content: bytes, twin: Phrase) -> None:
        """Let the next run begin with a twin."""
        file = self.folder / hashlib.sha256(content).hexdigest()[:12] / f"{self._page.twin_name}.safetensors"
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(file, content)
        except OSError as error:
            text, reason = "The twin cannot be kept in {file}: {reason}.", error.strerror or error
            self._window.tell_problem(Phrase(text, file=file, reason=reason))
            return
        values = {"calibration.twin": "saved", "calibration.file": str(file)}
        self._window.experiment.draft.take(values, Phrase("use of {twin}", twin=twin))
        say(self._window.status.setText, "The next run takes it: {twin}", twin=twin)
