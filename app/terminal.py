"""What all verbs of the command line share: where they print, how they end, and how an error looks."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130

Json = Annotated[bool, typer.Option("--json", help="End with one line of JSON on standard output.")]


def say(text: str) -> None:
    """Print to standard error: standard output belongs to results."""
    print(text, file=sys.stderr, flush=True)


def print_result(result: object, as_json: bool) -> None:
    """Print a result as one line of JSON where that is wanted."""
    if as_json:
        print(json.dumps(result), flush=True)


def printable(value: Any) -> str:
    """Return text from a file of anyone's as a terminal may show it: without line breaks and control characters."""
    return "".join(character if character.isprintable() else "?" for character in str(value))


@contextmanager
def one_line_errors(*, engine: bool = True) -> Generator[None]:
    """Turn an expected error into its one line and exit code; without `engine`, for verbs that need no torch."""
    # An exception in the middle of torch's start aborts the process; nothing has been touched yet, so leave at once.
    usual = signal.signal(signal.SIGINT, lambda _number, _frame: os._exit(EXIT_INTERRUPTED))
    if engine:
        import torch  # noqa: F401  # pyright: ignore[reportUnusedImport]
    from core.ports import OvertoneError, SpecError

    signal.signal(signal.SIGINT, usual)
    try:
        yield
    except SpecError as error:
        say(f"overtone: {error}")
        raise typer.Exit(EXIT_USAGE) from None
    except OvertoneError as error:
        say(f"overtone: {error}")
        raise typer.Exit(EXIT_FAILED) from None
