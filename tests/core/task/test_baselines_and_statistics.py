"""Digital baselines know no test sample; intervals are Wilson's."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.ports import DataError
from core.task.baselines import baselines
from core.task.dataset import draw_some, make_part, split_task
from core.task.load import load_task
from core.task.statistics import paired_interval, wilson_interval


def blobs(separation: float, seed: int = 0, count: int = 300):
    """Two classes with Gaussian features, `separation` standard deviations apart."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    features = 0.5 + 0.08 * generator.standard_normal((count, 2))
    features[:, 0] += 0.08 * separation * (labels - 0.5)
    features = features.clip(0, 1)
    half = count // 2
    parts = make_part(features[:half], labels[:half]), make_part(features[half:], labels[half:])
    return split_task("blobs", "Blobs", ("a", "b"), *parts, validation=0.1, seed=seed)


def test_both_models_reach_the_best_accuracy_there_is():
    """Bayes' accuracy of two Gaussians d standard deviations apart is Φ(d/2)."""
    best = 0.5 * (1 + math.erf(1.5 / math.sqrt(2)))
    scores = [
        [item.test_accuracy for item in baselines(blobs(3.0, seed), parameters=20, seed=seed)] for seed in range(3)
    ]
    softmax, perceptron = np.mean(scores, axis=0)
    assert softmax == pytest.approx(best, abs=0.03)
    assert perceptron == pytest.approx(best, abs=0.04)


def test_softmax_on_the_bundled_digits_is_what_is_known_of_14_by_14():
    softmax, perceptron = baselines(load_task("mnist", seed=0), parameters=4000, seed=0)
    assert 0.88 < softmax.test_accuracy < 0.93
    assert softmax.parameters == 196 * 10 + 10
    assert softmax.macs == 1960
    assert perceptron.parameters == pytest.approx(4000, rel=0.05)


def test_test_samples_change_nothing_but_the_score():
    task = blobs(1.0)
    turned = replace(task, test=replace(task.test, labels=1 - task.test.labels))
    for honest, inverted in zip(
        baselines(task, parameters=20, seed=1), baselines(turned, parameters=20, seed=1), strict=True
    ):
        assert honest.test_accuracy + inverted.test_accuracy == pytest.approx(1.0)


def test_noise_cannot_be_learnt():
    task = blobs(0.0, count=2000)
    for item in baselines(task, parameters=20, seed=0):
        assert item.test_accuracy == pytest.approx(0.5, abs=0.06)


def test_wilsons_interval_is_the_published_one():
    """Newcombe, Stat. Med. 17, 857 (1998), table I, method 3: 81/263, 15/148, 0/20, 1/29."""
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (correct, total), interval in published.items():
        assert wilson_interval(correct, total) == pytest.approx(interval, abs=5e-5)
    assert wilson_interval(0, 0) == (0.0, 1.0)


@given(total=st.integers(1, 10_000), share=st.floats(0, 1))
def test_an_interval_holds_its_proportion(total: int, share: float):
    correct = round(share * total)
    low, high = wilson_interval(correct, total)
    assert 0 <= low <= correct / total + 1e-12
    assert correct / total - 1e-12 <= high <= 1


def test_the_paired_interval_is_the_published_one():
    """Of 161 patients 59 responded before and after a therapy, 6 before alone, 16 after alone (Cavo et al., 2012).

    The R package contingencytables 3.1 gives -0.1195 to -0.0032 for Bonett and Price's interval.
    """
    before = np.repeat([True, True, False, False], [59, 6, 16, 80])
    after = np.repeat([True, False, True, False], [59, 6, 16, 80])
    assert paired_interval(before[None], after) == pytest.approx((-0.1195, -0.0032), abs=5e-5)


def test_equal_answers_leave_an_interval_of_some_width():
    right = np.ones(100, bool)
    for repeats in (1, 20):
        low, high = paired_interval(np.tile(right, (repeats, 1)), right)
        assert -0.04 < low < 0 < high < 0.04


@pytest.mark.parametrize("repeats", [1, 3, 20])
def test_the_paired_interval_holds_the_truth_as_often_as_it_says(repeats: int):
    """Units and samples of unlike difficulty, drawn anew each time; the difference of the two means is known."""
    generator, trials, held, samples = np.random.default_rng(repeats), 2000, 0, 150
    difference = -0.05
    for _ in range(trials):
        difficulty = generator.uniform(-0.15, 0.15, samples)
        unit = generator.uniform(-0.08, 0.08, (repeats, 1)) if repeats > 1 else 0.0
        first = generator.random((repeats, samples)) < 0.75 + difference + difficulty + unit
        second = generator.random(samples) < 0.75 + difficulty
        low, high = paired_interval(first, second)
        held += low <= difference <= high
    assert held / trials > 0.95 - 3 * math.sqrt(0.95 * 0.05 / trials)
    assert held / trials < 0.99


def test_some_are_drawn_of_every_class_about_its_share():
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [600, 300, 100]))
    for count in (7, 50, 333):
        rows = draw_some(labels, count, np.random.default_rng(count))
        assert len(set(rows.tolist())) == len(rows) == count
        drawn = np.bincount(labels[rows], minlength=3)
        assert np.abs(drawn - count * np.array([0.6, 0.3, 0.1])).max() < 2
    assert draw_some(labels, 5000, np.random.default_rng(0)).tolist() == list(range(1000))
    first, second = (draw_some(labels, 50, np.random.default_rng(seed)) for seed in (1, 2))
    assert first.tolist() != second.tolist()


def test_features_outside_the_unit_interval_are_refused():
    for bad in (np.array([[1.5]]), np.array([[np.nan]]), np.zeros((0, 3))):
        with pytest.raises(DataError, match="features"):
            make_part(bad, np.zeros(len(bad), dtype=int))
    assert torch.equal(make_part(np.array([[0.25]]), np.array([1])).labels, torch.tensor([1]))
