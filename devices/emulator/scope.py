"""Emulated oscilloscopes of three makers, which record what is on a table when its trigger comes."""

from __future__ import annotations

import math
import struct

import numpy as np

from devices.emulator.faults import Faults
from devices.emulator.scpi import CommandError, ScpiInstrument, as_block

MOST_POINTS = 4_000_000


class EmulatedScope(ScpiInstrument):
    """What they share: armed for one trigger, a converter with `bits`, a window in time, a memory of codes."""

    bits = 8
    divisions = 10

    def __init__(self, identity: str, settings: dict[str, str], faults: Faults | None = None) -> None:
        super().__init__(identity, settings, faults)
        self.armed = False
        self.running = True
        self.over_range = False
        self.overflow = False
        self.levels = np.zeros(0)

    def reset(self) -> None:
        """Forget the record, too, and run."""
        super().reset()
        self.armed, self.running, self.levels = False, True, np.zeros(0)

    def arm(self, _: bytes) -> None:
        """Wait for one trigger."""
        self.armed = self.running = True
        self.levels = np.zeros(0)

    def stop(self, _: bytes) -> None:
        """Stop."""
        self.armed = self.running = False

    def capture(self, times_s: np.ndarray, voltage_v: np.ndarray) -> None:
        """See the trigger at time 0 and record the voltage as converter levels from 0 to 2^bits - 1."""
        with self._lock:
            if not self.armed:
                return
            self.armed = self.running = False
            try:
                (start_s, step_s, points), (scale_v, offset_v) = self.window(), self.vertical()
            except (ValueError, ArithmeticError, LookupError):  # settings that no record fits
                return
            if not (0 < points <= MOST_POINTS and 0 < scale_v < math.inf):
                return
            grid_s = start_s + step_s * np.arange(points)
            volts = np.interp(grid_s, times_s, voltage_v, left=0.0)
            levels = 2**self.bits
            volts += offset_v + self.full_screens * scale_v / 2
            volts *= levels / (self.full_screens * scale_v)
            self.levels = np.rint(volts, out=volts).clip(0, levels - 1).astype(np.uint16)
            if self.over_range:
                self.levels[:], self.over_range = levels - 1, False

    @property
    def full_screens(self) -> float:
        """Return how many vertical divisions the converter spans."""
        return 256 / 25

    def window(self) -> tuple[float, float, int]:
        """Return the time of the first point after the trigger, the interval, and the number of points."""
        raise NotImplementedError

    def vertical(self) -> tuple[float, float]:
        """Return volts a division, and the offset."""
        raise NotImplementedError

    def record(self) -> np.ndarray:
        """Return the levels of the record. Raise CommandError where there is none."""
        if not len(self.levels):
            raise CommandError('-230,"Data corrupt or stale"')
        return self.levels

    def overflowed(self) -> bool:
        """Tell once whether numbers are to be nonsense."""
        overflow, self.overflow = self.overflow, False
        return overflow


