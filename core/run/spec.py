"""The experiment specification: what a preset or a TOML file may say, checked at the edge."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from copy import deepcopy
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import tomli_w
from pydantic import BaseModel, Field, ValidationError

from core.counting import counts
from core.network.settings import NetworkSettings
from core.ports import RunFileError, SpecError
from core.run.connection import STRICT, Address, ConnectionSpec
from core.run.files import read_bytes
from core.training.settings import TrainingSettings

MOST_BYTES = 1_000_000  # of a specification
MOST_TWIN_BYTES = 1_000_000_000
VERSION = 1  # of what a specification may say, where it names one: `version = 1`

TABLE = counts(when={"task.name": ("table",)})
IDEAL = {"training.estimator": ("ideal",)}  # a system that lends its own derivative needs no twin
FITS = ("physics", "neural", "hybrid", "ensemble")
REFIT = {"training.on_misalignment": ("refit",)}
TWIN = counts(unless=IDEAL)
MEASURED = counts(when={"calibration.twin": (*FITS, "datasheet")} | REFIT, unless=IDEAL)
FITTED = counts(when={"calibration.twin": FITS} | REFIT, unless=IDEAL)
SAVED = counts(when={"calibration.twin": ("saved",)}, unless=IDEAL)

FILES = (("task", "path"), ("calibration", "file"))  # what may name a file beside the specification
LINE = r"^[^\p{Cc}\p{Zl}\p{Zp}]*$"  # a line break would break every message

Fraction = Annotated[float, Field(ge=0.0, lt=1.0)]


class _Section(BaseModel):
    model_config = STRICT


class SystemSpec(_Section):
    """Which physical system, which unit of it, and which of its imperfections differ from their defaults."""

    kind: Annotated[str, Field(description="The physical system.")]
    serial_number: Annotated[
        int, Field(ge=0, lt=2**31, description="The simulated unit: a number is the same unit for ever.")
    ] = 1
    imperfections: Annotated[
        dict[str, bool | int | float],
        Field(description="What a simulated unit does that its data sheet does not say, where it differs from usual."),
    ] = {}
    address: Annotated[
        Address,
        Field(description="Where the instrument is, for example TCPIP::192.168.1.5::5025::SOCKET; empty simulates."),
    ] = ""
    connection: ConnectionSpec = ConnectionSpec()


class TaskSpec(_Section):
    """Which data set, how it is split, and how strongly its training samples are changed at random."""

    name: Annotated[str, Field(description="The data set.")]
    data: Annotated[
        Literal["bundled", "full"],
        Field(
            description="The bundled part of MNIST, or all of it, downloaded once.",
            json_schema_extra=counts(when={"task.name": ("mnist",)}),
        ),
    ] = "bundled"
    validation: Annotated[
        Fraction, Field(description="Part of the training samples that is held back to watch the training.")
    ] = 0.1
    augmentation: Annotated[
        float,
        Field(
            ge=0.0,
            le=100.0,
            description="Random change of training samples: pixels that images move, part of a deviation for vowels.",
        ),
    ] = 0.0
    split: Annotated[
        Literal["token", "talker"],
        Field(
            description="Test on other tokens of the same talkers, or on talkers never heard before (vowels).",
            json_schema_extra=counts(when={"task.name": ("vowels-paper", "vowels", "vowels1952")}),
        ),
    ] = "token"
    path: Annotated[
        str,
        Field(
            pattern=LINE,
            description="CSV file with a header and a column of labels, for the task table.",
            json_schema_extra=TABLE,
        ),
    ] = ""
    label: Annotated[
        str, Field(description="The table's column of labels; empty is the last one.", json_schema_extra=TABLE)
    ] = ""


class CalibrationSpec(_Section):
    """What the digital twin is, and how it is fitted."""

    twin: Annotated[
        Literal["physics", "datasheet", "neural", "hybrid", "ensemble", "saved"],
        Field(
            description="Equations fitted to shots or as on the data sheet, a network, equations that a network "
            "corrects, five of these, or one from a file.",
            json_schema_extra=TWIN,
        ),
    ] = "physics"
    file: Annotated[
        str,
        Field(
            pattern=LINE,
            description="File of a saved twin of this very unit; a few shots check it.",
            json_schema_extra=SAVED,
        ),
    ] = ""
    shots: Annotated[
        int,
        Field(ge=8, le=1_000_000, description="Shots that are measured to fit the twin.", json_schema_extra=MEASURED),
    ] = 512
    collect: Annotated[
        Literal["mixed", "uniform", "low-pass", "latin-hypercube", "task", "uncertainty"],
        Field(
            description="How their drives are drawn: quiet to loud, at random, as the task's, or where twins disagree.",
            json_schema_extra=MEASURED,
        ),
    ] = "mixed"
    steps: Annotated[
        int, Field(ge=1, le=1_000_000, description="Optimiser steps of the fit.", json_schema_extra=FITTED)
    ] = 400
    learning_rate: Annotated[
        float, Field(gt=0.0, le=10.0, description="Largest learning rate of the fit.", json_schema_extra=FITTED)
    ] = 0.03
    age_h: Annotated[
        float,
        Field(
            ge=0.0, le=1e5, description="Hours between calibration and training, for a system that can age (simulated)."
        ),
    ] = 0.0


class JournalSpec(_Section):
    """What is kept of the measured shots."""

    keep: Annotated[
        Literal["auto", "all", "window", "none"],
        Field(
            description="All shots, the latest, or none; auto keeps all of an instrument and the latest of a simulator."
        ),
    ] = "auto"
    window_mb: Annotated[
        float,
        Field(
            ge=8.0,
            le=1e6,
            description="Size of the latest shots that are kept, in MB.",
            json_schema_extra=counts(when={"journal.keep": ("auto", "window")}),
        ),
    ] = 16.0
    compression: Annotated[
        int,
        Field(
            ge=0,
            le=9,
            description="Level of gzip for a journal that keeps all; 0 does not compress.",
            json_schema_extra=counts(when={"journal.keep": ("auto", "all")}),
        ),
    ] = 0


class Experiment(_Section):
    """Everything that is needed to repeat a run."""

    name: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$",
            max_length=60,
            description="Short name in file names: letters, digits, - and _, beginning with a letter or digit.",
        ),
    ]
    title: Annotated[str, Field(description="What lists and reports call it; empty takes the name.")] = ""
    seed: Annotated[
        int, Field(ge=0, lt=2**31, description="Fixes the split of the data, the starting values and the noise.")
    ] = 0
    system: SystemSpec
    task: TaskSpec
    network: NetworkSettings
    calibration: CalibrationSpec = CalibrationSpec()
    training: TrainingSettings = TrainingSettings()
    journal: JournalSpec = JournalSpec()

    @property
    def idle_h(self) -> float:
        """Hours that the system is left to age between its calibration and its test."""
        return self.calibration.age_h + self.training.hours

    def kept(self, table: bytes = b"", twin: bytes = b"") -> Experiment:
        """Return the experiment as a run's folder keeps it: on copies of table and twin, named by their content."""
        path = f"table-{hashlib.sha256(table).hexdigest()[:12]}.csv" if table else ""
        file = f"twin-{hashlib.sha256(twin).hexdigest()[:12]}.safetensors" if twin else ""
        return self.model_copy(
            update={
                "task": self.task.model_copy(update={"path": path}),
                "calibration": self.calibration.model_copy(update={"file": file}),
            }
        )

    def toml(self) -> str:
        """Write the specification as TOML."""
        return tomli_w.dumps(self.model_dump())


