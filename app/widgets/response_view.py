"""Views of the last measured shot: its drive, its response, and its spectrum or the outputs of all layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF

from app.spectrum import magnitude_spectrum
from app.theme import Theme
from app.widgets.plot import Panel, Plot

if TYPE_CHECKING:
    from core.ports import Axis, SystemInfo

EMPTY = {
    "drive": "Press Start: the controls of the last measured shot appear here.",
    "response": "What the system answers to the drive appears here, shot by shot.",
    "spectrum": "The spectrum of the response appears with the first measured shot.",
    "layers": "The outputs of all physical layers appear with the first measured shot.",
}


def headline(text: str) -> str:
    """Write a quantity as an axis title begins."""
    return text[:1].upper() + text[1:]


def positions(axis: Axis, count: int) -> np.ndarray:
    """Return the axis values of `count` points, or their numbers where the axis is of another length."""
    values = np.asarray(axis.values, dtype=float)
    return values if len(values) == count else np.arange(count, dtype=float)


class TraceView(Panel):
    """One curve of one shot against its physical axis."""

    def __init__(self, title: str, empty: str, colour: int) -> None:
        self.plot = Plot()
        super().__init__(title, empty, self.plot)
        self.plot.readout = self.readout
        self.curve = self.plot.add_curve(colour)
        self._axis: Axis | None = None

    def set_axes(self, axis: Axis, label: str) -> None:
        """Name the axes and forget the last shot."""
        self._axis = axis
        self.plot.forget_view()
        self.plot.set_axis("bottom", headline(axis.quantity), axis.unit)
        self.plot.set_axis("left", headline(label))
        self.show_empty()

    def show_values(self, values: np.ndarray) -> None:
        """Draw the values (points,)."""
        if self._axis is None:
            return
        x, y = positions(self._axis, len(values)), np.asarray(values, dtype=float)
        self.plot.fix_view("bottom", float(x.min()), float(x.max()))
        self.plot.keep_in_view("left", float(y.min()), float(y.max()))
        self.plot.set_data(self.curve, x, y)
        self.show_content()


class SpectrumView(Panel):
    """The magnitude spectrum of a response in time."""

    def __init__(self) -> None:
        self.plot = Plot()
        super().__init__("Spectrum", EMPTY["spectrum"], self.plot)
        self.plot.readout = self.readout
        self.curve = self.plot.add_curve(3)
        self.plot.set_axis("bottom", "Frequency", "Hz")
        self.plot.set_axis("left", "Magnitude", "dB")

    def show_waveform(self, axis: Axis, values: np.ndarray) -> None:
        """Draw the spectrum of a waveform (samples,)."""
        time_s = np.asarray(axis.values, dtype=float)
        if len(values) < 4 or len(time_s) != len(values):
            return
        frequency_hz, magnitude_db = magnitude_spectrum(time_s, np.asarray(values, dtype=float))
        self.plot.fix_view("bottom", 0.0, float(frequency_hz[-1]))
        self.plot.keep_in_view("left", float(magnitude_db.min()), float(magnitude_db.max()))
        self.plot.set_data(self.curve, frequency_hz, magnitude_db)
        self.show_content()


class LayersView(Panel):
    """The last response of every physical layer, one row each, from low (dark) to high (bright)."""

    def __init__(self) -> None:
        self.plot = Plot()
        super().__init__("Outputs of all layers", EMPTY["layers"], self.plot)
        viridis: Any = pg.colormap.get("viridis")
        red, green, blue = viridis.getLookupTable(nPts=256).T.astype(np.uint32)
        self._colours = red << 16 | green << 8 | blue
        self.plot.canvas.grid = False
        self.plot.plot_item.vb.invertY(True)
        self.plot.set_axis("left", "Layer")
        self._shape = (0, 0)

    def set_axis(self, axis: Axis) -> None:
        """Name the axis along a response."""
        self._shape = (0, 0)
        self.plot.forget_view()
        self.plot.set_axis("bottom", f"Output number, along {axis.quantity.lower()}")
        self.show_empty()

    def show_rows(self, rows: dict[int, np.ndarray]) -> None:
        """Draw the responses by layer, counted from 0; each row is scaled to its own range."""
        layers, width = max(rows) + 1, max(len(values) for values in rows.values())
        image = np.zeros((layers, width), np.uint8)
        for layer, values in rows.items():
            low, high = float(np.min(values)), float(np.max(values))
            image[layer, : len(values)] = 255 * (np.asarray(values, dtype=float) - low) / max(high - low, 1e-12)
        self.plot.canvas.show_image(self._colours[image], QRectF(0.5, 0.5, width, layers))
        if (layers, width) != self._shape:
            self._shape = layers, width
            ticks = [(layer + 1, str(layer + 1)) for layer in range(layers)]
            self.plot.plot_item.getAxis("left").setTicks([ticks if layers <= 12 else ticks[:: layers // 6]])
            self.plot.fix_view("bottom", 0.5, width + 0.5)
            self.plot.fix_view("left", 0.5, layers + 0.5)
        self.show_content()


def is_time_domain(info: SystemInfo) -> bool:
    """Tell whether the response is a waveform in time."""
    return info.response_axis.unit == "s"


def apply_theme(views: tuple[TraceView | SpectrumView | LayersView, ...], theme: Theme) -> None:
    """Repaint some views in a theme."""
    for view in views:
        view.plot.apply_theme(theme)
