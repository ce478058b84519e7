"""Instruments in the window: the devices page, the experiment that may run on one, and the badge that says so."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.choice import Choice
from app.device_book import Device
from app.language import say
from app.presets import flat
from app.spec_fields import IMPERFECTIONS
from app.systems import system_name
from core.phrase import Phrase

if TYPE_CHECKING:
    from app.window import MainWindow


class Instruments(QObject):
    """Connects the devices page with the experiment's draft and with what runs."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._page = window, window.devices
        self._held = False
        page = self._page
        page.use_requested.connect(self.use)
        page.problem.connect(window.tell_problem)
        page.told.connect(partial(say, window.status.setText))
        page.met.connect(self._met)
        page.doing.connect(window.controller.lend)
        window.controller.held.connect(self._hold)

    def use(self, device: Device) -> None:
        """Put an instrument into the experiment's draft, on the first preset for its kind of system if need be."""
        draft, system = self._window.experiment.draft, device.system
        if draft.choice.kind != system.kind:
            self._window.experiment.choose_preset_for(system.kind)
        values = flat({"system": system.model_dump()})
        unit = "system.serial_number"  # of the run: it says which twin and which seeds belong together
        used = {key: value for key, value in values.items() if key != unit and IMPERFECTIONS not in key}
        draft.take(used, Phrase("use of {instrument}", instrument=device.alias))
        text = "The experiment runs on {device} now. Undo, or an empty address, simulates it again."
        say(self._window.status.setText, text, device=device.alias)

    def named(self, choice: Choice) -> tuple[str, str]:
        """Return what a choice runs on, and how that is met: a word of BADGES."""
        status, device = self._page.known(choice.address)
        name = system_name(choice.kind)
        if not choice.address:
            return f"{name} #{choice.serial_number}", status
        return (name if device is None else device.alias), status

    def _hold(self, reason: str) -> None:
        """Tell why a run waits, for as long as it does."""
        if reason:
            self._window.notice.show_error(reason, level="warning")
        elif self._held:
            self._window.notice.hide()
        self._held = bool(reason)

    def _met(self) -> None:
        window = self._window
        if not window.controller.active and window.setup.choice is not None:
            window.run_bar.set_system(*self.named(window.setup.choice))