def preset_names() -> list[str]:
    """List the bundled presets."""
    folder = resources.files("resources") / "presets"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_experiment(source: str, settings: Iterable[str] = (), *, as_written: bool = False) -> Experiment:
    """Read a preset by name or a TOML file by path, with `key=value` settings applied.

    The file's table `full` holds the keys that differ when the task's data is "full"; settings go over both. A value is
    read as TOML, and as a plain string where it is none (`task.data=full`). `task.path` and `calibration.file` in the
    file start from its folder and stay inside; those returned can be opened from here, unless they are wanted
    `as_written`. Raises SpecError naming the key, the value and the choices.
    """
    data, chosen = _read(source), list(settings)
    full = data.pop("full", {})
    if not isinstance(full, dict):
        raise SpecError(f"{source}: full = {full!r} is a value, not a table of the keys that differ on the full data.")
    for section, name in () if as_written else FILES:
        for part in (data.get(section), full.get(section)):
            if isinstance(part, dict) and isinstance(path := part.get(name), str) and path:
                part[name] = str(_inside(Path(source), f"{section}.{name}", path))
    experiment = _experiment(source, data, chosen)
    on_full_data = _experiment(f"{source}, table [full]", _merged(data, full), chosen)  # checked in any case
    return on_full_data if experiment.task.data == "full" else experiment


