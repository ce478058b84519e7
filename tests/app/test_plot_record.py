"""Saved views: data that come back as they were, pictures that are what their ending says."""

from __future__ import annotations

import csv
import io
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
from PIL import Image

from app.plot_record import Line, PlotRecord, Quantity, save_plot
from core.ports import RunFileError

X = np.linspace(0, 1e-3, 7)
RECORD = PlotRecord(
    "Drive & response",
    Quantity("Time", "s"),
    Quantity("Signal", "V"),
    (Line("drive", X, np.sin(9000 * X)), Line("response", X[:5], X[:5] ** 2 / 3, dash="dash", points=True)),
    {"baseline": 0.5},
)
IMAGE = PlotRecord(
    "Waterfall",
    Quantity("Frequency", "Hz"),
    Quantity("Shots ago"),
    (),
    image=np.random.default_rng(2).random((3, 4)),
    extent=(0.0, 24e3, 0.0, 3.0),
)
FACTS = {"run": "20261125T000000Z-quick-abc"}


def test_csv_has_every_value_as_it_was(tmp_path):
    save_plot(RECORD, tmp_path / "a.csv", FACTS)
    rows = [row for row in csv.reader(io.StringIO((tmp_path / "a.csv").read_text())) if not row[0].startswith("#")]
    assert rows[0] == ["Time / s", "drive: Signal / V", "Time / s", "response: Signal / V"]
    for column, line in ((0, RECORD.lines[0]), (2, RECORD.lines[1])):
        x, y = ([float(row[column + k]) for row in rows[1:] if row[column]] for k in range(2))
        assert x == line.x.tolist()
        assert y == line.y.tolist()
    assert FACTS["run"] in (tmp_path / "a.csv").read_text()


def test_npz_has_every_value_as_it_was_and_no_pickle(tmp_path):
    save_plot(RECORD, tmp_path / "a.npz", FACTS)
    with np.load(tmp_path / "a.npz", allow_pickle=False) as data:
        assert data["y_1"].tolist() == RECORD.lines[1].y.tolist()
        assert str(data["name_0"]) == "drive"
        assert str(data["fact_run"]) == FACTS["run"]
    save_plot(IMAGE, tmp_path / "b.npz", FACTS)
    with np.load(tmp_path / "b.npz", allow_pickle=False) as data:
        np.testing.assert_array_equal(data["image"], IMAGE.image)
        assert data["extent"].tolist() == list(IMAGE.extent)


def test_an_image_as_csv(tmp_path):
    save_plot(IMAGE, tmp_path / "a.csv", FACTS)
    rows = [row for row in csv.reader(io.StringIO((tmp_path / "a.csv").read_text())) if not row[0].startswith("#")]
    np.testing.assert_array_equal(np.array(rows, float), IMAGE.image)


@pytest.mark.parametrize("record", [RECORD, IMAGE])
def test_pictures(tmp_path, record):
    for ending in (".png", ".svg", ".pdf"):
        save_plot(record, tmp_path / f"a{ending}", FACTS)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (1280, 800)
        assert len(np.unique(np.asarray(picture.convert("L")))) > 10
        assert FACTS["run"] in picture.info["Description"]
    svg = (tmp_path / "a.svg").read_text()
    assert fromstring(svg).tag.endswith("svg")
    assert record.title.replace("&", "&amp;") in svg
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert b"/FontFile2" in pdf  # embedded


def test_another_ending_is_refused_with_the_choices(tmp_path):
    with pytest.raises(RunFileError, match=r"name it \.png, \.svg, \.pdf, \.csv, \.npz"):
        save_plot(RECORD, tmp_path / "a.doc", FACTS)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(tmp_path):
    with pytest.raises(RunFileError, match="Cannot write"):
        save_plot(RECORD, tmp_path / "no" / "a.csv", FACTS)
