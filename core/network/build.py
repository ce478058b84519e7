"""From a specification's network section to a network."""

from __future__ import annotations

import torch

from core.network.base import PhysicalNetwork
from core.network.chain import ElementwiseChain
from core.network.hybrid import HybridNetwork
from core.network.pendula import ParametricChain
from core.network.settings import NetworkSettings
from core.ports import SpecError, SystemInfo

ARCHITECTURES = {"chain": ElementwiseChain, "hybrid": HybridNetwork, "pendula": ParametricChain}


def build_network(
    settings: NetworkSettings, info: SystemInfo, features: int, classes: int, *, seed: int
) -> PhysicalNetwork:
    """Build the network for a system and a task. Raises SpecError when the three do not fit together."""
    if (settings.architecture == "pendula") != bool(info.parameter_shapes):
        trained = "shared device parameters" if settings.architecture == "pendula" else "controls alone"
        raise SpecError(
            f"The architecture {settings.architecture!r} trains {trained}, which does not fit {info.name}. "
            "Choose another with network.architecture."
        )
    generator = torch.Generator().manual_seed(seed)
    return ARCHITECTURES[settings.architecture](settings, info, features, classes, generator)
