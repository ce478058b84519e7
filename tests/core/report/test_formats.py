"""The files of a report are what they claim to be, need nothing else, and let nothing that was typed become code."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import h5py
import numpy as np
import pytest

from core.report.canvas import drawing, prefixed, svg
from core.report.content import Column
from core.report.make import make_report
from core.report.pdf import text_width_in, wrapped
from core.run.spec import load_experiment
from tests.core.report.conftest import CARD

VOID = {"meta", "link", "br", "hr", "img", "input"}
HOSTILE = "<script>alert(1)</script>"
QUOTED = '"><img src=x onerror=alert(2)>'
MATHS = r"cost $\frac{x_1$ of a_b ^2"


class Page(HTMLParser):
    """Reads a page strictly: every element closed in order, all of them listed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def files(finished, tmp_path_factory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("report")
    return {str(file.relative_to(out)): file for file in make_report(finished, out=out)}


def test_the_page_is_well_formed_and_needs_nothing_else(files):
    text = files["report.html"].read_text("utf-8")
    page = Page(text)
    assert len(text) < 5e6
    assert not {tag for tag, _ in page.elements} & {"script", "link", "img", "iframe", "object", "foreignobject"}
    for _, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name.endswith("href") or name == "src":
                assert value.startswith("#")
    assert "url(http" not in text
    assert "@import" not in text
    identities = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identities) == len(set(identities))
    targets = set(re.findall(r'href="#([^"]+)"', text)) | set(re.findall(r"url\(#([^)]+)\)", text))
    assert targets <= set(identities)


def test_pictures_are_well_formed_and_take_all_colours_from_the_page(files):
    text = files["report.html"].read_text("utf-8")
    pictures = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(pictures) == text.count("<figure")
    known = set(re.findall(r"--([a-z0-9-]+):", text))
    for picture in pictures:
        root = ElementTree.fromstring(picture)
        assert root.get("viewBox")
        assert not re.search(r"#[0-9a-f]{3,6}\b", re.sub(r"(url\(|href=\")#[^)\"]*", "", picture))
        assert set(re.findall(r"var\(--([a-z0-9-]+)\)", picture)) <= known


def test_the_pages_to_print_have_their_fonts_and_no_pictures_of_text(files):
    content = files["report.pdf"].read_bytes()
    assert content.startswith(b"%PDF-1.")
    assert content.rstrip().endswith(b"%%EOF")
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") >= 4
    assert b"/Subtype /Image" not in content
    assert len(content) < 5e6


def test_tables_hold_what_was_stored(files, finished):
    with h5py.File(finished / "run.h5") as file:
        for table in ("steps", "epochs", "calibration"):
            with files[f"data/{table}.csv"].open(newline="", encoding="utf-8") as source:
                rows = list(csv.DictReader(source))
            for heading in rows[0]:
                name = heading.partition(" / ")[0]
                read = [float(row[heading]) if row[heading] else np.nan for row in rows]
                np.testing.assert_array_equal(read, file[f"entry/{table}/{name}"][()])
        with files["data/twin.csv"].open(newline="", encoding="utf-8") as source:
            heading, *rows = csv.reader(source)
        assert heading[0] == "Wavelength / m"
        assert [float(row[0]) for row in rows] == file["entry/system/response_axis"][()].tolist()
        assert [np.float32(row[1]) for row in rows] == file["entry/twin/measured"][0].tolist()
    assert files["data/steps.csv"].read_text("utf-8").splitlines()[0].endswith("wall_s / s")


def test_the_data_file_is_strict_json_with_all_of_it(files, finished):
    data = json.loads(files["report.json"].read_text("utf-8"), parse_constant=pytest.fail)
    assert data["experiment"] == load_experiment(str(finished / "experiment.toml")).model_dump()
    assert data["result"]["weights_sha256"]
    assert {Path(name).stem for name in files if name.startswith("data/")} == data["tables"].keys()


def test_nothing_that_was_typed_becomes_code_or_mathematics(copied):
    names = [HOSTILE, QUOTED, MATHS, "a&b", "--><b>", "]]>", "元音", "'", "x" * 200, "$"]
    with h5py.File(copied / "run.h5", "r+") as file:
        file["entry/system"].attrs.update({"name": f"{HOSTILE} {MATHS}", "drive_label": QUOTED, "response_unit": MATHS})
        file["entry/test"].attrs["classes"] = json.dumps(names)
    text = (copied / "experiment.toml").read_text("utf-8")
    title = json.dumps(f"{QUOTED} {HOSTILE} {MATHS}")
    (copied / "experiment.toml").write_text(re.sub(r"title = .*", lambda _: f"title = {title}", text))
    line = {"time": HOSTILE, "level": "error", "text": f"{QUOTED} {HOSTILE}\n{MATHS}"}
    (copied / "log.jsonl").write_text(json.dumps(line) + "\n")
    rows = [CARD["rows"][0] | {"condition": f"{HOSTILE}{QUOTED}"}, {"condition": MATHS, "reason": HOSTILE}]
    (copied / "robustness.json").write_text(json.dumps(CARD | {"rows": rows, "made": HOSTILE}))
    make_report(copied)
    text = (copied / "report.html").read_text("utf-8")
    page = Page(text)
    assert not {tag for tag, _ in page.elements} & {"script", "img"}
    assert [tag for tag, _ in page.elements].count("b") == text.count("<b>Note.</b>")
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert page.text.count(HOSTILE) > 5
    assert MATHS in page.text
    for picture in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL):
        ElementTree.fromstring(picture)
    with (copied / "data" / "per_class.csv").open(newline="", encoding="utf-8") as source:
        assert [row[0] for row in csv.reader(source)][1:] == names


def test_text_in_pictures_is_escaped_and_not_read_as_mathematics():
    with drawing():
        picture = svg("x", (2, 1), lambda canvas: canvas.sheet().text(0, 0.5, f"{HOSTILE}{MATHS}") and None)
    assert [
        element.text for element in ElementTree.fromstring(picture).iter() if element.text and "script" in element.text
    ] == [f"{HOSTILE}{MATHS}"]


@pytest.mark.parametrize(
    ("values", "unit", "largest", "prefixed_unit"),
    [
        ([758e-9, 800e-9], "m", 800, "nm"),
        ([0, 0.0163], "s", 16.3, "ms"),
        ([0, 15e3], "Hz", 15, "kHz"),
        ([0, 0], "s", 0, "s"),
        ([1, 206], "", 206, ""),
        ([0, 0.5], "full scale", 0.5, "full scale"),
    ],
)
def test_axes_take_the_prefix_that_suits_them(values, unit, largest, prefixed_unit):
    shown, shown_unit = prefixed(np.array(values, float), unit)
    assert shown_unit == prefixed_unit
    assert shown.max() == pytest.approx(largest)


@pytest.mark.parametrize(
    ("column", "value", "text"),
    [
        (Column("a", digits=".1f"), -0.25, "−0.2"),
        (Column("a", digits=",d"), 1234567, "1,234,567"),
        (Column("a", "J", "si"), 1.7e-9, "1.7\u00a0nJ"),
        (Column("a"), 0.1 + 0.2, "0.3"),
        (Column("a", digits=".1f"), float("nan"), "–"),
        (Column("a"), None, "–"),
    ],
)
def test_cells_show_no_more_digits_than_asked_for(column, value, text):
    assert column.show(value) == text


def test_lines_are_broken_within_the_width():
    text = "a word " * 30 + "w" * 300 + " 12\u00a0%"
    lines = wrapped(text, 3.0, 8)
    assert all(text_width_in(line, 8) <= 3.0 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert any("12\u00a0%" in line for line in lines)
