"""A panel with a plot: show all, cursors, and the picture or its data saved."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from app.language import say
from app.plot_record import Line, PlotRecord, Quantity
from app.theme import LIGHT, Theme
from app.widgets.panel import Panel
from app.widgets.plot import Plot


class SavablePanel(Panel):
    """`save_requested` asks the page to save a `PlotRecord`, as a picture or as data."""

    save_requested = Signal(object)

    def __init__(self, title: str, empty: str, content: QWidget, extras: Sequence[QWidget] = ()) -> None:
        super().__init__(title, empty, content, extras)
        self.save = self.add_action("Save picture or data…")
        self.save.triggered.connect(lambda: self.save_requested.emit(self.record()))
        self.menu.aboutToShow.connect(self._allow_saving)

    def record(self) -> PlotRecord:
        """Return what is shown, with true values."""
        raise NotImplementedError

    def _allow_saving(self) -> None:
        self.save.setEnabled(not self.empty)
        say(self.save.setToolTip, "There is nothing to save yet." if self.empty else "")


class PlotPanel(SavablePanel):
    """A panel with a plot."""

    def __init__(self, title: str, empty: str, extras: Sequence[QWidget] = ()) -> None:
        self.plot = Plot()
        super().__init__(title, empty, self.plot, extras)
        self.plot.readout = self.readout
        self.add_action("Show all").triggered.connect(self.plot.show_all)
        self.cursors = self.add_action("Cursors", checkable=True)
        self.cursors.toggled.connect(self.plot.show_cursors)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        super().apply_theme(theme)
        self.plot.apply_theme(theme)

    def record(self) -> PlotRecord:
        """Return the curves, in the light theme's colours."""
        plot = self.plot
        shown = [curve for curve in plot.canvas.curves if curve.visible and len(curve.x)]
        colours = {id(curve): (colour, dash) for curve, colour, dash in plot.styles}
        lines: list[Line] = []
        for number, curve in enumerate(shown):
            colour, dash = colours[id(curve)]
            name = curve.name or (self.title if len(shown) == 1 else f"curve {number + 1}")
            second = Quantity(*plot.quantity("right")) if curve.scale is not None else None
            drawn = dash if curve.line else "none"
            band = None if curve.band is None else (curve.band[0].copy(), curve.band[1].copy())
            look = _light(colour), drawn, curve.points
            lines.append(Line(name, curve.x.copy(), curve.y.copy(), *look, second, band))
        x, y = (Quantity(*plot.quantity(side)) for side in ("bottom", "left"))
        levels = {level.name: level.value for level in plot.canvas.levels}
        return PlotRecord(self.title, x, y, tuple(lines), levels, log_x=plot.canvas.log_x)


def _light(colour: int | str) -> str:
    if isinstance(colour, int):
        return LIGHT.series[colour]
    return QColor(getattr(LIGHT, "line" if colour == "faint" else colour)).name()
