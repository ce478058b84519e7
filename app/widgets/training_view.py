"""The training curves: accuracy and loss against the step, and before them the calibration of the twin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QComboBox

from app.theme import Theme
from app.widgets.canvas import Curve, Level
from app.widgets.plot import DASHES, Panel, Plot
from core.training.events import CalibrationPoint, EpochDone, StepDone

EMPTY = "Accuracy and loss appear here while the network trains; before that, how well the twin was fitted."
STYLE: dict[str, tuple[int, str]] = {"pat": (0, "solid"), "in_silico": (1, "dash"), "ideal": (2, "dot")}
QUANTITIES = ("Accuracy", "Loss", "Twin error")


class Series:
    """A growing list of points, kept in arrays that double."""

    def __init__(self) -> None:
        self._data = np.empty((2, 256))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def append(self, x: float, y: float) -> None:
        """Add a point."""
        if self._count == self._data.shape[1]:
            self._data = np.concatenate([self._data, np.empty_like(self._data)], axis=1)
        self._data[:, self._count] = x, y
        self._count += 1

    def clear(self) -> None:
        """Forget all points."""
        self._count = 0

    @property
    def points(self) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y."""
        return self._data[0, : self._count], self._data[1, : self._count]


class TrainingView(Panel):
    """One plot of accuracy, loss or the twin's error; it turns to accuracy by itself when training begins."""

    def __init__(self) -> None:
        self.plot = Plot()
        self.choice = QComboBox()
        self.choice.addItems(QUANTITIES)
        self.choice.setToolTip("What the plot shows")
        super().__init__("Training", EMPTY, self.plot, (self.choice,))
        self.plot.readout = self.readout
        self.series: dict[str, Series] = {}
        self._curves: dict[str, Curve] = {}
        for key, colour, dash, points in (
            ("batch accuracy", "faint", "solid", False),
            ("training, per epoch", 0, "solid", False),
            ("validation", 0, "solid", True),
            ("batch loss", "faint", "solid", False),
            ("loss, per epoch", 0, "solid", True),
            ("twin, seen shots", "muted", "dash", False),
            ("twin, held-out shots", 0, "solid", False),
        ):
            self.series[key] = Series()
            self._curves[key] = self.plot.add_curve(colour, dash, points=points)
        self._levels: dict[str, float] = {}
        self._step, self._steps = 0, 1
        self._chosen = False
        self.choice.activated.connect(self._user_chose)
        self.choice.currentIndexChanged.connect(self._choose)
        self._choose()

    def begin(self, estimator: str) -> None:
        """Forget the last run and draw the next one in the style of its estimator."""
        for key, series in self.series.items():
            series.clear()
            self.plot.set_data(self._curves[key], *series.points)
        self._levels, self._step, self._chosen = {}, 0, False
        colour, dash = STYLE.get(estimator, (3, "solid"))
        for key in ("training, per epoch", "validation", "loss, per epoch", "twin, held-out shots"):
            self.plot.restyle(self._curves[key], colour, dash)
        self.choice.setCurrentText("Accuracy")
        self.plot.forget_view()
        self.show_empty(EMPTY)

    def add(self, points: list[StepDone | EpochDone | CalibrationPoint]) -> None:
        """Append what happened since the last frame, and draw."""
        for point in points:
            match point:
                case StepDone():
                    self._step, self._steps = point.step, round(point.step / max(point.fraction, 1e-9))
                    self.series["batch accuracy"].append(point.step, 100 * point.accuracy)
                    self.series["batch loss"].append(point.step, point.loss)
                case EpochDone():
                    self.series["training, per epoch"].append(self._step, 100 * point.accuracy)
                    self.series["loss, per epoch"].append(self._step, point.loss)
                    if point.validation_accuracy is not None:
                        self.series["validation"].append(self._step, 100 * point.validation_accuracy)
                case CalibrationPoint():
                    self._steps = point.steps
                    if point.train_error is not None:
                        self.series["twin, seen shots"].append(point.step, 100 * point.train_error)
                    if point.held_out_error is not None:
                        self.series["twin, held-out shots"].append(point.step, 100 * point.held_out_error)
        if not self._chosen:
            self.choice.setCurrentText("Accuracy" if self._step else "Twin error")
        self._draw()

    def add_levels(self, levels: Mapping[str, float]) -> None:
        """Draw named accuracies (fractions of 1) as horizontal lines: the final test, the digital baselines."""
        self._levels |= levels
        self._choose()
        if levels:
            self.show_content()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self.plot.apply_theme(theme)
        self._draw_levels()

    def _draw_levels(self) -> None:
        shown = self._levels if self.choice.currentText() == "Accuracy" else {}
        self.plot.canvas.levels = [
            Level(100 * value, f"{name} {100 * value:.1f} %", self._level_pen(name)) for name, value in shown.items()
        ]
        self.plot.canvas.update()

    def _level_pen(self, name: str) -> QPen:
        result = name.startswith("test")
        return pg.mkPen(self.plot.colour("text" if result else "muted"), style=DASHES["solid" if result else "dash"])

    def _user_chose(self) -> None:
        self._chosen = True

    def _choose(self) -> None:
        chosen = self.choice.currentText()
        self.plot.forget_view()
        prefix = {"Accuracy": ("batch accuracy", "training", "validation"), "Loss": ("batch loss", "loss")}
        shown = prefix.get(chosen, ("twin",))
        for key, curve in self._curves.items():
            curve.visible = key.startswith(shown)
        if chosen == "Accuracy":
            self.plot.set_axis("left", "Accuracy", "%")
            self.plot.fix_view("left", 0, 104)
            self.plot.canvas.legend_edge = Qt.Edge.BottomEdge
        else:
            self.plot.canvas.legend_edge = Qt.Edge.TopEdge
            self.plot.set_axis("left", "Cross-entropy loss" if chosen == "Loss" else "Error of the twin", *self._unit())
        self.plot.set_axis("bottom", "Fitting step" if chosen == "Twin error" else "Optimiser step")
        self._draw()
        self._draw_levels()

    def _unit(self) -> tuple[str, ...]:
        return ("%",) if self.choice.currentText() == "Twin error" else ()

    def _draw(self) -> None:
        shown = {key: curve for key, curve in self._curves.items() if curve.visible and len(self.series[key])}
        self.plot.canvas.legend = shown
        if not shown:
            return
        points = {key: self.series[key].points for key in shown}
        # The whole run from its first step, so that the axis need not grow; where that is wrong, what there is.
        self.plot.fix_view("bottom", 0.0, max(self._steps, *(float(x[-1]) for x, _ in points.values())))
        if self.choice.currentText() != "Accuracy":
            self.plot.keep_in_view("left", 0.0, max(float(y.max()) for _, y in points.values()))
        for key, values in points.items():
            self.plot.set_data(self._curves[key], *values)
        self.show_content()
