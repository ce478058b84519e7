"""The calibration page: what to calibrate at the left above the checklist, the step that is looked at beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.draft import Draft
from app.language import say, worded
from app.spec_choices import open_choices
from app.spec_fields import spec_fields
from app.step_words import TWINS, twin_words
from app.systems import system_name
from app.theme import Theme, icon
from app.widgets.field_editors import ChoiceEdit, SpinEdit
from app.widgets.step_list import StepList
from app.widgets.step_view import StepRecord, StepView
from core.calibration.events import STEPS, CalibrationEnded, StepBegun, StepEnded, StepName
from core.phrase import Phrase, numbered

if TYPE_CHECKING:
    from app.bridge import Frame

WIDTH_PX = 272
TWIN, SHOTS, UNIT, SYSTEM = "calibration.twin", "calibration.shots", "system.serial_number", "system.kind"
OTHER_SYSTEM = "This twin is of {twin}, and the experiment is on another unit: choose that one to use it."


@dataclass(frozen=True)
class CalibrationChoice:
    """What is calibrated: which unit of which system with which imperfections, and the twin to be fitted."""

    settings: tuple[str, ...]  # as a specification takes them, over a preset's
    source: str
    kind: str
    serial_number: int
    twin: str
    shots: int

    @property
    def unit(self) -> Phrase:
        """Name the unit."""
        return numbered(f"{system_name(self.kind)} #{self.serial_number}")


class CalibrationPage(QWidget):
    """Shows a calibration as its events tell it.

    `calibrate_requested` tells that the choice is to be calibrated, `system_chosen` that the experiment is to be one on
    another kind of system, `save_requested` has a PlotRecord, `use_requested` the content of a twin's file and which
    twin it is.
    """

    calibrate_requested = Signal()
    system_chosen = Signal(str)
    save_requested = Signal(object)
    use_requested = Signal(bytes, object)

    def __init__(self, draft: Draft) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._draft = draft
        self._fields = {field.key: field for field in spec_fields()}
        self.system = ChoiceEdit(open_choices(SYSTEM) or {})
        self.unit, self.shots = SpinEdit(), SpinEdit()
        self.twin = ChoiceEdit({kind: TWINS[kind] for kind in TWINS if kind in self._fields[TWIN].choices})
        self.begin_button = worded(QPushButton(), "Calibrate")
        self.begin_button.setProperty("primary", True)
        self.steps, self.view = StepList(), StepView()
        self.use = self.view.card.use
        self._busy, self._of = "", CalibrationChoice((), "", "", 0, "", 0)
        self._records = {step: StepRecord() for step in STEPS}
        self._end: tuple[CalibrationEnded, str] | None = None
        self._current: StepName = STEPS[0]
        self._looked_at: StepName | None = None
        self._drafted: tuple[object, object] = (None, None)
        self._lay_out()
        self._connect()
        self._follow_draft()
        self.view.show_purposes()

    @property
    def choice(self) -> CalibrationChoice:
        """Return what would be calibrated now."""
        choice = self._draft.choice
        twin, shots = str(self.twin.currentData()), self.shots.value()
        settings = (*choice.settings, f"{TWIN}={twin}", f"{SHOTS}={shots}")
        return CalibrationChoice(settings, choice.preset.source, choice.kind, choice.serial_number, twin, shots)

    @property
    def file_name(self) -> str:
        """Return how files name the calibration that is shown."""
        return f"calibration-{self._of.kind}-{self._of.serial_number}"

    @property
    def twin_name(self) -> str:
        """Return how the file of its twin is named."""
        return f"{self._of.kind}-{self._of.serial_number}-{self._of.twin}-{self._of.shots}"

    def begin(self, choice: CalibrationChoice) -> None:
        """Forget the last calibration: one of this choice begins."""
        self._of, self._end = choice, None
        self._records = {step: StepRecord() for step in STEPS}
        self.steps.reset()
        self._current = STEPS[0]
        self._look_at(STEPS[0])

    def show_event(self, event: StepBegun | StepEnded | CalibrationEnded) -> None:
        """Show what a calibration tells; the page goes on to each new step unless another one is being looked at."""
        match event:
            case StepBegun():
                follows = self._looked_at == self._current
                self._current = event.step
                self._records[event.step].text = event.text
                self.steps.show_begun(event.step)
                if follows:
                    self._look_at(event.step)
            case StepEnded():
                self._records[event.step].ended = event
                self.steps.show_ended(event)
                if self._looked_at == event.step:
                    self._look_at(event.step)
            case CalibrationEnded():
                self._end = event, twin_words(self._of.twin, self._of.shots, self._of.unit)
                self._look_at("verdict")
                self._allow_use()

    def show_frame(self, frame: Frame) -> None:
        """Show how far the step under way is."""
        progress = frame.calibration
        if progress is None:
            return
        record = self._records[progress.step]
        if record.ended is not None:
            return
        record.progress = progress
        self.steps.show_share(progress.step, progress.done / max(progress.total, 1))
        if self._looked_at == progress.step:
            self.view.show_progress(progress)

    def set_busy(self, reason: str) -> None:
        """Let nothing be calibrated and say why, "" where nothing is under way."""
        self._busy = reason
        self.begin_button.setEnabled(not reason)
        say(self.begin_button.setToolTip, reason or "Measure and fit: no network is trained, no run is written.")
        if not reason:
            self._cut_short()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self.steps.apply_theme(theme)
        self.view.apply_theme(theme)
        self.begin_button.setIcon(icon("calibration", theme.surface))

    def _look_at(self, step: StepName) -> None:
        self._looked_at = step
        self.steps.show_chosen(step)
        self.view.show_step(step, self._records[step], self._end)

    def _cut_short(self) -> None:
        """Show a step that was begun and will not end, after a stop or a failure, as still to come."""
        self.steps.show_cut_short()
        record = self._records[self._current]
        if record.ended is None and record.text:
            self._records[self._current] = StepRecord()
            self._look_at(self._looked_at or self._current)

    def _follow_draft(self) -> None:
        """Take what the experiment says; a twin that was chosen here stays until the experiment has another."""
        values = self._draft.choice.values
        self.system.show_value(values[SYSTEM])
        self.unit.blockSignals(True)
        self.unit.setValue(int(values[UNIT]))
        self.unit.blockSignals(False)
        drafted = values[TWIN], values[SHOTS]
        if drafted != self._drafted:
            self._drafted = drafted
            if values[TWIN] in TWINS:
                self.twin.show_value(values[TWIN])
            if values[TWIN] != "saved":
                self.shots.setValue(int(values[SHOTS]))
        self._allow_use()

    def _allow_use(self) -> None:
        choice, of = self._draft.choice, self._of
        reason = ""
        if self._end is None:
            reason = "Calibrate first."
        elif (choice.kind, choice.serial_number) != (of.kind, of.serial_number):
            reason = Phrase(OTHER_SYSTEM, twin=of.unit)
        self.use.setEnabled(not reason)
        say(self.use.setToolTip, reason or "The next run of this unit begins with this very twin.")

    def _use(self) -> None:
        if self._end is not None:
            ended, of = self._end
            self.use_requested.emit(ended.twin, of)

    def _choose_system(self, kind: object) -> None:
        self.system_chosen.emit(str(kind))
        self.system.show_value(self._draft.choice.kind)  # it may have to be asked first

    def _set_unit(self, number: int) -> None:
        self._draft.set(self._fields[UNIT], number)

    def _connect(self) -> None:
        self._draft.changed.connect(self._follow_draft)
        self.system.edited.connect(self._choose_system)
        self.unit.valueChanged.connect(self._set_unit)
        self.begin_button.clicked.connect(self.calibrate_requested)
        self.steps.chosen.connect(self._look_at)
        self.view.save_requested.connect(self.save_requested)
        self.use.clicked.connect(self._use)

    def _lay_out(self) -> None:
        for spin, key in ((self.unit, UNIT), (self.shots, SHOTS)):
            field = self._fields[key]
            low, high = int(field.low), min(int(field.high), 2**31 - 1)
            spin.setRange(low, high)
            spin.setGroupSeparatorShown(key == SHOTS)
            spin.setButtonSymbols(SpinEdit.ButtonSymbols.NoButtons)
            say(spin.setToolTip, "{help} {low:,} to {high:,}.", help=Phrase(field.help), low=low, high=high)
        self.shots.setSingleStep(64)
        title = worded(QLabel(), "Calibration")
        title.setProperty("role", "title")
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(6)
        for word, editor in (("System", self.system), ("Unit", self.unit), ("Twin", self.twin), ("Shots", self.shots)):
            form.addRow(worded(QLabel(), word), editor)
            say(editor.setAccessibleName, word)
        side = QWidget()
        side.setObjectName("setup")
        side.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        side.setFixedWidth(WIDTH_PX)
        left = QVBoxLayout(side)
        left.setContentsMargins(12, 16, 12, 12)
        left.setSpacing(10)
        left.addWidget(title)
        left.addLayout(form)
        left.addWidget(self.begin_button)
        left.addWidget(self.steps)
        left.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(side)
        layout.addWidget(self.view, 1)
