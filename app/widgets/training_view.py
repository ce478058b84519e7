"""The training curves: accuracy and loss against the step, and before them the calibration of the twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtWidgets import QComboBox

from app.theme import Theme, blend
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
        self._legend: Any = self.plot.plot_item.addLegend(offset=(-12, -40), verSpacing=-4)
        self._batch_colour = "muted"
        self.series: dict[str, Series] = {}
        self._curves: dict[str, Any] = {}
        for key, colour, dash, symbols in (
            ("batch accuracy", "muted", "solid", False),
            ("training, per epoch", 0, "solid", False),
            ("validation", 0, "solid", True),
            ("batch loss", "muted", "solid", False),
            ("loss, per epoch", 0, "solid", True),
            ("twin, seen shots", "muted", "dash", False),
            ("twin, held-out shots", 0, "solid", False),
        ):
            self.series[key] = Series()
            self._curves[key] = self.plot.add_curve(colour, dash, symbols=symbols, long=True)
        self._lines: list[pg.InfiniteLine] = []
        self._step = 0
        self._dirty = False
        self._chosen = False
        self.choice.activated.connect(self._user_chose)
        self.choice.currentIndexChanged.connect(self._choose)
        self._choose()

    def begin(self, estimator: str) -> None:
        """Forget the last run and draw the next one in the style of its estimator."""
        for key, series in self.series.items():
            series.clear()
            self._curves[key].setData([], [])
        for line in self._lines:
            self.plot.plot_item.removeItem(line)
        self._lines, self._step, self._chosen = [], 0, False
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
                    self._step = point.step
                    self.series["batch accuracy"].append(point.step, 100 * point.accuracy)
                    self.series["batch loss"].append(point.step, point.loss)
                case EpochDone():
                    self.series["training, per epoch"].append(self._step, 100 * point.accuracy)
                    self.series["loss, per epoch"].append(self._step, point.loss)
                    if point.validation_accuracy is not None:
                        self.series["validation"].append(self._step, 100 * point.validation_accuracy)
                case CalibrationPoint():
                    if point.train_error is not None:
                        self.series["twin, seen shots"].append(point.step, 100 * point.train_error)
                    if point.held_out_error is not None:
                        self.series["twin, held-out shots"].append(point.step, 100 * point.held_out_error)
        if not self._chosen:
            self.choice.setCurrentText("Accuracy" if self._step else "Twin error")
        self._draw()

    def add_levels(self, levels: Mapping[str, float]) -> None:
        """Draw named accuracies (fractions of 1) as horizontal lines: the final test, the digital baselines."""
        cluster, last = 0, -100.0
        for name, value in sorted(levels.items(), key=lambda item: item[1]):
            percent = 100 * value
            cluster = cluster + 1 if percent - last < 6 else 0  # names of lines this close stand side by side
            last = percent
            line = pg.InfiniteLine(
                percent,
                angle=0,
                label=f"{name} {percent:.1f} %",
                labelOpts={"position": 0.02 + 0.3 * (cluster % 3), "anchors": [(0, 0.5), (0, 0.5)]},
            )
            line.is_result = name.startswith("test")  # type: ignore[attr-defined]
            self._lines.append(line)
            self.plot.plot_item.addItem(line)
        self._style_lines()
        self._choose()
        if levels:
            self.show_content()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        self.plot.apply_theme(theme)
        for key in ("batch accuracy", "batch loss"):
            self._curves[key].setPen(pg.mkPen(blend(theme.muted, theme.surface, 0.6)))
        self._legend.setLabelTextColor(theme.text)
        self._legend.setBrush(pg.mkBrush(theme.surface))
        self._legend.setPen(pg.mkPen(theme.line))
        self._style_lines()
        self._fill_legend()

    def _style_lines(self) -> None:
        theme = self.plot.theme
        for line in self._lines:
            colour = theme.text if getattr(line, "is_result", False) else theme.muted
            dash = "solid" if getattr(line, "is_result", False) else "dash"
            line.setPen(pg.mkPen(colour, width=1, style=DASHES[dash]))
            label: Any = line.label
            label.setColor(colour)
            label.fill = pg.mkBrush(theme.surface)
            label.updatePosition()

    def _user_chose(self) -> None:
        self._chosen = True

    def _choose(self) -> None:
        chosen = self.choice.currentText()
        self.plot.forget_view()
        prefix = {"Accuracy": ("batch accuracy", "training", "validation"), "Loss": ("batch loss", "loss")}
        shown = prefix.get(chosen, ("twin",))
        for key, curve in self._curves.items():
            curve.setVisible(key.startswith(shown))
        for line in self._lines:
            line.setVisible(chosen == "Accuracy")
        if chosen == "Accuracy":
            self.plot.set_axis("left", "Accuracy", "%")
            self.plot.plot_item.vb.setYRange(0, 104, padding=0)
        else:
            self.plot.set_axis("left", "Cross-entropy loss" if chosen == "Loss" else "Error of the twin", *self._unit())
        self.plot.set_axis("bottom", "Fitting step" if chosen == "Twin error" else "Optimiser step")
        self._fill_legend()
        self._draw()

    def _unit(self) -> tuple[str, ...]:
        return ("%",) if self.choice.currentText() == "Twin error" else ()

    def _fill_legend(self) -> None:
        self._legend.clear()
        for key, curve in self._curves.items():
            if curve.isVisible() and len(self.series[key]):
                self._legend.addItem(curve, key)
        self._legend.setVisible(bool(self._legend.items))

    def _draw(self) -> None:
        before = len(self._legend.items)
        shown = [key for key, curve in self._curves.items() if curve.isVisible() and len(self.series[key])]
        if not shown:
            return
        points = {key: self.series[key].points for key in shown}
        self.plot.keep_in_view("bottom", 0.0, max(float(x[-1]) for x, _ in points.values()), room=0.25)
        if self.choice.currentText() != "Accuracy":
            self.plot.keep_in_view("left", 0.0, max(float(y.max()) for _, y in points.values()))
        for key, values in points.items():
            self._curves[key].setData(*values)
        if len(shown) != before:
            self._fill_legend()
        self.show_content()
