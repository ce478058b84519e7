"""Which commands waveform generators understand: a small class for each family, after its programmer's guide.

A command is a template whose fields are values in SI units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

INFINITE = r"(?:INF\w*|\+?9\.9\d*E\+?37)"  # of a load: with one of 50 ohm, twice the voltage is at an open end


class Generator:
    """A waveform generator: codes of `dtype` from `lowest` to `highest` stand for the ends of its amplitude."""

    name: ClassVar[str]
    models: ClassVar[str]
    dtype: ClassVar[str] = "<i2"
    lowest: ClassVar[int] = -32767
    highest: ClassVar[int] = 32767
    most_samples: ClassVar[int] = 1_000_000
    least_samples: ClassVar[int] = 8
    output_v: ClassVar[float] = 10.0  # into high impedance
    setup: ClassVar[Sequence[str]]  # begins with the output off and a clear error queue
    play: ClassVar[Sequence[str]]
    fire: ClassVar[str]
    off: ClassVar[str]
    silent: ClassVar[tuple[str, str]]  # query, and its answer while the output is off
    state: ClassVar[Sequence[tuple[str, str]]]  # queries, and their answers while it plays
    error: ClassVar[str] = "SYST:ERR?"

    @classmethod
    def upload(cls, codes: bytes, values: dict[str, float]) -> list[bytes]:
        """Return the messages that load a waveform."""
        raise NotImplementedError


def block(data: bytes) -> bytes:
    """Return data as a definite-length block (IEEE 488.2, 7.7.6)."""
    length = str(len(data))
    return f"#{len(length)}{length}".encode() + data


class Keysight33500(Generator):
    """Keysight 33500B and 33600A, Agilent 33500."""

    name = "keysight"
    models = r"(agilent|keysight).*,\s*33[56]\d\d"
    setup = (
        "OUTP1 OFF",
        "*CLS",
        "OUTP1:LOAD INF",
        "FORM:BORD SWAP",
        "SOUR1:BURS:MODE TRIG;:SOUR1:BURS:NCYC 1;:SOUR1:BURS:STAT ON;:TRIG1:SOUR BUS",
        "SOUR1:VOLT:LIM:HIGH {high_v};:SOUR1:VOLT:LIM:LOW {low_v};:SOUR1:VOLT:LIM:STAT ON",
    )
    play = (
        "OUTP1:LOAD INF;:SOUR1:FUNC:ARB shot;:SOUR1:FUNC ARB;:SOUR1:FUNC:ARB:SRAT {rate_hz};:SOUR1:VOLT {vpp};"
        ":SOUR1:VOLT:OFFS {offset_v};:OUTP1 ON",
    )
    fire = "*TRG"
    off = "OUTP1 OFF"
    silent = ("OUTP1?", "0")
    state = (
        (
            "OUTP1?;:OUTP1:LOAD?;:FORM:BORD?;:SOUR1:FUNC:ARB:SRAT?;:SOUR1:VOLT?;:SOUR1:VOLT:OFFS?",
            rf"1;{INFINITE};SWAP;(?P<rate_hz>[^;]+);(?P<vpp>[^;]+);(?P<offset_v>[^;]+)",
        ),
    )

    @classmethod
    def upload(cls, codes: bytes, values: dict[str, float]) -> list[bytes]:
        """Clear the volatile memory first: a name in it cannot be loaded twice."""
        return [b"FORM:BORD SWAP;:SOUR1:DATA:VOL:CLE", b"SOUR1:DATA:ARB:DAC shot," + block(codes)]


class SiglentSDG(Generator):
    """Siglent SDG2000X, SDG6000X."""

    name = "siglent"
    models = r"siglent.*,\s*sdg"
    setup = (
        "C1:OUTP OFF",
        "*CLS",
        "C1:OUTP LOAD,HZ",
        "C1:BTWV STATE,ON",
        "C1:BTWV GATE_NCYC,NCYC",
        "C1:BTWV TIME,1",
        "C1:BTWV TRSR,MAN",
    )
    play = (
        "C1:ARWV NAME,shot",
        "C1:SRATE MODE,TARB,VALUE,{rate_hz}",
        "C1:BSWV AMP,{vpp}",
        "C1:BSWV OFST,{offset_v}",
        "C1:OUTP LOAD,HZ",
        "C1:OUTP ON",
    )
    fire = "C1:BTWV MTRIG"
    off = "C1:OUTP OFF"
    silent = ("C1:OUTP?", r"C1:OUTP OFF,.*")
    state = (
        ("C1:OUTP?", r"C1:OUTP ON,LOAD,HZ.*"),
        ("C1:SRATE?", r"C1:SRATE MODE,TARB,VALUE,(?P<rate_hz>[\d.eE+-]+)(Sa/s)?.*"),
        (
            "C1:BSWV?",
            r"C1:BSWV WVTP,ARB,.*FRQ,(?P<frequency_hz>[\d.eE+-]+)HZ,.*"
            r"AMP,(?P<vpp>[\d.eE+-]+)V.*OFST,(?P<offset_v>[\d.eE+-]+)V.*",
        ),
    )

    @classmethod
    def upload(cls, codes: bytes, values: dict[str, float]) -> list[bytes]:
        """Send plain bytes behind a header that tells their number."""
        head = "C1:WVDT WVNM,shot,TYPE,5,LENGTH,{bytes}B,FREQ,1000,AMPL,{vpp},OFST,{offset_v},PHASE,0,WAVEDATA,"
        return [head.format(bytes=len(codes), **numbers(values)).encode() + codes]


class RigolDG(Generator):
    """Rigol DG1000Z, DG800, DG900."""

    name = "rigol"
    models = r"rigol.*,\s*dg"
    dtype = "<u2"
    lowest = 0
    highest = 16383
    most_samples = 1_000_000
    packet = 16_384  # samples of one message
    setup = (
        ":OUTP1 OFF",
        "*CLS",
        ":OUTP1:LOAD INF",
        ":SOUR1:BURS:MODE TRIG",
        ":SOUR1:BURS:NCYC 1",
        ":SOUR1:BURS:TRIG:SOUR MAN",
        ":SOUR1:BURS:STAT ON",
    )
    play = (":OUTP1:LOAD INF", ":SOUR1:APPL:ARB {rate_hz},{vpp},{offset_v}", ":OUTP1 ON")
    fire = ":SOUR1:BURS:TRIG"
    off = ":OUTP1 OFF"
    silent = (":OUTP1?", "OFF")
    state = (
        (":OUTP1?", "ON"),
        (":OUTP1:LOAD?", INFINITE),
        (":SOUR1:TRAC:DATA:POIN? VOLATILE", r"(?P<points>\d+)"),
        (":SOUR1:APPL?", r'"?ARB,(?P<rate_hz>[^,]+),(?P<vpp>[^,]+),(?P<offset_v>[^,"]+).*'),
    )
    error = ":SYST:ERR?"

    @classmethod
    def upload(cls, codes: bytes, values: dict[str, float]) -> list[bytes]:
        """Send packets, of which only the last one says that it is."""
        size = 2 * cls.packet
        parts = [codes[first : first + size] for first in range(0, len(codes), size)]
        flags = [b"CON"] * (len(parts) - 1) + [b"END"]
        command = b":SOUR1:TRAC:DATA:DAC16 VOLATILE,"
        return [command + flag + b"," + block(part) for flag, part in zip(flags, parts, strict=True)]


GENERATORS: tuple[type[Generator], ...] = (Keysight33500, SiglentSDG, RigolDG)


def numbers(values: dict[str, float]) -> dict[str, str]:
    """Write values as SCPI reads them."""
    return {name: f"{value:.9g}" for name, value in values.items()}
