"""The sound card itself, through PortAudio, in a process of its own: a stream, silent unless it plays a signal.

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


class Sound:
    """A signal, what is recorded while it is played, and how far it is; it is put into the stream in one step."""

    def __init__(self, signal: np.ndarray, samples: int) -> None:
        self.signal, self.record = signal, np.zeros(samples, np.float32)
        self.at = 0
        self.flagged: list[tuple[int, int]] = []


SILENCE = Sound(np.empty(0, np.float32), 0)


class Player:
    """Plays a signal and records meanwhile; methods are called from `devices.child`."""

    def __init__(self) -> None:
        self._stream: Any = None
        self._sound = SILENCE
        self._moved = threading.Event()

    def open(self, _: None, *, output: str, input: str, rate_hz: float) -> Message:
        """Open a stream between two devices, named as PortAudio does or by a part of that. Raise DeviceError."""
        sound: Any = _portaudio()
        devices = cast("list[dict[str, Any]]", list(sound.query_devices()))
        apis: Any = sound.query_hostapis()
        last = _find(devices, output, "output", sound.default.device[1])
        first = _find(devices, input, "input", sound.default.device[0])
        try:
            self._stream = sound.Stream(
                samplerate=rate_hz,
                blocksize=0,
                device=(first, last),
                channels=(1, 1),
                dtype="float32",
                latency="low",
                callback=self._block,
            )
            self._stream.start()
        except sound.PortAudioError as error:
            usual_hz = devices[last]["default_samplerate"]
            raise DeviceError(
                f"{told(devices[last]['name'])} cannot be opened at {rate_hz:g} Hz: {told(error)}. Its usual rate is "
                f"{usual_hz:g} Hz. Set {rate_hz:g} Hz in the system's sound settings, and close other programs that "
                "use it."
            ) from None
        host = apis[devices[last]["hostapi"]]["name"]
        return {"input": devices[first]["name"], "output": devices[last]["name"], "host": host}, None

    def play(self, signal: np.ndarray, *, samples: int) -> Message:
        """Play a signal (sample,), record so many samples from its beginning on, and tell which blocks were flagged.

        Where the signal is longer it goes on being played, and the next one begins when it is over.
        """
        if not self._stream.active:
            self._stream.start()
        self._wait(len(self._sound.signal))
        sound = self._sound = Sound(signal, samples)  # sets it off
        self._wait(samples)
        return {"flagged": sound.flagged}, sound.record

    def silence(self, _: None) -> Message:
        """Stop the stream at once."""
        self._sound = SILENCE
        if self._stream is not None:
            self._stream.abort()
        return {}, None

    def close(self, _: None) -> Message:
        """Leave the sound system as others would like to find it."""
        self._sound = SILENCE
        if self._stream is not None:
            self._stream.abort()
            self._stream.close()
            _portaudio()._terminate()  # a process that is ended would stay in JACK's list
        return {}, None

    def _block(self, heard: np.ndarray, played: np.ndarray, frames: int, _: object, status: object) -> None:
        sound = self._sound
        first, last = sound.at, sound.at + frames
        piece = sound.signal[first:last]
        played[: len(piece), 0], played[len(piece) :] = piece, 0.0
        if first < len(sound.record):
            sound.record[first:last] = heard[: len(sound.record) - first, 0]
            if status:  # what was lost is before this block
                sound.flagged.append((first - frames, last))
        sound.at = last
        self._moved.set()

    def _wait(self, samples: int) -> None:
        """Let so many samples of the sound pass."""
        while self._sound.at < samples:
            self._moved.clear()
            if self._sound.at < samples and not self._moved.wait(NO_BLOCK_S):
                raise DeviceLost("The sound card's stream stands still.")


def _portaudio() -> Any:
    try:
        import sounddevice
    except ModuleNotFoundError:
        raise DeviceError("Sound cards need the package sounddevice: pip install 'overtone[audio]'.") from None
    except OSError:
        raise DeviceError("Sound cards need the library PortAudio: install the package libportaudio2.") from None
    return sounddevice


def _find(devices: list[dict[str, Any]], name: str, way: str, default: int) -> int:
    """Return the number of the device of this name, else the first whose name has it as a part."""
    able = [place for place, device in enumerate(devices) if device[f"max_{way}_channels"] > 0]
    if name.lower() == "default" and default in able:
        return default
    fitting = [place for place in able if devices[place]["name"] == name] or [
        place for place in able if name.lower() in devices[place]["name"].lower()
    ]
    if not fitting:
        others = ", ".join(told(devices[place]["name"]) for place in able)
        raise DeviceError(
            f"There is no sound {way} {name!r}. " + (f"There are {others}." if others else "There is none.")
        )
    return fitting[0]
