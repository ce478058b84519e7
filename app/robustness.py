"""The robustness card of a run: which conditions there are for its system, and their table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType

from rich.table import Table

from app.compose import compose
from core.ports import Ageing, PhysicalSystem, SpecError
from core.run.record import read_experiment
from core.run.robustness import TEST_SAMPLES, Condition, Planned, measure_robustness
from core.run.robustness_card import Changed, Omitted, RobustnessCard
from core.run.setup import Setup
from devices.catalogue import Settings, SystemEntry, find_system
from devices.simulated.base import Worsening

DRIFT_H = (1, 10, 100)
HISTORIES = 10  # of a drift, which walks at random
UNSEEN_UNITS = range(900_001, 900_022)  # the same ones for all runs, so that their cards compare
UNITS = 20
WORSENINGS: dict[Worsening, str] = {
    "bits": "2 bits less",
    "noise": "twice the noise",
    "jitter": "twice the jitter",
}


def measure_run(
    folder: Path, *, seed: int | None = None, test_samples: int = TEST_SAMPLES, report: Callable[[str], None]
) -> RobustnessCard:
    """Measure how a finished run's network holds where its device changes.

    `seed` is that of the first noise, the training's plus one without it. Raises SpecError, RunFileError, DataError or
    DeviceError.
    """
    experiment = read_experiment(folder, as_written=False)
    setup = compose(experiment)
    seed = experiment.seed + 1 if seed is None else seed
    if experiment.seed in range(seed, seed + HISTORIES):
        raise SpecError(f"--seed {seed} leads to noise that the training had, of seed {experiment.seed}. Take another.")
    nominal, *changed = conditions(setup, find_system(experiment.system.kind), seed)
    assert isinstance(nominal, Condition)
    return measure_robustness(setup, folder, nominal, changed, test_samples=test_samples, report=report)


def card_table(card: RobustnessCard) -> Table:
    """Lay out a card for the terminal, in per cent and percentage points."""
    count = f"{card.test_samples:,} of {card.test_samples_there_are:,} test samples"
    title = f"{card.system}: accuracy in % on {count}, with 95 % intervals"
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0), caption_justify="left")
    for name in ("condition", "accuracy", "difference", "worst", "sessions"):
        table.add_column(name, justify="left" if name == "condition" else "right", no_wrap=True)
    for row in (card.nominal, *card.rows):
        if isinstance(row, Omitted):
            table.add_row(row.condition, "not applicable")  # the reason was reported
            continue
        difference = _with_interval(row.difference, row.difference95, "+.1f") if isinstance(row, Changed) else ""
        several = len(row.sessions) > 1
        worst = f"{100 * row.worst.accuracy:.1f}" if several else ""
        accuracy = _with_interval(row.accuracy, row.interval95, ".1f")
        table.add_row(row.condition, accuracy, difference, worst, str(len(row.sessions)))
    table.caption = (
        "Of several sessions: their mean, with the interval between sessions on these samples. Differences are paired "
        "by sample; their intervals hold the chance in both."
    )
    return table


def conditions(setup: Setup, entry: SystemEntry, seed: int) -> list[Condition | Omitted]:
    """List the nominal condition and the changed ones, or the reason why a system cannot be changed so."""
    spec, info = setup.experiment.system, setup.system.info
    own, age_h = spec.serial_number, setup.experiment.idle_h
    simulated, can_age = info.status == "simulated", isinstance(setup.system, Ageing)

    def planned(
        unit: int = own, noise: int = seed, hours: float = 0.0, changes: Settings = MappingProxyType({})
    ) -> Planned:
        def build() -> PhysicalSystem:
            system = entry.build(unit, noise, {**spec.imperfections, **changes})
            if age_h + hours and isinstance(system, Ageing):
                system.age(age_h + hours)
            return system

        return Planned(unit, noise, build)

    as_it_is = Planned(own, setup.experiment.seed, lambda: setup.system)  # a real device is there once
    usual = planned() if simulated else as_it_is
    found: list[Condition | Omitted] = [
        Condition("nominal", f"unit {own}" + (", switched on anew" if simulated else ""), [usual])
    ]
    for hours in DRIFT_H:
        name = f"{hours} h of drift"
        if simulated and can_age:
            histories = [planned(noise=seed + index, hours=hours) for index in range(HISTORIES)]
            found.append(Condition(name, f"unit {own}, {HISTORIES} histories", histories))
        else:
            reason = f"{info.name} cannot be aged at will: let the time pass, then use overtone evaluate."
            found.append(Omitted(condition=name, reason=reason))
    units = [unit for unit in UNSEEN_UNITS if unit != own][:UNITS]
    name = f"{UNITS} unseen units"
    if simulated:
        found.append(Condition(name, f"units {units[0]} to {units[-1]}", [planned(unit) for unit in units]))
    else:
        reason = f"{info.name} is no simulation: connect another unit, then use overtone evaluate --serial-number."
        found.append(Omitted(condition=name, reason=reason))
    for what, name in WORSENINGS.items():
        try:
            if entry.worsened is None:
                raise SpecError(f"The system does not tell which of its settings are its {what}.")
            changes = entry.worsened(what, spec.imperfections)
        except SpecError as error:
            found.append(Omitted(condition=name, reason=str(error)))
        else:
            change = ", ".join(f"{key} = {value:g}" for key, value in changes.items())
            found.append(Condition(name, change, [planned(changes=changes)]))
    return found


def _with_interval(value: float, bounds: tuple[float, float], digits: str) -> str:
    middle, low, high = (format(100 * number, digits) for number in (value, *bounds))
    return f"{middle} [{low}, {high}]"
