"""Files as an attacker or a failing disk leaves them, read in child processes that may die of it."""

from __future__ import annotations

import os
import resource
import signal
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from core.ports import OvertoneError

MEMORY_BYTES = 1_000_000_000  # that reading one hostile file may add
DEADLINE_S = 20


def mutated(content: bytes, seed: int) -> bytes:
    """Return the content with what bit rot, a torn write or a fuzzer does to it, reproducibly."""
    generator = np.random.default_rng(seed)
    data = bytearray(content)
    kind = generator.integers(6)
    if kind == 0:
        return bytes(data[: generator.integers(len(data))])
    written = [index for index in range(len(data)) if data[index]] or [0]
    for _ in range(int(generator.integers(1, 9))):
        # half of all changes where there is something, most of a file being zeros
        at = int(generator.choice(written)) if generator.random() < 0.5 else int(generator.integers(len(data)))
        if kind == 1:
            data[at] ^= 1 << int(generator.integers(8))
        elif kind == 2:
            data[at] = int(generator.choice([0, 1, 0x7F, 0x80, 0xFF, int(generator.integers(256))]))
        elif kind == 3:
            data[at : at + 8] = bytes([int(generator.choice([0, 0xFF]))]) * len(data[at : at + 8])
        elif kind == 4:  # a pointer to another place of the file: cycles
            words = np.frombuffer(bytes(data[: len(data) // 8 * 8]), "<u8")
            pointers = np.flatnonzero((words > 0) & (words < len(data)))
            if len(pointers):
                at, source = (8 * int(generator.choice(pointers)) for _ in range(2))
                data[at : at + 8] = data[source : source + 8]
        else:
            source = int(generator.integers(len(data)))
            count = int(generator.integers(1, 64))
            piece = data[source : source + count]
            data[at : at + len(piece)] = piece
    return bytes(data[: len(content)])


TOKENS = (
    "nan", "-inf", "1e999", "-1", "0", "true", '""', "''", "[]", "{}", "[[[", "9" * 5000, "[" * 5000, "1979-05-27",
    '"\\u0000"', '"../../etc"', "\x00", "\ufeff", "é", "[full]", "[task]", "[[system]]", "a.b.c = 1", "kind =", "\n",
)  # fmt: skip


def garbled(text: str, seed: int) -> bytes:
    """Return TOML in which keys, values and lines are exchanged, missing or absurd, reproducibly."""
    generator = np.random.default_rng(seed)
    lines = text.splitlines()
    for _ in range(int(generator.integers(1, 5))):
        at = int(generator.integers(len(lines)))
        token = TOKENS[int(generator.integers(len(TOKENS)))]
        key, separator, _ = lines[at].partition("=")
        other = lines[int(generator.integers(len(lines)))]
        choices = (f"{key}{separator} {token}", token, other, f"{lines[at]}{token}", f"{key}x {separator} {token}")
        lines[at] = choices[int(generator.integers(len(choices)))]
    return "\n".join(lines).encode()


def offences(read: Callable[[int], object], inputs: Iterable[int], *, deadline_s: int = DEADLINE_S) -> dict[int, str]:
    """Read the inputs in child processes; return what was no error of ours, by input: crash, hang or exception."""
    found: dict[int, str] = {}
    waiting = list(inputs)
    while waiting:
        done, told = _child(read, waiting, deadline_s)
        found |= told
        waiting = waiting[done:]
    return found


def _child(read: Callable[[int], object], inputs: list[int], deadline_s: int) -> tuple[int, dict[int, str]]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _serve(read, inputs, writer, deadline_s)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8", errors="replace") as stream:
        lines = stream.read().splitlines()
    _, status = os.waitpid(pid, 0)
    found = {int(number): text for number, _, text in (line.partition(" ") for line in lines) if text}
    done = sum(1 for line in lines if " " not in line)
    if done < len(inputs):
        code = os.waitstatus_to_exitcode(status)
        found[inputs[done]] = f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        done += 1
    return done, found


def _serve(read: Callable[[int], object], inputs: list[int], writer: int, deadline_s: int) -> None:
    """Read each input; write its number when done, and before that a line of what was wrong."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)
    for number in inputs:
        signal.alarm(deadline_s)
        try:
            read(number)
        except OvertoneError as error:
            if "\n" in str(error):
                os.write(writer, f"{number} more than one line: {str(error)!r}\n".encode())
        except BaseException:
            text = " | ".join(traceback.format_exc().splitlines()[-7:])
            os.write(writer, f"{number} {text}\n".encode())
        signal.alarm(0)
        os.write(writer, f"{number}\n".encode())
    os._exit(0)
