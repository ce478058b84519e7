"""The spectrum of the response in time: a line, and its history as a waterfall."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu

from app.language import say, worded
from app.plot_record import Quantity
from app.spectrum import AVERAGES, WINDOWS, RunningSpectrum, amplitude_spectrum, condensed, decibels
from app.widgets.image_panel import ImagePanel
from app.widgets.plot_panel import PlotPanel
from core.phrase import Phrase

if TYPE_CHECKING:
    from core.ports import Axis

EMPTY = "The spectrum of the response appears with the first measured shot."
WATERFALL_ROWS, WATERFALL_COLUMNS = 200, 1000
WATERFALL_DB = (-80.0, 0.0)


class SpectrumView(PlotPanel):
    """Magnitude in dB of full scale; window, averages, peak hold and the frequency axis are chosen in the menu."""

    def __init__(self) -> None:
        super().__init__("Spectrum", EMPTY)
        self.curve = self.plot.add_curve(3, name="response")
        self.peak = self.plot.add_curve("muted", name="peak")
        self.plot.set_axis("bottom", "Frequency", "Hz")
        self.plot.set_axis("left", "Magnitude", "dB")
        self._running = RunningSpectrum()
        self._window = next(iter(WINDOWS))
        self.menu.addSeparator()
        self.log = self.add_action("Logarithmic frequency", checkable=True)
        self.hold = self.add_action("Hold the peaks", checkable=True)
        self.windows = self._choice("Window", list(WINDOWS), self._choose_window)
        self.averages = self._choice(
            "Average", [Phrase("{count} shots", count=count) for count in AVERAGES], self._choose_average
        )
        self.log.toggled.connect(self.plot.set_log)
        self.hold.toggled.connect(self._running_reset)

    def reset(self) -> None:
        """Forget averages and peaks."""
        self._running.reset()
        self.plot.forget_view()
        self.show_empty()

    def show_waveform(self, axis: Axis, values: np.ndarray) -> np.ndarray | None:
        """Draw the spectrum of a waveform (samples,); return it in dB, before any average."""
        time_s = np.asarray(axis.values, dtype=float)
        if len(values) < 4 or len(time_s) != len(values):
            return None
        frequency_hz, amplitude = amplitude_spectrum(time_s, np.asarray(values, dtype=float), self._window)
        self._running.add(amplitude)
        magnitude_db, peak_db = decibels(self._running.mean), decibels(self._running.peak)
        self.peak.visible = self.hold.isChecked()
        first = 1 if self.plot.canvas.log_x else 0
        self.plot.fix_view("bottom", float(frequency_hz[first]), float(frequency_hz[-1]))
        highest = peak_db if self.peak.visible else magnitude_db
        self.plot.keep_in_view("left", float(magnitude_db.min()), float(highest.max()))
        self.plot.set_data(self.curve, frequency_hz, magnitude_db)
        self.plot.set_data(self.peak, frequency_hz, peak_db)
        self.show_content()
        return decibels(amplitude)

    def _running_reset(self, _on: bool) -> None:
        self._running.reset()

    def _choose_window(self, number: int) -> None:
        self._window = list(WINDOWS)[number]
        self._running.reset()

    def _choose_average(self, number: int) -> None:
        self._running.count = AVERAGES[number]

    def _choice(self, title: str, names: list[str], choose: object) -> QMenu:
        menu, group = self.menu.addMenu(""), QActionGroup(self)
        say(menu.setTitle, title)
        for number, name in enumerate(names):
            action = worded(menu.addAction(""), name)
            action.setCheckable(True)
            action.setChecked(number == 0)
            action.triggered.connect(lambda _checked, number=number: choose(number))  # type: ignore[operator]
            group.addAction(action)
        return menu


class WaterfallView(ImagePanel):
    """The latest spectra, the newest at the bottom; of very many lines, the highest of each few."""

    def __init__(self) -> None:
        super().__init__("Waterfall", EMPTY, Quantity("Magnitude", "dB"))
        self.plot.set_axis("bottom", "Frequency", "Hz")
        self.plot.set_axis("left", "Shots ago")
        self._rows, self._lines, self._line_hz = np.empty((0, 0)), 1, 0.0

    def reset(self) -> None:
        """Forget all spectra."""
        self._rows = np.empty((0, 0))
        self.plot.forget_view()
        self.show_empty()

    def add(self, axis: Axis, magnitude_db: np.ndarray) -> None:
        """Keep a spectrum (lines,) of a waveform on this axis, to be drawn with `draw`."""
        row, self._lines = condensed(magnitude_db, WATERFALL_COLUMNS)
        if self._rows.shape[1] != len(row):
            self._rows = np.full((WATERFALL_ROWS, len(row)), WATERFALL_DB[0])
        self._rows[1:] = self._rows[:-1]
        self._rows[0] = row
        time_s = np.asarray(axis.values, dtype=float)
        self._line_hz = (len(time_s) - 1) / (time_s[-1] - time_s[0]) / len(time_s)

    def draw(self) -> None:
        """Show what was kept."""
        if self._rows.size:
            width_hz = self._rows.shape[1] * self._lines * self._line_hz
            where = QRectF(-self._line_hz / 2, 0.0, width_hz, WATERFALL_ROWS)
            self.show_image(self._rows.copy(), where, WATERFALL_DB)
