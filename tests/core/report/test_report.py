"""What a report says agrees with the run's files, and with figures counted by hand."""

from __future__ import annotations

import json
import math
import threading
from html import unescape
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from core.report.facts import confusion, read_facts
from core.report.make import make_report
from core.report.sections import build_report
from core.report.tables import class_table
from core.run.record import RunRecord
from tests.core.report.conftest import CARD


def report_of(run: Path) -> dict[str, Any]:
    (file,) = make_report(run, ["json"])
    return json.loads(file.read_text("utf-8"))


def test_confusion_and_class_figures_against_a_count_by_hand():
    label, chosen = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 1])
    counts = confusion(label, chosen, 3)
    assert counts.tolist() == [[2, 1, 0], [0, 2, 0], [0, 1, 0]]
    first, second, third = (list(row) for row in class_table(counts, ["a", "b", "c"]).rows)
    assert first[:3] == ["a", 3, 100.0]  # two were called a, both rightly
    assert first[5] == pytest.approx(100 * 2 / 3)
    assert first[8] == pytest.approx(100 * 2 * 1 * (2 / 3) / (1 + 2 / 3))
    assert (second[2], second[5]) == (50.0, 100.0)
    assert third[2:5] == [None, None, None]  # nothing was called c: no precision, and no interval of one
    assert third[5] == 0
    for row, share, count in ((first, 2 / 3, 3), (second, 1.0, 2)):
        assert [row[6] / 100, row[7] / 100] == pytest.approx(wilson(share, count), abs=1e-9)


def wilson(share: float, count: int, z: float = 1.959963984540054) -> list[float]:
    """Wilson, J. Am. Stat. Assoc. 22, 209 (1927)."""
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return [(middle + sign * half) / (1 + z * z / count) for sign in (-1, 1)]


def test_the_matrix_adds_up_to_the_result(finished):
    data, result = report_of(finished), RunRecord(finished).result
    matrix = np.array([row[1:] for row in data["tables"]["confusion"]["rows"]])
    assert matrix.sum() == result["test_count"]
    assert np.trace(matrix) / matrix.sum() == result["test_accuracy"]
    with h5py.File(finished / "run.h5") as file:
        labels = file["entry/test/label"][()]
    assert matrix.sum(1).tolist() == np.bincount(labels).tolist()


def test_siblings_differ_in_the_estimator_alone(finished):
    rows = {row[0]: row for row in report_of(finished)["tables"]["comparison"]["rows"]}
    (sibling,) = (
        path for path in finished.parent.iterdir() if RunRecord(path).experiment.training.estimator == "in_silico"
    )
    result = RunRecord(sibling).result
    assert rows["in silico, on the device"][1] == pytest.approx(100 * result["test_accuracy"])
    assert rows["in silico, believed by the twin"][1] == pytest.approx(100 * result["twin_belief"])
    assert rows["in silico, on the device"][4] == sibling.name
    assert rows["ideal"][1:] == [None, None, None, "not measured"]  # the one beside it has another seed
    assert rows["physics-aware training (PAT)"][4] == "this run"
    (page,) = make_report(finished, ["html"])
    assert "Not measured: ideal." in page.read_text("utf-8")


def test_warnings_are_said(copied):
    with h5py.File(copied / "run.h5", "r+") as file:
        result = json.loads(file["entry"].attrs["result"])
        result["test_accuracy"], result["test_interval95"] = 0.5, [0.45, 0.55]
        result["baselines"][0]["test_accuracy"] = 0.8
        result["baselines"][1]["test_accuracy"] = 0.4
        file["entry"].attrs["result"] = json.dumps(result)
        file["entry/twin"].attrs["held_out_error"] = 0.3
        del file["entry/alignment"]
        group = file["entry"].create_group("alignment")
        for name, values in {"step": [1, 50], "cosine": [0.9, 0.2], "low": [0.8, -0.1], "high": [1.0, 0.5]}.items():
            group[name] = values
        group["drift"], group["noise_floor"] = [0.0, 0.1], [0.02, 0.02]
    text = "\n".join(report_of(copied)["warnings"])
    assert "wider than ±2 points" in text
    assert "softmax regression reaches 80.0" in text
    assert "perceptron" not in text
    assert "30.0\u00a0% of the held-out signal" in text
    assert "the cosine fell to 0.20" in text
    (page,) = make_report(copied, ["html"])
    assert "not monitored" not in page.read_text("utf-8")
    assert all(warning in unescape(page.read_text("utf-8")) for warning in text.splitlines())


