"""The texts that the window's files and the engine can say, read from their sources; and the catalogue of them."""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TS = ROOT / "resources" / "translations" / "overtone_zh_CN.ts"
# where a call has the text that it says
SAYING = {"tr": 0, "Phrase": 0, "say": 1, "worded": 1, "_enter": 1, "_tell": 0}
OF_APP = (
    "discovery",
    "spec_choices",
    "systems",
    "spectrum",
    "states",
    "run_preview",
    "spec_fields",
    "step_words",
    "figures",
    "curve_groups",
)  # without Qt, but shown
OF_CORE = (
    "calibration/characterise_drift.py",
    "calibration/characterise_latency.py",
    "calibration/characterise_linearity.py",
    "calibration/characterise_noise.py",
    "calibration/characterise_probe.py",
    "calibration/characterise_range.py",
    "calibration/characterise_response.py",
    "calibration/job.py",
    "calibration/quality.py",
    "calibration/result.py",
    "calibration/worth.py",
    "report/caveats.py",
    "report/compare.py",
    "report/compare_words.py",
    "report/content.py",
    "run/calibrating.py",
    "run/session.py",
    "run/waiting.py",
    "run/watch.py",
    "training/trainer.py",
    "network/stages.py",
)


def catalogue() -> dict[str, str]:
    """Return the Chinese text of each English one."""
    messages = ElementTree.parse(TS).getroot().iter("message")
    return {message.findtext("source", ""): message.findtext("translation", "") for message in messages}


def window_files() -> list[Path]:
    """List the files of the window, but its colours and fonts."""
    files = [path for path in sorted((ROOT / "app").rglob("*.py")) if not {"bench", "theme.py"} & set(path.parts)]
    return [path for path in files if path.stem in OF_APP or "\nfrom PySide6" in path.read_text("utf-8")]


def engine_files() -> list[Path]:
    """List the files of the engine whose texts the window shows."""
    return [ROOT / "core" / name for name in OF_CORE]


def calls_in(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls below a node with the names of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            yield called, node


def literals_of(node: ast.AST) -> Iterator[str]:
    """Yield the strings that an argument may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from (*literals_of(node.body), *literals_of(node.orelse))
    elif isinstance(node, ast.BoolOp):
        yield from (text for value in node.values for text in literals_of(value))


def said_in(path: Path) -> set[str]:
    """Return the literals that a file hands to what says or translates them."""
    found: set[str] = set()
    for called, call in calls_in(ast.parse(path.read_text("utf-8"))):
        if called in SAYING and len(call.args) > SAYING[called]:
            found |= set(literals_of(call.args[SAYING[called]]))
    return {text for text in found if re.search("[A-Za-z]{2}", re.sub(r"\{[^}]*\}|<[^>]*>", "", text))}


def sentences_in(path: Path) -> set[str]:
    """Return the literals that read like a sentence or a title, wherever they stand, but in docstrings and errors."""
    tree = ast.parse(path.read_text("utf-8"))
    aside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr | ast.Raise):
            aside |= {id(part) for part in ast.walk(node)}
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            aside.add(id(node.value))
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in aside)
    return {text for text in texts if isinstance(text, str) and _reads(text)}


def _reads(text: str) -> bool:
    words = re.sub(r"\{[^}]*\}|<[^>]*>", "", text)
    return bool(
        re.fullmatch(r"[A-Z][a-z]+…?", words) or re.search(r"[A-Za-z]{2}.* .*[A-Za-z]|[A-Za-z] .*[a-z]{2}", words)
    )