def read_saved_twin(experiment: Experiment) -> bytes:
    """Read the saved twin that a run begins with, b"" where it begins with none. Raises SpecError."""
    spec = experiment.calibration
    if spec.twin != "saved" or experiment.training.estimator == "ideal":
        return b""
    advice = f"Save one with: overtone calibrate {experiment.system.kind} --out FILE"
    if not spec.file:
        raise SpecError(f"calibration.twin = 'saved' needs calibration.file, the file of a twin. {advice}")
    try:
        content = read_bytes(Path(spec.file), MOST_TWIN_BYTES)
    except RunFileError as error:
        raise SpecError(f"calibration.file: {error} {advice}") from None
    if not content:
        raise SpecError(f"calibration.file: {spec.file} is empty. {advice}")
    return content


def _inside(source: Path, key: str, path: str) -> Path:
    """Return where a path in a specification leads. Raises SpecError where that is outside of the file's folder."""
    found = source.parent / path
    try:
        inside = not Path(path).anchor and found.resolve().is_relative_to(source.parent.resolve())
    except (OSError, ValueError, RuntimeError):  # a circle of links, a name that no file can have
        inside = False
    if not inside:
        raise SpecError(
            f"{source}: {key} = {path!r} is not inside the folder of this file. "
            f"Put it there and write its name, or choose it yourself: --set {key}=..."
        )
    return found


def _experiment(source: str, data: dict[str, Any], settings: Iterable[str]) -> Experiment:
    data = deepcopy(data)
    for setting in settings:
        _apply(data, setting)
    try:
        return Experiment.model_validate(data)
    except ValidationError as error:
        raise SpecError(f"{source}: {_first_problem(error)}") from None


def _merged(data: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return `data` with `changes` over it, table by table."""
    merged = data | changes
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(data.get(key), dict):
            merged[key] = _merged(data[key], value)
    return merged


def _read(source: str) -> dict[str, Any]:
    path = Path(source)
    if source in preset_names():
        text = (resources.files("resources") / "presets" / f"{source}.toml").read_text("utf-8")
    elif path.suffix == ".toml" or path.is_file():
        try:
            text = read_bytes(path, MOST_BYTES).decode()
        except (RunFileError, UnicodeDecodeError) as error:
            raise SpecError(f"Cannot read the specification {source}: {error}") from None
    else:
        raise SpecError(
            f"No preset is called {source!r}. Choose from {', '.join(preset_names())}, or name a .toml file."
        )
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, nesting without end
        raise SpecError(f"{source} is not valid TOML: {error}") from None
    if (version := data.pop("version", VERSION)) != VERSION:
        raise SpecError(
            f"{source} is a specification of version {version!r}; this Overtone reads version {VERSION}. "
            "Open it with a newer one."
        )
    return data


def _apply(data: dict[str, Any], setting: str) -> None:
    try:
        setting.encode()
    except UnicodeEncodeError:
        raise SpecError(f"--set {setting!r} is not text in UTF-8.") from None
    key, separator, text = setting.partition("=")
    if not separator or not key:
        raise SpecError(f"--set {setting!r} is not of the form key=value, for example training.epochs=5.")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        value = text
    *sections, name = key.strip().split(".")
    target: Any = data
    for section in sections:
        target = target.setdefault(section, {})
        if not isinstance(target, dict):
            raise SpecError(f"--set {setting}: {section!r} is a value, not a section.")
    target[name] = value


def _first_problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"])
    if problem["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        return f"there is no key {where!r}. {_choices(problem['loc'])}"
    if problem["type"] == "missing":
        return f"the key {where!r} is missing."
    return f"{where} = {problem['input']!r}: {problem['msg']}."


def _choices(location: tuple[int | str, ...]) -> str:
    section: Any = Experiment
    for part in location[:-1]:
        section = get_type_hints(section).get(str(part))
    keys = [name for name in get_type_hints(section) if not name.startswith(("_", "model_"))]
    return f"The keys there are {', '.join(keys)}."
