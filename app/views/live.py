"""The live page: what goes into the system, what comes out, how the training goes, in docks that one arranges."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from app.keeper import decoded, encoded
from app.language import say
from app.theme import Theme
from app.widgets.class_map import ClassMapView
from app.widgets.confusion_view import ConfusionView
from app.widgets.optical_view import DriveView, ResponseView
from app.widgets.plot_panel import SavablePanel
from app.widgets.response_view import LayersView, TracesView, is_time_domain
from app.widgets.spectrum_view import SpectrumView, WaterfallView
from app.widgets.system_views import KernelView, MatrixView, PhaseView
from app.widgets.timing_view import TimingView
from app.widgets.training_view import TrainingView
from core.phrase import Phrase, joined

if TYPE_CHECKING:
    from app.bridge import Frame, RunReady
    from core.training.events import AlignmentChecked, AnswersCounted, NetworkPrepared, SampleShown, ShotMeasured

# rows of the page from left to right; views of one place are tabs, the first one in front
WAVES = (("traces",), ("spectrum", "waterfall", "kernel", "matrix", "layers"))
LAYOUTS: dict[str, tuple[tuple[tuple[str, ...], ...], ...]] = {
    "plate": (WAVES, (("training", "timing"), ("class map", "confusion"))),
    "circuit": (
        (("traces",), ("spectrum", "waterfall", "phase", "matrix", "layers")),
        (("training", "timing"), ("class map", "confusion")),
    ),
    "": (
        (("drive",), ("response", "layers", "matrix")),
        (("training", "timing"), ("class map", "confusion")),
    ),
}
TABS = {"kernel": "Kernel", "matrix": "Matrix", "layers": "Layers"}  # what stands on a tab in place of a long title
LAYOUT_VERSION, OTHER = 1, "other"
READABLE_MS = 200  # a sample stays for so long: one that changed with each frame could not be looked at


class LivePage(QMainWindow):
    """Every view is a dock; the arrangement is kept for each kind of system. `save_requested` has a PlotRecord."""

    save_requested = Signal(object)

    def __init__(self) -> None:
        super().__init__(flags=Qt.WindowType.Widget)
        self.setObjectName("page")
        self.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks)
        self._layouts: dict[str, QByteArray] = {}
        self.drive, self.response = DriveView(), ResponseView()
        self.traces = TracesView()
        self.spectrum, self.waterfall = SpectrumView(), WaterfallView()
        self.kernel, self.matrix, self.phase = KernelView(), MatrixView(), PhaseView()
        self.layers, self.training = LayersView(), TrainingView()
        self.class_map, self.confusion, self.timing = ClassMapView(), ConfusionView(), TimingView()
        self.panels: dict[str, SavablePanel] = {
            "drive": self.drive,
            "response": self.response,
            "traces": self.traces,
            "spectrum": self.spectrum,
            "waterfall": self.waterfall,
            "kernel": self.kernel,
            "phase": self.phase,
            "matrix": self.matrix,
            "layers": self.layers,
            "training": self.training,
            "class map": self.class_map,
            "confusion": self.confusion,
            "timing": self.timing,
        }
        self.docks = {name: self._dock(name, panel) for name, panel in self.panels.items()}
        self._run: RunReady | None = None
        self._kind = ""
        self._last: dict[int, ShotMeasured] = {}
        self._sample: SampleShown | None = None
        self._unread = False
        self._reading = QTimer(self, singleShot=True, interval=READABLE_MS)
        self._reading.timeout.connect(self._show_sample)
        self._frame_ms = 0.0
        self.arrange("")

    def begin(self, estimator: str) -> None:
        """Forget the last run."""
        self._last, self._sample, self._unread = {}, None, False
        for view in (self.drive, self.response, self.traces, self.kernel, self.matrix, self.phase, self.layers):
            view.show_empty()
        for view in (self.spectrum, self.waterfall):
            view.reset()
        self.class_map.show_empty()
        self.timing.begin()
        self.training.begin(estimator)

    def set_run(self, run: RunReady) -> None:
        """Name the axes after the system, and arrange the views that it has."""
        self._run, info = run, run.info
        for view in (self.drive, self.response, self.traces, self.phase, self.kernel):
            view.set_system(info)
        self.layers.set_axis(info.response_axis)
        self.class_map.set_run(run.classes, run.image_shape)
        self.confusion.set_classes(run.classes)
        self.training.allow_rate(run.learning_rate)
        kind = info.kind if info.kind in LAYOUTS else "plate" if is_time_domain(info) else ""
        if kind != self._kind:
            self._layouts[self._kind] = self.saveState(LAYOUT_VERSION)
            self.arrange(kind)

    def show_frame(self, frame: Frame) -> None:
        """Draw what came since the last frame, on the views that can be seen and are not paused."""
        start_s = time.perf_counter()
        if frame.shots and self._run is not None:
            self._last.update(frame.shots)
            self._show_shot(self._last[max(self._last)])
        if frame.sample is not None and self._last:
            self._sample = frame.sample
            self._unread = True
            if not self._reading.isActive():
                self._show_sample()
        if frame.progress:
            self.training.add(frame.progress)
        self.timing.add(frame, self._frame_ms)
        self._frame_ms += 0.1 * (1e3 * (time.perf_counter() - start_s) - self._frame_ms)

    def show_prepared(self, event: NetworkPrepared) -> None:
        """Draw the twin's matrix, and mark where the classes are read."""
        if event.jacobian is not None:
            self.matrix.show_jacobian(event.jacobian)
            self.kernel.show_jacobian(event.jacobian)
        if self._run is not None:
            for view in (self.response, self.traces):
                view.show_windows(event.windows, self._run.classes)

    def show_answers(self, event: AnswersCounted) -> None:
        """Draw the confusion matrix."""
        if not self.confusion.paused:
            self.confusion.show_counts(event.part, event.counts)

    def show_alignment(self, event: AlignmentChecked) -> None:
        """Add a check of the gradient to the training's curves."""
        self.training.add_alignment(event)

    def show_result(self, result: dict[str, Any]) -> None:
        """Draw the final test accuracy and the digital baselines into the training plot."""
        levels = {"test, on the device": float(result["test_accuracy"])}
        levels |= {str(item["name"]): float(item["test_accuracy"]) for item in result["baselines"]}
        self.training.add_levels(levels)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        for panel in self.panels.values():
            panel.apply_theme(theme)

    def arrange(self, kind: str) -> None:
        """Show the views of a kind of system, as its user left them."""
        self._kind = kind
        self.reset_layout()
        if kind in self._layouts and not self.restoreState(self._layouts[kind], LAYOUT_VERSION):
            self.reset_layout()

    def bring_to_front(self, panel: QWidget) -> None:
        """Show a view, or what belongs to it, that lies behind another one."""
        for dock in self.docks.values():
            if panel in (dock.widget(), dock.titleBarWidget()):
                dock.raise_()

    def reset_layout(self) -> None:
        """Put the views where they were at first."""
        for dock in self.docks.values():
            dock.setFloating(False)
            self.removeDockWidget(dock)
        rows = LAYOUTS[self._kind]
        first = [self.docks[row[0][0]] for row in rows]
        for dock in first:
            self.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
            if dock is not first[0]:
                self.splitDockWidget(first[0], dock, Qt.Orientation.Vertical)
            dock.show()
        for row in rows:
            before = self.docks[row[0][0]]
            for place in row[1:]:
                self.splitDockWidget(before, self.docks[place[0]], Qt.Orientation.Horizontal)
                before = self.docks[place[0]]
                before.show()
        for place in (place for row in rows for place in row):
            for name in place[1:]:
                self.tabifyDockWidget(self.docks[place[0]], self.docks[name])
                self.docks[name].show()
            self.docks[place[0]].raise_()
        for row in rows:
            across = [self.docks[place[0]] for place in row]
            self.resizeDocks(across, [1000] * len(across), Qt.Orientation.Horizontal)
        self.resizeDocks(first, [1000] * len(first), Qt.Orientation.Vertical)

    def layouts_as_kept(self) -> dict[str, str]:
        """Return how the views of each kind of system are arranged, as plain data."""
        layouts = {**self._layouts, self._kind: self.saveState(LAYOUT_VERSION)}
        return {kind or OTHER: encoded(layout) for kind, layout in layouts.items()}

    def restore_layouts(self, data: dict[str, str]) -> None:
        """Take the arrangements as they were kept. Raises ValueError where they are damaged."""
        kinds = {kind or OTHER: kind for kind in LAYOUTS}
        self._layouts = {kinds[name]: decoded(text) for name, text in data.items() if name in kinds}
        self.arrange(self._kind)

    def _wanted(self, name: str) -> bool:
        """Tell whether a view is on the screen, not behind another tab, and follows the run."""
        panel = self.panels[name]
        return not panel.paused and not panel.visibleRegion().isEmpty()

    def _catch_up(self, name: str, visible: bool) -> None:
        """Draw what came last on a view that comes to the front: behind another one it was not drawn."""
        if visible and self._last and not self.panels[name].paused:
            self._draw(name)

    def _show_shot(self, latest: ShotMeasured) -> None:
        assert self._run is not None
        info = self._run.info
        if is_time_domain(info) and not self.spectrum.paused:
            magnitude_db = self.spectrum.show_waveform(info.response_axis, latest.response)
            if magnitude_db is not None and not self.waterfall.paused:
                self.waterfall.add(info.response_axis, magnitude_db)
        for name in ("traces", "waterfall", "phase", "drive", "response", "layers"):
            if self._wanted(name):
                self._draw(name)

    def _show_sample(self) -> None:
        if self._unread:
            self._unread = False
            self._reading.start()
            if self._wanted("class map"):
                self._draw("class map")

    def _draw(self, name: str) -> None:
        """Draw one view of the last shots."""
        assert self._run is not None
        info, latest = self._run.info, self._last[max(self._last)]
        layer = Phrase("layer {number}", number=latest.layer + 1)
        match name:
            case "traces":
                self.traces.set_title(Phrase("Drive and response, {layer}", layer=layer))
                self.traces.show_shot(latest.drive, latest.response)
            case "waterfall":
                self.waterfall.draw()
            case "phase":
                self.phase.show_waveform(latest.response)
            case "drive":
                self.drive.set_title(joined((Phrase(info.drive_label), layer), ", "))
                self.drive.show_values(latest.drive)
            case "response":
                self.response.set_title(joined((Phrase(info.response_label), layer), ", "))
                self.response.show_shot(latest.drive, latest.response)
            case "layers":
                self.layers.show_rows({layer: shot.response for layer, shot in self._last.items()})
            case "class map" if self._sample is not None:
                self.class_map.show_sample(self._sample, self._last)
            case _:
                pass

    def _dock(self, name: str, panel: SavablePanel) -> QDockWidget:
        dock = QDockWidget()
        say(dock.setWindowTitle, TABS.get(name, panel.title))
        dock.setObjectName(name)
        dock.setTitleBarWidget(panel.header)
        dock.setWidget(panel)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetMovable | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        panel.add_action("Show on its own, or back").triggered.connect(lambda: dock.setFloating(not dock.isFloating()))
        panel.add_action("Reset the layout").triggered.connect(self.reset_layout)
        panel.save_requested.connect(self.save_requested)
        dock.visibilityChanged.connect(partial(self._catch_up, name))
        return dock
