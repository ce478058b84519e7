"""States as flat dictionaries of tensors, which a checkpoint can hold as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor


def under(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the entries whose names begin with `prefix` and a dot, without both."""
    return {name.removeprefix(f"{prefix}."): value for name, value in state.items() if name.startswith(f"{prefix}.")}


def exact(value: float) -> Tensor:
    """Return a number as a tensor that gives it back without loss."""
    return torch.tensor(value, dtype=torch.float64 if isinstance(value, float) else torch.int64)


def pack_optimiser(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return what the optimiser remembers of each parameter, as `index.name`."""
    memory: dict[int, dict[str, Any]] = optimiser.state_dict()["state"]
    return {f"{index}.{name}": torch.as_tensor(value) for index, item in memory.items() for name, value in item.items()}


def unpack_optimiser(optimiser: torch.optim.Optimizer, packed: Mapping[str, Tensor]) -> None:
    """Give an optimiser its memory back. Raises ValueError when it is of other parameters."""
    memory: dict[int, dict[str, Tensor]] = {}
    for key, value in packed.items():
        index, name = key.split(".")
        memory.setdefault(int(index), {})[name] = value.clone()
    parameters = [parameter for group in optimiser.param_groups for parameter in group["params"]]
    for index, item in memory.items():
        shapes = {tuple(value.shape) for value in item.values() if value.ndim}
        if index >= len(parameters) or not shapes <= {tuple(parameters[index].shape)}:
            raise ValueError(f"The optimiser's memory of parameter {index} is of another network.")
    optimiser.load_state_dict({"state": memory, "param_groups": optimiser.state_dict()["param_groups"]})
