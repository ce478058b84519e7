"""The window's thread never waits: what would make it do so does not stand in its files."""

from __future__ import annotations

import ast
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "app"
BANNED = {"processEvents", "terminate", "waitForDone", "waitForFinished", "sleep", "msleep", "usleep", "wait", "exec",
          "exec_"}  # fmt: skip
NO_SLOT = {  # where the program itself runs, where it has ended, and what another thread does
    "program.py": {"open_window"},
    "bench/window.py": {"main", "_train", "_soak"},
    "bench/long_traces.py": {"main", "_shoot"},
    "background.py": {"finish"},
    "mask_window.py": {"do", "show"},
}


def test_no_file_of_the_window_waits():
    files = [path for path in APP.rglob("*.py") if "PySide6" in path.read_text("utf-8")]
    assert len(files) > 30
    found: list[str] = []
    for path in files:
        name, tree = path.relative_to(APP).as_posix(), ast.parse(path.read_text("utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                called = call.func.attr if isinstance(call.func, ast.Attribute) else ""
                if called in BANNED and function.name not in NO_SLOT.get(name, set()):
                    found.append(f"{name}, {function.name}: {called}")
    assert found == []
