"""The sound card itself, through PortAudio, in a process of its own: one stream that is silent unless it plays a signal.

A process whose Python does nothing else is never late for its stream; and PortAudio, which may hang with a device that
was pulled out, hangs there.
"""

from __future__ import annotations

import threading
from typing import Any, cast

import numpy as np

from core.ports import DeviceError, DeviceLost
from devices.child import Message
from devices.recorder import told

NO_BLOCK_S = 1.0
IDLE = 1 << 60  # beyond every signal


class Player:
    """Plays a signal and records meanwhile; methods are called from `devices.child`."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._signal = self._record = np.empty(0, np.float32)
        self._at = IDLE
        self._flagged: list[tuple[int, int]] = []
        self._moved = threading.Event()

    def open(self, _: None, *, output: str, input: str, rate_hz: float) -> Message:
        """Open a stream between two devices, named as PortAudio does or by a part of that. Raise DeviceError."""
        sound: Any = _portaudio()
        devices = cast("list[dict[str, Any]]", list(sound.query_devices()))
        apis: Any = sound.query_hostapis()
        places = [
            _find(devices, name, f"max_{way}_channels", sound.default.device[index])
            for index, (way, name) in enumerate((("input", input), ("output", output)))
        ]
        names = [devices[place]["name"] for place in places]
        try:
            self._stream = sound.Stream(
                samplerate=rate_hz,
                blocksize=0,
                device=tuple(places),
                channels=(1, 1),
                dtype="float32",
                latency="low",
                callback=self._block,
            )
            self._stream.start()
        except sound.PortAudioError as error:
            usual_hz = devices[places[1]]["default_samplerate"]
            raise DeviceError(
                f"{names[1]} cannot be opened at {rate_hz:g} Hz: {told(error)}. Its usual rate is {usual_hz:g} Hz. Set "
                f"{rate_hz:g} Hz in the system's sound settings, and close other programs that use it."
            ) from None
        api = apis[devices[places[1]]["hostapi"]]["name"]
        return {"input": names[0], "output": names[1], "host": api}, None

    def play(self, signal: np.ndarray, *, samples: int) -> Message:
        """Play a signal (sample,), record so many samples from its beginning on, and tell which blocks were flagged."""
        if not self._stream.active:
            self._stream.start()
        self._flagged = []
        self._signal, self._record = signal, np.zeros(samples, np.float32)
        self._at = 0  # sets it off
        while self._at < samples:
            self._moved.clear()
            if self._at < samples and not self._moved.wait(NO_BLOCK_S):
                raise DeviceLost("The sound card's stream stands still.")
        self._at = IDLE
        return {"flagged": self._flagged}, self._record

    def silence(self, _: None) -> Message:
        """Stop the stream at once."""
        self._at = IDLE
        if self._stream is not None:
            self._stream.abort()
        return {}, None

    def _block(self, heard: np.ndarray, played: np.ndarray, frames: int, _: object, status: object) -> None:
        first, record = self._at, self._record
        last = first + frames
        piece = self._signal[first:last]
        played[: len(piece), 0], played[len(piece) :] = piece, 0.0
        if first >= len(record):
            return
        record[first:last] = heard[: len(record) - first, 0]
        if status:  # what was lost is before this block
            self._flagged.append((first - frames, last))
        self._at = last
        self._moved.set()


def _portaudio() -> Any:
    try:
        import sounddevice
    except ModuleNotFoundError:
        raise DeviceError("Sound cards need the package sounddevice: pip install 'overtone[audio]'.") from None
    except OSError:
        raise DeviceError("Sound cards need the library PortAudio: install the package libportaudio2.") from None
    return sounddevice


def _find(devices: list[dict[str, Any]], name: str, channels: str, default: int) -> int:
    """Return the number of the device of this name, else the first whose name has it as a part."""
    able = [place for place, device in enumerate(devices) if device[channels] > 0]
    if name.lower() == "default" and default in able:
        return default
    fitting = [place for place in able if devices[place]["name"] == name] or [
        place for place in able if name.lower() in devices[place]["name"].lower()
    ]
    if not fitting:
        way = "output" if "output" in channels else "input"
        others = ", ".join(told(devices[place]["name"]) for place in able)
        raise DeviceError(f"There is no sound {way} {name!r}. " + (f"There are {others}." if others else "There is none."))
    return fitting[0]
