"""The sections of a report that show what was measured: calibration, training, results, samples."""

from __future__ import annotations

from functools import partial

import numpy as np

from core.report import figures, tables
from core.report.canvas import MUTED
from core.report.content import Block, Column, Figure, Paragraph, Section, Table, duration, per_cent
from core.report.facts import Facts, confusion
from core.run.robustness_card import RobustnessCard
from core.run.spec import Experiment

COLOURS = {"pat": figures.PAT, "in_silico": figures.IN_SILICO, "in_silico_believed": figures.IN_SILICO}
OVERLAID_SHOTS, EXAMPLES, MOST_SHOTS = 3, 3, 4  # of long drives and responses one or two fewer, to tell them apart


def _trace(facts: Facts, side: str) -> figures.Trace:
    """Return what stands on the axes of the "drive" or the "response"."""
    info = facts.attributes["system"]
    words = (str(info.get(f"{side}_{key}", "")) for key in ("quantity", "axis_unit", "label", "unit"))
    return figures.Trace(facts.arrays["system"][f"{side}_axis"], *words)


def calibration(facts: Facts) -> Section:
    """Show how the twin was fitted and how it answers beside the device."""
    fit, twin, attributes = facts.arrays["calibration"], facts.arrays["twin"], facts.attributes["twin"]
    blocks: list[Block] = []
    if attributes:
        error, shots = per_cent(float(attributes["held_out_error"])), int(attributes["shots"])
        blocks.append(
            Paragraph(f"The twin leaves {error} of the held-out signal (rms); {shots:,} shots were measured.")
        )
    if fit or twin:
        data = [tables.columns_table("calibration", "The twin's fit.", fit, {})] if fit else []
        if twin:
            data.append(_overlay_table(facts))
        long = bool(twin) and twin["measured"].shape[1] > figures.LONG
        shown = 1 if long else min(OVERLAID_SHOTS, len(twin.get("measured", [])))
        caption = "The fit of the twin" if fit else ""
        if twin:
            what = "the middle of a calibration shot" if long else f"{shown} calibration shots"
            over = f"{what}, measured (pale) and as the twin answers (dashed)"
            caption = f"{caption}; right: {over}" if fit else over[0].upper() + over[1:]
        draw = partial(figures.draw_calibration, fit=fit, twin=twin, trace=_response_trace(facts), shots=shown)
        blocks.append(Figure("calibration", f"{caption}.", figures.CALIBRATION_IN, draw, data))
    # The card of the twin's quality belongs here.
    return Section("Calibration", blocks or [Paragraph("Nothing has been calibrated yet.")])


def _response_trace(facts: Facts) -> figures.Trace:
    if "response_axis" in facts.arrays["system"]:
        return _trace(facts, "response")
    return figures.Trace(np.arange(1.0), "", "", "Response", "")


def _overlay_table(facts: Facts) -> Table:
    twin, response = facts.arrays["twin"], _response_trace(facts)
    shots = range(len(twin["measured"]))
    columns = [Column(response.axis_quantity, response.axis_unit, ".6g")]
    values = [response.axis]
    for shot in shots:
        for key in ("measured", "predicted"):
            columns.append(Column(f"shot {shot} {key}", response.unit, ".6g"))
            values.append(twin[key][shot])
    rows = list(zip(*(value.tolist() for value in values), strict=True))
    return Table("twin", "Measured responses and the twin's.", columns, rows)


def training(facts: Facts) -> Section:
    """Show the way of loss, accuracy and learning rate."""
    steps, epochs, result = facts.arrays["steps"], facts.arrays["epochs"], facts.result
    if not steps:
        return Section("Training", [Paragraph("Nothing has been trained yet.")])
    test = None
    if result is not None:
        low, high = result["test_interval95"]
        test = (result["test_accuracy"], low, high)
    levels = {str(item["name"]): float(item["test_accuracy"]) for item in (result or {}).get("baselines", [])}
    units = {"wall_s": "s", "device_s": "s"}
    data = [tables.columns_table("steps", "Optimiser steps.", steps, units)]
    if epochs:
        data.append(tables.columns_table("epochs", "Epochs.", epochs, units))
    caption = "Loss, learning rate and accuracy. Grey: single batches; dotted: test accuracy of the digital baselines."
    draw = partial(
        figures.draw_training,
        steps=steps,
        epochs=epochs,
        test=test,
        baselines=levels,
        planned_epochs=facts.experiment.training.epochs,
    )
    return Section("Training", [Figure("training", caption, figures.TRAINING_IN, draw, data)])