class EmulatedKeysightDSOX(EmulatedScope):
    """Keysight DSO-X 3024A, twelve bits in its high-resolution mode."""

    def __init__(self, faults: Faults | None = None, serial: str = "DEMO0002") -> None:
        settings = {
            "ACQ:TYPE": "NORM",
            "CHAN1:DISP": "1",
            "CHAN1:OFFS": "0",
            "CHAN1:RANG": "40",
            "TIM:MODE": "MAIN",
            "TIM:REF": "CENT",
            "TIM:RANG": "1e-3",
            "TIM:POS": "0",
            "TRIG:MODE": "EDGE",
            "TRIG:EDGE:SOUR": "CHAN1",
            "TRIG:SWE": "AUTO",
            "WAV:SOUR": "CHAN1",
            "WAV:FORM": "BYTE",
            "WAV:BYT": "MSBF",
            "WAV:UNS": "1",
            "WAV:POIN:MODE": "NORM",
            "WAV:POIN": "1000",
        }
        super().__init__(f"AGILENT TECHNOLOGIES,DSO-X 3024A,{serial},02.43.2018020635", settings, faults)
        self._was_armed = False
        self.handlers |= {
            "SING": self.arm,
            "STOP": self.stop,
            "AER?": self._armed_event,
            "OPER:COND?": lambda _: b"+%d" % (8 * self.running + 32 * self.armed),
            "WAV:PRE?": self._preamble,
            "WAV:DATA?": self._data,
            "WAV:POIN": self._points,
        }

    def arm(self, _: bytes) -> None:
        """Set the event register, too."""
        super().arm(_)
        self._was_armed = True

    def window(self) -> tuple[float, float, int]:
        """With its reference at the left a record begins a tenth before its position."""
        length_s, points = self.number("TIM:RANG"), int(self.number("WAV:POIN"))
        before = {"LEFT": 0.1, "CENT": 0.5, "RIGH": 0.9}[self.settings["TIM:REF"]]
        return self.number("TIM:POS") - before * length_s, length_s / points, points

    def vertical(self) -> tuple[float, float]:
        """The range is eight divisions."""
        self.bits = 12 if self.settings["ACQ:TYPE"] == "HRES" else 8
        return self.number("CHAN1:RANG") / 8, self.number("CHAN1:OFFS")

    def _armed_event(self, _: bytes) -> bytes:
        was, self._was_armed = self._was_armed, False
        return b"+%d" % was

    def _points(self, rest: bytes) -> None:
        points = float(rest)
        steps = [digit * 10**decade for decade in (2, 3, 4, 5, 6) for digit in (1, 2, 5)]
        self.settings["WAV:POIN"] = str(max(step for step in steps if step <= max(points, 100)))

    def _preamble(self, _: bytes) -> bytes:
        start_s, step_s, points = self.window()
        scale_v, offset_v = self.vertical()
        gain_v = self.full_screens * scale_v / 65536
        if self.overflowed():
            return f"+1,+0,+{points},+1,+9.9E+37,NaN,+0,+9.9E+37,+0.0E+00,+32768".encode()
        return (f"+1,+0,+{points},+1,{step_s:+.8E},{start_s:+.8E},+0,{gain_v:+.8E},{offset_v:+.5E},+32768").encode()

    def _data(self, _: bytes) -> bytes:
        levels = self.record()
        if self.settings["WAV:FORM"] != "WORD":
            return as_block((levels >> (self.bits - 8)).clip(1, 255).astype("u1").tobytes())
        codes = (levels << (16 - self.bits)).clip(0x0100, 0xFF00)
        return as_block(codes.astype("<u2" if self.settings["WAV:BYT"] == "LSBF" else ">u2").tobytes())


