"""What emulated instruments have in common: a table of settings, headers in short and long form, an error queue."""

from __future__ import annotations

import random
import re
import struct
import threading
from collections import deque
from collections.abc import Callable, Mapping

from devices.emulator.faults import Faults

Handler = Callable[[bytes], "bytes | None"]
"""Takes what stands behind a header, returns the answer of a query."""

MOST_MESSAGE = 64_000_000
UNDEFINED, QUEUE_LENGTH = b'-113,"Undefined header"', 20


class CommandError(Exception):
    """A command that cannot be carried out; the text goes into the error queue."""


class ScpiInstrument:
    """An instrument that carries out one program message at a time.

    `settings` holds what can be set and queried without anything else happening; `handlers` do more. Both are named by
    short forms (`SOUR1:VOLT`); a handler of a query ends in "?".
    """

    def __init__(self, identity: str, settings: Mapping[str, str], faults: Faults | None = None) -> None:
        self.identity = self._own_identity = identity
        self.faults = faults or Faults()
        self._defaults = dict(settings)
        self.settings = dict(settings)
        self.errors: deque[bytes] = deque(maxlen=QUEUE_LENGTH)
        self.handlers: dict[str, Handler] = {
            "*IDN?": lambda _: self.identity.encode(),
            "*CLS": self._clear,
            "*RST": lambda _: self.reset(),
            "*OPC?": lambda _: b"1",
            "*OPC": lambda _: None,
            "*WAI": lambda _: None,
            "*ESR?": lambda _: b"0",
            "SYST:ERR?": lambda _: self.errors.popleft() if self.errors else b'+0,"No error"',
        }
        self._lock = threading.RLock()

    def reset(self) -> None:
        """Forget all settings, as after power on."""
        self.settings = dict(self._defaults)
        self.errors.clear()

    def impersonate(self, other: bool) -> None:
        """Answer as another instrument, or as oneself again."""
        self.identity = self._own_identity.replace(",", ",X", 2) if other else self._own_identity

    def execute(self, message: bytes) -> bytes | None:
        """Carry out a program message; return the response, without its end, where it asks for one."""
        with self._lock:
            if _holds_data(message):  # whose last byte may look like the end of a line
                commands = [message.removesuffix(b"\n")]
            else:
                commands = [command.strip() for command in message.split(b";") if command.strip()]
            answers = [answer for command in commands for answer in self._command(command)]
            return b";".join(answers) if answers else None

    def _command(self, command: bytes) -> list[bytes]:
        header, _, rest = command.partition(b" ")
        name = short_form(header.decode("ascii", "replace"))
        try:
            if name in self.handlers:
                answer = self.handlers[name](rest)
                return [] if answer is None else [answer]
            key = name.removesuffix("?")
            if key not in self.settings:
                raise CommandError(UNDEFINED.decode())
            if name.endswith("?"):
                return [self.settings[key].encode()]
            self.settings[key] = rest.decode("ascii").strip()
        except (CommandError, ValueError, ArithmeticError, LookupError, struct.error) as error:
            self.errors.append(str(error).encode() if isinstance(error, CommandError) else b'-224,"Illegal parameter"')
        return []

    def _clear(self, _: bytes) -> None:
        self.errors.clear()

    def number(self, key: str) -> float:
        """Return a setting as a number."""
        return float(self.settings[key])


def short_form(header: str) -> str:
    """Return a header with every keyword in its short form (IEEE 488.2 / SCPI-99, 6.2.1), without the first colon."""
    return ":".join(_short(keyword) for keyword in header.lstrip(":").upper().split(":"))


def _short(keyword: str) -> str:
    found = re.fullmatch(r"([A-Z]+)(\d*\??)", keyword)
    if found is None or len(found[1]) <= 4:
        return keyword
    length = 3 if found[1][3] in "AEIOU" else 4
    return found[1][:length] + found[2]


def _holds_data(message: bytes) -> bool:
    return b",WAVEDATA," in message or re.search(rb",#[1-9]\d", message) is not None


def message_length(buffer: bytes | bytearray, most: int = MOST_MESSAGE) -> int:
    """Return how many bytes at the beginning of a stream are one whole message, its end included; 0 for none yet.

    Raise ValueError where it would be longer than any message.
    """
    end = buffer.find(b"\n")
    block = re.search(rb",#([1-9])", buffer[: end if end >= 0 else None])
    plain = re.search(rb",LENGTH,(\d{1,9})B,[^\n]*?,WAVEDATA,", buffer[:400])
    if plain is not None:
        end = plain.end() + int(plain[1])
    elif block is not None:
        digits = buffer[block.end() : block.end() + int(block[1])]
        if len(digits) < int(block[1]):
            return 0
        if not digits.isdigit():
            return end + 1
        end = block.end() + len(digits) + int(digits)
    if max(end, len(buffer) if end < 0 else 0) > most:
        raise ValueError("message too long")
    return end + 1 if 0 <= end < len(buffer) else 0


def as_block(data: bytes) -> bytes:
    """Return a definite-length block with nine digits, as oscilloscopes send it."""
    return b"#9%09d" % len(data) + data


def noise(length: int) -> bytes:
    """Return so many random bytes without a line end."""
    return bytes(random.choice(b"!%&()*+/<=>?@ABCxyz\x80\xff\x00") for _ in range(min(length, 4096)))
