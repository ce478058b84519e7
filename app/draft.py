"""The choice that the experiment page edits, with its history: every edit can be undone and done again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from app.choice import OF_UNIT, Choice
from app.presets import Preset, flat
from app.spec_fields import SpecField, Value, spec_fields
from core.phrase import Phrase

MOST_EDITS = 1000


class Draft(QObject):
    """Holds the choice in force; `changed` tells each new one."""

    changed = Signal()

    def __init__(self, preset: Preset, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.choice = Choice(preset)
        self._phrases: dict[str, Phrase] = {}
        self.history = QUndoStack(self)
        self.history.setUndoLimit(MOST_EDITS)

    def set(self, field: SpecField, value: Value) -> None:
        """Change one value; consecutive changes of one value are one edit."""
        self._push(self.choice.changed(field.key, value, field.default), Phrase(field.label), field.key)

    def take(self, values: Mapping[str, Value], what: Phrase) -> None:
        """Change several values by their keys, as one edit."""
        choice, defaults = self.choice, {field.key: field.default for field in spec_fields()}
        for key, value in values.items():
            choice = choice.changed(key, value, defaults.get(key))
        self._push(choice, what)

    def reset(self, field: SpecField) -> None:
        """Take the preset's value again."""
        self._push(self.choice.reset(field.key), Phrase("reset of {field}", field=Phrase(field.label)))

    def reset_all(self) -> None:
        """Take the preset as it is."""
        self._push(Choice(self.choice.preset), Phrase("reset of all"))

    def choose(self, preset: Preset) -> None:
        """Take another preset as it is."""
        self._push(Choice(preset), Phrase("choice of {preset}", preset=Phrase(preset.title)))

    def phrase(self, what: str) -> str:
        """Return what an edit of the history is called, for every language."""
        return self._phrases.get(what, what)

    def forget(self, presets: Sequence[Preset]) -> None:
        """Drop the history where it leads to a preset that is no longer among these."""
        self.history.clear()
        if self.choice.preset not in presets:
            self.put(Choice(presets[0]))

    def put(self, choice: Choice) -> None:
        """Make a choice the one in force, without history."""
        self.choice = choice
        self.changed.emit()

    def _push(self, after: Choice, what: Phrase, key: str = "") -> None:
        if after != self.choice:
            self._phrases[what] = what  # Qt keeps the English text alone
            self.history.push(_Edit(self, after, what, key))


def stored(choice: Choice) -> dict[str, Any]:
    """Return a choice as plain data."""
    return {"preset": choice.preset.source, "changes": dict(choice.changes)}


def restored(data: dict[str, Any], preset: Preset) -> Choice:
    """Return a choice from plain data. Raises ValueError telling the first value that cannot be used."""
    choice, defaults = Choice(preset), {field.key: field.default for field in spec_fields()}
    # another kind of system drops imperfections, another unit a saved twin
    changes = sorted(data["changes"].items(), key=lambda item: (item[0] != "system.kind", item[0] not in OF_UNIT))
    for key, value in changes:
        try:
            read = flat(Choice(preset, {**choice.changes, key: value}).experiment().model_dump())
        except ValidationError as error:
            raise ValueError(f"{key} = {value!r}: {error.errors()[0]['msg']}") from None
        choice = choice.changed(key, read[key], defaults.get(key))
    return choice


class _Edit(QUndoCommand):
    def __init__(self, draft: Draft, after: Choice, what: str, key: str) -> None:
        super().__init__(what)
        self._draft, self._before, self.after, self.key = draft, draft.choice, after, key

    def undo(self) -> None:
        self._draft.put(self._before)

    def redo(self) -> None:
        self._draft.put(self.after)

    def id(self) -> int:
        return 1 if self.key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other.key != self.key:
            return False
        self.after = other.after
        self.setObsolete(self.after == self._before)
        return True