def results(facts: Facts) -> Section:
    """Compare what was reached, and tell for each class."""
    rows = tables.reached(facts)
    blocks: list[Block] = []
    measured = [
        (row.label, row.accuracy, *row.interval95) for row in rows if row.accuracy is not None and row.interval95
    ]
    if measured:
        colours = [
            COLOURS.get(row.kind, figures.IDEAL if row.kind == "ideal" else MUTED) for row in rows if row.interval95
        ]
        size = (figures.WIDTH_IN, 0.5 + figures.COMPARISON_ROW_IN * len(measured))
        caption = "Test accuracy with 95 % Wilson intervals."
        blocks.append(
            Figure("comparison", caption, size, partial(figures.draw_intervals, rows=measured, colours=colours))
        )
    blocks.append(tables.reached_table(rows))
    missing = [row.label for row in rows if row.accuracy is None and row.kind != "in_silico_believed"]
    if missing:
        blocks.append(
            Paragraph(
                f"Not measured: {'; '.join(missing)}. A run with the same settings but another training.estimator, in "
                "the same folder, is found and shown here."
            )
        )
    answers = facts.arrays["test"]
    if answers:
        counts = confusion(answers["label"], answers["chosen"], len(facts.classes))
        columns = [Column("True class"), *(Column(f"chosen {name}", digits="d") for name in facts.classes)]
        matrix = [[name, *row] for name, row in zip(facts.classes, counts.tolist(), strict=True)]
        data = Table("confusion", "Test samples by true and chosen class.", columns, matrix)
        size = figures.confusion_size_in(facts.classes)
        caption = "Confusion matrix of the test set, measured on the device: samples; tint: share of the true class."
        draw = partial(figures.draw_confusion, counts=counts, classes=facts.classes)
        blocks.append(Figure("confusion", caption, size, draw, [data]))
        blocks.append(tables.class_table(counts, facts.classes))
    else:
        blocks.append(Paragraph("The test set has not been measured yet."))
    return Section("Results", blocks)


def alignment(facts: Facts) -> Section:
    """Show whether the twin's gradient pointed the way of the device's."""
    checks = facts.arrays["alignment"]
    if not checks:
        text = (
            "Gradient alignment was not monitored in this run: whether the twin's gradient points the way of the "
            "device's is not known."
        )
        return Section("Gradient alignment", [Paragraph(text)])
    data = [tables.columns_table("alignment", "Checks of the gradient.", checks, {})]
    caption = (
        "Cosine between the twin's and the measured derivative, with its 95 % interval: training descends while it is "
        "positive. Below: drift of the device against its noise floor."
    )
    draw = partial(figures.draw_alignment, checks=checks)
    return Section("Gradient alignment", [Figure("alignment", caption, (figures.WIDTH_IN, 3.0), draw, data)])


def robustness(facts: Facts) -> Section:
    """Show what was reached under other conditions."""
    card = facts.robustness
    if not isinstance(card, RobustnessCard):
        text = "Not measured. Measure it with:" if card is None else str(card)
        command = f"overtone evaluate {facts.run} --robustness" if card is None else ""
        return Section("Robustness", [Paragraph(text, command)])
    text = (
        f"The final network, not trained further, on {card.test_samples:,} of {card.test_samples_there_are:,} test "
        f"samples, the same ones under all conditions: {card.device_passes:,} device passes, {duration(card.wall_s)}, "
        f"{card.made}. The interval of an accuracy is Wilson's on one device; on several devices or histories it is "
        "that of their mean on these very samples (Student's t). Differences to the nominal condition are paired by "
        "sample; their intervals hold the chance in samples and in devices."
    )
    blocks: list[Block] = [Paragraph(text)]
    if facts.result is not None and facts.result.get("weights_sha256") != card.weights_sha256:
        blocks.append(Paragraph("This card is of other weights than those of this run: measure it again."))
    points = [(row.condition, row.accuracy, *row.interval95) for row in (card.nominal, *card.measured)]
    size = (figures.WIDTH_IN, 0.5 + figures.COMPARISON_ROW_IN * len(points))
    colours = [MUTED, *[figures.PAT] * len(card.measured)]
    draw = partial(figures.draw_intervals, rows=points, colours=colours)
    caption = "Test accuracy where the device changes, with 95 % intervals."
    blocks += [Figure("robustness", caption, size, draw), tables.robustness_table(card)]
    return Section("Robustness", blocks)


