"""The bundled and the fetched data sets: sizes, published facts, and parts that share nothing."""

from __future__ import annotations

import csv
import os
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.ports import SpecError
from core.task.dataset import Task, draw_stratified, draw_talkers
from core.task.load import load_task
from core.task.mnist import IMAGES_MAGIC, read_idx

DATA = Path(os.environ.get("OVERTONE_DATA", "/nonexistent"))
needs_mnist = pytest.mark.skipif(not (DATA / "mnist").is_dir(), reason="the full MNIST is not in $OVERTONE_DATA")
needs_vowels = pytest.mark.skipif(not (DATA / "vowels").is_dir(), reason="vowdata.dat is not in $OVERTONE_DATA")


def rows(part) -> set[bytes]:
    return {row.numpy().tobytes() for row in part.features}


def test_bundled_mnist_has_4000_and_1000_images_of_ten_digits():
    task = load_task("mnist", validation=0.1, seed=0)
    assert (len(task.train.labels), len(task.validation.labels), len(task.test.labels)) == (3600, 400, 1000)
    assert torch.equal(torch.bincount(task.test.labels), torch.full((10,), 100))
    assert task.train.features.shape[1] == 196
    assert 0 <= float(task.train.features.min()) <= float(task.train.features.max()) <= 1
    assert not rows(task.train) & rows(task.test)
    assert not rows(task.validation) & rows(task.test)
    assert not rows(task.train) & rows(task.validation)


@needs_mnist
def test_full_mnist_is_the_published_set_pooled():
    task = load_task("mnist", data="full", validation=0.0, seed=0)
    assert (len(task.train.labels), len(task.test.labels)) == (60_000, 10_000)
    # The class counts of LeCun's test files.
    assert torch.bincount(task.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    images = read_idx(DATA / "mnist" / "t10k-images-idx3-ubyte.gz", IMAGES_MAGIC)
    pooled = sum(images[7, r::2, c::2].astype(float) for r in (0, 1) for c in (0, 1)) / 4 / 255
    np.testing.assert_allclose(task.test.features[7].numpy(), pooled.reshape(-1), atol=1e-7)


@needs_mnist
def test_bundled_digits_are_digits_of_the_full_training_set():
    full = rows(load_task("mnist", data="full", validation=0.0, seed=0).train)
    bundled = load_task("mnist", validation=0.0, seed=0)
    assert rows(bundled.train) | rows(bundled.test) <= full


@needs_vowels
@pytest.mark.parametrize("name", ["vowels", "vowels-paper"])
def test_vowels_are_259_tokens_37_of_each(name: str):
    task = load_task(name, validation=0.0, seed=3)
    assert task.train.features.shape == (210, 12)
    assert task.test.features.shape == (49, 12)
    assert torch.bincount(task.train.labels).tolist() == [30] * 7
    assert torch.bincount(task.test.labels).tolist() == [7] * 7
    both = torch.cat([task.train.features, task.test.features])
    torch.testing.assert_close(both.amax(0), torch.ones(12))


@needs_vowels
def test_every_token_of_the_authors_draw_is_among_those_that_can_be_drawn():
    """The authors published which tokens they drew; ours come from the same 316."""
    table = DATA / "vowels" / "paper_tokens.csv"
    with table.open() as file:
        authors = {next(value for value in row.values() if value[:1] == "w") for row in csv.DictReader(file)}
    lines = [line.split() for line in (DATA / "vowels" / "vowdata.dat").read_text("ascii").splitlines()]
    tokens = {
        line[0]: [float(value) for value in line[3:6] + line[7:16]] for line in lines if line and line[0] in authors
    }
    assert len(authors) == 259
    assert len(tokens) == 259
    assert all(min(formants) > 0 for formants in tokens.values())


@needs_vowels
def test_the_papers_tokens_are_those_its_authors_published():
    with (DATA / "vowels" / "paper_tokens.csv").open() as file:
        authors = sorted(row["token"] for row in csv.DictReader(file))
    bundled = resources.files("resources") / "data" / "vowels_paper_tokens.txt"
    assert bundled.read_text("ascii").split() == authors
    first, other = (load_task("vowels-paper", validation=0.0, seed=seed) for seed in (1, 2))

    def tokens(task: Task) -> list[list[float]]:
        return sorted(torch.cat([task.train.features, task.test.features]).tolist())

    assert tokens(first) == tokens(other)
    assert tokens(first) != tokens(load_task("vowels", validation=0.0, seed=1))


@needs_vowels
@pytest.mark.parametrize("name", ["vowels", "vowels-paper", "vowels1952"])
def test_another_seed_is_another_split_and_the_same_seed_the_same(name: str):
    first, same, other = (load_task(name, seed=seed) for seed in (4, 4, 5))
    assert torch.equal(first.test.features, same.test.features)
    assert not torch.equal(first.test.features, other.test.features)


def test_the_1952_table_has_76_talkers_saying_ten_vowels_twice():
    task = load_task("vowels1952", validation=0.1, seed=1)
    total = sum(len(part.labels) for part in (task.train, task.validation, task.test))
    assert total == 76 * 10 * 2
    assert len(task.classes) == 10
    assert task.train.features.shape[1] == 4


@pytest.mark.parametrize("seed", range(5))
def test_a_split_by_talker_shares_no_talker(seed: int):
    generator = np.random.default_rng(seed)
    talkers = np.array([f"t{k % 17}" for k in range(200)])
    kept, drawn = draw_talkers(talkers, 0.25, generator)
    assert not set(talkers[kept]) & set(talkers[drawn])
    assert sorted([*kept, *drawn]) == list(range(200))
    by_talker = load_task("vowels1952", seed=seed, split="talker", validation=0.0)
    # Every talker said all ten vowels twice, so whole talkers are multiples of twenty.
    assert len(by_talker.test.labels) % 20 == 0


@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    fraction=st.floats(0, 1),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=60)
def test_a_stratified_draw_is_disjoint_complete_and_fair(counts: list[int], fraction: float, seed: int):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    kept, drawn = draw_stratified(labels, fraction, np.random.default_rng(seed))
    assert sorted([*kept, *drawn]) == list(range(len(labels)))
    for label, count in enumerate(counts):
        assert (labels[drawn] == label).sum() == round(fraction * count)


def test_an_unknown_task_names_the_choices():
    with pytest.raises(SpecError, match="vowels1952"):
        load_task("cifar")
