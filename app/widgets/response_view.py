"""Views of the last measured shot: drive and response, and the outputs of all layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QWidget

from app.language import headline
from app.plot_record import Quantity
from app.widgets.canvas import Band
from app.widgets.image_panel import ImagePanel
from app.widgets.plot_panel import PlotPanel
from core.phrase import Phrase

if TYPE_CHECKING:
    from core.ports import Axis, SystemInfo

EMPTY = {
    "drive": "Start a run: the controls of the last measured shot appear here.",
    "response": "What the system answers to the drive appears here, shot by shot.",
    "layers": "The outputs of all physical layers appear with the first measured shot.",
}


SHARE = Quantity("Response, each layer over its own range")


def positions(axis: Axis, count: int) -> np.ndarray:
    """Return the axis values of `count` points, or their numbers where the axis is of another length."""
    values = np.asarray(axis.values, dtype=float)
    return values if len(values) == count else np.arange(count, dtype=float)


def is_time_domain(info: SystemInfo) -> bool:
    """Tell whether the response is a waveform in time."""
    return info.response_axis.unit == "s"


class TraceView(PlotPanel):
    """One curve of one shot against its physical axis, over the bands in which classes are read."""

    def __init__(self, title: str, empty: str, colour: int, extras: Sequence[QWidget] = ()) -> None:
        super().__init__(title, empty, extras)
        self.curve = self.plot.add_curve(colour)
        self._axis: Axis | None = None

    def set_axes(self, axis: Axis, label: str, unit: str) -> None:
        """Name the axes and forget the last shot."""
        self._axis = axis
        self.curve.name = label
        self.plot.forget_view()
        self.plot.canvas.show_bands([])
        self.plot.set_axis("bottom", headline(axis.quantity), axis.unit)
        self.plot.set_axis("left", headline(label), unit)
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

    def show_windows(self, windows: np.ndarray | None, classes: tuple[str, ...]) -> None:
        """Shade where on the axis the classes are read; `windows` (points,) names the class of each value."""
        bands: list[Band] = []
        if windows is not None and self._axis is not None and len(windows) == len(self._axis.values):
            x = np.asarray(self._axis.values, dtype=float)
            edges = np.concatenate([[x[0]], (x[1:] + x[:-1]) / 2, [x[-1]]])
            starts = np.flatnonzero(np.diff(windows, prepend=windows[0] - 1))
            for start, end in zip(starts, [*starts[1:], len(windows)], strict=True):
                number = int(windows[start])
                name = classes[number] if 0 <= number < len(classes) else ""
                bands.append(Band(float(edges[start]), float(edges[end]), name))
        self.plot.canvas.show_bands(bands if len(bands) <= 2 * len(classes) else [])


class TracesView(TraceView):
    """Drive and response of one shot against time."""

    def __init__(self) -> None:
        super().__init__("Drive and response", EMPTY["response"], 1)
        self.drive = self.plot.add_curve(0, name="drive")
        self.plot.canvas.curves.reverse()  # the response lies on top
        self.curve.name = "response"
        self.plot.canvas.legend = {"drive": self.drive, "response": self.curve}

    def set_system(self, info: SystemInfo) -> None:
        """Name the axes after the system."""
        self.set_axes(info.response_axis, "Signal", info.response_unit)
        self.drive.name, self.curve.name = info.drive_label, info.response_label
        self.plot.canvas.legend = {self.drive.name: self.drive, self.curve.name: self.curve}

    def show_shot(self, drive: np.ndarray, response: np.ndarray) -> None:
        """Draw controls (points,) of a signed drive, 0.5 being rest, and the response (points,)."""
        swing = 2 * np.asarray(drive, dtype=float) - 1
        self.plot.set_data(self.drive, np.asarray(self.axis_values(len(swing))), swing)
        self.show_values(response)
        self.plot.keep_in_view("left", float(min(swing.min(), response.min())), float(max(swing.max(), response.max())))

    def axis_values(self, count: int) -> np.ndarray:
        """Return the times of `count` samples."""
        assert self._axis is not None
        return positions(self._axis, count)


class LayersView(ImagePanel):
    """The last response of every physical layer, one row each, each scaled to its own range."""

    def __init__(self) -> None:
        super().__init__("Outputs of all layers", EMPTY["layers"], SHARE, downwards=True)
        self.plot.set_axis("left", "Layer")
        self._layers = 0

    def set_axis(self, axis: Axis) -> None:
        """Name the axis along a response."""
        self._layers = 0
        self.plot.forget_view()
        self.plot.set_axis("bottom", Phrase("Output number, along {axis}", axis=Phrase(axis.quantity.lower())))
        self.show_empty()

    def show_rows(self, rows: dict[int, np.ndarray]) -> None:
        """Draw the responses by layer, counted from 0."""
        layers, width = max(rows) + 1, max(len(values) for values in rows.values())
        image = np.zeros((layers, width))
        for layer, values in rows.items():
            low, high = float(np.min(values)), float(np.max(values))
            image[layer, : len(values)] = (np.asarray(values, dtype=float) - low) / max(high - low, 1e-12)
        if layers != self._layers:
            self._layers = layers
            ticks = [(layer + 1, str(layer + 1)) for layer in range(layers)]
            self.plot.plot_item.getAxis("left").setTicks([ticks if layers <= 12 else ticks[:: layers // 6]])
        self.show_image(image, QRectF(0.5, 0.5, width, layers), (0.0, 1.0))
