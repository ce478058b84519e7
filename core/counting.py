"""Which keys of a specification count only beside certain values of others: stated where a key is, read by the window.

A rule is kept in the key's JSON schema: under `when` the values of other keys (dotted, from the top) of which any lets
it count, under `unless` those of which any lets it not. Where it does not count its value changes nothing in a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic.types import JsonValue

Others = Mapping[str, Sequence[str | int | float]]


def counts(when: Others | None = None, unless: Others | None = None) -> dict[str, JsonValue]:
    """Return what a field's `json_schema_extra` says of when it counts."""
    rules = {"when": when or {}, "unless": unless or {}}
    return {name: {key: list(values) for key, values in rule.items()} for name, rule in rules.items()}
