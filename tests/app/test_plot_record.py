"""Saved views: data that come back as they were, pictures that are what their ending says."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from xml.etree.ElementTree import fromstring

import matplotlib
import numpy as np
import pytest
from PIL import Image

from app.plot_record import Line, PlotRecord, Quantity, save_plot
from core.ports import RunFileError
from tests.app.drawn import drawn_within, pdf_paths, svg_paths

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


@pytest.mark.parametrize(("ending", "paths_of"), [(".svg", svg_paths), (".pdf", pdf_paths)])
def test_vector_pictures_draw_each_curve_where_its_values_are(tmp_path, ending, paths_of):
    lines = (RECORD.lines[0], Line("response", X[:5], np.cos(5000 * X[:5]), dash="dash", points=True))
    save_plot(replace(RECORD, lines=lines), tmp_path / f"a{ending}", FACTS)
    paths = list(paths_of((tmp_path / f"a{ending}").read_bytes()))
    for line in lines:
        assert drawn_within(paths, line.x, line.y) < 0.001
        assert drawn_within(paths, line.x, line.y + 0.1 * (line.x == line.x[2])) > 1


def test_a_pixel_picture_draws_a_curve_where_its_values_are(tmp_path):
    (drive, _) = RECORD.lines
    save_plot(replace(RECORD, lines=(drive,)), tmp_path / "a.png", FACTS)
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("RGB"))
    rows, columns = np.nonzero((pixels == (0x00, 0x72, 0xB2)).all(axis=2))
    x = np.interp(columns, [columns.min(), columns.max()], [X[0], X[-1]])
    y = np.interp(x, drive.x, drive.y)
    line = np.polynomial.Polynomial.fit(y, rows, 1)
    assert line(1.0) < line(0.0) - 100
    assert np.abs(line(y) - rows).max() < 6  # half the width of a steep line


def test_a_pixel_picture_of_an_image_has_the_colour_of_each_value(tmp_path):
    save_plot(IMAGE, tmp_path / "a.png", FACTS)
    with Image.open(tmp_path / "a.png") as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    values = IMAGE.image
    wanted = matplotlib.colormaps["viridis"]((values - values.min()) / np.ptp(values), bytes=True)[..., :3].astype(int)
    centres = np.zeros((*values.shape, 2))
    for place in np.ndindex(values.shape):
        here = np.abs(pixels - wanted[place]).max(axis=2) <= 1
        assert here.sum() > 5000
        centres[place] = np.argwhere(here).mean(axis=0)
    assert (np.diff(centres[..., 1], axis=1) > 100).all()  # columns to the right
    assert (np.diff(centres[..., 0], axis=0) < -100).all()  # rows upwards


def test_another_ending_is_refused_with_the_choices(tmp_path):
    with pytest.raises(RunFileError, match=r"name it \.png, \.svg, \.pdf, \.csv, \.npz"):
        save_plot(RECORD, tmp_path / "a.doc", FACTS)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to(tmp_path):
    with pytest.raises(RunFileError, match="Cannot write"):
        save_plot(RECORD, tmp_path / "no" / "a.csv", FACTS)
