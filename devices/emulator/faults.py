"""Everything that can go wrong with an instrument, to be switched on one at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Literal, get_args

FaultKind = Literal[
    "drop",  # an answer never comes, and the connection is cut
    "stall",  # an answer never comes
    "late",  # an answer comes after the deadline
    "short_block",  # a block ends early, and nothing follows
    "early_close",  # a block ends early, and the connection is closed
    "garbage",  # random bytes in place of an answer
    "bad_header",  # a block whose length cannot be read
    "huge_block",  # a block that promises more than anyone asked for
    "slow_loris",  # a byte now and then
    "duplicate",  # an answer twice
    "swallowed",  # a command is not heard, nothing is answered to it
    "error",  # the instrument says that the command failed
    "over_range",  # the input is driven beyond its range
    "overflow",  # numbers of 9.9e37 and NaN
    "reset",  # the instrument is switched off and on: connected, but all settings gone
    "unplug",  # nothing answers, new connections are refused
    "impostor",  # after a reconnection another instrument answers
]
FAULTS: tuple[FaultKind, ...] = get_args(FaultKind)


@dataclass
class Faults:
    """Switch for faults: `arm` one for the n-th message from now; an emulator asks `strike` at each message."""

    armed: FaultKind | None = None
    countdown: int = 0
    every: int = 0
    struck: int = 0
    messages: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, kind: FaultKind, after: int = 0, every: int = 0) -> None:
        """Let a fault strike `after` that many messages, once, or again after `every` so many."""
        with self._lock:
            self.armed, self.countdown, self.every = kind, after, every

    def disarm(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self.armed = None

    def strike(self) -> FaultKind | None:
        """Return the fault that strikes now, None as a rule."""
        with self._lock:
            self.messages += 1
            if self.armed is None:
                return None
            if self.countdown:
                self.countdown -= 1
                return None
            kind = self.armed
            self.armed, self.countdown = (kind, self.every) if self.every else (None, 0)
            self.struck += 1
            return kind
