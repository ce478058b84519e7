"""A run taken elsewhere is read by the programs it was taken to, and says there what `run.h5` says."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

import h5py
import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot as plt

from app.cli import command_line
from app.compose import compose
from core.ports import DataError, RunFileError
from core.report.export import TARGETS, export_run

SHORT = ["csv", "notebook"]


@pytest.fixture
def command(monkeypatch, capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["overtone", "export", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_info:
            command_line()
        return int(exit_info.value.code or 0), *capsys.readouterr()

    return run


def table(path: Path) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(path.read_text("utf-8").splitlines())
    return header, rows


def test_tables_hold_the_numbers_of_the_file_under_their_units(copied):
    files = export_run(copied, ["csv"], compose)
    assert {file.parent for file in files} == {copied / "export" / "csv"}
    with h5py.File(copied / "run.h5") as file:
        entry = file["entry"]
        for name in ("steps", "epochs", "calibration", "alignment"):
            header, rows = table(copied / "export" / "csv" / f"{name}.csv")
            assert {title.split(" / ")[0] for title in header} == set(entry[name])
            for index, title in enumerate(header):
                key, unit = title.split(" / ")
                assert unit == ("s" if key in {"wall_s", "device_s"} else "1")
                found = np.array([float(row[index] or "nan") for row in rows])
                np.testing.assert_array_equal(found, entry[name][key][:])
        header, rows = table(copied / "export" / "csv" / "confusion.csv")
        label, chosen = entry["test/label"][:], entry["test/chosen"][:]
        classes = list(json.loads(entry["test"].attrs["classes"]))
        for row in rows:
            index = classes.index(row[0])
            counts = [int(np.sum((label == index) & (chosen == other))) for other in range(len(classes))]
            assert [int(cell) for cell in row[1:]] == counts
        _, rows = table(copied / "export" / "csv" / "per_class.csv")
        for index, row in enumerate(rows):
            assert row[:2] == [classes[index], str(np.sum(label == index))]


@pytest.mark.parametrize("side", ["drive", "response"])
def test_examples_are_one_row_a_value(copied, side):
    export_run(copied, ["csv"], compose)
    header, rows = table(copied / "export" / "csv" / f"examples_{side}.csv")
    assert header[2] == "Wavelength / m"
    with h5py.File(copied / "run.h5") as file:
        values, axis = file["entry/examples"][side][:], file["entry/system"][f"{side}_axis"][:]
    assert len(rows) == values.size
    np.testing.assert_array_equal([float(row[3]) for row in rows], values.ravel())
    samples, shots, count = values.shape
    np.testing.assert_array_equal([float(row[2]) for row in rows], np.tile(axis, samples * shots))
    assert [int(row[1]) for row in rows[:: shots * count]] == [0] * samples


def test_tensorboard_reads_its_events(copied):
    reader = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    export_run(copied, ["tensorboard"], compose)
    events = reader.EventAccumulator(str(copied / "export" / "tensorboard"), {"scalars": 0})
    events.Reload()
    with h5py.File(copied / "run.h5") as file:
        entry = file["entry"]
        begun = datetime.fromisoformat(entry.attrs["start_time"]).timestamp()
        assert len(events.Tags()["scalars"]) == 13
        for tag in events.Tags()["scalars"]:
            name, key = tag.split("/")
            rows, found = entry[name], events.Scalars(tag)
            known = np.isfinite(rows[key][:])
            np.testing.assert_array_equal([event.value for event in found], rows[key][:][known].astype(np.float32))
            count = "epoch" if name == "epochs" else "step"
            np.testing.assert_array_equal([event.step for event in found], rows[count][:][known])
            if "wall_s" in rows:
                times = [event.wall_time for event in found]
                np.testing.assert_allclose(times, begun + rows["wall_s"][:][known], rtol=0, atol=1e-6)
        steps = entry["steps"]
        last = events.Scalars("alignment/cosine")[-1]
        assert last.wall_time == pytest.approx(begun + steps["wall_s"][-1], abs=1e-6)


def test_without_tensorboard_one_line_says_what_to_install(copied, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "tensorboard"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(DataError, match="pip install tensorboard"):
        export_run(copied, [*SHORT, "tensorboard"], compose)
    assert not (copied / "export").exists()


def run_cells(path: Path, monkeypatch) -> list[plt.Figure]:
    """Execute a notebook's cells as Jupyter does, in its folder; return what each draws."""
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    monkeypatch.chdir(path.parent)
    namespace: dict[str, object] = {}
    figures = []
    with mpl.rc_context({"backend": "agg"}):
        monkeypatch.setattr(plt, "show", lambda: figures.append(plt.gcf()) or plt.figure())
        for cell in notebook.cells:
            if cell.cell_type == "code" and ("import xarray" not in cell.source or find_spec("xarray")):
                exec(cell.source, namespace)
        plt.close("all")
    return figures


