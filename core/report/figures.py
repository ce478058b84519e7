"""The figures of a report that show measurements: each function fills a canvas from plain arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.report.canvas import (
    DASHES,
    LINE,
    MUTED,
    SERIES,
    SURFACE,
    TEXT,
    Canvas,
    legend,
    named_levels,
    plain_log,
    prefixed,
    quantity,
    thinned,
    value_above,
    whole_ticks,
)

WIDTH_IN = 6.85
CALIBRATION_IN = (WIDTH_IN, 2.1)
TRAINING_IN = (WIDTH_IN, 4.2)
COMPARISON_ROW_IN = 0.26
SHOTS_ROW_IN = 1.4
CELL_IN, LARGEST_MATRIX_IN = 0.34, 4.2
NAMES_IN = 1.15  # right of the accuracy
LONG = 300  # values of a drive or response: more than three curves over each other can show
PAT, IN_SILICO, IDEAL = SERIES[0], SERIES[1], SERIES[2]
LEFT, RIGHT, BELOW, ABOVE, GAP = 0.52, 0.12, 0.42, 0.14, 0.55  # margins in inches


@dataclass(frozen=True)
class Trace:
    """What stands on the two axes of a drive or a response."""

    axis: np.ndarray
    axis_quantity: str
    axis_unit: str
    label: str
    unit: str


def middle_of(values: int) -> slice:
    """Return the part of a response that an overlay shows: all of a short one, the middle of a long one."""
    return slice(None) if values <= LONG else slice(values // 2 - LONG // 4, values // 2 + LONG // 4)


def draw_calibration(
    canvas: Canvas, fit: Mapping[str, np.ndarray], twin: Mapping[str, np.ndarray], trace: Trace, shots: int
) -> None:
    """Draw the fit's errors against its steps, and measured responses with the twin's over them.

    Of long responses only the middle is shown, where curves can be told apart.
    """
    height = canvas.height_in - BELOW - 0.28
    known = np.isfinite(fit["train_error"]) if fit else np.zeros(0, bool)
    left, width = LEFT, canvas.width_in - LEFT - RIGHT
    if known.any():
        axes = canvas.axes(LEFT, BELOW, 2.0, height)
        for index, (name, label) in enumerate((("train_error", "fitted shots"), ("held_out_error", "held-out shots"))):
            axes.plot(fit["step"][known], fit[name][known], color=SERIES[index], linestyle=DASHES[index], label=label)
        axes.set(xlabel="Step of the fit", ylabel="Normalised rms error")
        plain_log(axes)
        legend(axes, "lower left", bbox_to_anchor=(-0.02, 1), ncols=2, columnspacing=1)
        left, width = LEFT + 2.0 + GAP, canvas.width_in - LEFT - 2.0 - GAP - RIGHT
    if twin:
        axes = canvas.axes(left, BELOW, width, height)
        values, unit = prefixed(trace.axis, trace.axis_unit)
        part = middle_of(len(values))
        for index in range(min(shots, len(twin["measured"]))):
            colour = SERIES[index]
            axes.plot(values[part], twin["measured"][index, part], color=colour, linewidth=2.2, alpha=0.4)
            axes.plot(values[part], twin["predicted"][index, part], color=colour, linewidth=0.9, linestyle=DASHES[1])
        axes.plot([], [], color=MUTED, linewidth=2.2, alpha=0.5, label="measured")
        axes.plot([], [], color=MUTED, linewidth=0.9, linestyle=DASHES[1], label="twin")
        axes.set(xlabel=quantity(trace.axis_quantity, unit))
        value_above(axes, quantity(trace.label, trace.unit))
        axes.margins(x=0.01)
        legend(axes, "lower right", bbox_to_anchor=(1, 1), ncols=2)


def draw_training(
    canvas: Canvas,
    steps: Mapping[str, np.ndarray],
    epochs: Mapping[str, np.ndarray],
    test: tuple[float, float, float] | None,
    baselines: Mapping[str, float],
    planned_epochs: int,
) -> None:
    """Draw loss, accuracy and learning rate against the epoch; `test` is the final accuracy with its interval."""
    column = (canvas.width_in - LEFT - GAP - NAMES_IN) / 2
    small = 0.62
    tall = canvas.height_in - BELOW - small - 0.22 - ABOVE
    accuracy = canvas.axes(LEFT + column + GAP, BELOW, column, canvas.height_in - BELOW - ABOVE)
    loss = canvas.axes(LEFT, BELOW + small + 0.22, column, tall)
    rate = canvas.axes(LEFT, BELOW, column, small)
    last = 1.0
    if steps:
        columns = [planned_epochs * steps["fraction"], steps["loss"], 100 * steps["accuracy"], steps["learning_rate"]]
        step, step_loss, step_accuracy, step_rate = thinned(columns)
        last = float(step[-1])
        loss.plot(step, step_loss, color=MUTED, alpha=0.4, linewidth=0.7, label="batches")
        accuracy.plot(step, step_accuracy, color=MUTED, alpha=0.4, linewidth=0.7, label="batches")
        rate.plot(step, step_rate, color=SERIES[4])
    if epochs:
        last = max(last, float(epochs["epoch"][-1]))
        mark = "o" if len(epochs["epoch"]) <= 30 else ""
        loss.plot(epochs["epoch"], epochs["loss"], color=SERIES[0], marker=mark, markersize=2.5, label="training")
        style: dict[str, Any] = {"marker": mark, "markersize": 2.5}
        accuracy.plot(epochs["epoch"], 100 * epochs["accuracy"], color=SERIES[0], label="training", **style)
        if np.isfinite(epochs["validation_accuracy"]).any():
            values = 100 * epochs["validation_accuracy"]
            accuracy.plot(epochs["epoch"], values, color=SERIES[1], linestyle=DASHES[1], label="validation", **style)
    if test is not None:
        middle, low, high = (100 * value for value in test)
        error = [[max(0.0, middle - low)], [max(0.0, high - middle)]]
        accuracy.errorbar(
            [1.03 * last], [middle], error, color=SERIES[2], marker="D", ms=4, capsize=2, ls="", label="test, measured"
        )
    for axes in (loss, accuracy, rate):
        axes.set_xlim(0, 1.06 * last)
        whole_ticks(axes)
    loss.tick_params(labelbottom=False)
    loss.set(ylabel="Loss", ylim=(0, None))
    rate.set(xlabel="Epoch", ylabel="Learning rate", ylim=(0, None))
    accuracy.set(xlabel="Epoch", ylabel="Accuracy / %", ylim=_accuracy_limits(epochs, baselines))
    named_levels(accuracy, {name: 100 * value for name, value in baselines.items()})
    legend(loss)
    legend(accuracy, "lower right")


def _accuracy_limits(epochs: Mapping[str, np.ndarray], baselines: Mapping[str, float]) -> tuple[float, float]:
    lowest = (
        min([*(100 * value for value in baselines.values()), 100 * float(epochs["accuracy"].min())]) if epochs else 0
    )
    return (0.0 if lowest < 60 else 10 * np.floor(lowest / 10 - 1)), 102.0


def confusion_size_in(classes: Sequence[str]) -> tuple[float, float]:
    """Return the size of a confusion matrix with these classes, in inches."""
    _, cell, names_in, turned = _confusion_layout(classes)
    return WIDTH_IN, cell * len(classes) + (names_in if turned else 0.18) + 0.35


def _confusion_layout(classes: Sequence[str]) -> tuple[list[str], float, float, bool]:
    """Return the classes' names as they are written, the side of a cell, the names' width, and whether they turn."""
    names = [_cut(name, 14) for name in classes]
    cell = min(CELL_IN, LARGEST_MATRIX_IN / len(names))
    names_in = 0.07 + 0.062 * max(map(len, names))
    return names, cell, names_in, names_in > cell + 0.05


def draw_confusion(canvas: Canvas, counts: np.ndarray, classes: Sequence[str]) -> None:
    """Draw the matrix of true against chosen classes, tinted by the share of the true class."""
    from matplotlib.patches import Rectangle

    names, cell, names_in, turned = _confusion_layout(classes)
    count = len(counts)
    left = max(0.25 + names_in, (canvas.width_in - cell * count) / 2)
    axes = canvas.axes(left, canvas.height_in - 0.05 - cell * count, cell * count, cell * count)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    shares = counts / counts.sum(1, keepdims=True).clip(1)
    for (row, column), number in np.ndenumerate(counts):
        if not number:
            continue
        shade = 0.08 + 0.92 * float(shares[row, column])
        colour = SERIES[0] if row == column else SERIES[1]
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, color=colour, alpha=shade, linewidth=0))
        if cell > 0.15:
            ink, size = SURFACE if shade > 0.6 else TEXT, min(7.5, 24 * cell)
            axes.text(column, row, str(number), ha="center", va="center", fontsize=size, color=ink)
    for edge in np.arange(count + 1) - 0.5:
        axes.axhline(edge, color=LINE, linewidth=0.4)
        axes.axvline(edge, color=LINE, linewidth=0.4)
    axes.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5), xlabel="Class chosen", ylabel="True class")
    size = min(7.0, 60 * cell)
    axes.set_xticks(range(count), names, rotation=90 if turned else 0, fontsize=size)
    axes.set_yticks(range(count), names, fontsize=size)
    axes.tick_params(length=0, labelcolor=TEXT)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def draw_intervals(canvas: Canvas, rows: Sequence[tuple[str, float, float, float]], colours: Sequence[str]) -> None:
    """Draw accuracies with their intervals (fractions of 1), one below the other, the first on top."""
    names = [_cut(name, 44) for name, *_ in rows]
    margin = 0.25 + 0.058 * max(map(len, names))
    axes = canvas.axes(margin, BELOW, canvas.width_in - margin - 0.6, canvas.height_in - BELOW - 0.05)
    axes.grid(visible=False, axis="y")
    for place, ((_, middle, low, high), colour) in enumerate(zip(rows, colours, strict=True)):
        values = [100 * middle], [place], [[100 * max(0.0, middle - low)], [100 * max(0.0, high - middle)]]
        axes.errorbar(values[0], values[1], xerr=values[2], color=colour, marker="o", ms=4, capsize=2.5, ls="")
        axes.annotate(
            f"{100 * middle:.1f}",
            (1, place),
            xycoords=axes.get_yaxis_transform(),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    axes.set_yticks(range(len(rows)), names)
    axes.tick_params(axis="y", length=0, labelcolor=TEXT)
    axes.spines["left"].set_visible(False)
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel="Test accuracy / %")
    whole_ticks(axes)


def draw_alignment(canvas: Canvas, checks: Mapping[str, np.ndarray]) -> None:
    """Draw the cosine between the twin's and the measured derivative with its interval, and the drift below."""
    small = 0.7
    width = canvas.width_in - LEFT - RIGHT
    cosine = canvas.axes(LEFT, BELOW + small + 0.2, width, canvas.height_in - BELOW - small - 0.2 - ABOVE)
    drift = canvas.axes(LEFT, BELOW, width, small)
    steps = checks["step"]
    cosine.fill_between(steps, checks["low"], checks["high"], color=SERIES[0], alpha=0.2, linewidth=0)
    cosine.plot(steps, checks["cosine"], color=SERIES[0], marker="o", markersize=3)
    cosine.axhline(0, color=MUTED, linewidth=0.8)
    lowest = float(np.nanmin(checks["low"], initial=0.0))
    cosine.set(ylabel="Cosine", ylim=(min(-0.05, lowest - 0.05), 1.05))
    drift.plot(steps, checks["drift"], color=SERIES[1], marker="s", markersize=3, label="drift")
    drift.plot(steps, checks["noise_floor"], color=MUTED, linestyle=DASHES[1], label="noise floor")
    drift.set(xlabel="Optimiser step", ylabel="Drift", ylim=(0, None))
    cosine.tick_params(labelbottom=False)
    for axes in (cosine, drift):
        axes.set_xlim(0, 1.02 * max(1.0, float(steps.max())))
    legend(drift)


