"""A child process: how much memory one forward and backward pass takes at its peak, measured cold (Linux alone)."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

RESET_PEAK = "5"  # proc(5), clear_refs


def main(module_name: str, batch: int, samples: int) -> None:
    """Print in MB (10^6 bytes) how far the resident memory rises, after the kernels have been loaded."""
    module = import_module(module_name)
    module.workload(1, min(samples, 64))()
    work = module.workload(batch, samples)
    Path("/proc/self/clear_refs").write_text(RESET_PEAK)
    before_kb = _status_kb("VmRSS")
    work()
    print((_status_kb("VmHWM") - before_kb) * 1024 / 1e6, flush=True)


def _status_kb(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
