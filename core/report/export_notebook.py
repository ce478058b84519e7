"""A Jupyter notebook that opens a run with h5py and with xarray, and plots what it finds."""

from __future__ import annotations

import json
import os
from pathlib import Path

from core.report.facts import Facts

INTRODUCTION = """\
# A run of Overtone

`run.h5` is plain HDF5: any of its readers shows all that is in it. This notebook needs h5py and matplotlib, its last
cell xarray."""

LOSS = """\
import h5py
from matplotlib import pyplot as plt

with h5py.File(RUN) as file:
    print(file["entry"].attrs["title"], "begun", file["entry"].attrs["start_time"])
    steps = {name: column[:] for name, column in file["entry/steps"].items()}
plt.semilogy(steps["step"], steps["loss"])
plt.xlabel("optimiser step")
plt.ylabel("cross-entropy loss / nat")
plt.show()"""

EXAMPLE = """\
with h5py.File(RUN) as file:
    system, examples = file["entry/system"], file["entry/examples"]
    axis, response = system["response_axis"][:], examples["response"][0, -1]  # first sample, last shot
    names = [system.attrs[f"response_{key}"] for key in ("quantity", "axis_unit", "label", "unit")]
plt.plot(axis, response)
plt.xlabel(f"{names[0]} / {names[1]}")
plt.ylabel(f"{names[2]} / {names[3]}")
plt.show()"""

XARRAY = """\
import xarray

with h5py.File(RUN) as file:
    axis, examples = file["entry/system/response_axis"], file["entry/examples"]
    coordinates = {"axis": axis[:], "class": ("sample", examples["label"][:])}
    responses = xarray.DataArray(examples["response"][:], coordinates, ["sample", "shot", "axis"], "response")
responses[0, -1].plot()
plt.show()"""


def render_notebook(facts: Facts, file: Path, folder: Path) -> bytes:
    """Return a notebook (nbformat 4.5) for a run's `run.h5`, to lie in `folder`; it shows what the run has so far."""
    sources = [f"RUN = {_relative(file, folder)!a}"]
    sources += [LOSS] if facts.arrays["steps"] else []
    sources += [EXAMPLE, XARRAY] if facts.arrays["examples"] and facts.arrays["system"] else []
    cells: list[dict[str, object]] = [_cell("markdown", "introduction", INTRODUCTION)]
    for number, source in enumerate(sources):
        cells.append(_cell("code", f"code-{number}", source) | {"execution_count": None, "outputs": []})
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def _cell(kind: str, name: str, source: str) -> dict[str, object]:
    return {"cell_type": kind, "id": name, "metadata": {}, "source": source.splitlines(keepends=True)}


def _relative(file: Path, folder: Path) -> str:
    """Return the way from a folder to a file, absolute where they lie on different drives."""
    try:
        return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return file.resolve().as_posix()
