"""A fitted twin in a file of its own: its weights, and of which unit of which system it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import get_args

from safetensors import SafetensorError, deserialize
from safetensors.torch import load, save
from torch import nn

from core.physics.model import PhysicsModel
from core.ports import DataError, SystemInfo
from core.twin.build import TwinKind, build_twin
from core.twin.neural import NeuralShape, NeuralTwin, neural_shape

VERSION = 1
KINDS: tuple[str, ...] = get_args(TwinKind)


@dataclass(frozen=True)
class SavedTwin:
    """A twin from a file, its kind, the unit that it was fitted to, and the content of the file."""

    twin: nn.Module
    kind: TwinKind
    serial_number: int
    content: bytes

    @property
    def shape(self) -> NeuralShape | None:
        """Return the shape of a neural twin."""
        return self.twin.shape if isinstance(self.twin, NeuralTwin) else None


def pack_twin(twin: nn.Module, kind: TwinKind, info: SystemInfo) -> bytes:
    """Return the content of a twin's file."""
    facts = {"version": VERSION, "twin": kind, "system": info.kind, "serial_number": info.serial_number}
    weights = {name: value.detach().cpu().contiguous().clone() for name, value in twin.state_dict().items()}
    return save(weights, metadata={"overtone_twin": json.dumps(facts)})


def unpack_twin(content: bytes, info: SystemInfo, model: PhysicsModel | None, *, name: str) -> SavedTwin:
    """Return the twin in a file called `name`.

    Raises DataError where it is none, is damaged, or holds the twin of another system.
    """
    try:
        facts = json.loads(_metadata(content)["overtone_twin"])
        version, kind, system = facts["version"], facts["twin"], facts["system"]
        serial_number = int(facts["serial_number"])
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"{name} is not the file of a twin: {_line(error)}. Calibrate, and save one.") from None
    if version != VERSION or kind not in KINDS:
        raise DataError(f"{name} holds a {kind!r} twin of version {version!r}; this Overtone reads version {VERSION}.")
    if system != info.kind:
        raise DataError(f"{name} is the twin of a system of kind {system!r}, not of {info.name}. Calibrate this one.")
    try:
        weights = load(content)
        twin = build_twin(kind, info, model, seed=0, shape=neural_shape(weights) if kind == "neural" else None)
        twin.load_state_dict(weights)
    except (SafetensorError, KeyError, RuntimeError, ValueError) as error:
        raise DataError(f"{name} does not fit {info.name}: {_line(error)}. Calibrate again.") from None
    if not all(bool(value.isfinite().all()) for value in twin.state_dict().values()):
        raise DataError(f"{name} holds values that are not finite. Calibrate again.")
    return SavedTwin(twin, kind, serial_number, content)


def _metadata(content: bytes) -> dict[str, str]:
    deserialize(content)  # checks the header against the length
    length = int.from_bytes(content[:8], "little")
    return json.loads(content[8 : 8 + length])["__metadata__"]


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".:")
