"""Which commands oscilloscopes understand, and what their records mean: a small class for each family, after its guide.

A command is a template whose fields are values in SI units.
"""

from __future__ import annotations

import math
import re
import struct
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.ports import DeviceLost
from devices.recorder import told
from devices.visa.generators import numbers


@dataclass(frozen=True)
class Scaling:
    """What the codes of a record mean: v = gain_v (code - zero) + shift_v at t = start_s + index · step_s."""

    points: int
    start_s: float
    step_s: float
    gain_v: float
    zero: float
    shift_v: float


class Scope(ABC):
    """An oscilloscope that is triggered by the generator at EXT and listens on channel 1."""

    name: ClassVar[str]
    models: ClassVar[str]
    dtype: ClassVar[str]
    lowest: ClassVar[int]  # codes that stand for everything beyond
    highest: ClassVar[int]
    most_points: ClassVar[int]
    divisions: ClassVar[int] = 10
    setup: ClassVar[Sequence[str]]
    vertical: ClassVar[str]
    arm: ClassVar[str]
    armed: ClassVar[tuple[str, str]]  # query, and its answer once a trigger will be seen
    done: ClassVar[tuple[str, str]]  # query, and its answer once there is a record
    preamble: ClassVar[tuple[str, int]]  # query, and the bytes of its answer where that is a block
    data: ClassVar[str] = ":WAV:DATA?"
    error: ClassVar[str] = "SYST:ERR?"
    ranges_v: ClassVar[tuple[float, ...]] = tuple(
        4 * digit * 10.0**decade for decade in (-2, -1, 0) for digit in (1, 2, 5)
    )
    hole: ClassVar[int | None] = None

    @classmethod
    @abstractmethod
    def window(cls, points: int, rate_hz: float, start_s: float) -> tuple[int, list[str]]:
        """Return how many points a record has that holds `points` at `rate_hz` from `start_s` on, and the commands."""

    @classmethod
    def finished(cls, answer: str) -> bool:
        """Tell from the answer to `done` whether there is a record."""
        return re.fullmatch(cls.done[1], answer) is not None

    @classmethod
    @abstractmethod
    def scaling(cls, answer: bytes) -> Scaling:
        """Read a preamble. Raise DeviceLost where it is none."""


class KeysightX(Scope):
    """Keysight InfiniiVision X series: DSO-X and MSO-X."""

    name = "keysight"
    models = r"(agilent|keysight).*,\s*[dm]so-?x"
    dtype = "<u2"
    lowest, highest, hole = 0x0100, 0xFF00, 0x0000
    steps = tuple(digit * 10**decade for decade in (2, 3, 4, 5, 6) for digit in (1, 2, 5))
    most_points = 1_000_000
    setup = (
        ":STOP",
        "*CLS",
        ":ACQ:TYPE HRES;:CHAN1:DISP 1;:CHAN1:OFFS 0;:TIM:MODE MAIN;:TIM:REF LEFT",
        ":TRIG:MODE EDGE;:TRIG:EDGE:SOUR EXT;:TRIG:SWE NORM",
        ":WAV:SOUR CHAN1;:WAV:FORM WORD;:WAV:BYT LSBF;:WAV:UNS 1;:WAV:POIN:MODE RAW",
    )
    vertical = ":CHAN1:RANG {span_v}"
    arm = ":SING"
    armed = (":AER?", r"\+?1")
    done = (":OPER:COND?", r"\+?\d+")
    preamble = (":WAV:PRE?", 0)

    @classmethod
    def window(cls, points: int, rate_hz: float, start_s: float) -> tuple[int, list[str]]:
        """With its reference at the left a record begins a tenth of its length before the position."""
        count = next(step for step in cls.steps if step >= points)
        length_s = count / rate_hz
        values = {"length_s": length_s, "position_s": start_s + length_s / 10}
        return count, [":TIM:RANG {length_s};:TIM:POS {position_s}".format(**numbers(values)), f":WAV:POIN {count}"]

    @classmethod
    def finished(cls, answer: str) -> bool:
        """Look at the bit of the operation status that says that it runs."""
        return super().finished(answer) and not int(answer) & 8

    @classmethod
    def scaling(cls, answer: bytes) -> Scaling:
        """Read format, type, points, count, x increment, origin and reference, y increment, origin and reference."""
        f = fields(answer, 10)
        return Scaling(int(f[2]), f[5] - f[6] * f[4], f[4], f[7], f[9], f[8])