def test_a_notebook_opens_the_run_wherever_both_are_moved(copied, tmp_path, monkeypatch):
    export_run(copied, ["notebook"], compose)
    moved = Path(shutil.move(copied, tmp_path / 'it\'s "moved" \\ é'))
    loss, spectrum, *same = run_cells(moved / "export" / "run.ipynb", monkeypatch)
    with h5py.File(moved / "run.h5") as file:
        np.testing.assert_array_equal(loss.axes[0].lines[0].get_ydata(), file["entry/steps/loss"][:])
        for figure in (spectrum, *same):  # one more where there is xarray
            (line,) = figure.axes[0].lines
            np.testing.assert_array_equal(line.get_xdata(), file["entry/system/response_axis"][:])
            np.testing.assert_array_equal(line.get_ydata(), file["entry/examples/response"][0, -1])
    assert spectrum.axes[0].get_xlabel() == "Wavelength / m"


def test_a_run_that_was_stopped_shows_what_it_has(stopped, tmp_path, monkeypatch):
    files = export_run(stopped, SHORT, compose, tmp_path / "out")
    assert {file.name for file in files} >= {"steps.csv", "epochs.csv", "run.ipynb"}
    assert "confusion.csv" not in {file.name for file in files}
    (loss,) = run_cells(tmp_path / "out" / "run.ipynb", monkeypatch)
    assert len(loss.axes[0].lines[0].get_ydata()) > 0


def test_files_that_were_there_are_replaced_and_others_kept(copied):
    old = copied / "export" / "run.ipynb"
    old.parent.mkdir()
    old.write_text("old")
    (old.parent / "mine.txt").write_text("mine")
    export_run(copied, SHORT, compose)
    assert json.loads(old.read_text("utf-8"))["nbformat"] == 4
    assert (old.parent / "mine.txt").read_text() == "mine"
    assert list(copied.rglob("*.part")) == []


def test_the_command_names_its_files(copied, command):
    code, output, errors = command(str(copied), "--to", "notebook, csv", "--json")
    assert code == 0, errors
    files = [Path(file) for file in json.loads(output)["files"]]
    assert files[-1] == copied / "export" / "run.ipynb"
    assert all(file.is_file() and str(file) in errors for file in files)


def test_bad_input_is_one_line_and_writes_nothing(copied, stopped, tmp_path, command):
    (tmp_path / "file").write_text("")
    out = tmp_path / "out"
    for arguments, code, message in (
        (["nowhere", "--to", "csv"], 1, "is not a run"),
        ([str(copied), "--to", "csv,onnx"], 2, f"Choose from {', '.join(TARGETS)}"),
        ([str(copied), "--to", ""], 2, "Choose from"),
        ([str(copied)], 2, "--to"),
        ([str(stopped), "--to", "csv,torchscript", "--out", str(out)], 1, "has no final network yet"),
        ([str(copied), "--to", "csv", "--out", str(tmp_path / "file")], 1, "Choose another --out"),
    ):
        found, output, errors = command(*arguments)
        assert found == code, errors
        assert message in errors
        assert len(errors.strip().splitlines()) == 1
        assert output == ""
    assert not out.exists()


def without_loss(entry: h5py.Group) -> None:
    del entry["steps/loss"]


def shorter(entry: h5py.Group) -> None:
    entry["steps/wall_s"].resize((1,))


def never(entry: h5py.Group) -> None:
    entry.attrs["start_time"] = "when\nit rained"


def unknown_step(entry: h5py.Group) -> None:
    steps = entry["calibration/step"][:].astype(float)
    del entry["calibration/step"]
    entry["calibration/step"] = steps * np.nan


def unknown_class(entry: h5py.Group) -> None:
    entry["test/chosen"][0] = 10**6


def flat_examples(entry: h5py.Group) -> None:
    del entry["examples/response"]
    entry["examples/response"] = np.zeros(len(entry["examples/label"]))


def huge(entry: h5py.Group) -> None:
    del entry["steps/loss"]
    entry.create_dataset("steps/loss", (50_000_000,), "f4", chunks=(1000,))


@pytest.mark.parametrize(
    ("target", "spoil"),
    [
        ("tensorboard", without_loss),
        ("tensorboard", shorter),
        ("tensorboard", never),
        ("tensorboard", unknown_step),
        ("csv", unknown_class),
        ("csv", shorter),
        ("csv", flat_examples),
        ("csv", huge),
    ],
)
def test_records_that_do_not_fit_together_are_one_line(copied, target, spoil):
    if target == "tensorboard":
        pytest.importorskip("tensorboard")
    with h5py.File(copied / "run.h5", "r+") as file:
        spoil(file["entry"])
    with pytest.raises(RunFileError, match="cannot be exported") as caught:
        export_run(copied, [target], compose)
    assert len(str(caught.value).splitlines()) == 1
    assert not (copied / "export").exists()
