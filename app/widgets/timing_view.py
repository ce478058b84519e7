"""Where the time goes: shots a second, and the parts of one optimiser step."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.language import say, tr
from app.plot_record import Line, PlotRecord, Quantity
from app.theme import LIGHT, Theme
from app.widgets.plot_panel import SavablePanel

if TYPE_CHECKING:
    from app.bridge import Frame

EMPTY = "Shots a second and the parts of an optimiser step appear while the network trains."
SMOOTHING = 0.1
READABLE_S = 0.25
PARTS = ("device", "rest of the forward pass", "backward and update", "everything else")


class TimingView(SavablePanel):
    """Bars of one step's parts in milliseconds; below them the window's own time a frame."""

    def __init__(self) -> None:
        self.bars = _Bars()
        super().__init__("Timing", EMPTY, self.bars)
        self.begin()

    def begin(self) -> None:
        """Forget the last run."""
        self._rate, self._told_s = 0.0, 0.0
        self._last: tuple[int, int, float] | None = None
        self._parts_ms: list[float] | None = None
        self.show_empty()

    def add(self, frame: Frame, frame_ms: float) -> None:
        """Take a frame of the engine's events and what painting the last one cost."""
        from core.training.events import StepDone

        done = [point for point in frame.progress if isinstance(point, StepDone)]
        if not (frame.steps and done):
            return
        last = done[-1]
        if self._last is not None and last.step > self._last[0]:
            steps, shots = last.step - self._last[0], last.shots - self._last[1]
            elapsed_s = max(last.wall_s - self._last[2], 1e-9)
            whole_ms = 1e3 * elapsed_s / steps
            parts = [1e3 * part_s / frame.steps for part_s in frame.times_s]
            parts.append(max(whole_ms - sum(parts), 0.0))
            before = self._parts_ms or parts
            self._parts_ms = [old + SMOOTHING * (new - old) for old, new in zip(before, parts, strict=True)]
            self._rate = shots / elapsed_s
        self._last = last.step, last.shots, last.wall_s
        now_s = time.monotonic()
        if self._parts_ms is not None and now_s - self._told_s >= READABLE_S:
            self._told_s = now_s
            figures = {"rate": self._rate, "step_ms": sum(self._parts_ms)}
            say(self.readout.setText, "{rate:,.0f} shots/s · {step_ms:.2f} ms a step", **figures)
            self.bars.show_parts(dict(zip(PARTS, self._parts_ms, strict=True)), frame_ms)
            self.show_content()

    def record(self) -> PlotRecord:
        """Return the time of each part of a step."""
        times_s = 1e-3 * np.array(list(self.bars.parts_ms.values()))
        line = Line("time of a step", np.arange(len(times_s), dtype=float), times_s, dash="none", points=True)
        return PlotRecord(self.title, Quantity("Part"), Quantity("Time", "s"), (line,), names=PARTS)

    def apply_theme(self, theme: Theme) -> None:
        """Repaint in a theme."""
        super().apply_theme(theme)
        self.bars.theme = theme
        self.bars.update()


class _Bars(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self.theme = LIGHT
        self.parts_ms: dict[str, float] = {}
        self.frame_ms = 0.0

    def show_parts(self, parts_ms: dict[str, float], frame_ms: float) -> None:
        """Draw the parts in milliseconds, and tell the window's time a frame."""
        self.parts_ms, self.frame_ms = parts_ms, frame_ms
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a bar for each part, as long as its share."""
        if not self.parts_ms:
            return
        painter, metrics = QPainter(self), self.fontMetrics()
        words = max(metrics.horizontalAdvance(tr(name)) for name in self.parts_ms) + 20
        figures = metrics.horizontalAdvance("0000.00 ms") + 8
        room, high = self.width() - words - figures - 24, min((self.height() - 24) / (len(self.parts_ms) + 1), 32)
        whole = max(sum(self.parts_ms.values()), 1e-9)
        for row, (name, value) in enumerate(self.parts_ms.items()):
            line = QRectF(12, 8 + row * high, words - 12, high)
            painter.setPen(QColor(self.theme.text))
            painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, tr(name))
            bar = QRectF(12 + words, line.top() + 0.25 * high, max(room * value / whole, 1), 0.5 * high)
            painter.fillRect(bar, QColor(self.theme.series[row % len(self.theme.series)]))
            where = QRectF(self.width() - figures - 8, line.top(), figures, high)
            painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{value:.2f} ms")
        painter.setPen(QColor(self.theme.muted))
        foot = QRectF(12, 8 + len(self.parts_ms) * high, self.width() - 24, high)
        cost = tr("the window takes {frame_ms:.1f} ms for a frame", frame_ms=self.frame_ms)
        painter.drawText(foot, Qt.AlignmentFlag.AlignVCenter, cost)
