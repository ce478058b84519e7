"""The curves of runs that exist, epoch by epoch: one run's training and validation, or several runs' together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from app.language import say
from app.run_preview import Track
from app.theme import Theme
from app.widgets.canvas import Level
from app.widgets.plot import DASHES
from app.widgets.plot_panel import PlotPanel
from app.widgets.training_view import QUANTITIES
from app.widgets.word_box import WordBox

AXES = {"Epoch": ("epoch", ""), "Device passes": ("shots", ""), "Time": ("wall_s", "s")}
MOST_MARKED = 60  # points that can be told apart
COLOURS = 6  # of a theme's series
EMPTY = "Accuracy and loss appear here when the first epoch is done."


def look(place: int) -> tuple[int, str]:
    """Return colour and dash of a place in the series, a new pair for each of the first eighteen."""
    return place % COLOURS, list(DASHES)[(place + place // COLOURS) % len(DASHES)]


class EpochsView(PlotPanel):
    """One plot of accuracy or loss against epoch, device passes or time."""

    def __init__(self) -> None:
        self.choice, self.along = WordBox(("Accuracy", "Loss")), WordBox(AXES)
        say(self.choice.setToolTip, "What the plot shows")
        say(self.along.setToolTip, "Against what it is drawn")
        super().__init__("Training", EMPTY, (self.choice, self.along))
        say(self.choice.setAccessibleName, "What the plot shows")
        say(self.along.setAccessibleName, "Against what it is drawn")
        self.pause_action.setVisible(False)
        self._tracks: Sequence[Track] = ()
        self._levels: Mapping[str, float] = {}
        self.choice.currentIndexChanged.connect(self._draw)
        self.along.currentIndexChanged.connect(self._draw)

    def show_tracks(self, tracks: Sequence[Track], levels: Mapping[str, float] | None = None) -> None:
        """Draw runs, and named accuracies (fractions of 1) as horizontal lines."""
        self._tracks, self._levels = tracks, levels or {}
        self._draw()

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        super().apply_theme(theme)
        self._draw_levels()

    def _draw(self) -> None:
        plot, quantity, axis = self.plot, self.choice.chosen, self.along.chosen
        for curve in tuple(plot.canvas.curves):
            plot.remove_curve(curve)
        plot.canvas.legend = {}
        plot.forget_view()
        plot.set_axis("left", *QUANTITIES[quantity])
        plot.set_axis("bottom", axis, AXES[axis][1])
        drawn = [track for track in self._tracks if track.epochs]
        for track in drawn:
            self._draw_track(track, quantity, AXES[axis][0], alone=len(self._tracks) == 1)
        curves = plot.canvas.curves
        if quantity == "Accuracy":
            lowest = min(_lowest(curve.y for curve in curves), *(100 * value for value in self._levels.values()), 100.0)
            plot.fix_view("left", 10.0 * np.floor(np.clip(lowest, 0, 95) / 10), 104)
        elif curves:
            plot.keep_in_view("left", 0.0, _highest(curve.y for curve in curves))
        if curves:
            plot.fix_view("bottom", 0.0, max(_highest(curve.x for curve in curves), 1e-9))
        plot.canvas.legend_edge = Qt.Edge.BottomEdge if quantity == "Accuracy" else Qt.Edge.TopEdge
        self._draw_levels()
        if drawn:
            self.show_content()
        else:
            self.show_empty()

    def _draw_track(self, track: Track, quantity: str, column: str, *, alone: bool) -> None:
        epochs, (colour, dash) = track.epochs, look(track.place)
        training, validation = 100 * epochs["accuracy"], 100 * epochs["validation_accuracy"]
        validated = bool(np.isfinite(validation).all())
        if quantity == "Loss":
            lines = {"loss": (epochs["loss"], True)}
        elif alone:
            lines = {"training": (training, not validated)} | ({"validation": (validation, True)} if validated else {})
        else:
            lines = {"accuracy": (validation if validated else training, False)}
        for name, (values, points) in lines.items():
            shown = name if alone else track.name
            own = ("muted", "solid") if name == "training" and validated else (colour, dash)
            curve = self.plot.add_curve(*own, name=shown, points=points and alone and len(values) <= MOST_MARKED)
            self.plot.set_data(curve, epochs[column], values)
            self.plot.canvas.legend.setdefault(shown, curve)

    def _draw_levels(self) -> None:
        shown = self._levels if self.choice.chosen == "Accuracy" else {}
        self.plot.canvas.levels = [
            Level(
                100 * value,
                name,
                pg.mkPen(
                    self.plot.colour("text" if name.startswith("test") else "muted"),
                    style=DASHES["solid" if name.startswith("test") else "dash"],
                ),
            )
            for name, value in shown.items()
        ]
        self.plot.canvas.update()


def _lowest(arrays: Iterable[np.ndarray]) -> float:
    """Return the lowest finite value of several arrays, 100 without any."""
    found = [array[np.isfinite(array)] for array in arrays]
    return min((float(array.min()) for array in found if len(array)), default=100.0)


def _highest(arrays: Iterable[np.ndarray]) -> float:
    """Return the highest finite value of several arrays, 0 without any."""
    found = [array[np.isfinite(array)] for array in arrays]
    return max((float(array.max()) for array in found if len(array)), default=0.0)
