"""The state of the global random generators, which a plug-in may use."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from core.training.state import exact


def random_state() -> dict[str, Tensor]:
    """Return the state of torch's and NumPy's global generators, which a plug-in may use."""
    _, keys, position, has_gauss, cached = np.random.get_state()  # noqa: NPY002
    numpy = {"keys": torch.as_tensor(np.asarray(keys, np.int64)), "cached": exact(float(cached))}
    counters = {"position": exact(int(position)), "has_gauss": exact(int(has_gauss))}
    return {"torch": torch.get_rng_state()} | {f"numpy.{name}": value for name, value in (numpy | counters).items()}


def restore_random_state(state: Mapping[str, Tensor]) -> None:
    """Put the generators back. Raises KeyError, ValueError or RuntimeError when the state is of something else."""
    torch.set_rng_state(state["torch"])
    keys = state["numpy.keys"].numpy().astype(np.uint32)
    position, has_gauss = int(state["numpy.position"]), int(state["numpy.has_gauss"])
    np.random.set_state(("MT19937", keys, position, has_gauss, float(state["numpy.cached"])))  # noqa: NPY002
