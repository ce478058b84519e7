"""What a system is: its effective kernel and matrix, its way through phase space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF

from app.language import headline
from app.plot_record import Quantity
from app.widgets.image_panel import ImagePanel
from app.widgets.plot_panel import PlotPanel
from core.phrase import Phrase

if TYPE_CHECKING:
    from core.ports import SystemInfo


class KernelView(PlotPanel):
    """How the twin answers a short pulse at the start of a shot: of a linear system, its convolution kernel."""

    def __init__(self) -> None:
        super().__init__(
            "Effective kernel", "The answer to a short pulse. It appears when the twin has been calibrated."
        )
        self.curve = self.plot.add_curve(2, name="kernel")

    def set_system(self, info: SystemInfo) -> None:
        """Name the axes after the system."""
        self._time_s = np.asarray(info.response_axis.values, dtype=float)
        self.plot.forget_view()
        self.plot.set_axis("bottom", headline(info.response_axis.quantity), info.response_axis.unit)
        self.plot.set_axis("left", "∂ response / ∂ first control")
        self.show_empty()

    def show_jacobian(self, jacobian: np.ndarray) -> None:
        """Draw the first column of a Jacobian (response, drive)."""
        kernel = np.asarray(jacobian[:, 0], dtype=float)
        self.plot.fix_view("bottom", float(self._time_s[0]), float(self._time_s[-1]))
        self.plot.keep_in_view("left", float(kernel.min()), float(kernel.max()))
        self.plot.set_data(self.curve, self._time_s, kernel)
        self.show_content()


class MatrixView(ImagePanel):
    """The twin's Jacobian, through which the gradient goes backward."""

    def __init__(self) -> None:
        super().__init__(
            "Effective matrix",
            "The twin's derivative, with all controls in their middle. It appears when the twin has been calibrated.",
            Quantity("∂ response / ∂ control"),
            downwards=True,
            diverging=True,
        )
        self.plot.set_axis("bottom", "Control number")
        self.plot.set_axis("left", "Response number")

    def show_jacobian(self, jacobian: np.ndarray) -> None:
        """Draw a Jacobian (response, drive): blue lowers, red raises."""
        rows, columns = jacobian.shape
        self.plot.forget_view()
        self.show_image(np.asarray(jacobian, dtype=float), QRectF(0.5, 0.5, columns, rows))


class PhaseView(PlotPanel):
    """The response against how fast it changes."""

    def __init__(self) -> None:
        super().__init__("Phase portrait", "The response against its rate of change appears with the first shot.")
        self.curve = self.plot.add_curve(1, name="orbit", ordered=False)
        self.menu.removeAction(self.cursors)  # at one value the orbit passes many times

    def set_system(self, info: SystemInfo) -> None:
        """Name the axes after the system."""
        time_s = np.asarray(info.response_axis.values, dtype=float)
        unit = Phrase(info.response_unit)
        self._step_s = float(time_s[1] - time_s[0]) if len(time_s) > 1 else 1.0
        self.plot.forget_view()
        self.plot.set_axis("bottom", headline(info.response_label), info.response_unit)
        self.plot.set_axis("left", Phrase("Slope / {unit} per µs", unit=unit))
        self.show_empty()

    def show_waveform(self, values: np.ndarray) -> None:
        """Draw a waveform (samples,) as an orbit."""
        y = np.asarray(values, dtype=float)
        rate = np.gradient(y, self._step_s) * 1e-6
        self.plot.keep_in_view("bottom", float(y.min()), float(y.max()))
        self.plot.keep_in_view("left", float(rate.min()), float(rate.max()))
        self.plot.set_data(self.curve, y, rate)
        self.show_content()
