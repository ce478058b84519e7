"""Runs compared: statistics against closed forms, what may be paired, and pages that no file can write into."""

from __future__ import annotations

import json
import math
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from core.ports import RunFileError, SpecError
from core.report.compare import compare_runs, mcnemar_exact, paired_statistics, tables_of
from core.report.compare_figure import draw_comparison, write_comparison
from core.run.folder import RunFolder
from core.run.spec import load_experiment
from core.training.events import EpochDone

LABELS = np.arange(40) % 10
SAMPLES = np.arange(50.0).reshape(10, 5)


def make_run(
    parent: Path,
    accuracy: float | None,
    *settings: str,
    wrong: tuple[int, ...] = (),
    samples: np.ndarray = SAMPLES,
) -> Path:
    folder = RunFolder.create(parent, load_experiment("quick", settings))
    for epoch in range(3):
        validation = None if epoch == 0 else 0.3 * epoch
        folder.record("epochs", EpochDone(epoch + 1, 3, 1.0 / (epoch + 1), 0.5, validation, 100 * epoch, 1.0))
    if accuracy is not None:
        chosen = LABELS.copy()
        chosen[list(wrong)] += 1
        folder.put("test", {"label": LABELS, "chosen": chosen, "believed": LABELS}, {"classes": ["a"] * 10})
        folder.put("examples", {"features": samples}, {})
        baselines = [{"name": "linear", "test_accuracy": 0.6}, {"name": "perceptron", "test_accuracy": 0.7}]
        interval = [accuracy - 0.1, accuracy + 0.1]
        result = {"test_accuracy": accuracy, "test_interval95": interval, "baselines": baselines}
        folder.save_result(result | {"device_passes": 1234, "wall_s": 5.0}, {})
    folder.close()
    return folder.path


def unit(seed: int, estimator: str = "pat") -> tuple[str, str, str]:
    return f"seed={seed}", f"system.serial_number={100 + seed}", f"training.estimator={estimator}"


def test_paired_statistics_agree_with_the_closed_forms():
    item = paired_statistics("key", "a", "b", [0.01, 0.02, 0.03])
    assert item.mean == pytest.approx(0.02)
    # t(0.975, 2) = 0.95 √(2 / (1 - 0.95²)), since with two degrees of freedom F(t) = 1/2 + t / (2 √(2 + t²))
    assert item.half_width95 == pytest.approx(0.95 * math.sqrt(2 / (1 - 0.95**2)) * 0.01 / math.sqrt(3))
    five = paired_statistics("key", "a", "b", [0.01, 0.01, 0.01, 0.02, 0.02])  # all of one sign, with ties
    assert five.wilcoxon_p == pytest.approx(2 / 2**5)
    assert five.sign_p == pytest.approx(2 / 2**5)
    # one rank of four against the rest: of the 16 signs, sums of ranks ≤ 1 come up twice, ≥ 9 twice
    four = paired_statistics("key", "a", "b", [-0.01, 0.02, 0.03, 0.04])
    assert four.wilcoxon_p == pytest.approx(4 / 16)
    assert four.sign_p == pytest.approx(2 * (1 + 4) / 16)


def test_equal_pairs_and_single_pairs_claim_nothing():
    equal = paired_statistics("key", "a", "b", [0.1 + 0.2 - 0.3, 0.0])
    assert (equal.differences, equal.wilcoxon_p, equal.sign_p) == ((0.0, 0.0), 1.0, 1.0)
    single = paired_statistics("key", "a", "b", [0.2])
    assert (single.mean, single.half_width95, single.wilcoxon_p, single.sign_p) == (0.2, None, None, None)


def test_mcnemar_agrees_with_the_binomial_sum():
    first = np.array([True] * 10 + [False] * 2 + [True] * 20 + [False] * 3)
    second = np.array([False] * 10 + [True] * 2 + [True] * 20 + [False] * 3)
    item = mcnemar_exact(first, second)
    assert (item.only_first, item.only_second) == (10, 2)
    assert item.p == pytest.approx(2 * (1 + 12 + 66) / 2**12)
    assert mcnemar_exact(first, first).p == 1.0


def test_only_differing_keys_are_listed_and_runs_are_paired_by_seed_and_unit(tmp_path):
    accuracies = {"pat": [0.80, 0.82, 0.87], "in_silico": [0.70, 0.74, 0.71, 0.10]}
    paths = [
        make_run(tmp_path, value, *unit(seed, estimator))
        for estimator, values in accuracies.items()
        for seed, value in enumerate(values)
    ]
    comparison = compare_runs(paths[::-1])
    assert comparison.differing.keys() == {"seed", "system.serial_number", "training.estimator"}
    (pairing,) = comparison.pairings
    assert (pairing.key, pairing.first, pairing.second) == ("training.estimator", "in_silico", "pat")
    assert sorted(pairing.differences) == pytest.approx([-0.16, -0.10, -0.08])
    assert {group.value: len(group.runs) for group in comparison.groups} == {"pat": 3, "in_silico": 4}
    words = " ".join(comparison.words)
    assert "in silico is on average 11.3 points below PAT over 3 pairs" in words
    assert "less than p = 0.25" in words
    assert "simulated" in words
    assert comparison.mcnemar is None
    assert tables_of(comparison)["Pairs"][1][1] == "3"
    assert json.loads(json.dumps(comparison.as_dict()))["pairings"][0]["sign_p"] == pytest.approx(0.25)


