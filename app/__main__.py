"""Start Overtone: a window without arguments, else the command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program and exit with its code."""
    if len(sys.argv) == 1:
        from app.display import display_problem

        problem = display_problem()
        if problem:
            print(f"overtone: {problem}", file=sys.stderr)
            sys.exit(1)
        from app.program import open_window

        open_window(sys.argv)
    from app.cli import command_line

    command_line()


if __name__ == "__main__":
    main()
