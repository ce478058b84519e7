"""The axis of a plot: its title reads "quantity / unit", and a logarithmic one is numbered as one writes it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg

from app.language import tr

DIGITS = ((1,), (2, 5), (3, 4, 6, 7, 8, 9))  # of a logarithmic axis, the first ones first
ROOMY_PX = 120  # a decade as long as this has room for numbers at 2 and 5
LEAST_DECADES = 1.0  # below it a logarithmic axis is numbered like a linear one


class QuantityAxis(pg.AxisItem):
    """An axis whose title reads "quantity / unit", with the SI prefix that suits its range."""

    def labelString(self) -> str:
        """Return the title as rich text, in the language of the window."""
        unit = f" / {self.labelUnitPrefix}{self.labelUnits}" if self.labelUnits else ""
        style = ";".join(f"{key}: {value}" for key, value in self.labelStyle.items())
        return f"<span style='{style}'>{tr(self.labelText)}{unit}</span>"

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
