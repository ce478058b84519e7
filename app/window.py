"""The window: chooses, starts and shows one run; it computes nothing and waits for nothing."""

from __future__ import annotations

import math
import signal
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QActionGroup, QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.bridge import Bridge
from app.engine import Engine, Request
from app.presets import bundled_presets
from app.theme import MODES, Mode, Theme, ThemeController, icon
from app.views.live import LivePage
from app.widgets.notice import Notice
from app.widgets.run_bar import ACTIVE, RunBar
from app.widgets.setup_panel import Choice, SetupPanel
from core.training.events import CalibrationPoint, EpochDone, Failed, Finished, Message, PhaseChanged, StepDone, Stopped

if TYPE_CHECKING:
    from core.ports import SystemInfo

CLOSING_PATIENCE_MS = 5000
READABLE_S = 0.2  # figures that change faster cannot be read
KIND_NAMES = {
    "shg": "SHG bench",
    "plate": "Titanium plate",
    "circuit": "Nonlinear oscillator",
    "pendula": "Pendula bench",
}


class MainWindow(QMainWindow):
    """Run bar above, choices left, live page in the middle, status line below."""

    def __init__(self, bridge: Bridge, engine: Engine, themes: ThemeController, runs_folder: Path) -> None:
        super().__init__()
        self.setWindowTitle("Overtone")
        self.resize(1280, 760)
        self.setMinimumSize(QSize(1080, 640))
        self._bridge, self._engine, self._themes, self._runs_folder = bridge, engine, themes, runs_folder
        self._closing = False
        self._phase = "ready"
        self._epochs = ""
        self._told_s = 0.0
        self._rate = _Rate()
        self.run_bar = RunBar()
        self.setup = SetupPanel(bundled_presets())
        self.live = LivePage()
        self.notice = Notice()
        self.status = QLabel()
        self.result = QLabel()
        self._theme_button = QToolButton()
        self._lay_out()
        self._connect()
        self._theme_changed(themes.theme)
        self._choice_changed(self.setup.choice)

    def start_run(self) -> None:
        """Start what the panel says."""
        choice = self.setup.choice
        if choice is None or self._engine.alive:
            return
        self.notice.hide()
        self.result.clear()
        self._rate, self._epochs = _Rate(), ""
        self._enter("loading")
        self.status.setText("Loading the engine and the data")
        self.live.begin(choice.estimator)
        self._engine.start(Request(choice.preset.source, choice.settings, self._runs_folder))

    def toggle_pause(self) -> None:
        """Hold the run after the present step, or let it go on."""
        if self.run_bar.state not in ACTIVE - {"loading", "stopping"}:
            return
        if self._engine.paused:
            self._engine.resume()
            self.run_bar.set_state(self._phase)
        else:
            self._engine.pause()
            self.run_bar.set_state("paused")

    def stop_run(self) -> None:
        """End the run; the engine puts the outputs in their safe state and writes a checkpoint."""
        if self.run_bar.state in ACTIVE:
            self._engine.stop()
            self.run_bar.set_state("stopping")

    def interrupt(self, _signal: int, _frame: object) -> None:
        """Close, as a signal asks."""
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop a running experiment first; close when its outputs are safe."""
        if not self._engine.alive:
            self._bridge.close()
            event.accept()
            return
        event.ignore()
        if not self._closing:
            self._closing = True
            self.stop_run()
            self.status.setText("Closing: the outputs go to their safe state first")
            self._close_when_idle(time.monotonic() + CLOSING_PATIENCE_MS / 1000)

    def _close_when_idle(self, deadline_s: float) -> None:
        if self._engine.alive and time.monotonic() < deadline_s:
            QTimer.singleShot(50, lambda: self._close_when_idle(deadline_s))
            return
        self._bridge.close()
        QApplication.quit()

    def _connect(self) -> None:
        self.setup.start_requested.connect(self.start_run)
        self.setup.chosen.connect(self._choice_changed)
        self.run_bar.pause_toggled.connect(self.toggle_pause)
        self.run_bar.stop_requested.connect(self.stop_run)
        self.run_bar.safe_stop_requested.connect(self.stop_run)
        self._themes.changed.connect(self._theme_changed)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self).activated.connect(self.stop_run)
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)
        bridge = self._bridge
        bridge.system_ready.connect(self._system_ready)
        bridge.phase_changed.connect(self._phase_changed)
        bridge.message.connect(self._message)
        bridge.shots.connect(self.live.show_shots)
        bridge.progress.connect(self._progressed)
        bridge.finished.connect(self._finished)
        bridge.failed.connect(self._failed)
        bridge.stopped.connect(self._stopped)

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """Let Space pause and resume wherever the focus is, except where one types or presses a button with it."""
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Space
            and self.run_bar.state in ACTIVE
            and isinstance(watched, QWidget)
            and watched.window() is self
            and not isinstance(watched, QAbstractSpinBox)
        ):
            if not event.isAutoRepeat():
                self.toggle_pause()
            return True
        return super().eventFilter(watched, event)

    def _choice_changed(self, choice: Choice | None) -> None:
        if choice is not None and self.run_bar.state not in ACTIVE:
            name = KIND_NAMES.get(choice.preset.kind, choice.preset.kind)
            self.run_bar.set_system(f"{name} #{choice.serial_number}", "simulated")
            self.run_bar.preset.setText(choice.preset.name)

    def _system_ready(self, info: SystemInfo) -> None:
        self.run_bar.set_system(info.name, info.status)
        self.live.set_system(info)

    def _phase_changed(self, event: PhaseChanged) -> None:
        if event.phase in {"calibrating", "training", "evaluating"}:
            self._enter(event.phase)
        self.status.setText(event.text)

    def _enter(self, phase: str) -> None:
        self._phase = phase
        self.run_bar.set_progress(None)
        if self._engine.paused and phase in ACTIVE:
            phase = "paused"
        if self.run_bar.state != "stopping" or phase not in ACTIVE:
            self.run_bar.set_state(phase)
        self.setup.set_running(phase in ACTIVE)

    def _message(self, message: Message) -> None:
        self.status.setText(message.text)
        if message.level == "error":
            self.notice.show_error(message.text)

    def _progressed(self, points: list[StepDone | EpochDone | CalibrationPoint]) -> None:
        self.live.training.add(points)
        for point in points:
            if isinstance(point, EpochDone):
                self._epochs = f"/{point.epochs}"
        now_s = time.monotonic()
        if now_s - self._told_s < READABLE_S:
            return
        self._told_s = now_s
        last = points[-1]
        if isinstance(last, CalibrationPoint):
            self.run_bar.set_progress(last.step / max(last.steps, 1), f"step {last.step}/{last.steps}")
            return
        step = next((point for point in reversed(points) if isinstance(point, StepDone)), None)
        if step is not None:
            remaining_s = step.wall_s * (1 - step.fraction) / max(step.fraction, 1e-6)
            self.run_bar.set_progress(step.fraction, f"epoch {step.epoch}{self._epochs}", remaining_s)
            rate = self._rate.update(step)
            self.status.setText(f"{rate:,.0f} shots/s · {step.shots:,} shots · loss {step.loss:.3f}")

    def _finished(self, event: Finished) -> None:
        result: dict[str, Any] = event.result
        self._enter("finished")
        self.run_bar.set_progress(1.0)
        self.live.show_result(result)
        low, high = result["test_interval95"]
        self.result.setText(
            f"Test accuracy on the device {result['test_accuracy']:.1%} [{low:.1%}, {high:.1%}] "
            f"of {result['test_count']} · the twin predicts {result['twin_belief']:.1%}"
        )
        self.status.setText(f"Saved in {event.folder}")

    def _failed(self, event: Failed) -> None:
        self._enter("failed")
        self.notice.show_error(event.text, event.detail)
        self.status.setText("The run failed; the outputs are in their safe state.")
        if self._closing:
            self.close()

    def _stopped(self, event: Stopped) -> None:
        self._enter("stopped")
        kept = f" Go on with: overtone resume {event.folder}" if event.folder else ""
        self.status.setText(f"Stopped; the outputs are in their safe state.{kept}")

    def _theme_changed(self, theme: Theme) -> None:
        for part in (self.run_bar, self.setup, self.live, self.notice):
            part.apply_theme(theme)
        self._theme_button.setIcon(icon("theme", theme.muted))
        self.setWindowIcon(icon("overtone", theme.accent, 64))

    def _lay_out(self) -> None:
        middle = QVBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        notice = QVBoxLayout()
        notice.setContentsMargins(12, 12, 12, 0)
        notice.addWidget(self.notice)
        middle.addLayout(notice)
        middle.addWidget(self.live, 1)
        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self.setup)
        body.addLayout(middle, 1)
        line = QWidget()
        line.setObjectName("statusLine")
        line.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        row = QHBoxLayout(line)
        row.setContentsMargins(16, 4, 8, 4)
        self.status.setProperty("role", "muted")
        self.status.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.result.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(self.status)
        row.addStretch(1)
        row.addWidget(self.result)
        row.addWidget(self._theme_button)
        self._theme_button.setProperty("flat", True)
        self._theme_button.setToolTip("Light, dark, or as the system")
        self._theme_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._theme_button.setMenu(self._theme_menu())
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.run_bar)
        layout.addLayout(body, 1)
        layout.addWidget(line)
        self.setCentralWidget(centre)

    def _choose_theme(self, mode: Mode, _checked: bool) -> None:
        self._themes.set_mode(mode)

    def _theme_menu(self) -> QMenu:
        menu = QMenu(self)
        group = QActionGroup(menu)
        for mode in MODES:
            action = menu.addAction({"system": "As the system", "light": "Light", "dark": "Dark"}[mode])
            action.setCheckable(True)
            action.setChecked(mode == self._themes.mode)
            action.triggered.connect(partial(self._choose_theme, mode))
            group.addAction(action)
        return menu


class _Rate:
    """Shots per second over the last second or so."""

    def __init__(self) -> None:
        self._shots, self._wall_s, self._value = 0, 0.0, math.nan

    def update(self, step: StepDone) -> float:
        elapsed_s = step.wall_s - self._wall_s
        if elapsed_s > 1 or math.isnan(self._value):
            self._value = (step.shots - self._shots) / max(elapsed_s, 1e-3)
            self._shots, self._wall_s = step.shots, step.wall_s
        return self._value


def open_window(arguments: list[str]) -> int:
    """Open the window and return the exit code when it closes."""
    app = QApplication(arguments)
    app.setApplicationName("Overtone")
    app.setOrganizationName("Overtone")
    themes = ThemeController(QSettings())
    themes.apply()
    bridge = Bridge()
    engine = Engine(bridge)
    window = MainWindow(bridge, engine, themes, Path("runs"))
    for interruption in (signal.SIGINT, signal.SIGTERM):  # served at the bridge's next tick
        signal.signal(interruption, window.interrupt)
    window.show()
    engine.warm_up()
    return app.exec()