class SiglentSDS(Scope):
    """Siglent SDS2000X HD, SDS2000X Plus, SDS1000X HD."""

    name = "siglent"
    models = r"siglent.*,\s*sds"
    dtype = "<i2"
    lowest, highest = -32768, 32752  # twelve bits at the top of sixteen
    most_points = 2_000_000
    setup = (
        ":TRIG:STOP",
        "*CLS",
        ":CHAN1:SWIT ON",
        ":CHAN1:OFFS 0",
        ":TRIG:TYPE EDGE",
        ":TRIG:EDGE:SOUR EX",
        ":WAV:SOUR C1",
        ":WAV:WIDT WORD",
        ":WAV:STAR 0",
    )
    vertical = ":CHAN1:SCAL {scale_v}"
    arm = ":TRIG:MODE SING"
    armed = (":TRIG:STAT?", r"Arm|Ready")
    done = (":TRIG:STAT?", r"Stop")
    preamble = (":WAV:PRE?", 346)

    @classmethod
    def window(cls, points: int, rate_hz: float, start_s: float) -> tuple[int, list[str]]:
        """Its time base goes in steps of 1, 2 and 5, with the delay in the middle of the screen."""
        scale_s = step_125(points / rate_hz / cls.divisions)
        count = round(scale_s * cls.divisions * rate_hz)
        values = numbers({"scale_s": scale_s, "delay_s": -(start_s + scale_s * cls.divisions / 2)})
        return count, [
            ":TIM:SCAL {scale_s}".format(**values),
            ":TIM:DEL {delay_s}".format(**values),
            f":ACQ:MDEP {count}",
            f":WAV:POIN {count}",
        ]

    @classmethod
    def scaling(cls, answer: bytes) -> Scaling:
        """Read the descriptor by the offsets that the programming guide gives for the SDS family."""
        if len(answer) < 346 or answer[:8] != b"WAVEDESC":
            raise DeviceLost(f"The oscilloscope described its record by {told(answer[:40])}.")
        (points,) = struct.unpack_from("<i", answer, 116)
        scale_v, offset_v, codes_per_division = struct.unpack_from("<fff", answer, 156)
        (step_s,) = struct.unpack_from("<f", answer, 176)
        (delay_s,) = struct.unpack_from("<d", answer, 180)
        (index,) = struct.unpack_from("<h", answer, 324)
        if not 0 <= index < 40 or not codes_per_division > 0:
            raise DeviceLost(f"The oscilloscope described its record by a time base number {index}.")
        # The time base counts the steps 1, 2, 5 from 100 ps on.
        scale_s = (1, 2, 5)[index % 3] * 1e-10 * 10.0 ** (index // 3)
        start_s = -delay_s - scale_s * cls.divisions / 2
        return Scaling(points, start_s, step_s, scale_v / codes_per_division, 0.0, -offset_v)


class RigolDS(Scope):
    """Rigol DS1000Z, MSO5000, DS2000."""

    name = "rigol"
    models = r"rigol.*,\s*([dm]s|mso|dho)"
    dtype = "u1"
    lowest, highest = 0, 255
    divisions = 12
    depths = (12_000, 120_000)
    most_points = 100_000
    setup = (
        ":STOP",
        "*CLS",
        ":CHAN1:DISP ON",
        ":CHAN1:OFFS 0",
        ":TRIG:MODE EDGE",
        ":TRIG:EDGE:SOUR EXT",
        ":TRIG:SWE NORM",
        ":WAV:SOUR CHAN1",
        ":WAV:MODE RAW",
        ":WAV:FORM BYTE",
    )
    vertical = ":CHAN1:SCAL {scale_v}"
    arm = ":SING"
    armed = (":TRIG:STAT?", r"WAIT")
    done = (":TRIG:STAT?", r"STOP")
    preamble = (":WAV:PRE?", 0)
    error = ":SYST:ERR?"

    @classmethod
    def window(cls, points: int, rate_hz: float, start_s: float) -> tuple[int, list[str]]:
        """The depth of its memory has few values, which give the rate."""
        scale_s = step_125(points / rate_hz / cls.divisions)
        wanted = scale_s * cls.divisions * rate_hz
        depth = next((depth for depth in cls.depths if depth >= 0.999 * wanted), cls.depths[-1])
        values = numbers({"scale_s": scale_s, "middle_s": start_s + scale_s * cls.divisions / 2})
        return depth, [
            ":TIM:MAIN:SCAL {scale_s}".format(**values),
            ":TIM:MAIN:OFFS {middle_s}".format(**values),
            f":ACQ:MDEP {depth}",
            ":WAV:STAR 1",
            f":WAV:STOP {depth}",
        ]

    @classmethod
    def scaling(cls, answer: bytes) -> Scaling:
        """Read the fields that Keysight's have, with the origin of y in codes."""
        f = fields(answer, 10)
        return Scaling(int(f[2]), f[5] - f[6] * f[4], f[4], f[7], f[8] + f[9], 0.0)


SCOPES: tuple[type[Scope], ...] = (KeysightX, SiglentSDS, RigolDS)


def fields(answer: bytes, count: int) -> list[float]:
    """Read numbers between commas. Raise DeviceLost unless there are so many, finite and not SCPI's 9.9e37."""
    try:
        found = [float(part) for part in answer.decode("ascii").split(",")]
    except ValueError:  # UnicodeDecodeError too
        found = []
    if len(found) != count or not all(math.isfinite(value) and abs(value) < 9e37 for value in found):
        raise DeviceLost(f"The oscilloscope described its record by {told(answer)}.")
    return found


def step_125(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, … that is not below `least`."""
    decade = math.floor(math.log10(least))
    steps = (digit * 10.0**power for power in (decade, decade + 1) for digit in (1, 2, 5))
    return float(f"{next(step for step in steps if step >= least * (1 - 1e-9)):.1g}")


def volts(codes: np.ndarray, dialect: type[Scope], scaling: Scaling) -> np.ndarray:
    """Return the voltages of codes: ±inf beyond the range, NaN where there is a hole."""
    record_v = codes * np.float64(scaling.gain_v) + (scaling.shift_v - scaling.gain_v * scaling.zero)
    lowest, highest = int(codes.min()), int(codes.max())
    if lowest <= dialect.lowest:
        record_v[codes <= dialect.lowest] = -math.inf
        if dialect.hole is not None:
            record_v[codes == dialect.hole] = math.nan
    if highest >= dialect.highest:
        record_v[codes >= dialect.highest] = math.inf
    return record_v
