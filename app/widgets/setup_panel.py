"""The left side: the presets, and the three values that one changes most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.choice import Choice
from app.draft import Draft
from app.language import follow, say, tr, worded
from app.presets import Preset
from app.spec_choices import open_choices
from app.spec_fields import spec_fields
from app.systems import system_icon
from app.theme import Theme, icon
from app.widgets.field_editors import ChoiceEdit, SpinEdit
from core.phrase import Phrase

LARGEST = 2**31 - 1
MOST_LETTERS = 80  # of the reason why a file cannot be used, in the list


class SetupPanel(QWidget):
    """A list of presets and quick values of a draft; `chosen` tells each new choice.

    `asked` tells a preset that is wanted while the draft has changes of its own.
    """

    chosen = Signal(object)
    asked = Signal(object)
    start_requested = Signal()
    open_requested = Signal()
    remove_requested = Signal(object)

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.setObjectName("setup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(272)
        self._draft = draft
        self._presets: list[Preset | None] = []  # None: a heading, or a file that cannot be used
        self._theme: Theme | None = None
        self._heading: QListWidgetItem | None = None
        self._busy, self._reason = "", ""
        self.list = QListWidget()
        self.list.setObjectName("presets")
        self.list.setWordWrap(True)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setIconSize(QSize(20, 20))
        self.list.setSpacing(2)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        fields = {field.key: field for field in spec_fields()}
        self._unit, self._seed = fields["system.serial_number"], fields["seed"]
        self._estimator = fields["training.estimator"]
        self.serial_number = _spin(self._unit.help)
        self.seed = _spin(self._seed.help)
        self.estimator = ChoiceEdit(open_choices(self._estimator.key) or {})
        self.open, self.remove = worded(QPushButton(), "Open…"), worded(QPushButton(), "Remove")
        say(self.open.setToolTip, "Open a specification, a .toml file")
        self.start = worded(QPushButton(), "Start training")
        self.start.setProperty("primary", True)
        self._lay_out()
        self.list.currentRowChanged.connect(self._row_changed)
        self.serial_number.valueChanged.connect(partial(draft.set, self._unit))
        self.seed.valueChanged.connect(partial(draft.set, self._seed))
        self.estimator.edited.connect(partial(draft.set, self._estimator))
        self.open.clicked.connect(self.open_requested)
        self.remove.clicked.connect(lambda: self.remove_requested.emit(draft.choice.preset))
        self.start.clicked.connect(self.start_requested)
        draft.changed.connect(self._show)
        follow(self._say_names)

    @property
    def choice(self) -> Choice:
        """Return what is chosen."""
        return self._draft.choice

    def show_presets(self, presets: Sequence[Preset], own: Sequence[Preset], broken: Mapping[str, str]) -> None:
        """List presets, and below them the user's own and the files that cannot be used with the reason."""
        self.list.blockSignals(True)
        self.list.clear()
        self._heading = None
        self._presets = []
        for preset in presets:
            self._add(preset, QListWidgetItem(), preset.source)
        if own or broken:
            self._heading = QListWidgetItem()
            self._add(None, self._heading)
        for preset in own:
            self._add(preset, QListWidgetItem(), preset.source)
        for file, reason in broken.items():
            short = reason if len(reason) <= MOST_LETTERS else f"{reason[:MOST_LETTERS]} …"
            self._add(None, QListWidgetItem(f"{file}: {short}"), f"{file} cannot be used: {reason}")
        self.list.blockSignals(False)
        self._say_names()
        self._tint()
        self._show()

    def _say_names(self) -> None:
        for row, preset in enumerate(self._presets):
            if preset is not None:
                self.list.item(row).setText(tr(Phrase(preset.title)))
        if self._heading is not None:
            self._heading.setText(tr("Own presets"))

    def choose_system(self, kind: str) -> None:
        """Ask for the first preset on a kind of system, unless one is chosen already."""
        if self.choice.kind != kind:
            for row, preset in enumerate(self._presets):
                if preset is not None and preset.kind == kind:
                    self.list.setCurrentRow(row)
                    return

    def choose(self, name: str) -> None:
        """Take a preset by name, as it is; an unknown one changes nothing."""
        for preset in self._presets:
            if preset is not None and preset.name == name:
                self._draft.choose(preset)
                return

    def set_busy(self, reason: str) -> None:
        """Let nothing be started and say why, "" where nothing is under way; the next run may be chosen meanwhile."""
        self._busy = reason
        self._enable()

    def allow(self, reason: str) -> None:
        """Let the choice be started, or say why not."""
        self._reason = reason
        self._enable()

    def mark_chosen(self) -> None:
        """Mark the preset in force, not one that was asked for."""
        self.list.blockSignals(True)
        preset = self.choice.preset
        self.list.setCurrentRow(self._presets.index(preset) if preset in self._presets else -1)
        self.list.blockSignals(False)

    def apply_theme(self, theme: Theme) -> None:
        """Tint the icons."""
        self._theme = theme
        self._tint()
        self.start.setIcon(icon("play", theme.surface))

    def _enable(self) -> None:
        reason = self._busy or self._reason
        self.start.setEnabled(not reason)
        say(self.start.setToolTip, reason)

    def _tint(self) -> None:
        for row, preset in enumerate(self._presets):
            if preset is not None and self._theme is not None:
                self.list.item(row).setIcon(icon(system_icon(preset.kind), self._theme.text))

    def _add(self, preset: Preset | None, item: QListWidgetItem, tip: str = "") -> None:
        item.setToolTip(tip)
        if preset is None:
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.list.addItem(item)
        self._presets.append(preset)

    def _row_changed(self, row: int) -> None:
        preset = self._presets[row] if row >= 0 else None
        if preset is None:
            return
        if self.choice.changes and preset != self.choice.preset:
            self.asked.emit(preset)
        else:
            self._draft.choose(preset)

    def _show(self) -> None:
        values = self.choice.values
        for spin, field in ((self.serial_number, self._unit), (self.seed, self._seed)):
            spin.blockSignals(True)
            spin.setValue(int(values[field.key]))
            spin.blockSignals(False)
        self.estimator.show_value(values[self._estimator.key])
        self.mark_chosen()
        own = self.choice.preset.own
        self.remove.setEnabled(own)
        say(self.remove.setToolTip, "Delete this preset's file" if own else "Only your own presets can be removed.")
        self.chosen.emit(self.choice)

    def _lay_out(self) -> None:
        title = worded(QLabel(), "Experiment")
        title.setProperty("role", "title")
        files = QHBoxLayout()
        files.setSpacing(8)
        files.addWidget(self.open)
        files.addWidget(self.remove)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(8)
        form.addRow(worded(QLabel(), "Unit"), self.serial_number)
        form.addRow(worded(QLabel(), "Seed"), self.seed)
        form.addRow(worded(QLabel(), "Gradient"), self.estimator)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 16, 12, 16)
        layout.setSpacing(12)
        layout.addWidget(title)
        layout.addWidget(self.list, 1)
        layout.addLayout(files)
        layout.addLayout(form)
        layout.addWidget(self.start)


def _spin(tip: str) -> SpinEdit:
    spin = SpinEdit()
    spin.setRange(0, LARGEST)
    say(spin.setToolTip, "{help} 0 to {largest:,}.", help=Phrase(tip), largest=LARGEST)
    spin.setButtonSymbols(SpinEdit.ButtonSymbols.NoButtons)
    return spin
