"""The live page: what goes into the system, what comes out, and how the training goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QGridLayout, QStackedWidget, QWidget

from app.theme import Theme
from app.widgets.response_view import EMPTY, LayersView, SpectrumView, TraceView, is_time_domain
from app.widgets.training_view import TrainingView

if TYPE_CHECKING:
    from core.ports import SystemInfo
    from core.training.events import ShotMeasured


class LivePage(QWidget):
    """Drive and response above, spectrum (or all layers' outputs) and training curves below."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("page")
        self.drive = TraceView("Drive", EMPTY["drive"], 0)
        self.response = TraceView("Response", EMPTY["response"], 1)
        self.spectrum = SpectrumView()
        self.layers = LayersView()
        self.training = TrainingView()
        self._lower_left = QStackedWidget()
        self._lower_left.addWidget(self.layers)
        self._lower_left.addWidget(self.spectrum)
        self._info: SystemInfo | None = None
        self._last: dict[int, ShotMeasured] = {}
        layout = QGridLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(12)
        for place, view in enumerate((self.drive, self.response, self._lower_left, self.training)):
            layout.addWidget(view, place // 2, place % 2)
            layout.setColumnStretch(place % 2, 1)
            layout.setRowStretch(place // 2, 1)

    def begin(self, estimator: str) -> None:
        """Forget the last run."""
        self._last = {}
        for view in (self.drive, self.response, self.spectrum, self.layers):
            view.show_empty()
        self.training.begin(estimator)

    def set_system(self, info: SystemInfo) -> None:
        """Name the axes after the system."""
        self._info = info
        self.drive.set_title(info.drive_label)
        self.drive.set_axes(info.drive_axis, f"{info.drive_label} / {info.drive_unit}")
        self.response.set_title(info.response_label)
        self.response.set_axes(info.response_axis, f"{info.response_label} / {info.response_unit}")
        self.layers.set_axis(info.response_axis)
        self._lower_left.setCurrentWidget(self.spectrum if is_time_domain(info) else self.layers)

    def show_shots(self, shots: dict[int, ShotMeasured]) -> None:
        """Draw the last layer's latest shot, and the outputs of all layers."""
        if self._info is None:
            return
        self._last.update(shots)
        latest = self._last[max(self._last)]
        name = f", layer {latest.layer + 1}"
        self.drive.set_title(self._info.drive_label + name)
        self.response.set_title(self._info.response_label + name)
        self.drive.show_values(latest.drive)
        self.response.show_values(latest.response)
        if is_time_domain(self._info):
            self.spectrum.show_waveform(self._info.response_axis, latest.response)
        else:
            self.layers.show_rows({layer: shot.response for layer, shot in self._last.items()})

    def show_result(self, result: dict[str, Any]) -> None:
        """Draw the final test accuracy and the digital baselines into the training plot."""
        levels = {"test, on the device": float(result["test_accuracy"])}
        levels |= {str(item["name"]): float(item["test_accuracy"]) for item in result["baselines"]}
        self.training.add_levels(levels)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        for view in (self.drive, self.response, self.spectrum, self.layers):
            view.plot.apply_theme(theme)
        self.training.apply_theme(theme)
