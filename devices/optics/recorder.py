"""A shaper and a spectrometer as a driver: spectral amplitudes go out on a mask, the second harmonic comes back.

A "volt" is an amplitude out of all that the mask lets pass, and a count out of the most that the spectrometer reads.
The mask's address is the system's, the spectrometer's stands in `connection.recorder`.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from scipy.stats import trim_mean

from core.physics.shg import BINS, CONTROLS, SPECTROMETER_M
from core.ports import DeviceError, SpecError
from core.run.connection import ConnectionSpec
from devices.optics.mask import Mask, open_mask
from devices.optics.spectrometer import Spectrometer, open_spectrometer
from devices.recorder import Plan, RecorderFacts
from devices.wire import Deadline

FULL = 1.0
SATURATED = 0.999
MOST_SHOTS = 1000
TRIES = 3
DARK_SPECTRA = 16
FLASHES = 2  # of them may be spoilt by other light
BIN_PART = 0.45  # of the distance of bins, to either side of one


class LightBench:
    """One mask and one spectrometer, opened, with its dark spectrum measured."""

    def __init__(self, mask: Mask, spectrometer: Spectrometer, plan: Plan, connection: ConnectionSpec) -> None:
        self._mask, self._spectrometer, self._averages = mask, spectrometer, plan.averages
        name = f"{mask.name} and {spectrometer.name}"
        self.facts = RecorderFacts(name, mask.demo, MOST_SHOTS, FULL, (FULL,))
        self._blend = column_weights(mask.columns, connection.first_column, connection.last_column)
        self._bins = bin_weights(spectrometer.wavelengths_m)
        deadline = Deadline(connection.deadline_s, name)
        self._show(np.zeros(CONTROLS), deadline)
        dark = [spectrometer.read(deadline) for _ in range(DARK_SPECTRA)]
        self._dark = np.asarray(trim_mean(dark, FLASHES / DARK_SPECTRA))
        spectrometer.check(deadline)
        if self._dark.max() >= SATURATED:
            raise DeviceError(f"{spectrometer.name} is saturated with a black mask. Shut out the room's light.")

    def identity(self) -> dict[str, object]:
        """Tell the spectrometer's model and serial number, and the mask's name."""
        return self._spectrometer.identity() | {"mask": self._mask.name}

    def settings(self) -> dict[str, object]:
        """Tell the mask's size, the exposure and the dark level."""
        mask = {"columns": self._mask.columns, "grey_levels": self._mask.levels}
        return mask | self._spectrometer.settings() | {"dark": float(self._dark.mean())}

    def set_range(self, range_v: float, deadline_s: float) -> None:
        """Do nothing: there is one range."""

    def play_and_record(self, waveforms_v: np.ndarray, deadline_s: float) -> np.ndarray:
        """Show amplitudes (shot, 100) one after the other; return spectra (shot, 50), dark subtracted."""
        deadline = Deadline(deadline_s, self.facts.name)
        spectra = [self._shot(amplitudes, deadline) for amplitudes in waveforms_v]
        self._spectrometer.check(deadline)
        return np.array(spectra)

    def safe(self, deadline_s: float) -> None:
        """Turn the mask black."""
        self._show(np.zeros(CONTROLS), Deadline(deadline_s, self.facts.name))

    def close(self) -> None:
        """Let go of both."""
        self._mask.close()
        self._spectrometer.close()

    def _shot(self, amplitudes: np.ndarray, deadline: Deadline, tries: int = TRIES) -> np.ndarray:
        self._show(amplitudes, deadline)
        spectra = [self._spectrometer.read(deadline) for _ in range(self._averages)]
        saturated = (np.max(spectra, 0) >= SATURATED) @ (self._bins > 0)
        if saturated.any() and tries > 1:  # a flash of other light passes
            return self._shot(amplitudes, deadline, tries - 1)
        return np.where(saturated, np.inf, np.mean(spectra - self._dark, 0) @ self._bins)

    def _show(self, amplitudes: np.ndarray, deadline: Deadline) -> None:
        grey = np.rint(self._blend @ amplitudes * (self._mask.levels - 1))
        self._mask.show(grey.clip(0, self._mask.levels - 1).astype(np.uint16), deadline)


def column_weights(columns: int, first: int, last: int) -> np.ndarray:
    """Return the weights (column, control) with which controls are blended at the mask's columns.

    The shaper's band goes from column `first` to column `last`, backwards where that is less, to the mask's end where
    it is 0; wavelength is linear in between, and so is the amplitude between two controls, as the model has it. Outside
    of the band the mask is black. Raises SpecError.
    """
    last = last or columns - 1
    if not (0 <= first < columns and 0 <= last < columns and abs(last - first) >= CONTROLS):
        raise SpecError(
            f"The shaper's {CONTROLS} controls do not fit between columns {first} and {last} of {columns}. "
            "Set system.connection.first_column and last_column."
        )
    place = (np.arange(columns) - first) / (last - first) * (CONTROLS - 1)
    hats = 1 - np.abs(place[:, None] - np.arange(CONTROLS))
    inside = (place >= 0) & (place <= CONTROLS - 1)
    return np.where(inside[:, None], hats.clip(0), 0.0)


def bin_weights(wavelengths_m: np.ndarray) -> np.ndarray:
    """Return the weights (pixel, bin) of each bin's mean. Raise DeviceError where a bin has no pixel."""
    centres = np.linspace(*SPECTROMETER_M, BINS)
    near = np.abs(wavelengths_m[:, None] - centres) <= BIN_PART * (centres[1] - centres[0])
    counts = near.sum(0)
    if not counts.all():
        low, high = 1e9 * wavelengths_m.min(), 1e9 * wavelengths_m.max()
        raise DeviceError(
            f"The spectrometer sees {low:.1f} … {high:.1f} nm in {len(wavelengths_m):,} pixels, which leaves "
            f"{int((counts == 0).sum())} of {BINS} bins empty. It has to resolve {1e9 * SPECTROMETER_M[0]:.1f} … "
            f"{1e9 * SPECTROMETER_M[1]:.1f} nm."
        )
    return near / counts


def open_recorder(address: str, plan: Plan, connection: ConnectionSpec) -> LightBench:
    """Open the mask at an address and the connection's spectrometer. Raise SpecError, DeviceError."""
    deadline = Deadline(connection.deadline_s, "The light bench")
    spectrometer = open_spectrometer(connection.recorder, deadline)
    mask: Mask | None = None
    try:
        mask = open_mask(address, deadline)
        return LightBench(mask, spectrometer, plan, connection)
    except BaseException:
        for part in (mask, spectrometer):
            with suppress(Exception):
                if part is not None:
                    part.close()
        raise
