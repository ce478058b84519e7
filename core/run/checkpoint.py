"""Checkpoints: named tensors and plain facts in one safetensors file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from core.ports import RunFileError
from core.training.state import under

MOST_BYTES = 2**31  # of one checkpoint: far above any network here, far below what would fill a memory


@dataclass(frozen=True)
class Checkpoint:
    """What a run goes on from: tensors by `part.name` and plain facts."""

    path: Path
    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]

    def part(self, name: str) -> dict[str, Tensor]:
        """Return the tensors of one part, without its name."""
        return under(self.tensors, name)

    def load_into(self, module: nn.Module, part: str) -> None:
        """Load a module's state. Raises RunFileError when it does not fit."""
        try:
            module.load_state_dict(self.part(part))
        except RuntimeError as error:
            raise self.unusable(error) from None

    def unusable(self, error: Exception) -> RunFileError:
        """Return the error that says why this checkpoint cannot be used, in one line."""
        return _unusable(self.path, error)


def pack_checkpoint(tensors: Mapping[str, Tensor], facts: Mapping[str, object]) -> bytes:
    """Return the content of a checkpoint file."""
    # cloned: two parts may share their memory, which a file cannot
    whole = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    return save(whole, metadata={"facts": json.dumps(facts)})


def read_checkpoint(run: Path, name: str) -> Checkpoint:
    """Read a run's checkpoint. Raises RunFileError when it is missing or damaged."""
    path = run / "checkpoints" / f"{name}.safetensors"
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            raise ValueError("it is not there.")
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES:,} bytes.")
        with safe_open(path, framework="pt") as file:
            facts = json.loads((file.metadata() or {}).get("facts", "{}"))
            # cloned: a tensor that lies in the file keeps the file's room when a new one has taken its place
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118, not a dictionary
    except (OSError, SafetensorError, ValueError, RuntimeError) as error:
        raise _unusable(path, error) from None
    if not isinstance(facts, dict):
        raise _unusable(path, ValueError("its facts are no table."))
    return Checkpoint(path, tensors, facts)


def weights_sha256(network: nn.Module) -> str:
    """Hash all trained values in the order of their names."""
    digest = hashlib.sha256()
    for name, value in sorted(network.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def _unusable(path: Path, error: Exception) -> RunFileError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return RunFileError(f"The checkpoint {path} cannot be used: {reason} Train the run again.")
