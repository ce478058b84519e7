"""What `overtone doctor` looks at."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from app.discovery import BUSES, scan_all
from app.display import display_problem

PACKAGES = ("torch", "numpy", "numba", "torchopt", "PySide6-Essentials", "pyqtgraph", "h5py", "safetensors")
DRIVERS = {
    "pyvisa": "VISA instruments: pip install pyvisa pyvisa-py",
    "pyvisa_py": "VISA instruments without a vendor's library: pip install pyvisa-py",
    "usb": "VISA instruments at USB: pip install pyusb, and the system library libusb-1.0-0",
    "serial": "VISA instruments at serial ports: pip install pyserial",
    "grpc": "NI cards in another computer: pip install 'nidaqmx[grpc]'",
    "nidaqmx": "NI-DAQmx cards: pip install 'nidaqmx[grpc]'",
    "sounddevice": "sound cards: pip install sounddevice",
    "seabreeze": "spectrometers: pip install 'seabreeze[pyseabreeze]'",
}
LINES = {
    "usbtmc*": "sudo usermod -aG plugdev $USER",
    "ttyUSB*": "sudo usermod -aG dialout $USER",
    "ttyACM*": "sudo usermod -aG dialout $USER",
}
PROBE_DEADLINE_S = 30.0


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; a finding that is not ok says what to do."""

    subject: str
    ok: bool
    finding: str


def examine() -> list[Check]:
    """Look at versions, drivers, data, the display and plug-ins; never raise."""
    checks = [Check("python", sys.version_info >= (3, 11), platform.python_version())]
    for name in PACKAGES:
        try:
            checks.append(Check(name, True, version(name)))
        except PackageNotFoundError:
            checks.append(Check(name, False, f"not installed: pip install {name}"))
    for name, advice in DRIVERS.items():
        found = find_spec(name) is not None
        checks.append(Check(name, found, "installed" if found else f"not installed. For {advice}"))
    checks += _buses()
    checks += _permissions()
    spice = shutil.which("ngspice")
    checks.append(Check("ngspice", spice is not None, spice or "not installed; only the circuit's tests need it"))
    checks.append(_window())
    checks += _data()
    checks += _plugins()
    return checks


def examine_folder(run: Path, out: Path | None) -> list[Check]:
    """Look at the files of a run, and save what can be read into `out` where it is named. Raises RunFileError."""
    from core.run.salvage import examine_run, save_run

    if out is None:
        return [Check(item.subject, item.whole, item.text) for item in examine_run(run)]
    saved, findings = save_run(run, out)
    return [*(Check(item.subject, item.whole, item.text) for item in findings), Check("saved", True, str(saved))]


def _window() -> Check:
    problem = display_problem()
    if problem:
        return Check("window", False, problem)
    # Qt aborts the process that it cannot start in, so it is tried in another one.
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.display"],
            capture_output=True,
            text=True,
            timeout=PROBE_DEADLINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Check("window", False, f"Qt did not start within {PROBE_DEADLINE_S:.0f} s")
    if done.returncode or "opened" not in done.stdout:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Check("window", False, f"Qt cannot start: {last}")
    return Check("window", True, f"Qt starts ({os.environ.get('QT_QPA_PLATFORM') or 'default platform'})")


def _data() -> list[Check]:
    from core.task.folder import data_folder

    folder = data_folder()
    files = {"full MNIST": "mnist/train-images-idx3-ubyte.gz", "Hillenbrand's vowels": "vowels/vowdata.dat"}
    checks: list[Check] = []
    for subject, name in files.items():
        there = (folder / name).is_file()
        text = str(folder / name) if there else f"not in {folder}; it is downloaded when a run asks for it"
        checks.append(Check(subject, there, text))
    return checks


def _plugins() -> list[Check]:
    from devices.catalogue import find_systems
    from devices.drivers import find_drivers

    found, broken = find_systems()
    drivers, unusable = find_drivers()
    checks = [Check("systems", True, ", ".join(found)), Check("drivers", True, ", ".join(drivers))]
    return checks + [Check(f"plug-in {name}", False, reason) for name, reason in (broken | unusable).items()]


def _buses() -> list[Check]:
    """Look at each bus as a scan does: it finds libraries without their driver, PortAudio, and what hangs."""
    checks: list[Check] = []
    for report in scan_all(list(BUSES)):
        nothing = report.problem == BUSES[report.bus].nothing
        found = ", ".join(item.address for item in report.found)
        checks.append(Check(f"bus {report.bus}", bool(found) or nothing, found or report.problem))
    return checks


def _permissions() -> list[Check]:
    """Name the lines to instruments that this user may not open."""
    return [
        Check(str(path), False, f"no access: {advice}, and log in again")
        for pattern, advice in LINES.items()
        for path in sorted(Path("/dev").glob(pattern))
        if not os.access(path, os.R_OK | os.W_OK)
    ]
