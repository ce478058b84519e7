"""A child process: how much memory one forward and backward pass takes at its peak, measured cold."""

from __future__ import annotations

import resource
import sys
from importlib import import_module


def main(module_name: str, batch: int, samples: int) -> None:
    """Print the growth of the peak resident memory in MB (10^6 bytes), after the kernels have been loaded."""
    module = import_module(module_name)
    module.workload(1, min(samples, 64))()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    module.workload(batch, samples)()
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(grown_kb * (1 if sys.platform == "darwin" else 1024) / 1e6, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
