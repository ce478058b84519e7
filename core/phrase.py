"""Texts that can be said in another language: the English one, and what it was made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self


class Phrase(str):
    """An English text that remembers its template and values.

    It is the finished English string wherever a string is wanted, in a log or a report; a window looks the template up
    in its catalogue. Values may be phrases themselves.
    """

    template: str
    values: dict[str, object]

    def __new__(cls, template: str, **values: object) -> Self:
        if isinstance(template, cls) and not values:
            return template
        phrase = super().__new__(cls, template.format(**values) if values else template)
        phrase.template, phrase.values = template, values
        return phrase


def numbered(name: str) -> Phrase:
    """Return the name of a unit, "SHG bench #7", as a phrase: the kind has another name in other languages."""
    kind, mark, number = name.partition(" #")
    return joined((Phrase(kind), mark, number), "")


def joined(parts: Iterable[str], between: str = " ") -> Phrase:
    """Return texts one after the other as one; those that are no phrases are the same in every language."""
    values: dict[str, object] = {f"part{number}": part for number, part in enumerate(parts)}
    return Phrase(between.join(f"{{{name}}}" for name in values), **values)
