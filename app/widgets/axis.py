"""The axis of a plot: its title reads "quantity / unit", and a logarithmic one is numbered as one writes it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QApplication

from app.figures import bears_prefix, unit_words
from app.language import headline, tr

PLAIN = (1e-2, 1e6)  # between them the largest number of an axis is short enough to be written out
SHARES = {"dB", "%"}
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
DIGITS = ((1,), (2, 5), (3, 4, 6, 7, 8, 9))  # of a logarithmic axis, the first ones first
ROOMY_PX = 120  # a decade as long as this has room for numbers at 2 and 5
LEAST_DECADES = 1.0  # below it a logarithmic axis is numbered like a linear one


class QuantityAxis(pg.AxisItem):
    """An axis whose title reads "quantity / unit", with the SI prefix or the power of ten that suits its range."""

    _room_px = math.inf

    def updateAutoSIPrefix(self) -> None:
        """Choose the SI prefix, or a power of ten where the unit bears none and the numbers would be long."""
        if bears_prefix(self.labelUnits):
            super().updateAutoSIPrefix()
            return
        ends = 10.0 ** np.array(self.range) if self.logMode else np.array(self.range)
        largest = float(np.abs(ends).max())
        is_plain = self.labelUnits in SHARES or not largest or PLAIN[0] <= largest < PLAIN[1]
        exponent = 0 if is_plain else math.floor(math.log10(largest))
        self.autoSIPrefixScale = 10.0**-exponent
        self.labelUnitPrefix = f"10{str(exponent).translate(RAISED)}" if exponent else ""
        self._updateLabel()

    def _updateLabel(self) -> None:
        """Write the title, and put it in the middle of the axis: pyqtgraph does so only when the size changes."""
        super()._updateLabel()
        self.resizeEvent()

    def resizeEvent(self, ev: Any = None) -> None:
        """Shorten the title to the length of the axis."""
        room_px = self.size().height() if self.orientation in {"left", "right"} else self.size().width()
        if room_px != self._room_px:
            self._room_px = room_px
            super()._updateLabel()
        super().resizeEvent(ev)

    def written(self, value: float) -> str:
        """Write a value with its unit."""
        if bears_prefix(self.labelUnits):
            return f"{value * self.autoSIPrefixScale:.4g} {self.labelUnitPrefix}{self.labelUnits}"
        return f"{value:.4g} {tr(unit_words(self.labelUnits))}".rstrip()

    def labelString(self) -> str:
        """Return the title as rich text, in the language of the window."""
        unit = tr(unit_words(self.labelUnits))
        unit = f"{self.labelUnitPrefix}{unit}" if bears_prefix(unit) else f"{self.labelUnitPrefix} {unit}".strip()
        unit = f" / {unit}" if unit else ""
        name, metrics = headline(tr(self.labelText)), QFontMetricsF(QApplication.font())
        shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, self._room_px - metrics.horizontalAdvance(unit))
        style = ";".join(f"{key}: {value}" for key, value in self.labelStyle.items())
        return f"<span style='{style}'>{shown}{unit}</span>"

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, Sequence[float]]]:
        """Return the ticks by level; of a logarithmic axis the decades, then 2 and 5, then the other digits."""
        if not self.logMode:
            return super().tickValues(minVal, maxVal, size)
        if maxVal - minVal < LEAST_DECADES:
            return self._ticks_within_a_decade(minVal, maxVal, size)
        decades = range(math.floor(minVal), math.ceil(maxVal) + 1)
        self._numbered = 0.5 if size / (maxVal - minVal) >= ROOMY_PX else 1.0
        levels = [[decade + math.log10(digit) for decade in decades for digit in digits] for digits in DIGITS]
        inside = [[place for place in level if minVal <= place <= maxVal] for level in levels]
        return list(zip((1.0, 0.5, 0.1), inside, strict=True))

    def logTickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return what stands at ticks, in the axis's unit; nothing where there is no room."""
        return [f"{10**place * scale:.4g}" if spacing >= self._numbered else "" for place in values]

    def _ticks_within_a_decade(self, low: float, high: float, size: float) -> list[tuple[float, Sequence[float]]]:
        first, last = 10**low, 10**high
        spacing = self.tickSpacing(first, last, size)[0][0]
        self._numbered = 0.0
        ticks = spacing * np.arange(math.ceil(first / spacing), math.floor(last / spacing) + 1)
        return [(1.0, np.log10(ticks).tolist())]
