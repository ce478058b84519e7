"""Which physical systems there are: the bundled simulators and what plug-ins add."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from importlib import import_module

from core.physics.model import PhysicsModel
from core.ports import PhysicalSystem, SpecError
from core.run.spec import SystemSpec
from devices.drivers import opener
from devices.plugins import with_plugins
from devices.replay.system import PREFIX, open_replay
from devices.simulated.base import Imperfections, Worsening
from devices.waveform import WaveformSystem, Wiring

PLUGIN_GROUP = "overtone.systems"

Settings = Mapping[str, bool | int | float]


@dataclass(frozen=True)
class SystemEntry:
    """How to make a system: `build(serial_number, seed, imperfections)`, and its equations where they are known.

    `worsened(what, imperfections)` returns the imperfections that change with two effective bits less ("bits"), or with
    twice the "noise" or "jitter"; it raises SpecError where the system has none. None: it does not tell.
    `imperfections()` returns the dataclass that declares them, each field with its default and with a "description" in
    its metadata. `connect(spec)` makes the system of the instrument at `spec.address`, on which a shot lasts
    `shot_s(spec)`; None: there is no way to one.
    """

    title: str
    build: Callable[[int, int, Settings], PhysicalSystem]
    model: Callable[[], PhysicsModel] | None
    worsened: Callable[[Worsening, Settings], dict[str, float]] | None = None
    imperfections: Callable[[], type[Imperfections]] | None = None
    connect: Callable[[SystemSpec], PhysicalSystem] | None = None
    shot_s: Callable[[SystemSpec], float] | None = None


def waveform_connection(wiring: Callable[[], Wiring]) -> Callable[[SystemSpec], PhysicalSystem]:
    """Return the `connect` of a system that one output drives and one input listens to."""

    def connect(spec: SystemSpec) -> PhysicalSystem:
        wired = wiring().connected(spec.connection)
        open_recorder = opener(spec.address, wired.plan(spec.connection), spec.connection)
        return WaveformSystem(open_recorder, wired, spec.connection, spec.serial_number)

    return connect


def waveform_shot_s(wiring: Callable[[], Wiring]) -> Callable[[SystemSpec], float]:
    """Return the `shot_s` of such a system, its rest and its repetitions included."""

    def shot_s(spec: SystemSpec) -> float:
        return wiring().connected(spec.connection).plan(spec.connection).play_s(1)

    return shot_s


def circuit_wiring() -> Wiring:
    """Tell the circuit's wiring, by the data sheet in `core.physics.circuit`."""
    from core.physics.circuit import DRIVE_V, FULL_SCALE_V, RATE_HZ
    from devices.simulated.circuit import SimulatedCircuit

    # Twelve times the loop's decay, Q/(π f0) = 13 samples, and a frame of a thousand.
    return Wiring(SimulatedCircuit().info, RATE_HZ, DRIVE_V, FULL_SCALE_V, rest_samples=216)


def plate_wiring() -> Wiring:
    """Tell the plate's wiring to a sound card, whose full scale counts as a volt."""
    from core.physics.plate import RATE_HZ
    from devices.simulated.plate import SimulatedPlate

    # After 67 ms the modes are below the microphone's noise: 0.3 % of a loud shot at most, over units.
    return Wiring(SimulatedPlate().info, RATE_HZ, drive_v=0.5, full_scale_v=0.5, rest_samples=3200)


def shg_wiring() -> Wiring:
    """Tell the wiring of a shaper, whose amplitudes are from 0 to 1, and of a spectrometer, whose counts are."""
    from devices.simulated.shg import SATURATION, SimulatedShg

    info = SimulatedShg().info
    shot_s = 0.05  # a screen's two frames, and two exposures of 6 ms
    rate_hz = info.drive_dim / shot_s
    return Wiring(info, rate_hz, drive_v=0.5, offset_v=0.5, full_scale_v=1 / SATURATION, rest_samples=0)


def _simulated(kind: str, title: str, wiring: Callable[[], Wiring] | None = None) -> SystemEntry:
    name = kind.capitalize()

    def declared() -> type[Imperfections]:
        return getattr(import_module(f"devices.simulated.{kind}"), f"{name}Imperfections")

    def settings(imperfections: Settings) -> Imperfections:
        settings = declared()
        known = {field.name: field.default for field in fields(settings)}
        for key, value in imperfections.items():
            if key not in known:
                raise SpecError(
                    f"system.imperfections has no key {key!r} for {kind}. The keys there are {', '.join(known)}."
                )
            if isinstance(value, bool) != isinstance(known[key], bool):
                raise SpecError(f"system.imperfections.{key} = {value!r} is not a {type(known[key]).__name__}.")
            if value < 0:
                raise SpecError(f"system.imperfections.{key} = {value!r} is negative; 0 switches it off.")
        return settings(**imperfections)

    def build(serial_number: int, seed: int, imperfections: Settings) -> PhysicalSystem:
        system = getattr(import_module(f"devices.simulated.{kind}"), f"Simulated{name}")
        return system(serial_number, seed, settings(imperfections))

    def worsened(what: Worsening, imperfections: Settings) -> dict[str, float]:
        return settings(imperfections).worsened(what)

    def model() -> PhysicsModel:
        return getattr(import_module(f"core.physics.{kind}"), f"{name}Model")()

    if wiring is None:
        return SystemEntry(title, build, model, worsened, declared)
    connect, shot_s = waveform_connection(wiring), waveform_shot_s(wiring)
    return SystemEntry(title, build, model, worsened, declared, connect, shot_s)


BUNDLED = {
    "plate": _simulated("plate", "Multimode mechanical plate", plate_wiring),
    "circuit": _simulated("circuit", "Nonlinear electronic oscillator", circuit_wiring),
    "shg": _simulated("shg", "Optical second-harmonic generation", shg_wiring),
    "pendula": _simulated("pendula", "Coupled nonlinear pendula"),
}


def find_systems() -> tuple[dict[str, SystemEntry], dict[str, str]]:
    """List the usable systems by kind, and the plug-ins that cannot be used with the reason."""
    return with_plugins(BUNDLED, PLUGIN_GROUP, SystemEntry)


def find_system(kind: str) -> SystemEntry:
    """Return the entry of a system. Raises SpecError naming the choices, or the reason why a plug-in is broken."""
    found, broken = find_systems()
    if kind in broken:
        raise SpecError(f"The plug-in for system.kind = {kind!r} is broken: {broken[kind]}")
    if kind not in found:
        raise SpecError(f"No system is of kind {kind!r}. Choose from {', '.join(found)}.")
    return found[kind]


def make_system(spec: SystemSpec, seed: int) -> PhysicalSystem:
    """Make the system of a specification: the instrument or the recorded run at its address, else the simulated unit.

    Raises SpecError, and DeviceError where the instrument cannot be used; its outputs are off.
    """
    entry = find_system(spec.kind)
    if not spec.address:
        return entry.build(spec.serial_number, seed, spec.imperfections)
    if spec.address.startswith(PREFIX):
        return open_replay(spec.address, entry.build(spec.serial_number, seed, {}).info)
    if entry.connect is None:
        raise SpecError(f"system.address = {spec.address!r}, but {spec.kind} is simulated only. Leave it empty.")
    if spec.imperfections:
        raise SpecError(
            "system.imperfections are those of a simulated unit; an instrument has its own. Leave them out."
        )
    return entry.connect(spec)
