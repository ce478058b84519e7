"""The training curves: accuracy, loss, learning rate, alignment, and before them the calibration of the twin."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QLineEdit

from app.language import say
from app.theme import Theme
from app.widgets.canvas import Curve, Level
from app.widgets.plot import DASHES
from app.widgets.plot_panel import PlotPanel
from app.widgets.series import AXES, Position, Series
from app.widgets.word_box import WordBox
from core.phrase import Phrase
from core.training.events import CalibrationPoint, EpochDone, StepDone

if TYPE_CHECKING:
    from core.training.events import AlignmentChecked

EMPTY = "Accuracy and loss appear here while the network trains; before that, how well the twin was fitted."
STYLE: dict[str, tuple[int, str]] = {"pat": (0, "solid"), "in_silico": (1, "dash"), "ideal": (2, "dot")}
ESTIMATOR_NAMES = {"pat": "PAT", "in_silico": "in silico", "ideal": "ideal", "spsa": "SPSA"}
EPOCH_COLUMNS = {"epoch", "shots", "wall_s", "loss", "accuracy", "validation_accuracy"}
HIGHEST_RATE = 10.0  # as in a specification
OTHERS = 3  # earlier runs that are drawn beside this one

# quantity: title and unit of its axis
QUANTITIES = {
    "Accuracy": ("Accuracy", "%"),
    "Loss": ("Cross-entropy loss", ""),
    "Learning rate": ("Learning rate", ""),
    "Alignment": ("Cosine of the twin's gradient to the device's", ""),
    "Drift": ("Change of the same shots' responses since the start", "%"),
    "Twin error": ("Error of the twin", "%"),
}
# curve: quantity, colour, dash, whether points are marked; "own" is the colour of this run's estimator
CURVES: dict[str, tuple[str, str, str, bool]] = {
    "batch accuracy": ("Accuracy", "faint", "solid", False),
    "training, per epoch": ("Accuracy", "own", "solid", False),
    "validation": ("Accuracy", "own", "solid", True),
    "batch loss": ("Loss", "faint", "solid", False),
    "loss, per epoch": ("Loss", "own", "solid", True),
    "learning rate": ("Learning rate", "own", "solid", False),
    "lowest layer": ("Alignment", "own", "solid", True),
    "measured change": ("Drift", "own", "solid", True),
    "noise alone": ("Drift", "muted", "dash", False),
    "twin, seen shots": ("Twin error", "muted", "dash", False),
    "twin, held-out shots": ("Twin error", "own", "solid", False),
}


class TrainingView(PlotPanel):
    """One plot of one quantity; it turns to accuracy by itself when training begins."""

    rate_changed = Signal(float)

    def __init__(self) -> None:
        self.choice, self.along = WordBox(QUANTITIES), WordBox(AXES)
        say(self.choice.setToolTip, "What the plot shows")
        say(self.along.setToolTip, "Against what it is drawn")
        self.rate = QLineEdit()
        self.rate.setFixedWidth(72)
        say(self.rate.setAccessibleName, "Peak learning rate")
        super().__init__("Training", EMPTY, (self.rate, self.choice, self.along))
        self.series: dict[str, Series] = {}
        self._curves: dict[str, Curve] = {}
        self._quantity: dict[str, str] = {}
        for name, (quantity, colour, dash, points) in CURVES.items():
            self._add(name, quantity, 0 if colour == "own" else colour, dash, points=points)
        self._others: list[str] = []
        self._levels: dict[str, float] = {}
        self._at, self._ends = Position(0, 0, 0, 0), 1.0
        self._chosen = False
        self._rate = 0.0
        self.allow_rate(None)
        self.rate.editingFinished.connect(self._change_rate)
        self.choice.activated.connect(self._user_chose)
        self.choice.currentIndexChanged.connect(self._choose)
        self.along.currentIndexChanged.connect(self._choose)
        self._choose()

    def begin(self, estimator: str) -> None:
        """Forget the last run and draw the next one in the style of its estimator."""
        self._remove_others()
        for name, series in self.series.items():
            series.clear()
            self.plot.set_data(self._curves[name], *series.against(0))
        self._levels, self._at, self._chosen = {}, Position(0, 0, 0, 0), False
        colour, dash = STYLE.get(estimator, (3, "solid"))
        for name, (_, own, _, _) in CURVES.items():
            if own == "own":
                self.plot.restyle(self._curves[name], colour, dash)
        self.choice.choose("Accuracy")
        self.plot.forget_view()
        self.show_empty(EMPTY)

    def allow_rate(self, rate: float | None) -> None:
        """Let the peak learning rate of a run be changed; None while there is none."""
        self.rate.setEnabled(rate is not None)
        self.rate.setText("" if rate is None else f"{rate:g}")
        say(self.rate.setPlaceholderText, "rate")
        say(
            self.rate.setToolTip,
            "The peak learning rate can be changed while a run trains."
            if rate is None
            else "Peak learning rate: type another one and press Enter. It holds from the next step on.",
        )
        self._rate = rate or 0.0

    def show_others(self, runs: Sequence[tuple[str, Mapping[str, np.ndarray]]]) -> None:
        """Draw earlier runs beside this one: their estimators, and their tables of epochs."""
        self._remove_others()
        for number, (estimator, epochs) in enumerate([run for run in runs if run[1].keys() >= EPOCH_COLUMNS][:OTHERS]):
            nth = f" ({number + 1})" if number else ""
            known = Phrase(ESTIMATOR_NAMES.get(estimator, estimator))
            name = Phrase("earlier {estimator}{nth}", estimator=known, nth=nth)
            colour, dash = STYLE.get(estimator, (3, "solid"))
            validation = epochs["validation_accuracy"]
            accuracy = validation if np.isfinite(validation).all() else epochs["accuracy"]
            for quantity, values in (("Accuracy", 100 * accuracy), ("Loss", epochs["loss"])):
                key = name if quantity == "Accuracy" else Phrase("{name}, loss", name=name)
                self._add(key, quantity, colour, dash, points=False)
                self._others.append(key)
                for epoch, shots, wall_s, value in zip(
                    epochs["epoch"], epochs["shots"], epochs["wall_s"], values, strict=True
                ):
                    self.series[key].append(Position(np.nan, float(epoch), float(shots), float(wall_s)), float(value))
        self._choose()

    def add(self, points: Sequence[StepDone | EpochDone | CalibrationPoint]) -> None:
        """Append what happened since the last frame, and draw."""
        for point in points:
            match point:
                case StepDone():
                    epoch = point.epoch if self._at.step == 0 else self._at.epoch
                    self._at = Position(point.step, epoch, point.shots, point.wall_s)
                    self._ends = 1 / max(point.fraction, 1e-9)
                    at = self._at._replace(epoch=point.epoch)
                    self.series["batch accuracy"].append(at, 100 * point.accuracy)
                    self.series["batch loss"].append(at, point.loss)
                    self.series["learning rate"].append(at, point.learning_rate)
                case EpochDone():
                    at = self._at._replace(epoch=point.epoch)
                    self.series["training, per epoch"].append(at, 100 * point.accuracy)
                    self.series["loss, per epoch"].append(at, point.loss)
                    if point.validation_accuracy is not None:
                        self.series["validation"].append(at, 100 * point.validation_accuracy)
                case CalibrationPoint():
                    at = Position(point.step, np.nan, np.nan, np.nan)
                    self._ends = point.steps / max(point.step, 1)
                    if point.train_error is not None:
                        self.series["twin, seen shots"].append(at, 100 * point.train_error)
                    if point.held_out_error is not None:
                        self.series["twin, held-out shots"].append(at, 100 * point.held_out_error)
        if not self._chosen:
            self.choice.choose("Accuracy" if self._at.step else "Twin error")
        self._draw()

    def add_alignment(self, event: AlignmentChecked) -> None:
        """Append a check of the gradient."""
        at = self._at._replace(step=event.step)
        self.series["lowest layer"].append(at, event.cosine)
        self.series["measured change"].append(at, 100 * event.drift)
        self.series["noise alone"].append(at, 100 * event.noise_floor)
        self._draw()

    def add_levels(self, levels: Mapping[str, float]) -> None:
        """Draw named accuracies (fractions of 1) as horizontal lines: the final test, the digital baselines."""
        self._levels |= levels
        self._choose()
        if levels:
            self.show_content()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        super().apply_theme(theme)
        self._draw_levels()

    def _add(self, name: str, quantity: str, colour: int | str, dash: str, *, points: bool) -> None:
        self.series[name] = Series()
        self._quantity[name] = quantity
        self._curves[name] = self.plot.add_curve(colour, dash, name=name, points=points)

    def _remove_others(self) -> None:
        for name in self._others:
            self.plot.remove_curve(self._curves.pop(name))
            del self.series[name], self._quantity[name]
        self._others = []

    def _change_rate(self) -> None:
        try:
            rate = float(self.rate.text())
        except ValueError:
            rate = math.nan
        if not 0 < rate <= HIGHEST_RATE:
            self.rate.setText(f"{self._rate:g}")  # the old value stays in force
            say(self.readout.setText, "a learning rate lies above 0, up to {highest:g}", highest=HIGHEST_RATE)
        elif rate != self._rate:
            self._rate = rate
            self.rate_changed.emit(rate)

    def _draw_levels(self) -> None:
        shown = self._levels if self.choice.chosen == "Accuracy" else {}
        self.plot.canvas.levels = [
            Level(100 * value, _level_name(name, 100 * value), self._level_pen(name)) for name, value in shown.items()
        ]
        self.plot.canvas.update()

    def _level_pen(self, name: str) -> QPen:
        result = name.startswith("test")
        return pg.mkPen(self.plot.colour("text" if result else "muted"), style=DASHES["solid" if result else "dash"])

    def _user_chose(self) -> None:
        self._chosen = True

    @property
    def _axis(self) -> int:
        """The axis along which is drawn: a calibration has steps alone."""
        return 0 if self.choice.chosen == "Twin error" else self.along.currentIndex()

    def _choose(self) -> None:
        chosen = self.choice.chosen
        self.plot.forget_view()
        for name, curve in self._curves.items():
            curve.visible = self._quantity[name] == chosen
        self.plot.set_axis("left", *QUANTITIES[chosen])
        self.plot.canvas.legend_edge = Qt.Edge.BottomEdge if chosen in {"Accuracy", "Alignment"} else Qt.Edge.TopEdge
        if chosen == "Accuracy":
            self.plot.fix_view("left", 0, 104)
        elif chosen == "Alignment":
            self.plot.fix_view("left", -0.05, 1.05)
        self.along.setEnabled(chosen != "Twin error")
        bottom = ("Fitting step", "") if chosen == "Twin error" else AXES[self.along.chosen]
        self.plot.set_axis("bottom", *bottom)
        self._draw()
        self._draw_levels()

    def _draw(self) -> None:
        axis = self._axis
        found = {name: self.series[name].against(axis) for name, curve in self._curves.items() if curve.visible}
        points = {name: values for name, values in found.items() if len(values[0]) and np.isfinite(values[0]).all()}
        for name, curve in self._curves.items():
            if curve.visible and name not in points:
                self.plot.set_data(curve, np.empty(0), np.empty(0))
        self.plot.canvas.legend = {name: self._curves[name] for name in points}
        if not points:
            return
        # The whole run from its start, so that the axis need not grow; where that is wrong, what there is.
        last = max(float(x[-1]) for x, _ in points.values())
        self.plot.fix_view("bottom", 0.0, max(self._whole(axis), last, 1e-9))
        if self.choice.chosen not in {"Accuracy", "Alignment"}:
            self.plot.keep_in_view("left", 0.0, max(float(y.max()) for _, y in points.values()))
        for name, values in points.items():
            self.plot.set_data(self._curves[name], *values)
        self.show_content()

    def _whole(self, axis: int) -> float:
        """Guess where along an axis the present phase will end, in round figures."""
        if self._at.step == 0:
            held = self.series["twin, held-out shots"].against(0)[0]
            return float(held[-1]) * self._ends if len(held) else 0.0
        end = self._at[axis] * self._ends
        return end if axis == 0 else float(f"{end:.2g}")


def _level_name(name: str, value: float) -> Phrase:
    return Phrase("{name} {value:.1f} %", name=Phrase(name), value=value)