class EmulatedSiglentSDS(EmulatedScope):
    """Siglent SDS2104X HD, of twelve bits."""

    bits = 12

    def __init__(self, faults: Faults | None = None, serial: str = "DEMO0002") -> None:
        settings = {
            "CHAN1:SWIT": "ON",
            "CHAN1:OFFS": "0",
            "CHAN1:SCAL": "1",
            "TRIG:TYPE": "EDGE",
            "TRIG:EDGE:SOUR": "C1",
            "WAV:SOUR": "C1",
            "WAV:WIDT": "BYTE",
            "WAV:STAR": "0",
            "WAV:POIN": "0",
            "TIM:SCAL": "1e-6",
            "TIM:DEL": "0",
            "ACQ:MDEP": "10000",
        }
        super().__init__(f"Siglent Technologies,SDS2104X HD,{serial},1.2.2.9", settings, faults)
        self.handlers |= {
            "TRIG:MODE": self._mode,
            "TRIG:STOP": self.stop,
            "TRIG:STAT?": lambda _: b"Ready" if self.armed else b"Auto" if self.running else b"Stop",
            "WAV:PRE?": self._preamble,
            "WAV:DATA?": self._data,
        }

    def window(self) -> tuple[float, float, int]:
        """The trigger is in the middle of the screen, moved by the delay."""
        length_s, points = self.divisions * self.number("TIM:SCAL"), int(self.number("ACQ:MDEP"))
        return -self.number("TIM:DEL") - length_s / 2, length_s / points, points

    def vertical(self) -> tuple[float, float]:
        """Return volts a division, and the offset."""
        return self.number("CHAN1:SCAL"), self.number("CHAN1:OFFS")

    def _mode(self, rest: bytes) -> None:
        if rest.strip().upper() != b"SING":
            raise CommandError('-224,"Illegal parameter value"')
        self.arm(rest)

    def _preamble(self, _: bytes) -> bytes:
        _start_s, step_s, points = self.window()
        scale_v, offset_v = self.vertical()
        if self.overflowed():
            step_s = scale_v = math.nan
        description = bytearray(346)
        description[:8] = b"WAVEDESC"
        struct.pack_into("<i", description, 116, points)
        struct.pack_into("<fff", description, 156, scale_v, offset_v, 65536 / self.full_screens)
        struct.pack_into("<f", description, 176, step_s)
        struct.pack_into("<d", description, 180, self.number("TIM:DEL"))
        digits = round(3 * math.log10(self.number("TIM:SCAL") / 1e-10))
        struct.pack_into("<h", description, 324, digits)
        return as_block(bytes(description))

    def _data(self, _: bytes) -> bytes:
        levels = self.record().astype(np.int32)
        return as_block(((levels - 2048) << 4).astype("<i2").tobytes())


class EmulatedRigolDS(EmulatedScope):
    """Rigol DS1104Z, of eight bits."""

    divisions = 12

    def __init__(self, faults: Faults | None = None, serial: str = "DEMO0002") -> None:
        settings = {
            "CHAN1:DISP": "1",
            "CHAN1:OFFS": "0",
            "CHAN1:SCAL": "1",
            "TIM:MAIN:SCAL": "1e-6",
            "TIM:MAIN:OFFS": "0",
            "TRIG:MODE": "EDGE",
            "TRIG:EDGE:SOUR": "CHAN1",
            "TRIG:SWE": "AUTO",
            "WAV:SOUR": "CHAN1",
            "WAV:MODE": "NORM",
            "WAV:FORM": "BYTE",
            "WAV:STAR": "1",
            "WAV:STOP": "1200",
            "ACQ:MDEP": "12000",
        }
        super().__init__(f"RIGOL TECHNOLOGIES,DS1104Z,{serial},00.04.05", settings, faults)
        self.handlers |= {
            "SING": self.arm,
            "STOP": self.stop,
            "TRIG:STAT?": lambda _: b"WAIT" if self.armed else b"AUTO" if self.running else b"STOP",
            "WAV:PRE?": self._preamble,
            "WAV:DATA?": self._data,
        }

    def window(self) -> tuple[float, float, int]:
        """The position is in the middle of the screen."""
        length_s, points = self.divisions * self.number("TIM:MAIN:SCAL"), int(self.number("ACQ:MDEP"))
        return self.number("TIM:MAIN:OFFS") - length_s / 2, length_s / points, points

    def vertical(self) -> tuple[float, float]:
        """Return volts a division, and the offset."""
        return self.number("CHAN1:SCAL"), self.number("CHAN1:OFFS")

    def _preamble(self, _: bytes) -> bytes:
        start_s, step_s, _depth = self.window()
        points = int(self.number("WAV:STOP")) - int(self.number("WAV:STAR")) + 1
        gain_v = self.number("CHAN1:SCAL") / 25
        if self.overflowed():
            gain_v = step_s = 9.9e37
        return f"0,2,{points},1,{step_s:.6e},{start_s:.6e},0,{gain_v:.6e},0,128".encode()

    def _data(self, _: bytes) -> bytes:
        first, last = int(self.number("WAV:STAR")) - 1, int(self.number("WAV:STOP"))
        return as_block(self.record()[first:last].astype("u1").tobytes())
