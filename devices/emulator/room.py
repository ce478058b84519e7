"""A room in which a simulated system stands between loudspeaker and microphone: a client of the JACK sound server."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import suppress
from typing import Any

import numpy as np

from core.ports import DeviceError
from devices.audio.signal import Layout, unit_marker
from devices.emulator.bench import Bench
from devices.emulator.faults import FaultKind, Faults

CLIENT = "overtone_room"
SERVER = "overtone"
BLOCK = 512
BLOCKS_LATE = 2  # the answer to a frame is known when all of it was played
SERVER_START_S = 5.0
REFUSAL_S = 0.3  # in which a server ends that cannot start
STALL_S = 1.5
LATE_S = 0.1
SHIFT = 200
SLIPS: dict[FaultKind | None, int] = {"short_block": -SHIFT, "duplicate": SHIFT, "late": 37}  # in samples
QUIET_BLOCKS = 40
RESET_GAIN = 0.5


class Room:
    """Answers what is played, frame by frame, a constant time later.

    The system of a bench answers frames from rest, so the room finds them: a marker where sound begins after silence,
    and then shots and markers where the layout says. `faults` strikes at each block of its answer; `sounding`
    tells whether anything is played to it.
    """

    def __init__(self, bench: Bench, layout: Layout, server: str, faults: Faults | None = None):
        self.bench, self._layout = bench, layout
        self.faults = faults or Faults()
        self.sounding = False
        self._slip = self._quiet = 0
        self._gain = 1.0
        self._heard = np.zeros(0, np.float32)  # from `_first` on
        self._first = self._dealt_with = 0
        self._expected: list[int] = []  # where frames begin
        self._said = np.zeros(0)  # from the present block on
        bench.play(np.zeros(layout.samples))  # what it compiles, it compiles now
        self._client = _client(server)
        self._input: Any = self._client.inports.register("in")
        self._output: Any = self._client.outports.register("out")
        self._client.set_process_callback(self._process)
        self._client.activate()

    def close(self) -> None:
        """Leave the server, which has to be there still."""
        with suppress(Exception):
            self._client.deactivate()
        with suppress(Exception):
            self._client.close()

    def _process(self, frames: int) -> None:
        block = np.array(self._input.get_array(), np.float32)
        self.sounding = bool(block.any())
        self._output.get_array()[:] = self._spoilt(self._next(block))

    def _next(self, block: np.ndarray) -> np.ndarray:
        """Take a block in; return the one that is heard meanwhile."""
        self._heard = np.concatenate([self._heard, block])
        samples, lead = self._layout.samples, BLOCKS_LATE * len(block)
        while (begin := self._next_frame()) is not None:
            frame = self._heard[begin - self._first :][:samples]
            marked = _marker_in(frame)
            if marked:  # a transfer begins
                self._expected = [begin + marked]
                continue
            if marked == 0:
                self._expected = [begin + step for step in (self._layout.shot_at, self._layout.slot)]
            elif not frame.any():
                self._expected = []  # a transfer has ended, perhaps, and the next one may begin at any time
            at = begin - self._first + lead + 1 - (len(self._heard) - len(block))
            self._say(self.bench.play(frame.astype(np.float64))[1][:samples], at)
            self._dealt_with = begin + samples
        keep = max(len(self._heard) - 4 * samples, 0)
        self._heard, self._first = self._heard[keep:], self._first + keep
        said = np.zeros(len(block))
        ready = self._said[: len(block)]
        said[: len(ready)] = ready
        self._said = self._said[len(block) :]
        return said

    def _next_frame(self) -> int | None:
        """Return where the next frame begins that was heard whole: as expected, else with the first sound."""
        ends = self._first + len(self._heard)
        if not self._expected:
            unheard = max(self._dealt_with, self._first)
            sounding = np.flatnonzero(self._heard[unheard - self._first :])
            self._dealt_with = ends if not len(sounding) else unheard + int(sounding[0])
            self._expected = [self._dealt_with] if len(sounding) else []
        if not self._expected or self._expected[0] + self._layout.samples > ends:
            return None
        return self._expected.pop(0)

    def _say(self, answer: np.ndarray, after: int) -> None:
        """Let an answer be heard so many samples after the present block's beginning."""
        at = after + self._slip
        self._said = np.pad(self._said, (0, max(0, at + len(answer) - len(self._said))))
        self._said[at : at + len(answer)] += answer

    def _spoilt(self, answer: np.ndarray) -> np.ndarray:
        """Return what is heard of a block, with the faults that strike now and those that last."""
        struck = self.faults.strike() if answer.any() else None
        if struck in SLIPS:
            slip = SLIPS[struck] if self._slip + SLIPS[struck] >= -SHIFT else SHIFT
            self._said = np.pad(self._said, (slip, 0)) if slip > 0 else self._said[-slip:]
            self._slip += slip
        elif struck == "stall":
            time.sleep(STALL_S)
        elif struck == "error":
            time.sleep(LATE_S)
        elif struck in ("drop", "reset"):
            self._quiet, self._gain = QUIET_BLOCKS, 0.0 if struck == "drop" else RESET_GAIN
        elif struck == "swallowed":
            return np.zeros_like(answer)
        elif struck == "over_range":
            return np.sign(answer)
        elif struck == "overflow":
            return np.full_like(answer, np.nan)
        if self._quiet:
            self._quiet -= 1
            return self._gain * answer
        return answer


