"""What the window says of each kind of physical system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.states import BADGES
from core.phrase import Phrase, joined

if TYPE_CHECKING:
    from core.run.index import RunSummary


@dataclass(frozen=True)
class SystemCard:
    """A system's short name and one line about it."""

    name: str
    line: str


CARDS = {
    "shg": SystemCard("SHG bench", "A shaped laser pulse, a crystal that doubles its frequency, a spectrometer."),
    "plate": SystemCard("Titanium plate", "A speaker shakes a metal plate of many modes; a microphone listens."),
    "circuit": SystemCard("Nonlinear oscillator", "A transistor in a resonant circuit, driven by a generator."),
    "pendula": SystemCard("Pendula bench", "Coupled pendula, released together, swing into an answer."),
}


def system_name(kind: str) -> str:
    """Return the short name of a kind of system, or the kind of a plug-in's."""
    return CARDS[kind].name if kind in CARDS else kind


def system_icon(kind: str) -> str:
    """Name the icon of a kind of system."""
    return kind if kind in CARDS else "experiment"


def shown_system(run: RunSummary) -> str:
    """Return a run's system and unit, or that it was an instrument's, and of which kind."""
    unit = "" if run.serial_number is None else f" #{run.serial_number}"
    system = Phrase("{system}{unit}", system=Phrase(system_name(run.system)), unit=unit)
    return joined((system, Phrase(BADGES[run.status])), " · ") if run.status in {"demo", "connected"} else system