def examples(facts: Facts) -> Section:
    """Show drives and responses of a few test samples."""
    examples = facts.arrays["examples"]
    if not examples or not facts.arrays["system"]:
        return Section("Samples on their way", [Paragraph("No samples have been recorded yet.")])
    wanted = EXAMPLES - 1 if examples["response"].shape[2] > figures.LONG else EXAMPLES
    chosen = np.unique(np.linspace(0, len(examples["label"]) - 1, wanted).round().astype(int))
    names = [facts.class_name(int(label)) for label in examples["label"][chosen]]
    shots = min(MOST_SHOTS, examples["drive"].shape[1])
    titles = [_shot_title(facts.experiment, shot) for shot in range(shots)]
    drive, response = examples["drive"][chosen][:, :shots], examples["response"][chosen][:, :shots]
    data = [_shots_table(facts, side) for side in ("drive", "response")]
    more = f" The first {shots} of {examples['drive'].shape[1]} shots." if examples["drive"].shape[1] > shots else ""
    caption = (
        f"Drive (left) and measured response (right) of each shot, for a sample of each of {len(names)} classes.{more}"
    )
    draw = partial(
        figures.draw_shots,
        drive=drive,
        response=response,
        names=[name if len(name) <= 16 else name[:15] + "…" for name in names],
        titles=titles,
        traces=(_trace(facts, "drive"), _trace(facts, "response")),
    )
    size = (figures.WIDTH_IN, 0.22 + figures.SHOTS_ROW_IN * shots)
    return Section("Samples on their way", [Figure("samples", caption, size, draw, data)])


def _shot_title(experiment: Experiment, shot: int) -> str:
    """Name a shot by its place: chains run branch by branch, the hybrid layer by layer."""
    network = experiment.network
    if network.architecture == "chain":
        branch, layer = divmod(shot, network.layers)
    else:
        layer, branch = divmod(shot, network.branches)
    return f"Layer {layer + 1}" + (f", branch {branch + 1}" if network.branches > 1 else "")


def _shots_table(facts: Facts, side: str) -> Table:
    examples, places = facts.arrays["examples"], _trace(facts, side)
    columns, values = [Column(places.axis_quantity, places.axis_unit, ".6g")], [places.axis]
    for sample, label in enumerate(examples["label"]):
        for shot in range(examples[side].shape[1]):
            columns.append(Column(f"{facts.class_name(int(label))}, shot {shot}", places.unit, ".6g"))
            values.append(examples[side][sample, shot])
    rows = list(zip(*(value.tolist() for value in values), strict=True))
    return Table(f"samples_{side}", f"{places.label} of one sample of each class.", columns, rows)


def long_shots_table(facts: Facts, side: str) -> Table:
    """Return the examples' drives or responses in long form, one row a value."""
    examples, places = facts.arrays["examples"], _trace(facts, side)
    names = [facts.class_name(int(label)) for label in examples["label"]]
    rows = [
        (name, shot, place, value)
        for name, shots in zip(names, examples[side].tolist(), strict=True)
        for shot, values in enumerate(shots)
        for place, value in zip(places.axis.tolist(), values, strict=True)
    ]
    columns = [
        Column("class"),
        Column("shot", digits="d"),
        Column(places.axis_quantity, places.axis_unit, ".6g"),
        Column(places.label, places.unit, ".6g"),
    ]
    return Table(f"examples_{side}", f"{places.label} of one sample of each class.", columns, rows)