def _marker_in(frame: np.ndarray) -> int | None:
    """Return where a marker begins in a frame: None where what sounds first is none."""
    if not frame.any():
        return None
    begin = int(np.flatnonzero(frame)[0])
    marker = unit_marker()[: len(frame) - begin]
    piece = frame[begin : begin + len(marker)].astype(np.float64)
    likeness = float(piece @ marker) / max(float(np.linalg.norm(piece) * np.linalg.norm(marker)), 1e-30)
    return begin if likeness > 0.9999 else None


def _client(server: str) -> Any:
    try:
        import jack
    except ModuleNotFoundError:
        raise DeviceError("The demo room needs the package JACK-Client: pip install JACK-Client.") from None
    except OSError:
        raise DeviceError("The demo room needs the JACK library: install the package jackd2.") from None
    jack.set_error_function(lambda _: None)
    jack.set_info_function(lambda _: None)
    ends_s = time.monotonic() + SERVER_START_S
    while True:
        try:
            return jack.Client(CLIENT, servername=server, no_start_server=True, use_exact_name=True)
        except jack.JackError as error:
            if time.monotonic() > ends_s:
                raise DeviceError(f"The sound server {server} does not let the demo room in: {error}") from None
            time.sleep(0.05)  # it starts


class SoundServer:
    """A JACK server without a sound card, for as long as a `with` lasts."""

    def __init__(self, name: str = SERVER, rate_hz: float = 48_000.0, block: int = BLOCK) -> None:
        self.name, self._rate_hz, self._block = name, rate_hz, block
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> SoundServer:
        """Start it. Raise DeviceError."""
        program = shutil.which("jackd")
        if program is None:
            raise DeviceError("The demo room needs the JACK sound server: install the package jackd2.")
        ended_with_us = [setpriv, "--pdeathsig", "TERM"] if (setpriv := shutil.which("setpriv")) else []
        options = ["-n", self.name, "--no-realtime", "--no-mlock", "-d", "dummy", "-r", f"{self._rate_hz:.0f}"]
        self._process = subprocess.Popen(
            [*ended_with_us, program, *options, "-p", str(self._block)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"JACK_NO_AUDIO_RESERVATION": "1"},
        )
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(REFUSAL_S)
            raise DeviceError(f"The sound server {self.name} does not start: another one may have this name.")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(SERVER_START_S)
            self.kill()

    def kill(self) -> None:
        """Let it die."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
