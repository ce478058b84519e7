"""The sections of a report: what is said, shown and tabled of a run, in the order in which it is read."""

from __future__ import annotations

from functools import partial

from core.network.stages import stages_of
from core.report import measured, tables
from core.report.canvas import Canvas
from core.report.caveats import find_warnings
from core.report.chain_drawing import CHAIN_IN, draw_chain
from core.report.content import (
    Block,
    Column,
    Figure,
    KeyFigure,
    Paragraph,
    Report,
    Section,
    Table,
    duration,
    interval,
    per_cent,
)
from core.report.facts import Facts
from core.run.robustness_card import RobustnessCard
from core.run.spec import Experiment

TWINS = {
    "physics": "the system's equations, fitted to {shots:,} random shots",
    "datasheet": "the system's equations with the values of the data sheet, not fitted",
    "neural": "a neural network, fitted to {shots:,} random shots",
    "hybrid": "the system's equations and a small network that corrects them, fitted to {shots:,} random shots",
    "ensemble": "the mean of five twins that were fitted alike, to {shots:,} random shots",
    "saved": "one that an earlier calibration fitted and saved, checked on a few shots",
}
WAYS = {
    "pat": "with physics-aware training: the forward pass is measured on the device, the gradient is the twin's at "
    "what was measured",
    "in_silico": "in silico: forward pass and gradient are the twin's, and the finished network is then measured on "
    "the device",
    "ideal": "with the simulator's own derivative, which no apparatus can lend: an upper bound",
}


def build_report(facts: Facts) -> Report:
    """Say, show and table what is known of a run."""
    experiment = facts.experiment
    system = str(facts.attributes["system"].get("name", f"{experiment.system.kind} #{experiment.system.serial_number}"))
    status = str(facts.attributes["system"].get("status", ""))
    subtitle = " · ".join(part for part in (system, status, facts.run) if part)
    return Report(
        experiment.title or experiment.name,
        subtitle,
        find_warnings(facts),
        _key_figures(facts),
        [
            _asked(facts),
            _system(facts, system),
            measured.calibration(facts),
            measured.training(facts),
            measured.results(facts),
            measured.alignment(facts),
            measured.robustness(facts),
            measured.examples(facts),
            _cost(facts),
            _provenance(facts),
        ],
        {
            "run": facts.run,
            "state": facts.state,
            "experiment": experiment.model_dump(),
            "result": facts.result,
            "provenance": facts.provenance,
            "siblings": facts.siblings,
            "robustness": facts.robustness.model_dump(mode="json")
            if isinstance(facts.robustness, RobustnessCard)
            else None,
            "log": facts.log,
        },
    )


def _key_figures(facts: Facts) -> list[KeyFigure]:
    result, shown = facts.result, list[KeyFigure]()
    if result is not None:
        note = f"95 %: {interval(result['test_interval95'])}, {result['test_count']:,} samples"
        shown.append(KeyFigure("Test accuracy on the device", per_cent(result["test_accuracy"]), note))
        if result["baselines"]:
            best = max(result["baselines"], key=lambda item: item["test_accuracy"])
            shown.append(KeyFigure("Best digital baseline", per_cent(best["test_accuracy"]), str(best["name"])))
    error = facts.attributes["twin"].get("held_out_error")
    if error is not None:
        shown.append(KeyFigure("Twin's held-out error", per_cent(error), "of the signal's rms"))
    if result is not None:
        note = f"{result['shots_per_inference']} an inference" if "shots_per_inference" in result else ""
        shown.append(KeyFigure("Device passes", f"{result['device_passes']:,}", note))
        note = f"device {duration(result['device_s'])}" if "device_s" in result else ""
        shown.append(KeyFigure("Wall time", duration(result["wall_s"]), note))
    return shown


def in_words(experiment: Experiment) -> str:
    """Say what a run was asked to do."""
    network, training, task, spec = experiment.network, experiment.training, experiment.task, experiment.calibration
    several = network.branches > 1
    shape = f"{network.layers} shot{'s' if network.layers > 1 else ''} in a row" + (
        f" on each of {network.branches} parallel branches" if several else ""
    )
    way = WAYS.get(training.estimator, f"with the estimator {training.estimator}")
    twin = TWINS[spec.twin].format(shots=spec.shots)
    return (
        f"Train a network of {shape} (architecture “{network.architecture}”) on unit {experiment.system.serial_number} "
        f"of the system “{experiment.system.kind}” to solve the task “{task.name}” ({task.data} data), {way}. "
        f"The digital twin is {twin}. {training.epochs:,} epochs in batches of {training.batch_size:,} at a learning "
        f"rate of {training.learning_rate:g}; seed {experiment.seed}."
    )


def _asked(facts: Facts) -> Section:
    chosen = tables.settings_table("chosen", "Settings other than the defaults.", facts.experiment, defaults=False)
    return Section("What was asked", [Paragraph(in_words(facts.experiment)), chosen])


def _system(facts: Facts, name: str) -> Section:
    experiment, system, info = facts.experiment, facts.arrays["system"], facts.attributes["system"]
    kind = experiment.system.kind
    picture = partial(_draw_system, kind=kind, name=name)
    blocks: list[Block] = [Figure("system", f"{name}: a sketch, not to scale.", (6.85, 1.45), picture)]
    drive, response = (len(system[key]) if system else None for key in ("drive_axis", "response_axis"))
    features = facts.arrays["examples"].get("features")
    stages = stages_of(
        experiment.network,
        None if features is None else features.shape[1],
        drive,
        response,
        len(facts.classes) or None,
    )
    caption = "The network: physical parts filled, digital parts hatched."
    blocks.append(Figure("network", caption, CHAIN_IN, partial(draw_chain, stages=stages)))
    if info:
        shots = f"{drive} controls in, {response} values out, {duration(float(info['shot_s']))} a shot."
        blocks.append(Paragraph(f"{name} ({info['status']}): {shots}"))
    return Section("System and network", blocks)


def _draw_system(canvas: Canvas, *, kind: str, name: str) -> None:
    from core.report.system_picture import draw_system  # loads matplotlib

    draw_system(canvas, kind, name)


def _cost(facts: Facts) -> Section:
    if facts.result is None:
        return Section("Cost", [Paragraph("What the run cost is known when it has ended.")])
    energy = tables.energy_table(facts)
    return Section("Cost", [tables.cost_table(facts), *([energy] if energy else [])])


def _provenance(facts: Facts) -> Section:
    columns = [Column("Time"), Column("Level"), Column("Text")]
    log = Table("log", "The log.", columns, [(line["time"], line["level"], line["text"]) for line in facts.log])
    caption = "All settings: in a file, or as --set key=value, they repeat the run."
    settings = tables.settings_table("settings", caption, facts.experiment, defaults=True)
    return Section("Provenance, settings and log", [tables.provenance_table(facts), settings, log])