def test_one_pair_has_no_interval_and_its_answers_are_compared_sample_by_sample(tmp_path):
    first = make_run(tmp_path, 0.95, *unit(1), wrong=(0, 1))
    second = make_run(tmp_path, 0.80, *unit(1, "in_silico"), wrong=(1, 2, 3, 4, 5, 6, 7, 8))
    comparison = compare_runs([first, second])
    (pairing,) = comparison.pairings
    assert pairing.half_width95 is None
    assert tables_of(comparison)["Pairs"][1][3:] == ["", "", ""]
    assert not any("interval" in sentence for sentence in comparison.words)
    assert comparison.mcnemar is not None
    assert (comparison.mcnemar.only_first, comparison.mcnemar.only_second) == (7, 1)
    assert comparison.mcnemar.p == pytest.approx(2 * (1 + 8) / 2**8)


def test_repeats_of_one_seed_on_one_unit_are_one_draw(tmp_path):
    same = [make_run(tmp_path, value, *unit(1)) for value in (0.90, 0.92)]
    (group,) = compare_runs(same).groups
    assert (group.mean, group.half_width95) == (pytest.approx(0.91), None)
    (group,) = compare_runs([*same, make_run(tmp_path, 0.95, *unit(2))]).groups
    assert group.mean == pytest.approx(0.93)  # of 0.91 and 0.95
    # t(0.975, 1) = tan(0.475 π), since with one degree of freedom F(t) = 1/2 + arctan(t) / π
    assert group.half_width95 == pytest.approx(math.tan(0.475 * math.pi) * 0.02)


def test_answers_to_other_samples_are_not_compared_even_where_the_labels_agree(tmp_path):
    first = make_run(tmp_path, 0.9, *unit(1))
    other_split = make_run(tmp_path, 0.9, *unit(2), samples=SAMPLES + 1)
    other_task = make_run(tmp_path, 0.9, *unit(1), "task.split=talker")
    assert compare_runs([first, other_split]).mcnemar is None
    assert compare_runs([first, other_task]).mcnemar is None


def test_runs_that_differ_in_several_keys_are_not_paired(tmp_path):
    first = make_run(tmp_path, 0.9, *unit(1))
    second = make_run(tmp_path, 0.8, *unit(1, "in_silico"), "training.epochs=3")
    comparison = compare_runs([first, second])
    assert comparison.pairings == comparison.groups == ()
    assert any("can be put down to" in sentence for sentence in comparison.words)


def test_what_a_journal_keeps_is_no_difference_in_kind_and_repeats_count_once(tmp_path):
    paths = [make_run(tmp_path, value, *unit(0)) for value in (0.7, 0.9)]
    paths += [make_run(tmp_path, 0.6, *unit(0, "in_silico"), "journal.keep=all")]
    paths += [make_run(tmp_path, value, *unit(1, name)) for value, name in ((0.8, "pat"), (0.5, "in_silico"))]
    (pairing,) = compare_runs(paths).pairings
    assert pairing.differences == pytest.approx((0.2, 0.3))


def test_an_unfinished_run_is_only_in_the_curves(tmp_path):
    comparison = compare_runs([make_run(tmp_path, 0.9, *unit(0)), make_run(tmp_path, None, *unit(0, "in_silico"))])
    assert comparison.pairings == ()
    assert "Not finished" in comparison.words[0]
    assert "not finished, 3 epochs" in tables_of(comparison)["Figures"][2]
    lines = draw_comparison(comparison).axes[3].lines
    assert [line.get_xdata().tolist() for line in lines] == [[0, 100, 200]] * 2
    assert lines[0].get_ydata()[1:].tolist() == pytest.approx([30.0, 60.0])
    assert [line.get_color() for line in lines] == ["#0072B2", "#D55E00"]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)


def test_a_page_is_of_one_piece_and_shows_text_from_files_as_text(tmp_path):
    bad = "task.label=<script>alert(1)</script>$\\\\frac"
    paths = [make_run(tmp_path, 0.9, *unit(0), bad), make_run(tmp_path, 0.8, *unit(0), "task.label=other")]
    write_comparison(tmp_path / "page.html", compare_runs(paths))
    page = (tmp_path / "page.html").read_text("utf-8")
    reader = _Tags()
    reader.feed(page)
    assert {"table", "svg", "li"} <= set(reader.tags)
    assert not {"script", "img", "link", "iframe"} & set(reader.tags)
    assert "src=" not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(("suffix", "start"), [("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_figures_are_written_in_three_ways_and_twice_alike(tmp_path, suffix, start):
    comparison = compare_runs([make_run(tmp_path, 0.9, *unit(0)), make_run(tmp_path, 0.8, *unit(0, "ideal"))])
    path = tmp_path / f"figure.{suffix}"
    write_comparison(path, comparison)
    content = path.read_bytes()
    assert content.startswith(start)
    if suffix == "svg":
        ElementTree.fromstring(content)
        write_comparison(path, comparison)
        assert path.read_bytes() == content


def test_what_cannot_be_compared_or_written_is_one_line(tmp_path):
    run, other = make_run(tmp_path, 0.9, *unit(0)), make_run(tmp_path, 0.9, *unit(1))
    with pytest.raises(SpecError, match="two or more different"):
        compare_runs([run])
    with pytest.raises(SpecError, match="two or more different"):
        compare_runs([run, run])
    with pytest.raises(RunFileError, match="is not a run"):
        compare_runs([run, tmp_path])
    comparison = compare_runs([run, other])
    with pytest.raises(RunFileError, match=r"\.html, \.svg, \.pdf or \.png"):
        write_comparison(tmp_path / "figure.doc", comparison)
    with pytest.raises(RunFileError, match="Cannot write"):
        write_comparison(tmp_path / "none" / "figure.svg", comparison)
