"""What the user wrote about a run: tags and a text, in the run's own folder (`notes.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from core.ports import RunFileError
from core.run.files import explained, write_atomically

FILE = "notes.toml"


@dataclass(frozen=True)
class Notes:
    """Tags, each a word or a few, and a text."""

    tags: tuple[str, ...] = ()
    text: str = ""


def read_notes(run: Path) -> Notes:
    """Read a run's notes, empty ones where there are none. Raises RunFileError when they cannot be read."""
    path = run / FILE
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return Notes()
    except (OSError, ValueError) as error:  # UnicodeDecodeError and TOMLDecodeError are ValueErrors
        raise RunFileError(f"{path} cannot be read: {error}. Correct or delete it.") from None
    tags, text = data.get("tags", []), data.get("text", "")
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags) or not isinstance(text, str):
        raise RunFileError(f"{path} has no list `tags` of strings and string `text`. Correct or delete it.")
    return Notes(tuple(tags), text)


def set_notes(run: Path, tags: Iterable[str], text: str) -> None:
    """Write a run's notes in one atomic step; a tag is kept once and without spaces around it. Raises RunFileError."""
    if not (run / "experiment.toml").is_file():
        raise RunFileError(f"{run} is not a run: it has no experiment.toml. List the runs in its parent folder.")
    kept = list(dict.fromkeys(" ".join(tag.split()) for tag in tags if tag.strip()))
    with explained(run / FILE):
        write_atomically(run / FILE, tomli_w.dumps({"tags": kept, "text": text}).encode("utf-8", "replace"))
