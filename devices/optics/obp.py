"""Messages of the Ocean Binary Protocol, with which spectrometers of Ocean Insight speak on USB and TCP.

A header of 44 bytes, a payload where it is longer than the header's 16 bytes of immediate data, a checksum, a footer.
Whatever answers a message has its `regarding`. Ocean Optics, "STS/QE Pro data sheet", part "Ocean Binary Protocol".
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

HEADER = struct.Struct("<HHHHLL6sBB16sL")
FOOTER = struct.Struct("<16sL")
START, VERSION, END = 0xC0C1, 0x1100, 0xC2C3C4C5
ANSWER, ACKNOWLEDGED, ACKNOWLEDGE, REFUSED, BROKEN = 1, 2, 4, 8, 16  # flags
MD5, IMMEDIATE = 1, 16

SERIAL, SERIAL_LENGTH, PRODUCT = 0x100, 0x101, 0xE01
SPECTRUM = 0x0010_1000
INTEGRATION_US, SET_INTEGRATION_US, SET_TRIGGER = 0x0011_0000, 0x0011_0010, 0x0011_0110
COEFFICIENTS, COEFFICIENT = 0x0018_0100, 0x0018_0101
NONLINEARITIES, NONLINEARITY = 0x0018_1100, 0x0018_1101
SET_MASK = 0x0FF0_0001  # of the demo bench alone, where spectrometer and shaper are one program

ERRORS = {
    1: "unsupported protocol",
    2: "unknown message type",
    3: "bad checksum",
    4: "message too large",
    5: "payload length does not match message type",
    6: "payload data invalid",
    7: "not ready for this message",
    8: "unknown checksum type",
    9: "reset unexpectedly",
    10: "commands come from too many interfaces",
    11: "out of memory",
    12: "information does not exist",
    13: "internal error",
}


@dataclass(frozen=True)
class Message:
    """A message without its frame."""

    kind: int
    payload: bytes = b""
    regarding: int = 0
    flags: int = 0
    error: int = 0

    def packed(self) -> bytes:
        """Return the bytes on the wire, with their checksum."""
        immediate, rest = (self.payload, b"") if len(self.payload) <= IMMEDIATE else (b"", self.payload)
        head = HEADER.pack(
            START,
            VERSION,
            self.flags,
            self.error,
            self.kind,
            self.regarding,
            b"",
            MD5,
            len(immediate),
            immediate,
            len(rest) + FOOTER.size,
        )
        return head + rest + FOOTER.pack(hashlib.md5(head + rest, usedforsecurity=False).digest(), END)


def remaining(header: bytes, most: int) -> int:
    """Return how many bytes follow a header. Raise ValueError where it is none, or promises more than `most`."""
    start, version, *_, count = HEADER.unpack(header)
    if (start, version) != (START, VERSION):
        raise ValueError(f"a message begins with {header[:4].hex()}")
    if not FOOTER.size <= count <= most + FOOTER.size:
        raise ValueError(f"a message promises {count:,} bytes")
    return count


def unpacked(header: bytes, rest: bytes) -> Message:
    """Return the message of a header and of what follows it. Raise ValueError where it is damaged."""
    _, _, flags, error, kind, regarding, _, checksum_kind, immediate_length, immediate, _ = HEADER.unpack(header)
    payload, (checksum, end) = rest[: -FOOTER.size], FOOTER.unpack(rest[-FOOTER.size :])
    if end != END:
        raise ValueError(f"a message ends with {rest[-4:].hex()}")
    if checksum_kind not in {0, MD5}:
        raise ValueError(f"a message has a checksum of kind {checksum_kind}")
    if checksum_kind == MD5 and checksum != hashlib.md5(header + payload, usedforsecurity=False).digest():
        raise ValueError("a checksum is wrong")
    if immediate_length > IMMEDIATE or (immediate_length and payload):
        raise ValueError(f"a message has {immediate_length} immediate and {len(payload)} other bytes")
    return Message(kind, immediate[:immediate_length] or payload, regarding, flags, error)
