"""Spectrometers through the library seabreeze, in a process of its own: it waits for ever on one that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from core.ports import DeviceError, DeviceLost
from devices.child import START_S, Child, Message
from devices.recorder import told
from devices.wire import Deadline

MODEL_ON_TCP = "HDX"
CLOSE_S = 1.0


class LibrarySpectrometer:
    """A `devices.optics.spectrometer.Spectrometer` of any model that seabreeze knows, on USB or TCP.

    seabreeze sets an exposure but cannot tell it, so it is set anew before every spectrum.
    """

    def __init__(self, place: Sequence[str], deadline: Deadline) -> None:
        """Open by serial number ("first": whatever is found), or by host and port. Raise DeviceError."""
        self._child = Child("The spectrometer's library", "devices.optics.seabreeze_child:Library")
        try:
            left_s = deadline.left_s() + START_S
            self._facts, wavelengths_nm = self._child.call("open", left_s, place=list(place))
            assert wavelengths_nm is not None
            self.wavelengths_m = 1e-9 * wavelengths_nm
        except BaseException:
            self._child.kill()
            raise

    @property
    def name(self) -> str:
        """Return the model."""
        return str(self._facts["model"])

    def identity(self) -> dict[str, object]:
        """Tell model and serial number."""
        return {key: self._facts[key] for key in ("model", "serial")}

    def settings(self) -> dict[str, object]:
        """Tell the exposure."""
        return {"exposure_s": self._facts["exposure_s"]}

    def read(self, deadline: Deadline) -> np.ndarray:
        """Return a spectrum (pixel,) in parts of its largest count."""
        _, spectrum = self._child.call("read", deadline.left_s())
        if spectrum is None or spectrum.shape != self.wavelengths_m.shape:
            raise DeviceLost(f"{self.name} sent no spectrum of {len(self.wavelengths_m):,} pixels.")
        return spectrum

    def check(self, deadline: Deadline) -> None:
        """See that it still tells its serial number, and not an answer to something else."""
        facts, _ = self._child.call("facts", deadline.left_s())
        if facts["serial"] != self._facts["serial"]:
            raise DeviceLost(f"{self.name} calls itself {told(facts['serial'])} now.")

    def close(self) -> None:
        """End the library's process."""
        with suppress(DeviceError):
            self._child.call("close", CLOSE_S)
        self._child.kill()


class Library:
    """The library's side; methods are called from `devices.child`."""

    def __init__(self) -> None:
        self._spectrometer: Any = None
        self._exposure_us = 0

    def open(self, _: None, *, place: list[str]) -> Message:
        """Open a spectrometer and take its shortest exposure. Raise DeviceError."""
        try:
            device = _device_on_tcp(*place) if len(place) == 2 else _device_on_usb(place[0])
            from seabreeze.spectrometers import Spectrometer
        except ModuleNotFoundError:
            raise DeviceError(
                "Spectrometers need the package seabreeze: pip install 'seabreeze[pyseabreeze]'."
            ) from None
        self._spectrometer = Spectrometer(device)
        self._exposure_us = int(self._spectrometer.integration_time_micros_limits[0])
        return self.facts(None)[0], np.asarray(self._spectrometer.wavelengths(), np.float64)

    def facts(self, _: None) -> Message:
        """Tell model, serial number and exposure."""
        device = self._spectrometer
        serial = device._dev.get_serial_number()  # the public one was read when it was opened
        return {"model": device.model, "serial": serial, "exposure_s": 1e-6 * self._exposure_us}, None

    def read(self, _: None) -> Message:
        """Return a spectrum that was exposed from now on, in parts of the largest count."""
        device = self._spectrometer
        device.integration_time_micros(self._exposure_us)  # it may have been switched off and on
        device.intensities()
        return {}, np.asarray(device.intensities(), np.float64) / device.max_intensity

    def close(self, _: None) -> Message:
        """Let go of the spectrometer."""
        self._spectrometer.close()
        return {}, None


def _device_on_tcp(host: str, port: str) -> Any:
    """Return the device at an address without looking for others, on USB or by multicast."""
    import socket

    import seabreeze

    seabreeze.use("pyseabreeze")
    from seabreeze.pyseabreeze.devices import SeaBreezeDevice
    from seabreeze.pyseabreeze.transport import IPv4Transport, IPv4TransportHandle

    address = socket.gethostbyname(host)
    IPv4Transport.register_model(MODEL_ON_TCP, ipv4_address=address, ipv4_port=int(port))
    return SeaBreezeDevice(IPv4TransportHandle(address, int(port)))


def _device_on_usb(serial: str) -> Any:
    import seabreeze

    seabreeze.use("cseabreeze")
    from seabreeze.spectrometers import list_devices

    found: list[Any] = list_devices()
    for device in found:
        if serial.lower() == "first" or device.serial_number == serial:
            return device
    others = ", ".join(f"{device.model} {told(device.serial_number)}" for device in found) or "none"
    raise DeviceError(
        f"There is no spectrometer {serial!r} on USB; found: {others}. Check its cable, and on Linux the udev rules: "
        "seabreeze_os_setup."
    )
