"""Systems whose every figure is a closed form, to characterise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from core.ports import Axis, SystemInfo

SAMPLES, RATE_HZ = 512, 1e5
Array = np.ndarray


def waveform_info(samples: int = SAMPLES) -> SystemInfo:
    axis = Axis("Time", "s", np.arange(samples) / RATE_HZ)
    return SystemInfo("fir", "FIR", "demo", 1, samples, samples, True, axis, axis, "Drive", "Response", 1e-3)


def channel_info(drive: int, response: int) -> SystemInfo:
    ins, outs = (Axis("Channel", "", np.arange(count, dtype=float)) for count in (drive, response))
    return SystemInfo("map", "Map", "demo", 1, drive, response, False, ins, outs, "Drive", "Response", 1e-3)


def law(x: Array) -> Array:
    return x


class Lab:
    """response = gain · h * curve(swing), each shot late by its own jitter, with its own gain, plus coloured noise."""

    def __init__(
        self,
        impulse: Array | None = None,
        *,
        curve: Callable[[Array], Array] = law,
        noise: float = 0.0,
        colour: Array | None = None,
        jitter: float = 0.0,
        gain_noise: float = 0.0,
        late: Callable[[Array], Array] = np.zeros_like,
        change: Callable[[Array], Array] = law,
        samples: int = SAMPLES,
        session: int = 5,
    ) -> None:
        self.info = waveform_info(samples)
        self.impulse = np.array([1.0]) if impulse is None else impulse
        self.curve, self.noise, self.colour, self.late, self.change = curve, noise, colour, late, change
        self.jitter, self.gain_noise = jitter, gain_noise
        self.shifts = list[float]()
        self.shots, self.generator = 0, np.random.default_rng(session)

    def __call__(self, drive: Tensor) -> Tensor:
        swing = self.curve(2 * drive.numpy().astype(float) - 1)
        clean = np.array([np.convolve(row, self.impulse)[: swing.shape[1]] for row in swing])
        count, samples = clean.shape
        numbers = self.shots + np.arange(count, dtype=float)
        shifts = self.jitter * self.generator.standard_normal(count) + self.late(numbers)
        self.shifts.extend(shifts)
        moved = np.array([_shifted(row, shift) for row, shift in zip(clean, shifts, strict=True)])
        white = self.generator.standard_normal((count, samples))
        if self.colour is not None:
            white = ndimage.convolve1d(white, self.colour / np.linalg.norm(self.colour), axis=1)
        gains = 1 + self.gain_noise * self.generator.standard_normal((count, 1))
        self.shots += count
        return torch.as_tensor(self.change(gains * moved + self.noise * white))


def _shifted(row: Array, shift: float) -> Array:
    """Shift by any number of samples, exactly for what lies below Nyquist, with room for what leaves the record."""
    padded = np.pad(row, len(row))
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(len(padded)) * shift)
    return np.fft.irfft(np.fft.rfft(padded) * turn, len(padded))[len(row) : 2 * len(row)]
