"""What a sound card plays for a transfer of shots, and how they are found again in what it recorded.

A transfer is a marker and a gap, then of each shot: the shot, a gap, a marker, a gap. So each shot has a marker before
and after it, and a slip of the stream between the two is seen. Both gaps are the system's rest: a marker sits in it
where the shot has died away at the marker's frequencies, which a plate damps soonest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.fft import irfft, rfft, rfftfreq
from scipy.fft import next_fast_len
from scipy.signal import butter, chirp, correlate, sosfiltfilt, sosfreqz
from scipy.signal.windows import hann

MARKER_SAMPLES = 256
BAND = (1 / 12, 1 / 3)  # of the rate
LEVEL = 0.7  # of the largest voltage
BEFORE_MARKER = 1 / 3  # of the rest
REACH_SAMPLES = 256  # how far a marker is looked for from where it should be
EARLIER_SAMPLES = 512  # a resonant system sounds loudest that much after it begins
HEARD_SAMPLES = 4096
EDGE_SAMPLES = 64  # after which the band's filter has forgotten where a piece of a record begins
FAINT = 0.01  # of a marker's energy: silence is like nothing
DIRECT = 0.5  # of the largest: the direct sound is the first that loud (ISO 3382-1 says how to find one)


@dataclass(frozen=True)
class Layout:
    """Where things are in a transfer, in samples."""

    samples: int
    rest_samples: int

    @property
    def slot(self) -> int:
        """Return how far shots, and markers, are from each other."""
        return self.samples + self.rest_samples

    @property
    def shot_at(self) -> int:
        """Return how long after a marker's beginning a shot begins."""
        return MARKER_SAMPLES + round((1 - BEFORE_MARKER) * (self.rest_samples - MARKER_SAMPLES))

    def played(self, shots: np.ndarray, marker: np.ndarray) -> np.ndarray:
        """Return the signal (sample,) of shots (shot, sample)."""
        signal = np.zeros((len(shots) + 1) * self.slot)
        slots = signal.reshape(-1, self.slot)
        slots[:, :MARKER_SAMPLES] = marker
        slots[:-1, self.shot_at : self.shot_at + self.samples] = shots
        return signal[: len(shots) * self.slot + self.shot_at]


def layout(samples: int, rest_samples: int, duty: float) -> Layout:
    """Return the layout for shots with so much rest, which is longer where the markers' own duty asks for it."""
    energy = float(np.square(LEVEL * unit_marker()).sum())
    return Layout(samples, max(rest_samples, 4 * MARKER_SAMPLES, math.ceil(energy / duty)))


def unit_marker() -> np.ndarray:
    """Return a chirp (sample,) through `BAND` under a Hann window, no sample of which is zero at its ends."""
    time = np.arange(MARKER_SAMPLES)
    return hann(MARKER_SAMPLES + 2)[1:-1] * chirp(time, BAND[0], MARKER_SAMPLES, BAND[1])


def unit_sweep(samples: int) -> np.ndarray:
    """Return a chirp (sample,) through all frequencies, whose ends are silent."""
    return chirp(np.arange(samples), 0.0, samples, 0.5, phi=-90)


def loudness_within(unit: np.ndarray, peak_v: float, slew_v_per_s: float, rate_hz: float) -> float:
    """Return by what a waveform of amplitude 1 may be multiplied."""
    step = float(np.abs(np.diff(unit, prepend=0.0, append=0.0)).max())
    return min(LEVEL * peak_v, slew_v_per_s / rate_hz / step)


@dataclass(frozen=True)
class Heard:
    """What a transfer sounds like: after how many samples it begins to, and a marker from there on, in `BAND`."""

    delay: int
    marker: np.ndarray


def coarse_delay(record: np.ndarray, played: np.ndarray) -> int:
    """Return where a signal is loudest in a record (sample,)."""
    return int(np.abs(correlate(record, played, "valid", "fft")).argmax())


def listen(record: np.ndarray, layout: Layout, sweep: np.ndarray, slots: int, coarse: int) -> Heard:
    """Learn from a record of equal sweeps in so many slots what the system sounds like."""
    first = coarse - EARLIER_SAMPLES
    at = first + layout.shot_at + np.arange(slots)[:, None] * layout.slot
    frame = record[(at + np.arange(len(sweep) + EARLIER_SAMPLES)).clip(0, len(record) - 1)].mean(0)
    spectrum = np.fft.rfft(sweep, HEARD_SAMPLES)
    power = np.abs(spectrum) ** 2
    impulse = np.fft.irfft(np.fft.rfft(frame, HEARD_SAMPLES) * spectrum.conj() / (power + 0.01 * power.mean()))
    impulse = np.abs(impulse[: 2 * EARLIER_SAMPLES])
    delay = first + int(np.argmax(impulse >= DIRECT * impulse.max()))
    at = delay + np.arange(slots + 1)[:, None] * layout.slot
    return Heard(delay, in_band(record)[at + np.arange(2 * MARKER_SAMPLES)].mean(0))


def find_markers(record: np.ndarray, layout: Layout, heard: Heard, shots: int) -> tuple[np.ndarray, ...]:
    """Return for each marker (shot + 1) by how many samples it is late, its correlation with `heard`, and its gain."""
    width, around = len(heard.marker), REACH_SAMPLES + EDGE_SAMPLES
    at = heard.delay + np.arange(shots + 1)[:, None] * layout.slot  # of a padded record: `around` samples before
    pieces = np.pad(record, (around, 2 * width + around))[at + np.arange(2 * around + width)]
    length = next_fast_len(pieces.shape[1], real=True)
    spectra = rfft(pieces.astype(np.float64), length) * _band_power(length)
    heard_in_band = irfft(spectra, length)[:, EDGE_SAMPLES : EDGE_SAMPLES + 2 * REACH_SAMPLES + width]
    energy = np.cumsum(np.pad(heard_in_band**2, ((0, 0), (1, 0))), axis=1)
    own = float(np.square(heard.marker).sum())
    norm = np.sqrt(np.maximum(energy[:, width:] - energy[:, :-width], FAINT * own) * own)
    likeness = irfft(spectra * rfft(heard.marker, length).conj(), length)
    likeness = likeness[:, EDGE_SAMPLES : EDGE_SAMPLES + 2 * REACH_SAMPLES + 1]
    correlation = likeness / np.maximum(norm, 1e-30)
    best = correlation.argmax(1)
    each = np.arange(shots + 1)
    return best - REACH_SAMPLES, correlation[each, best], likeness[each, best] / max(own, 1e-30)


def in_band(record: np.ndarray) -> np.ndarray:
    """Return what of a record (sample,) is in the markers' band, without delay."""
    return sosfiltfilt(_band(), record)


@cache
def _band() -> np.ndarray:
    return np.asarray(butter(2, BAND, "bandpass", output="sos", fs=1.0))


@cache
def _band_power(length: int) -> np.ndarray:
    """Return what `in_band` makes of a spectrum of so many samples."""
    return np.abs(sosfreqz(_band(), rfftfreq(length), fs=1.0)[1]) ** 2