def draw_shots(
    canvas: Canvas,
    drive: np.ndarray,
    response: np.ndarray,
    names: Sequence[str],
    titles: Sequence[str],
    traces: tuple[Trace, Trace],
) -> None:
    """Draw drives left and responses right (sample, shot, value), one row a shot, one colour a sample."""
    rows = drive.shape[1]
    row = (canvas.height_in - 0.22) / rows
    width = (canvas.width_in - LEFT - GAP - RIGHT) / 2
    for shot in range(rows):
        for column, (values, trace) in enumerate(zip((drive, response), traces, strict=True)):
            bottom = (rows - 1 - shot) * row + BELOW
            axes = canvas.axes(LEFT + column * (width + GAP), bottom, width, row - BELOW - 0.16)
            places, unit = prefixed(trace.axis, trace.axis_unit)
            for index, name in enumerate(names):
                shown = values[index, shot]
                style: dict[str, Any] = {
                    "color": SERIES[index],
                    "linestyle": DASHES[index],
                    "linewidth": 0.9 if len(places) <= LONG else 0.6,
                }
                axes.plot(places, shown, label=name, **style)
            axes.margins(x=0.01)
            axes.set(xlabel=quantity(trace.axis_quantity, unit))
            value_above(axes, f"{titles[shot]}: {quantity(trace.label, trace.unit)}")
            if shot == 0 and column == 1:
                legend(axes, "lower right", bbox_to_anchor=(1, 1.12), ncols=len(names))
