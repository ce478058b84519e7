"""What the user arranged and typed, kept every few seconds: a crash costs no more than that.

One file of JSON with an entry for each object. It is written beside and moved into place, the one before stays as a
backup; what cannot be read of it costs only itself.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QTimer, Signal

from app.background import Background
from core.phrase import Phrase, joined
from core.ports import RunFileError
from core.run.files import explained, read_bytes, write_atomically

INTERVAL_MS = 2000
MOST_BYTES = 1_000_000


class Keeper(QObject):
    """Keeps objects that are plain data; `problem` tells what could not be kept."""

    problem = Signal(str)

    def __init__(self, file: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.file, self.backup = file, file.with_name(f"{file.name}.backup")
        self._read: dict[str, Callable[[], Any]] = {}
        self._kept = b""
        self._is_sound = False
        self._background = Background(self)
        self._background.failed.connect(self.problem)
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._look)

    def begin(self, objects: dict[str, tuple[Callable[[], Any], Callable[[Any], None]]]) -> Phrase:
        """Put objects (what reads one, what sets it) as they were kept, and keep them from now on.

        Return what could not be used, in one line.
        """
        self._read = {name: read for name, (read, _) in objects.items()}
        stored, problems = self._load()
        for name, (_, put) in objects.items():
            if name in stored:
                try:
                    put(stored[name])
                except Exception as error:  # whatever stands in the file
                    told = "The {thing} as it was kept cannot be used ({reason}). It starts as at first."
                    problems.append(Phrase(told, thing=Phrase(name), reason=_reason(error)))
        self._kept = b"" if problems else self._content()  # what was found unusable is written anew
        self._timer.start()
        return joined(problems)

    def close(self) -> None:
        """Keep what there is, now."""
        self._timer.stop()
        content = self._content()
        if content != self._kept:
            try:
                self._write(content)
            except RunFileError as error:
                self.problem.emit(str(error))

    def _look(self) -> None:
        content = self._content()
        if content != self._kept:
            self._kept = content
            self._background.run(lambda: self._write(content), lambda _: None)

    def _content(self) -> bytes:
        return json.dumps({name: read() for name, read in self._read.items()}, indent=1).encode()

    def _write(self, content: bytes) -> None:
        with explained(self.file):
            self.file.parent.mkdir(parents=True, exist_ok=True)
            if self._is_sound:
                self.file.replace(self.backup)
            write_atomically(self.file, content)
        self._is_sound = True

    def _load(self) -> tuple[dict[str, Any], list[Phrase]]:
        problems: list[Phrase] = []
        for file in (self.file, self.backup):
            if not file.exists():
                continue
            try:
                stored = json.loads(read_bytes(file, MOST_BYTES))
                if not isinstance(stored, dict):
                    raise ValueError("it holds no objects")
            except (RunFileError, ValueError, RecursionError) as error:
                problems.append(Phrase("{file} cannot be used ({reason}).", file=file, reason=_reason(error)))
                continue
            self._is_sound = file == self.file
            if problems:
                problems.append(Phrase("The backup from before is used."))
            return stored, problems
        return {}, [*problems, Phrase("All starts as at first.")] if problems else []


def encoded(blob: QByteArray) -> str:
    """Write bytes of Qt's as text, with a checksum: Qt itself is not to meet damaged ones."""
    return f"{zlib.crc32(blob.data()):08x} {b64encode(blob.data()).decode()}"


def decoded(text: str) -> QByteArray:
    """Read what `encoded` wrote. Raises ValueError on anything else."""
    checksum, _, content = text.partition(" ")
    blob = b64decode(content, validate=True)
    if f"{zlib.crc32(blob):08x}" != checksum:
        raise ValueError("its checksum is wrong")
    return QByteArray(blob)


def _reason(error: Exception) -> str:
    words = " ".join(str(error).split()).rstrip(".")
    return words if isinstance(error, RunFileError | ValueError) and words else type(error).__name__
