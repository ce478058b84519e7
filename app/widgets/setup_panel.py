"""The left side: which experiment, on which unit, with which gradient."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from app.presets import Preset
from app.systems import system_icon
from app.theme import Theme, icon

ESTIMATORS = {
    "pat": ("Physics-aware (PAT)", "Forward on the device, backward through its digital twin."),
    "in_silico": ("In silico", "Train on the digital twin alone; only the finished network meets the device."),
    "ideal": ("Ideal", "Use the simulator's own derivative, which no real device can lend: the upper bound."),
}
LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Choice:
    """What the panel's user asks for."""

    preset: Preset
    serial_number: int
    seed: int
    estimator: str

    @property
    def settings(self) -> tuple[str, ...]:
        """Return the choice as `key=value` settings of the specification."""
        return (
            f"system.serial_number={self.serial_number}",
            f"seed={self.seed}",
            f"training.estimator={self.estimator}",
        )


class SetupPanel(QWidget):
    """A list of presets and the few values that one changes most; `chosen` tells each new choice."""

    chosen = Signal(object)
    start_requested = Signal()

    def __init__(self, presets: list[Preset]) -> None:
        super().__init__()
        self.setObjectName("setup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(272)
        self._presets = presets
        self._running, self._reason = False, ""
        self.list = QListWidget()
        self.list.setObjectName("presets")
        self.list.setWordWrap(True)
        self.list.setIconSize(QSize(20, 20))
        self.list.setSpacing(2)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for preset in presets:
            item = QListWidgetItem(preset.title)
            item.setToolTip(preset.name)
            self.list.addItem(item)
        self.serial_number = _spin("The simulated unit: a number is the same unit for ever.")
        self.seed = _spin("Fixes the split of the data, the starting values and the noise.")
        self.estimator = QComboBox()
        for key, (name, explanation) in ESTIMATORS.items():
            self.estimator.addItem(name, key)
            self.estimator.setItemData(self.estimator.count() - 1, explanation, Qt.ItemDataRole.ToolTipRole)
        self.start = QPushButton("Start training")
        self.start.setProperty("primary", True)
        self._lay_out()
        self.list.currentRowChanged.connect(self._preset_changed)
        self.estimator.currentIndexChanged.connect(self._tell)
        self.serial_number.valueChanged.connect(self._tell)
        self.seed.valueChanged.connect(self._tell)
        self.start.clicked.connect(self.start_requested)
        self.list.setCurrentRow(0)

    @property
    def choice(self) -> Choice | None:
        """Return what is chosen, None without any preset."""
        row = self.list.currentRow()
        if row < 0:
            return None
        estimator = str(self.estimator.currentData())
        return Choice(self._presets[row], self.serial_number.value(), self.seed.value(), estimator)

    def choose_system(self, kind: str) -> None:
        """Select the first preset on a kind of system."""
        self.choose(next((preset.name for preset in self._presets if preset.kind == kind), ""))

    def choose(self, name: str) -> None:
        """Select a preset by name; an unknown one changes nothing."""
        for row, preset in enumerate(self._presets):
            if preset.name == name:
                self.list.setCurrentRow(row)

    def set_running(self, running: bool) -> None:
        """Let nothing be started while a run lasts, and say why; the next run may be chosen meanwhile."""
        self._running = running
        self._enable()

    def allow(self, reason: str) -> None:
        """Let the choice be started, or say why not."""
        self._reason = reason
        self._enable()

    def _enable(self) -> None:
        reason = "A run is in progress: stop it to start another one." if self._running else self._reason
        self.start.setEnabled(not reason)
        self.start.setToolTip(reason)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        for row, preset in enumerate(self._presets):
            self.list.item(row).setIcon(icon(system_icon(preset.kind), theme.text))
        self.start.setIcon(icon("play", theme.surface))

    def _preset_changed(self, row: int) -> None:
        if row < 0:
            return
        preset = self._presets[row]
        self.serial_number.setValue(preset.serial_number)
        self.seed.setValue(preset.seed)
        self.estimator.setCurrentIndex(max(self.estimator.findData(preset.estimator), 0))
        self._tell()

    def _tell(self) -> None:
        if self.choice is not None:
            self.chosen.emit(self.choice)

    def _lay_out(self) -> None:
        title = QLabel("Experiment")
        title.setProperty("role", "title")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(8)
        form.addRow("Unit", self.serial_number)
        form.addRow("Seed", self.seed)
        form.addRow("Gradient", self.estimator)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(self.list, 1)
        layout.addLayout(form)
        layout.addWidget(self.start)


def _spin(tip: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(0, LARGEST)
    spin.setToolTip(f"{tip} 0 to {LARGEST}.")
    spin.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
    return spin