def test_a_run_without_reasons_for_doubt_has_no_warning(copied):
    with h5py.File(copied / "run.h5", "r+") as file:
        result = json.loads(file["entry"].attrs["result"])
        result["test_accuracy"], result["test_interval95"] = 0.99, [0.98, 0.995]
        file["entry"].attrs["result"] = json.dumps(result)
        file["entry/twin"].attrs["held_out_error"] = 0.01
    assert report_of(copied)["warnings"] == []


def test_robustness_is_shown_where_it_was_measured(copied):
    (page,) = make_report(copied, ["html"])
    assert f"overtone evaluate {copied.name} --robustness" in page.read_text("utf-8")
    (copied / "robustness.json").write_text(json.dumps(CARD))
    (page,) = make_report(copied, ["html"])
    text = page.read_text("utf-8")
    for said in ("twice the noise", "The system has no jitter.", "on 300 of 500 test samples", "of other weights"):
        assert said in text
    data = report_of(copied)
    assert data["robustness"] == CARD
    nominal, noise, jitter = data["tables"]["robustness"]["rows"]
    assert nominal == ["nominal", *map(pytest.approx, (70, 65, 75)), *[None] * 4, 1, "unit 1"]
    figures = (62.5, 58, 67, 60, -7.5, -9, -6)
    assert noise == ["twice the noise", *map(pytest.approx, figures), 2, "noise = 0.02"]
    assert jitter == ["twice the jitter", *[None] * 8, "not applicable: The system has no jitter."]


@pytest.mark.parametrize(
    "content",
    ['{"rows": [{"condition": 1}]}', "", "[]", "[" * 100_000, json.dumps(CARD | {"wall_s": math.nan}), "\x00"],
)
def test_a_card_that_cannot_be_read_is_said_to_be_one(copied, content):
    (copied / "robustness.json").write_text(content)
    assert report_of(copied)["robustness"] is None
    (page,) = make_report(copied, ["html"])
    assert "robustness.json cannot be read" in page.read_text("utf-8")


def test_an_unfinished_run_is_reported_and_said_to_be_one(stopped):
    running = (stopped / "while-running" / "report.html").read_text("utf-8")
    assert "This run has not ended" in running
    files = make_report(stopped)
    assert {file.suffix for file in files} == {".html", ".pdf", ".csv", ".json"}
    page = (stopped / "report.html").read_text("utf-8")
    assert (
        f"This run was interrupted: there is no result yet. Go on with it with: overtone resume {stopped.name}" in page
    )
    assert "The test set has not been measured yet." in page
    data = json.loads((stopped / "report.json").read_text("utf-8"))
    assert (data["state"], data["result"]) == ("interrupted", None)
    assert len(data["tables"]["epochs"]["rows"]) == 1


def test_a_run_that_failed_before_its_first_shot_is_reported(copied):
    with h5py.File(copied / "run.h5", "r+") as file:
        entry = file["entry"]
        for name in list(entry):
            del entry[name]
        del entry.attrs["result"], entry.attrs["provenance"]
    (copied / "log.jsonl").write_text('{"time": "t", "level": "error", "text": "DeviceLost: gone"}\n')
    make_report(copied, ["html", "pdf", "json"])
    page = (copied / "report.html").read_text("utf-8")
    for said in ("Nothing has been calibrated yet", "Nothing has been trained yet", "DeviceLost: gone"):
        assert said in page


def test_a_system_of_another_kind_is_drawn_as_a_box(copied):
    with h5py.File(copied / "run.h5", "r+") as file:
        file["entry/system"].attrs["name"] = "Whispering gallery"
    text = (copied / "experiment.toml").read_text("utf-8")
    (copied / "experiment.toml").write_text(text.replace('kind = "shg"', 'kind = "gallery"'))
    (page,) = make_report(copied, ["html"])
    assert page.read_text("utf-8").count("Whispering gallery") >= 4  # one of them in the picture


def test_a_report_may_be_made_in_another_thread(copied):
    made: list[Path] = []
    thread = threading.Thread(target=lambda: made.extend(make_report(copied, ["html", "pdf"])))
    thread.start()
    thread.join()
    assert [file.name for file in made] == ["report.html", "report.pdf"]


def test_every_table_has_a_name_of_its_own(finished):
    names = [table.name for table in build_report(read_facts(finished)).tables()]
    assert len(names) == len(set(names))


def test_a_report_says_when_the_run_began_and_ended(finished):
    provenance = dict(report_of(finished)["tables"]["provenance"]["rows"])
    assert provenance["start"] <= provenance["end"]
    assert provenance["start"][:4].isdigit()
