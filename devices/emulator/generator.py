"""Emulated waveform generators of three makers, which play on a table."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from devices.emulator.faults import Faults
from devices.emulator.scpi import CommandError, ScpiInstrument

Fire = Callable[[np.ndarray, float], None]
"""Takes the waveform (sample,) in volts that leaves the output after a trigger, and its rate in Hz."""


class EmulatedGenerator(ScpiInstrument):
    """What they share: codes in a memory, which a trigger plays once."""

    full_scale = 32767
    output = "OUTP1"

    def __init__(self, identity: str, settings: dict[str, str], fire: Fire, faults: Faults | None = None) -> None:
        super().__init__(identity, settings, faults)
        self._fire = fire
        self.codes = np.zeros(0)

    @property
    def output_on(self) -> bool:
        """Tell whether voltage may leave the output."""
        return self.settings[self.output] in {"1", "ON"}

    def reset(self) -> None:
        """Forget the waveform, too."""
        super().reset()
        self.codes = np.zeros(0)

    def set_output(self, rest: bytes) -> None:
        """Switch the output."""
        text = rest.decode().strip().upper()
        if text not in {"ON", "OFF", "1", "0"}:
            raise CommandError('-224,"Illegal parameter value"')
        self.settings[self.output] = "1" if text in {"ON", "1"} else "0"

    def set_load(self, rest: bytes) -> None:
        """Say what is connected: an amplitude counts at this load, and is doubled at an open end if that is 50 ohm."""
        text = rest.decode().strip().upper()
        self.settings[f"{self.output}:LOAD"] = "+9.900000000000000E+37" if text.startswith("INF") else text

    def trigger(self, _: bytes) -> None:
        """Play the waveform once: codes of full scale are half the amplitude."""
        rate_hz, vpp, offset_v, ready = self.state()
        if not ready:
            raise CommandError('-211,"Trigger ignored"')
        open_end = 1 if self.settings[f"{self.output}:LOAD"].startswith(("INF", "HZ", "+9.9")) else 2
        waveform_v = open_end * (offset_v + vpp / 2 * self.codes / self.full_scale) * self.output_on
        self._fire(waveform_v, rate_hz)

    def state(self) -> tuple[float, float, float, bool]:
        """Return rate, amplitude (peak to peak), offset, and whether a trigger plays anything."""
        raise NotImplementedError


class EmulatedKeysight33522B(EmulatedGenerator):
    """Keysight 33522B."""

    def __init__(self, fire: Fire, faults: Faults | None = None, serial: str = "DEMO0001") -> None:
        settings = {
            "OUTP1": "0",
            "OUTP1:LOAD": "50",
            "FORM:BORD": "NORM",
            "SOUR1:FUNC": "SIN",
            "SOUR1:FUNC:ARB": '"EXP_RISE"',
            "SOUR1:FUNC:ARB:SRAT": "40000",
            "SOUR1:VOLT": "0.1",
            "SOUR1:VOLT:OFFS": "0",
            "SOUR1:VOLT:LIM:HIGH": "5",
            "SOUR1:VOLT:LIM:LOW": "-5",
            "SOUR1:VOLT:LIM:STAT": "0",
            "SOUR1:BURS:MODE": "TRIG",
            "SOUR1:BURS:NCYC": "1",
            "SOUR1:BURS:STAT": "0",
            "TRIG1:SOUR": "IMM",
        }
        super().__init__(f"Agilent Technologies,33522B,{serial},2.03-1.19-2.00-52-00", settings, fire, faults)
        self._loaded: dict[str, np.ndarray] = {}
        self.handlers |= {
            "OUTP1": self.set_output,
            "OUTP1:LOAD": self.set_load,
            "*TRG": self.trigger,
            "SOUR1:DATA:VOL:CLE": self._clear_memory,
            "SOUR1:DATA:ARB:DAC": self._load,
            "SOUR1:DATA:ARB": self._load_text,
            "SOUR1:FUNC:ARB": self._select,
            "SOUR1:VOLT": self._amplitude,
        }

    def reset(self) -> None:
        """Forget all waveforms."""
        super().reset()
        self._loaded.clear()

    def state(self) -> tuple[float, float, float, bool]:
        """Look at function, burst and trigger."""
        s = self.settings
        ready = (s["SOUR1:FUNC"], s["SOUR1:BURS:STAT"], s["TRIG1:SOUR"]) == ("ARB", "ON", "BUS") and bool(
            len(self.codes)
        )
        return self.number("SOUR1:FUNC:ARB:SRAT"), self.number("SOUR1:VOLT"), self.number("SOUR1:VOLT:OFFS"), ready

    def _clear_memory(self, _: bytes) -> None:
        self._loaded.clear()
        self.settings["SOUR1:FUNC:ARB"], self.codes = '"EXP_RISE"', np.zeros(0)

    def _load(self, rest: bytes) -> None:
        name, _, data = rest.partition(b",")
        key = name.strip().decode().lower()
        order = "<i2" if self.settings["FORM:BORD"] == "SWAP" else ">i2"
        self._keep(key, np.frombuffer(_content(data), order).astype(float))

    def _load_text(self, rest: bytes) -> None:
        name, *values = rest.decode("ascii").split(",")
        self._keep(name.strip().lower(), self.full_scale * np.array([float(value) for value in values]).clip(-1, 1))

    def _keep(self, key: str, codes: np.ndarray) -> None:
        if key in self._loaded:
            raise CommandError('+786,"Specified arb waveform already exists"')
        if len(codes) < 8:
            raise CommandError('+771,"Arb waveform too short"')
        self._loaded[key] = codes

    def _select(self, rest: bytes) -> None:
        key = rest.strip().decode().lower()
        if key not in self._loaded:
            raise CommandError('+785,"Specified arb waveform does not exist"')
        self.settings["SOUR1:FUNC:ARB"], self.codes = f'"{key}"', self._loaded[key]

    def _amplitude(self, rest: bytes) -> None:
        vpp = float(rest)
        limited = self.settings["SOUR1:VOLT:LIM:STAT"] in {"1", "ON"}
        high, low = (self.number(f"SOUR1:VOLT:LIM:{end}") for end in ("HIGH", "LOW")) if limited else (10.0, -10.0)
        if not 0.001 <= vpp <= min(20.0, 2 * high * 1.000001, -2 * low * 1.000001):
            raise CommandError('-222,"Data out of range; amplitude"')
        self.settings["SOUR1:VOLT"] = f"{vpp:+.15E}"


class EmulatedSiglentSDG2042X(EmulatedGenerator):
    """Siglent SDG2042X, whose settings are lists of names and values."""

    output = "C1:OUTP"

    def __init__(self, fire: Fire, faults: Faults | None = None, serial: str = "DEMO0001") -> None:
        self._values = {"RATE": "0", "AMP": "4", "OFST": "0", "WVTP": "SINE", "STATE": "OFF", "TRSR": "INT"}
        super().__init__(
            f"Siglent Technologies,SDG2042X,{serial},2.01.01.38", {"C1:OUTP": "0", "C1:OUTP:LOAD": "50"}, fire, faults
        )
        self._loaded: dict[str, np.ndarray] = {}
        self.handlers |= {
            "C1:OUTP": self._set_output,
            "C1:OUTP?": lambda _: (
                f"C1:OUTP {'ON' if self.output_on else 'OFF'},LOAD,{self.settings['C1:OUTP:LOAD']},PLRT,NOR"
            ).encode(),
            "C1:WVDT": self._load,
            "C1:ARWV": self._select,
            "C1:SRATE": self._rate,
            "C1:SRAT": self._rate,
            "C1:SRATE?": lambda _: f"C1:SRATE MODE,TARB,VALUE,{self._values['RATE']}Sa/s,INTER,HOLD".encode(),
            "C1:BSWV": self._basic,
            "C1:BSWV?": lambda _: (
                f"C1:BSWV WVTP,{self._values['WVTP']},FRQ,{self._frequency_hz():.9g}HZ,AMP,{self._values['AMP']}V,"
                f"OFST,{self._values['OFST']}V,PHSE,0"
            ).encode(),
            "C1:BTWV": self._burst,
        }
        self.handlers["C1:SRAT?"] = self.handlers["C1:SRATE?"]

    def reset(self) -> None:
        """Forget all waveforms and values."""
        super().reset()
        self._loaded.clear()
        self._values.update(RATE="0", AMP="4", OFST="0", WVTP="SINE", STATE="OFF", TRSR="INT")

    def state(self) -> tuple[float, float, float, bool]:
        """Look at burst and trigger."""
        v = self._values
        ready = (v["STATE"], v["TRSR"], v["WVTP"]) == ("ON", "MAN", "ARB") and bool(len(self.codes))
        return float(v["RATE"]), float(v["AMP"]), float(v["OFST"]), ready

    def _frequency_hz(self) -> float:
        return float(self._values["RATE"]) / len(self.codes) if len(self.codes) else 1000.0

    def _set_output(self, rest: bytes) -> None:
        name, _, value = rest.partition(b",")
        if name.strip().upper() == b"LOAD":
            self.set_load(value)
        else:
            self.set_output(name)

    def _load(self, rest: bytes) -> None:
        found = re.match(rb"WVNM,(\w+),(?:TYPE,5,)?LENGTH,(\d+)B,", rest)
        data = rest.partition(b",WAVEDATA,")[2]
        if found is None or int(found[2]) != len(data):
            raise CommandError('-161,"Invalid block data"')
        self._loaded[found[1].decode()] = np.frombuffer(data, "<i2").astype(float)

    def _select(self, rest: bytes) -> None:
        name = rest.decode().strip().partition("NAME,")[2]
        if name not in self._loaded:
            raise CommandError('-256,"File name not found"')
        self.codes, self._values["WVTP"] = self._loaded[name], "ARB"

    def _rate(self, rest: bytes) -> None:
        self._values["RATE"] = f"{float(rest.decode().rpartition('VALUE,')[2]):.9g}"

    def _basic(self, rest: bytes) -> None:
        name, _, value = rest.decode().strip().partition(",")
        if name not in {"AMP", "OFST"} or abs(float(value)) > 20:
            raise CommandError('-224,"Illegal parameter value"')
        self._values[name] = value

    def _burst(self, rest: bytes) -> None:
        name, _, value = rest.decode().strip().partition(",")
        if name == "MTRIG":
            self.trigger(rest)
        elif name in {"STATE", "TRSR"}:
            self._values[name] = value
        elif name not in {"GATE_NCYC", "TIME"}:
            raise CommandError('-224,"Illegal parameter value"')


class EmulatedRigolDG1062Z(EmulatedGenerator):
    """Rigol DG1062Z, whose waveforms come in packets of unsigned codes."""

    full_scale = 8191.5

    def __init__(self, fire: Fire, faults: Faults | None = None, serial: str = "DEMO0001") -> None:
        settings = {
            "OUTP1": "0",
            "OUTP1:LOAD": "50",
            "SOUR1:APPL": '"SIN,1.000000E+03,5.000000E+00,0.000000E+00,0.000000E+00"',
            "SOUR1:BURS:MODE": "INF",
            "SOUR1:BURS:NCYC": "1",
            "SOUR1:BURS:TRIG:SOUR": "INT",
            "SOUR1:BURS:STAT": "OFF",
        }
        super().__init__(f"Rigol Technologies,DG1062Z,{serial},03.01.12", settings, fire, faults)
        self._packets: list[np.ndarray] = []
        self._values = (0.0, 5.0, 0.0)
        self.handlers |= {
            "OUTP1": self.set_output,
            "OUTP1:LOAD": self.set_load,
            "OUTP1?": lambda _: b"ON" if self.output_on else b"OFF",
            "SOUR1:TRAC:DATA:DAC16": self._load,
            "SOUR1:TRAC:DATA:POIN?": lambda _: b"%d" % len(self.codes),
            "SOUR1:APPL:ARB": self._apply,
            "SOUR1:BURS:TRIG": self.trigger,
        }

    def state(self) -> tuple[float, float, float, bool]:
        """Look at burst and trigger."""
        s = self.settings
        arb = s["SOUR1:APPL"].startswith('"ARB') and bool(len(self.codes))
        return *self._values, arb and s["SOUR1:BURS:STAT"] == "ON" and s["SOUR1:BURS:TRIG:SOUR"] == "MAN"

    def _load(self, rest: bytes) -> None:
        place, flag, data = rest.split(b",", 2)
        packet = np.frombuffer(_content(data), "<u2").astype(float)
        if place.strip() != b"VOLATILE" or flag not in {b"CON", b"END"} or not 1 <= len(packet) <= 16_384:
            raise CommandError('-161,"Invalid block data"')
        self._packets.append(packet - self.full_scale)
        if flag == b"END":
            self.codes, self._packets = np.concatenate(self._packets), []

    def _apply(self, rest: bytes) -> None:
        rate_hz, vpp, offset_v = (float(part) for part in rest.split(b","))
        if not 0.002 <= vpp <= 20:
            raise CommandError('-222,"Data out of range"')
        self._values = rate_hz, vpp, offset_v
        self.settings["SOUR1:APPL"] = f'"ARB,{rate_hz:.6E},{vpp:.6E},{offset_v:.6E},0.000000E+00"'


def _content(data: bytes) -> bytes:
    """Return what is in a block. Raise CommandError where it is none."""
    found = re.match(rb"#([1-9])", data)
    digits = data[2 : 2 + int(found[1])] if found else b""
    content = data[2 + len(digits) :]
    if not digits.isdigit() or int(digits) != len(content):
        raise CommandError('-161,"Invalid block data"')
    return content
