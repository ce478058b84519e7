"""Drive and response of a system that is not one of waveforms in time; of an optical one, phase and efficiency too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QLabel

from app.language import say
from app.optics import efficiency, visible_phase_rad
from app.widgets.response_view import EMPTY, TraceView, positions

if TYPE_CHECKING:
    from core.ports import Light, SystemInfo

PHASE = ("Phase asked for", "rad")
PHASE_TIP = "The spectral phase that the drive asks for, blank where its amplitude is below 1 % of its largest value."
KNOWN = (
    "Measured power of the response over the power that the drive asks for. Both are taken from the data sheet's laser "
    "spectrum and reference level: losses and drifts since are in this figure, and light beyond the range of the "
    "spectrometer is not."
)
UNKNOWN = (
    "The system does not tell how the power of its response compares with that of its drive: a power meter before and "
    "behind the crystal would."
)


class DriveView(TraceView):
    """The drive's amplitudes, and on a second axis the phase of the light that they ask for."""

    def __init__(self) -> None:
        super().__init__("Drive", EMPTY["drive"], 0)
        self.phase = self.plot.add_curve(3, name="phase", points=True)
        self.phase.line = False
        self._light: Light | None = None

    def set_system(self, info: SystemInfo) -> None:
        """Name the axes after the system."""
        self._light = info.light
        self.phase.visible = info.light is not None
        self.plot.set_second(self.phase, *PHASE, (-math.pi, math.pi) if info.light else None)
        say(self.plot.setToolTip, PHASE_TIP if info.light else "")
        self.set_title(info.drive_label)
        self.set_axes(info.drive_axis, info.drive_label, info.drive_unit)

    def show_values(self, values: np.ndarray) -> None:
        """Draw the controls (points,)."""
        if self._light is not None and self._axis is not None:
            x = positions(self._axis, len(values))
            self.plot.set_data(self.phase, x, visible_phase_rad(self._light, np.asarray(values, dtype=float)))
        super().show_values(values)


class ResponseView(TraceView):
    """The response, and the share of the drive's power that is in it."""

    def __init__(self) -> None:
        self.efficiency = QLabel()
        super().__init__("Response", EMPTY["response"], 1, (self.efficiency,))
        self._light: Light | None = None

    def set_system(self, info: SystemInfo) -> None:
        """Name the axes after the system."""
        self._light = info.light
        optical = info.light is not None or info.response_axis.unit == "m"
        self.efficiency.setVisible(optical)
        say(self.efficiency.setText, "" if info.light else "efficiency not known")
        say(self.efficiency.setToolTip, KNOWN if info.light else UNKNOWN)
        self.set_title(info.response_label)
        self.set_axes(info.response_axis, info.response_label, info.response_unit)

    def show_shot(self, drive: np.ndarray, response: np.ndarray) -> None:
        """Draw a response (points,) to a drive (controls,)."""
        self.show_values(response)
        if self._light is not None:
            share = efficiency(self._light, np.asarray(drive, dtype=float), np.asarray(response, dtype=float))
            shown = "–" if share is None else f"{100 * share:.2f} %"
            say(self.efficiency.setText, "efficiency {share}", share=shown)
