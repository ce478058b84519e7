"""The entry of the program as one folder, which is its own Python: its processes are modules that it runs itself."""

from __future__ import annotations

import runpy
import sys


def main() -> None:
    """Run a module, as `python -m MODULE` does, or the program."""
    module = "app"
    if sys.argv[1:2] == ["-m"]:
        del sys.argv[:2]
        module = sys.argv[0]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
