"""The experiment page: which experiment, its network as a chain, and what a run of it will cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.background import Background
from app.forecast import Forecast, forecast
from app.presets import Preset
from app.theme import Theme
from app.widgets.chain_view import ChainView
from app.widgets.run_bar import duration
from app.widgets.setup_panel import Choice, SetupPanel

if TYPE_CHECKING:
    from core.run.spec import Experiment

SETTLED_MS = 150  # after which a choice is taken for made


class ExperimentPage(QWidget):
    """The choices at the left; chain and cost follow them, counted in the background."""

    def __init__(self, presets: list[Preset]) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setup = SetupPanel(presets)
        self.chain = ChainView()
        self.cost = CostView()
        self._background = Background(self)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._lay_out()
        self.setup.chosen.connect(self._settled.start)
        self._settled.timeout.connect(self._count)
        self._background.failed.connect(self._refuse)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self.setup.apply_theme(theme)
        self.chain.apply_theme(theme)

    def _count(self) -> None:
        choice = self.setup.choice
        if choice is None:
            return
        self.cost.wait()
        self._background.run(lambda: _counted(choice), self._show)

    def _show(self, counted: tuple[Choice, Experiment, Forecast]) -> None:
        from core.network.stages import stages_of

        choice, experiment, cost = counted
        if choice != self.setup.choice:
            return  # another one was made meanwhile, and is being counted
        sizes = cost.features, cost.drive, cost.response, cost.classes
        self.chain.show_stages(stages_of(experiment.network, *sizes))
        self.cost.show_forecast(cost)
        self.setup.allow("")

    def _refuse(self, reason: str) -> None:
        self.cost.refuse(reason)
        self.setup.allow(reason)

    def _lay_out(self) -> None:
        chain = QFrame()
        chain.setObjectName("panel")
        box = QVBoxLayout(chain)
        box.setContentsMargins(16, 12, 16, 12)
        box.setSpacing(12)
        box.addWidget(QLabel("Network"))
        box.addWidget(self.chain)
        right = QVBoxLayout()
        right.setContentsMargins(12, 12, 12, 12)
        right.setSpacing(12)
        right.addWidget(chain)
        right.addWidget(self.cost)
        right.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.setup)
        layout.addLayout(right, 1)


def _counted(choice: Choice) -> tuple[Choice, Experiment, Forecast]:
    from core.run.spec import load_experiment

    experiment = load_experiment(choice.preset.source, choice.settings)
    return choice, experiment, forecast(experiment)


class CostView(QFrame):
    """What a run will cost, or why it cannot be started."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panel")
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        self.figures: dict[str, QLabel] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(8)
        rows = ("Samples", "Device passes", "On a real apparatus", "Digital", "Physical")
        for row, name in enumerate(rows):
            title, value = QLabel(name), QLabel("…")
            title.setProperty("role", "muted")
            value.setWordWrap(True)
            grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
            self.figures[name] = value
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(12)
        layout.addWidget(QLabel("What this run will cost"))
        layout.addWidget(self.reason)
        layout.addLayout(grid)
        self.reason.hide()

    def wait(self) -> None:
        """Say that it is being counted."""
        self.reason.hide()
        for value in self.figures.values():
            value.setText("…")

    def show_forecast(self, cost: Forecast) -> None:
        """Show the figures."""
        self.reason.hide()
        texts = {
            "Samples": f"{cost.train:,} to train, {cost.validation:,} to validate, {cost.test:,} to test",
            "Device passes": f"{cost.device_passes:,}, {cost.shots_per_inference} for each inference",
            "On a real apparatus": f"{duration(cost.apparatus_s)} of measuring",
            "Digital": f"{cost.digital_parameters:,} parameters, {cost.digital_macs:,} operations an inference",
            "Physical": f"{cost.physical_parameters:,} parameters that the system itself holds",
        }
        for name, text in texts.items():
            self.figures[name].setText(text)

    def refuse(self, reason: str) -> None:
        """Say why this run cannot be started."""
        self.reason.setText(reason)
        self.reason.show()
        for value in self.figures.values():
            value.setText("–")
