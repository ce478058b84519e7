"""The experiment page: which experiment, its network as a chain, its settings, and what a run of it will cost."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from app.background import Background
from app.choice import Choice
from app.draft import Draft, restored, stored
from app.forecast import Forecast, forecast
from app.language import say, tr
from app.presets import Preset, PresetFolder, read_preset
from app.spec_fields import SpecField, imperfection_fields, spec_fields
from app.theme import Theme
from app.widgets.chain_view import ChainView
from app.widgets.cost_view import CostView
from app.widgets.inline_question import InlineQuestion, NameForm, table_of_changes
from app.widgets.setup_panel import SetupPanel
from app.widgets.spec_form import SpecForm
from core.phrase import Phrase
from core.ports import OvertoneError, SpecError
from core.run.spec import preset_names

if TYPE_CHECKING:
    from core.run.spec import Experiment

SETTLED_MS = 150  # after which a choice is taken for made
COST_PX = 216


class ExperimentPage(QWidget):
    """The choices at the left, chain, form and cost beside; chain and cost follow them, counted in the background.

    `problem` tells what could not be read or written.
    """

    problem = Signal(str)

    def __init__(self, presets: list[Preset], folder: PresetFolder | None = None) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._presets, self._folder = list(presets), folder or PresetFolder()
        self._own: list[Preset] = []
        self.draft = Draft(presets[0], self)
        self.setup = SetupPanel(self.draft)
        self.chain = ChainView()
        self.form = SpecForm(self.draft)
        self.question = InlineQuestion()
        self.cost = CostView()
        self._middle = QStackedWidget()
        self._reason, self._kind = "", ""
        self._background = Background(self)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(SETTLED_MS)
        self._lay_out()
        self._connect()
        self._list_presets()
        self._settled.start()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        for part in (self.setup, self.chain, self.form):
            part.apply_theme(theme)

    def open_file(self, source: str) -> None:
        """Take a specification from anywhere, or tell what is wrong with it."""
        try:
            preset = read_preset(source)
        except SpecError as error:
            self.problem.emit(str(error))
            return
        self._presets = [*(other for other in self._presets if other.source != source), preset]
        self._list_presets()
        if self.draft.choice.changes:
            self._ask_to_choose(preset)
        else:
            self.draft.choose(preset)

    def choose_preset_for(self, kind: str) -> None:
        """Take the first preset on a kind of system, where there is one."""
        preset = next((preset for preset in (*self._presets, *self._own) if preset.kind == kind), None)
        if preset is not None:
            self.draft.choose(preset)

    def draft_as_kept(self) -> dict[str, Any]:
        """Return the draft as plain data."""
        return stored(self.draft.choice)

    def restore_draft(self, data: dict[str, Any]) -> None:
        """Take a draft as it was kept. Raises SpecError or ValueError where it cannot be used."""
        source = data["preset"]
        known = next((preset for preset in (*self._presets, *self._own) if preset.source == source), None)
        preset = known or read_preset(source)
        choice = restored(data, preset)
        if known is None:
            self._presets.append(preset)
            self._list_presets()
        self.draft.put(choice)

    def ask_to_save(self) -> None:
        """Ask under which name the values shall be kept."""
        fields = {field.key: field for field in spec_fields()}
        values = self.draft.choice.values
        name = str(values["name"])
        suggestion = f"my-{name}" if name in preset_names() else name
        names = NameForm(fields, {"name": suggestion, "title": str(values["title"])})
        names.changed.connect(partial(self._check_name, names))
        save = partial(self._save, names)
        self._ask("Keep these values as a preset of your own", names, ("Save", "Cancel"), save)
        self._check_name(names)

    def ask_to_remove(self, preset: Preset) -> None:
        """Ask whether an own preset shall be deleted."""
        told = QLabel()
        say(told.setText, "The file {file} will be deleted.", file=preset.source)
        told.setWordWrap(True)
        told.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._ask(
            Phrase("Remove the preset {preset}?", preset=Phrase(preset.title)),
            told,
            ("Remove", "Keep"),
            partial(self._remove, preset),
        )

    def _ask_to_choose(self, preset: Preset) -> None:
        old, new = self.draft.choice, Choice(preset)
        text = Phrase("{preset}: what will change", preset=Phrase(preset.title))
        self._ask(text, table_of_changes(old, new), ("Apply", "Keep"), partial(self.draft.choose, preset))

    def _ask(self, text: str, details: QWidget, answers: tuple[str, str], do: partial[None]) -> None:
        self.question.ask(text, details, answers, do)
        self._middle.setCurrentWidget(self.question)
        self._allow()

    def _answered(self) -> None:
        self._middle.setCurrentWidget(self.form)
        self.setup.mark_chosen()
        self._allow()

    def _check_name(self, names: NameForm) -> None:
        name = names.values["name"]
        bundled = (
            Phrase("{name!r} is a bundled preset: choose another name.", name=name) if name in preset_names() else ""
        )
        problem = names.problem or bundled
        replaces = not problem and self._folder.file(name).exists()
        say(self.question.apply.setText, "Replace" if replaces else "Save")
        self.question.apply.setEnabled(not problem)
        told = "Replaces {file}" if replaces else "Writes {file}"
        say(names.note.setText, problem or Phrase(told, file=self._folder.file(name)))

    def _save(self, names: NameForm) -> None:
        try:
            preset = self._folder.save(self.draft.choice.experiment(**names.values))
        except (OvertoneError, ValueError) as error:
            self.problem.emit(str(error))
            return
        self._list_presets()
        self.draft.choose(preset)

    def _remove(self, preset: Preset) -> None:
        try:
            self._folder.remove(preset)
        except SpecError as error:
            self.problem.emit(str(error))
        self._list_presets()
        self.draft.forget([*self._presets, *self._own])

    def _list_presets(self) -> None:
        self._own, broken = self._folder.read()
        self.setup.show_presets(self._presets, self._own, broken)

    def _changed(self) -> None:
        self._middle.setCurrentWidget(self.form)
        self._settled.start()

    def _count(self) -> None:
        choice = self.draft.choice
        self.cost.show_counting()
        if choice.kind != self._kind:
            self._kind = choice.kind
            self._background.run(partial(_declared, choice.kind), self._show_imperfections)
        self._background.run(partial(_counted, choice), self._show)

    def _show_imperfections(self, found: tuple[str, tuple[SpecField, ...]]) -> None:
        kind, fields = found
        if kind == self._kind:
            self.form.show_imperfections(fields)

    def _show(self, counted: tuple[Choice, Experiment, Forecast]) -> None:
        from core.network.stages import stages_of

        choice, experiment, cost = counted
        if choice != self.draft.choice:
            return  # another one was made meanwhile, and is being counted
        sizes = cost.features, cost.drive, cost.response, cost.classes
        self.chain.show_stages(stages_of(experiment.network, *sizes))
        self.cost.show_forecast(cost)
        self._reason = ""
        self._allow()

    def _refuse(self, reason: str) -> None:
        self.cost.refuse(reason)
        self._reason = reason
        self._allow()

    def _allow(self) -> None:
        asked = "" if self._middle.currentWidget() is self.form else "Answer the question at the right first."
        self.setup.allow(asked or self.form.problem or self._reason)

    def _open_section(self, place: int) -> None:
        stage, last = self.chain.stages[place], len(self.chain.stages) - 1
        section = {0: "task", last: "training"}.get(place, "system" if stage.kind == "physical" else "network")
        self._middle.setCurrentWidget(self.form)
        self.form.open(section)

    def _look_for_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, tr("Open a specification"), "", tr("Specifications (*.toml)"))
        if name:
            self.open_file(name)

    def _connect(self) -> None:
        self.draft.changed.connect(self._changed)
        self._settled.timeout.connect(self._count)
        self._background.failed.connect(self._refuse)
        self.setup.asked.connect(self._ask_to_choose)
        self.setup.open_requested.connect(self._look_for_file)
        self.setup.remove_requested.connect(self.ask_to_remove)
        self.form.save_asked.connect(self.ask_to_save)
        self.form.problem_changed.connect(self._allow)
        self.question.closed.connect(self._answered)
        self.chain.pressed.connect(self._open_section)

    def _lay_out(self) -> None:
        chain = QFrame()
        chain.setObjectName("panel")
        box = QVBoxLayout(chain)
        box.setContentsMargins(16, 8, 16, 8)
        box.addWidget(self.chain)
        self._middle.addWidget(self.form)
        self._middle.addWidget(self.question)
        self.cost.setFixedWidth(COST_PX)
        lower = QHBoxLayout()
        lower.setSpacing(12)
        lower.addWidget(self._middle, 1)
        lower.addWidget(self.cost)
        right = QVBoxLayout()
        right.setContentsMargins(12, 12, 12, 12)
        right.setSpacing(12)
        right.addWidget(chain)
        right.addLayout(lower, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.setup)
        layout.addLayout(right, 1)


def _counted(choice: Choice) -> tuple[Choice, Experiment, Forecast]:
    experiment = choice.experiment()
    return choice, experiment, forecast(experiment)


def _declared(kind: str) -> tuple[str, tuple[SpecField, ...]]:
    from devices.catalogue import find_system

    declare = find_system(kind).imperfections
    return kind, imperfection_fields(declare()) if declare else ()
