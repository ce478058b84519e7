"""How a measured number is written: its unit with the SI prefix that suits it, as many digits as its interval bears."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from core.calibration.events import Quantity
from core.phrase import Phrase, joined

PREFIXED = re.compile(r"(s|Hz|V|A|Ω|H|F|m|W|J|N|Pa|K|rad)(?![A-Za-z²³⁻^])")  # units that bear an SI prefix
PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
DIGITS = 4  # of a number whose interval nobody knows
MOST_ELEMENTS = 24  # of a parameter that is listed; a matrix's or each pendulum's would hide the others
NORMAL_95 = 1.96  # standard errors
WIDTH = 3.0  # least half-width of an interval, in units of the last digit
MOST_DECIMALS = 6


def bears_prefix(unit: str) -> bool:
    """Tell whether an SI prefix can stand before a unit."""
    return PREFIXED.match(unit) is not None


def unit_words(unit: str) -> Phrase:
    """Return a unit of which each factor has a name in every language: "full scale/√Hz"."""
    return joined((Phrase(factor) for factor in unit.split("/")), "/")


def written(quantity: Quantity) -> str:
    """Write a number with its unit, as the others of its interval are written: "3.214 kHz"."""
    scale, unit, decimals = _scale(quantity)
    number = _number(quantity.value / scale, decimals)
    return joined((number, unit_words(unit))) if unit else number


def interval_written(quantity: Quantity) -> Phrase:
    """Write the 95 % interval in the same unit and with the same digits, "" where it is unknown."""
    if quantity.low is None or quantity.high is None:
        return Phrase("")
    scale, _, decimals = _scale(quantity)
    low, high = (_number(end / scale, decimals) for end in (quantity.low, quantity.high))
    return Phrase("95 % interval {low} to {high}", low=low, high=high)


def parameter_figures(parameters: Mapping[str, Any]) -> dict[str, Quantity]:
    """Return a twin's parameters, as the result of a calibration has them, by name with their 95 % intervals."""
    figures: dict[str, Quantity] = {}
    for name, found in parameters.items():
        values, errors = (np.atleast_1d(found[key]).ravel() for key in ("value", "standard_error"))
        if len(values) > MOST_ELEMENTS:
            continue
        words, unit = Phrase(name.replace("_", " ")), str(found["unit"]).replace("ohm", "Ω").replace("2", "²")
        for number, (value, error) in enumerate(zip(values.tolist(), errors.tolist(), strict=True), 1):
            half, numbered = NORMAL_95 * error, Phrase("{name} {number}", name=words, number=number)
            figures[numbered if len(values) > 1 else words] = Quantity(value, unit, value - half, value + half)
    return figures


def _scale(quantity: Quantity) -> tuple[float, str, int | None]:
    """Return what the number is divided by, its unit, and its decimals; None where digits count from its first one."""
    unit = "" if quantity.unit == "1" else quantity.unit
    exponent = 0
    if bears_prefix(unit) and quantity.value and math.isfinite(quantity.value):
        exponent = min(max(3 * math.floor(math.log10(abs(quantity.value)) / 3), min(PREFIXES)), max(PREFIXES))
    scale = 10.0**exponent
    decimals = None
    if quantity.low is not None and quantity.high is not None and 0 < quantity.high - quantity.low < math.inf:
        half = (quantity.high - quantity.low) / 2 / scale
        decimals = min(max(-math.floor(math.log10(half / WIDTH)), 0), MOST_DECIMALS)
    return scale, PREFIXES[exponent] + unit, decimals


def _number(value: float, decimals: int | None) -> str:
    if not math.isfinite(value):
        return "—" if math.isnan(value) else "∞" if value > 0 else "-∞"
    if decimals is not None and (abs(value) >= 10.0**-decimals or value == 0):
        return f"{value:,.{decimals}f}"
    return f"{value:,.0f}" if value == round(value) and 1 <= abs(value) < 1e9 else f"{value:.{DIGITS}g}"
