"""What the window can be told to do: a table of words, keys, and reasons why not."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QPushButton

from app.commands import Commands
from app.language import LANGUAGES, said
from app.states import HOLDABLE
from app.widgets.status_line import MODE_NAMES
from core.phrase import Phrase

if TYPE_CHECKING:
    from app.window import MainWindow


def add_commands(window: MainWindow) -> Commands:
    """List the window's commands."""
    run, commands = window.controller, Commands(window)

    def cannot_start() -> str:
        return run.busy or said(window.setup.start.setToolTip)

    def nothing_runs() -> str:
        return "" if run.active else "Nothing is running."

    def cannot_hold() -> str:
        return "" if run.state in HOLDABLE else "Nothing is running that could be held."

    def not_paused() -> str:
        return "" if run.state == "paused" and not run.calibrates else "Only a paused run goes on by single steps."

    def cannot_edit(action: QAction) -> str:
        if not window.experiment.isVisible():
            return "This changes the experiment: open its page first."
        return _reason_of(action)

    commands.add("Run", "Start training", window.start_run, "Ctrl+Return", cannot_start)
    commands.add("Run", "Quick start", window.quick_start, "", lambda: run.busy)
    commands.add("Run", "Calibrate", lambda: window.calibrations.begin(), "", lambda: run.busy)
    commands.add("Run", "Use this twin", window.calibration.use.click, "", partial(_reason_of, window.calibration.use))
    commands.add("Run", "Pause or resume", run.toggle_pause, "Ctrl+P", cannot_hold)
    commands.add("Run", "Do one step", run.step, "Ctrl+.", not_paused)
    commands.add("Run", "Stop, outputs safe", run.stop, "Esc", nothing_runs)
    for action in (window.experiment.form.undo, window.experiment.form.redo):
        commands.take("Edit", action, partial(cannot_edit, action))
    for place, word in enumerate(window.rail.words):
        commands.add("Go to", word, partial(window.show_page, place), f"Ctrl+{place + 1}")
    for action in window.runs_page.actions_of_runs.plain:
        commands.add("Chosen run", said(action.setText), action.trigger, "", partial(_reason_of, action))
    for button in (window.devices.bench, window.devices.scan, window.devices.shoot):
        commands.add("Devices", said(button.setText), button.click, "", partial(_reason_of, button))
    commands.add("View", "Reset the layout of the live page", window.live.reset_layout)
    for mode, name in MODE_NAMES.items():
        text = Phrase("Theme: {choice}", choice=Phrase(name))
        commands.add("View", text, partial(window.themes.set_mode, mode))
    for language, name in LANGUAGES.items():
        text = Phrase("Language: {choice}", choice=Phrase(name))
        commands.add("View", text, partial(window.languages.set_language, language))
    commands.add("Help", "Find a command", window.open_palette, "Ctrl+K")
    commands.add("Help", "Help on this page", window.open_help, "F1")
    commands.add("Help", "Take the five-minute tour", lambda: window.tour.begin())
    commands.add("Help", "Shortcuts", window.open_shortcuts, "Ctrl+/")
    commands.add("Help", "Copy the log for a bug report", window.log_page.copy.click)
    return commands


def _reason_of(action: QAction | QPushButton) -> str:
    return "" if action.isEnabled() else said(action.setToolTip)
