"""A sound card as a driver: shots in one signal, each between two markers, repeated where the stream was not whole.

A volt is the card's full scale: nobody knows what voltage that is, nor how loud. Addresses are AUDIO::NAME of a device,
AUDIO::default, and JACK::SERVER::CLIENT; another one for the input stands in `connection.recorder`.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import cast

import numpy as np

from core.ports import DeviceError, DeviceLost, DeviceTimeout, SpecError
from core.run.connection import ConnectionSpec
from devices.audio.signal import (
    EARLIER_SAMPLES,
    REACH_SAMPLES,
    Heard,
    coarse_delay,
    find_markers,
    layout,
    listen,
    loudness_within,
    unit_marker,
    unit_sweep,
)
from devices.child import START_S, Child
from devices.recorder import Plan, RecorderFacts
from devices.safety import RAMP

FULL_SCALE_V = 1.0
CLIPPED_V = 0.9999
MOST_SHOTS = 256
LONGEST_DELAY_S = 0.4
SWEEPS = 8
LIKE = 0.7  # correlation of a marker with what it sounded like at first
STEADY = (0.8, 1.25)  # its gain
DEAD_SAMPLES = 64  # in a row that are exactly zero, which no microphone is
TRIES = 8
SAFE_S = 2.0


class AudioRecorder:
    """One sound card, opened, with its delay and its markers learnt."""

    def __init__(self, child: Child, plan: Plan, connection: ConnectionSpec, output: str, input: str) -> None:
        self._child, self._plan = child, plan
        slew_v_per_s = connection.limit_slew_v_per_s or float("inf")
        self._layout = layout(plan.samples, plan.rest_samples, connection.limit_duty)
        self._marker, self._sweep = (
            unit * loudness_within(unit, plan.peak_v, slew_v_per_s, plan.rate_hz)
            for unit in (unit_marker(), unit_sweep(plan.samples))
        )
        self._card, _ = child.call("open", START_S, output=output, input=input, rate_hz=plan.rate_hz)
        demo = str(self._card["output"]).startswith("overtone")
        marker_v2s, sweep_v2s = (float(np.square(part).sum()) / plan.rate_hz for part in (self._marker, self._sweep))
        self.facts = RecorderFacts(
            str(self._card["output"]),
            demo,
            MOST_SHOTS,
            FULL_SCALE_V,
            (FULL_SCALE_V,),
            opened_v2s=(len(RAMP) + 1 + SWEEPS) * (marker_v2s + sweep_v2s),
            beside_v2s=2 * marker_v2s,  # one before it, and one at the end of all
        )
        self._repeated, self._correlation = 0, 1.0
        self._heard = self._listen()

    def identity(self) -> dict[str, object]:
        """Tell the devices' names; a sound card has no serial number."""
        return {key: self._card[key] for key in ("host", "output", "input")}

    def settings(self) -> dict[str, object]:
        """Tell rate, delay and levels, and how many shots had to be repeated."""
        return {
            "rate_hz": self._plan.rate_hz,
            "delay_samples": self._heard.delay,
            "marker_v": float(np.abs(self._marker).max()),
            "marker_heard_v": float(np.abs(self._heard.marker).max()),
            "correlation": self._correlation,
            "repeated": self._repeated,
        }

    def set_range(self, range_v: float, deadline_s: float) -> None:
        """Do nothing: there is one range."""

    def play_and_record(self, waveforms_v: np.ndarray, deadline_s: float) -> np.ndarray:
        """Play waveforms (shot, sample), and again those whose record was not whole.

        Raise DeviceTimeout, and DeviceLost where some stay so.
        """
        ends_s = time.monotonic() + deadline_s
        shots = np.repeat(waveforms_v, self._plan.averages, axis=0)
        records = np.empty_like(shots, dtype=np.float64)
        missing = np.arange(len(shots))
        for left in reversed(range(TRIES)):
            records[missing], whole = self._transfer(shots[missing], ends_s)
            clipped = np.isinf(records[missing]).any(1)  # by a noise in the room, perhaps
            missing = missing[~whole | (clipped if left else False)]
            if not len(missing):
                repeats = records.reshape(len(waveforms_v), self._plan.averages, -1)
                clipped = np.isinf(repeats).any(1)
                return np.where(clipped, np.inf, np.where(np.isinf(repeats), 0, repeats).mean(1))
            self._repeated += len(missing)
        raise DeviceLost(
            f"{len(missing)} of {len(shots)} shots on {self.facts.name} could not be recorded whole in {TRIES} tries. "
            "Check speaker and microphone, and whether the machine is too busy for its sound."
        )

    def safe(self, deadline_s: float) -> None:
        """Stop the stream."""
        self._child.call("silence", deadline_s)

    def close(self) -> None:
        """End the stream's process, and with it every sound."""
        with suppress(DeviceError):
            self._child.call("close", SAFE_S)
        self._child.kill()

    def _transfer(self, shots_v: np.ndarray, ends_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the records (shot, sample), and of which shots they are whole."""
        place, heard, rate_hz = self._layout, self._heard, self._plan.rate_hz
        played = place.played(shots_v, self._marker)
        last_marker = len(played) - place.shot_at
        samples = last_marker + heard.delay + len(heard.marker)  # what comes after it is silence
        record, bad = self._play(played, samples, ends_s)
        late, correlation, gain = find_markers(record, place, heard, len(shots_v))
        fine = (correlation >= LIKE) & (gain >= STEADY[0]) & (gain <= STEADY[1])
        whole = fine[1:] & fine[:-1] & (late[1:] == late[:-1])
        if whole.any():
            self._correlation = float(correlation.min())
        begins = np.arange(len(shots_v)) * place.slot
        at = begins + place.shot_at + heard.delay + late[:-1] + round(self._plan.lag_s * rate_hz - 1)
        index = at[:, None] + np.arange(place.samples)
        records = np.take(record, index, mode="clip").astype(np.float64)
        damage = np.flatnonzero(bad)
        ends = begins + place.slot + heard.delay + len(heard.marker)
        whole &= np.searchsorted(damage, begins) == np.searchsorted(damage, ends)
        whole &= ~_dead(records, shots_v)
        return np.where(np.abs(records) >= CLIPPED_V, np.copysign(np.inf, records), records), whole

    def _play(self, signal: np.ndarray, samples: int, ends_s: float) -> tuple[np.ndarray, np.ndarray]:
        """Return what was recorded (sample,), and where it cannot be right."""
        left_s = ends_s - time.monotonic()
        lasts_s = samples / self._plan.rate_hz
        if left_s < lasts_s:
            raise DeviceTimeout(f"{lasts_s:.3g} s of sound do not fit into the {max(left_s, 0):.3g} s that are left.")
        answer, record = self._child.call("play", left_s, signal.astype(np.float32), samples=samples)
        if record is None or record.shape != (samples,):
            raise DeviceLost(f"{self.facts.name} recorded something else than {samples} samples.")
        bad = ~np.isfinite(record)
        if bad.any():
            record = np.where(bad, 0.0, record)
        for first, last in cast("list[tuple[int, int]]", answer["flagged"]):
            bad[max(first, 0) : last] = True
        return record, bad

    def _listen(self) -> Heard:
        """Play sweeps, softly at first, and learn delay and markers. Raise DeviceError where they are not heard."""
        place, rate_hz, name = self._layout, self._plan.rate_hz, self.facts.name
        levels, attempt, ends_s = np.array([*RAMP, 1.0]), 0, time.monotonic() + START_S
        while True:
            attempt += 1
            first = place.played(np.tile(self._sweep, (len(levels), 1)), self._marker)
            first *= np.repeat([*levels, 1.0], place.slot)[: len(first)]
            record, bad = self._play(first, len(first) + round(LONGEST_DELAY_S * rate_hz), time.monotonic() + START_S)
            if np.abs(record).max() >= CLIPPED_V:
                raise DeviceError(f"The input of {name} is overdriven. Lower the microphone's or the speaker's volume.")
            coarse = coarse_delay(record, first)
            again = place.played(np.tile(self._sweep, (SWEEPS, 1)), self._marker)
            tail = coarse + EARLIER_SAMPLES + REACH_SAMPLES
            record, worse = self._play(again, len(again) + tail, time.monotonic() + START_S)
            heard = listen(record, place, self._sweep, SWEEPS, coarse)
            late, correlation, _ = find_markers(record, place, heard, SWEEPS)
            likeness = self._correlation = float(correlation.min())
            interrupted = bad.any() or worse.any()
            if likeness >= LIKE and heard.delay >= 0 and not (interrupted or late.any()):
                return heard
            if attempt >= TRIES and not interrupted:
                raise DeviceError(
                    f"What {name} plays is not heard: the markers' correlation is {likeness:.2f}, {LIKE:g} is needed. "
                    "Connect speaker and microphone, turn both up, and choose the input in system.connection.recorder."
                )
            if time.monotonic() > ends_s:
                raise DeviceError(
                    f"The sound of {name} was interrupted in each of {attempt} tries. The machine is too busy for it: "
                    "end other programs, or give the sound system more time (larger blocks)."
                )


def open_recorder(address: str, plan: Plan, connection: ConnectionSpec) -> AudioRecorder:
    """Open the sound card at an address. Raise SpecError, DeviceError."""
    if plan.rest_v:
        raise SpecError(
            f"At rest the drive is {plan.rest_v:g} V, which no sound card holds. Set system.connection.offset_v = 0."
        )
    places = [_parsed(address), _parsed(connection.recorder or address)]
    servers = {server for server, _ in places if server}
    if len(servers) > 1:
        raise SpecError(f"{address} and {connection.recorder} are on two JACK servers; one stream has one.")
    environment = {"JACK_NO_START_SERVER": "1"}
    if servers:
        environment["JACK_DEFAULT_SERVER"] = servers.pop()
    child = Child("The sound card", "devices.audio.player:Player", environment)
    try:
        return AudioRecorder(child, plan, connection, places[0][1], places[1][1])
    except BaseException:
        child.kill()
        raise


def _parsed(address: str) -> tuple[str, str]:
    """Return the JACK server (or nothing) and the device's name."""
    way, *rest = address.split("::")
    if way.upper() == "AUDIO" and len(rest) == 1 and rest[0]:
        return "", rest[0]
    if way.upper() == "JACK" and len(rest) == 2 and all(rest):
        return rest[0], rest[1]
    raise SpecError(f"{address!r} is no sound card. Addresses are like AUDIO::default and JACK::default::system.")


def _dead(records: np.ndarray, shots_v: np.ndarray) -> np.ndarray:
    """Tell which records are exactly zero for a while though something was played: blocks that never arrived."""
    dead = (records == 0).sum(1) >= DEAD_SAMPLES  # they may be, which hardly any is
    silent = np.lib.stride_tricks.sliding_window_view(records[dead] == 0, DEAD_SAMPLES, axis=1).all(-1)
    played = np.lib.stride_tricks.sliding_window_view(shots_v[dead] != 0, DEAD_SAMPLES, axis=1).any(-1)
    dead[dead] = np.any(silent & played, axis=-1)
    return dead
