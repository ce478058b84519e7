"""The keys of a specification as a form needs them, read from its types: kind, limits, default, help, steps."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from core.phrase import Phrase, joined
from core.run.spec import Experiment

Value = bool | int | float | str

IMPERFECTIONS = "system.imperfections"
UNITS = {
    "_per_hour": "/h",
    "_v_per_s": "V/s",
    "_k_per_w": "K/W",
    "_ohm": "Ω",
    "_deg": "°",
    "_fs2": "fs²",
    "_fs3": "fs³",
    "_nm": "nm",
    "_mb": "MB",
    "_h": "h",
    "_s": "s",
    "_v": "V",
    "_k": "K",
}
KINDS = {"boolean": "bool", "integer": "int", "number": "float", "string": "text"}
LEAST_DOUBLED = 8  # numbers of things that start from as many are doubled and halved, smaller ones counted
EXACT_INTEGERS = 2**53


@dataclass(frozen=True)
class SpecField:
    """One key: `kind` says which editor it takes; limits hold for numbers, `pattern` and `longest` for text.

    It counts `when` any other key has one of these values, `unless` any has one of those.
    """

    key: str
    kind: Literal["bool", "int", "float", "text", "choice"]
    help: str
    default: Value | None = None
    choices: tuple[str, ...] = ()
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    pattern: str = ""
    longest: int = 10_000
    when: Mapping[str, Sequence[Value]] = field(default_factory=dict[str, Sequence[Value]])
    unless: Mapping[str, Sequence[Value]] = field(default_factory=dict[str, Sequence[Value]])

    @property
    def unit(self) -> str:
        """Return the unit that the key's name ends in."""
        return next((unit for suffix, unit in UNITS.items() if self.key.endswith(suffix)), "")

    @property
    def label(self) -> str:
        """Return the key's name in words, without its unit."""
        return _label(self.key)

    @property
    def limits(self) -> Phrase:
        """Say which numbers are allowed, "" where all are."""
        unit = f" {self.unit}" if self.unit else ""
        if math.isinf(self.low):
            return Phrase("")
        if math.isinf(self.high):
            return Phrase(
                "above {low:,.10g}{unit}" if self.low_open else "{low:,.10g}{unit} or more", low=self.low, unit=unit
            )
        if self.kind == "int":
            low, high = f"{math.ceil(self.low):,}", f"{int(self.high) - self.high_open:,}"
        else:
            low, high = (f"{limit:,.10g}" for limit in (self.low, self.high))
            low = Phrase("above {limit}", limit=low) if self.low_open else low
            high = Phrase("below {limit}", limit=high) if self.high_open else high
        return Phrase("{low} to {high}{unit}", low=low, high=high, unit=unit)

    def idle(self, values: Mapping[str, Value], names: Callable[[str, Value], str]) -> Phrase:
        """Say why it does not count beside these values, "" where it does; `names` writes a value of a key."""

        def said(told: str, key: str, listed: Sequence[Value]) -> Phrase:
            section, field = Phrase(key.partition(".")[0].capitalize()), Phrase(_label(key))
            allowed = joined((Phrase(names(key, value)) for value in listed), " / ")
            return Phrase(told, section=section, field=field, values=allowed)

        for key, listed in self.unless.items():
            if values.get(key) in listed:
                return said("Does not count where “{section} · {field}” is {values}.", key, listed)
        if not self.when or any(values.get(key) in listed for key, listed in self.when.items()):
            return Phrase("")
        (first, *others) = self.when.items()
        only = said("Counts only where “{section} · {field}” is {values}.", *first)
        return joined((only, *(said("Or where “{section} · {field}” is {values}.", *other) for other in others)))

    def parse(self, text: str) -> Value:
        """Read what was typed. Raises ValueError with the reason, a phrase to be shown below the field."""
        if self.kind in {"int", "float"}:
            return self._number(text.strip())
        if self.kind == "text":
            return self._text(text)
        if self.choices and text not in self.choices:
            raise ValueError(Phrase("Choose from {choices}.", choices=", ".join(self.choices)))
        return text

    def stepped(self, value: int | float, *, up: bool) -> int | float:
        """Return the next value up or down: by one, a double, a hundredth, or along 1, 2, 5; within the limits."""
        if self.kind == "int":
            doubled = isinstance(self.default, int) and self.default >= LEAST_DOUBLED
            moved = (value * 2 if up else value // 2) if doubled else value + (1 if up else -1)
        elif self.high <= 1:
            moved = round(value + (0.01 if up else -0.01), 10)
        else:
            moved = self._along_125(float(value), up)
        return moved if not self._outside(moved) else value

    def _along_125(self, value: float, up: bool) -> float:
        least = float(f"{abs(float(self.default or 1.0)) / 100:.0e}")
        if value <= 0 or (not up and not self.low_open and value <= least):
            return least if up else 0.0
        decade = math.floor(math.log10(value))
        series = [float(f"{digit}e{decade + shift}") for shift in (-1, 0, 1) for digit in (1, 2, 5)]
        near = 1e-9 * value
        return min(x for x in series if x > value + near) if up else max(x for x in series if x < value - near)

    def _number(self, text: str) -> int | float:
        try:
            value = float(text)
        except ValueError:
            if not text:
                raise ValueError(Phrase("A number is missing.")) from None
            hint = "Write the decimals after a point." if re.fullmatch(r"-?\d*,\d+", text) else ""
            raise ValueError(_reason("This is not a number.", hint)) from None
        if math.isnan(value):
            raise ValueError(Phrase("This is not a number."))
        allowed = Phrase("Allowed: {limits}.", limits=self.limits) if self.limits else ""
        if math.isinf(value) or (self.kind == "int" and abs(value) > EXACT_INTEGERS):
            raise ValueError(_reason("Too large.", allowed))
        if self.kind == "int" and not value.is_integer():
            raise ValueError(_reason("Not a whole number.", allowed))
        if self._outside(value):
            raise ValueError(_reason("Out of range.", allowed))
        return int(value) if self.kind == "int" else value

    def _outside(self, value: float) -> bool:
        below = value <= self.low if self.low_open else value < self.low
        return below or (value >= self.high if self.high_open else value > self.high)

    def _text(self, text: str) -> str:
        if len(text) > self.longest:
            told = "Too long: {length:,} of at most {longest:,} characters."
            raise ValueError(Phrase(told, length=len(text), longest=self.longest))
        try:
            text.encode()
            return _text_of(self.pattern).validate_python(text)
        except UnicodeEncodeError:
            raise ValueError(Phrase("A character of it cannot be written to a file.")) from None
        except ValidationError:
            raise ValueError(_reason("Not of the form that is wanted.", self.help)) from None


def _reason(text: str, advice: str) -> Phrase:
    return joined((Phrase(text), Phrase(advice))) if advice else Phrase(text)


def text_of(value: Value) -> str:
    """Write a value so that `SpecField.parse` reads the same; what is ticked or not is on or off."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


@lru_cache(maxsize=1)
def spec_fields() -> tuple[SpecField, ...]:
    """List the keys of a specification in its order; imperfections are listed by `imperfection_fields`."""
    schema = Experiment.model_json_schema()
    return tuple(_walk(schema, schema["$defs"], ""))


@lru_cache(maxsize=1)
def section_help() -> dict[str, str]:
    """Say what each section is about, by its name."""
    schema = Experiment.model_json_schema()
    references = {name: entry["$ref"] for name, entry in schema["properties"].items() if "$ref" in entry}
    return {name: schema["$defs"][_last(reference)]["description"] for name, reference in references.items()}


def imperfection_fields(declared: type[Any]) -> tuple[SpecField, ...]:
    """List the keys of a system's imperfections, from the dataclass that declares them."""
    found: list[SpecField] = []
    for entry in dataclasses.fields(declared):
        default: Any = entry.default
        kind = "bool" if isinstance(default, bool) else "int" if isinstance(default, int) else "float"
        help = entry.metadata.get("description", "")
        found.append(SpecField(f"{IMPERFECTIONS}.{entry.name}", kind, help, default, low=0.0))
    return tuple(found)


def _walk(table: dict[str, Any], tables: dict[str, Any], prefix: str) -> Iterator[SpecField]:
    for name, entry in table["properties"].items():
        key = prefix + name
        if "$ref" in entry:
            yield from _walk(tables[_last(entry["$ref"])], tables, f"{key}.")
        elif key != IMPERFECTIONS:
            yield _field(key, entry)


def _field(key: str, entry: dict[str, Any]) -> SpecField:
    return SpecField(
        key,
        "choice" if "enum" in entry else KINDS[entry["type"]],  # pyright: ignore[reportArgumentType]
        entry["description"],
        entry.get("default"),
        choices=tuple(entry.get("enum", ())),
        low=entry.get("minimum", entry.get("exclusiveMinimum", -math.inf)),
        high=entry.get("maximum", entry.get("exclusiveMaximum", math.inf)),
        low_open="exclusiveMinimum" in entry,
        high_open="exclusiveMaximum" in entry,
        pattern=entry.get("pattern", ""),
        longest=entry.get("maxLength", 10_000),
        when=entry.get("when", {}),
        unless=entry.get("unless", {}),
    )


def _label(key: str) -> str:
    name = key.rpartition(".")[2]
    suffix = next((suffix for suffix in UNITS if name.endswith(suffix)), "")
    words = name.removesuffix(suffix).replace("_", " ")
    return words[:1].upper() + words[1:]


@lru_cache
def _text_of(pattern: str) -> TypeAdapter[str]:
    """Return pydantic's own check: its patterns are not quite those of `re`."""
    return TypeAdapter(Annotated[str, Field(pattern=pattern or None)])


def _last(reference: str) -> str:
    return reference.rpartition("/")[2]
