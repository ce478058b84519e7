"""A search finds the shape of the least error, and what it found is kept with the twin."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("optuna")
from typer.testing import CliRunner

from app.cli import cli
from core.twin.neural import NeuralShape
from core.twin.search import LEAST, MOST, search_shape


def test_it_tries_the_usual_shape_first_and_returns_the_best():
    tried: list[NeuralShape] = []

    def error(shape: NeuralShape) -> float:
        tried.append(shape)
        return abs(shape.width - 40) + 10 * abs(shape.depth - 2)

    best = search_shape(error, 25, seed=3)
    assert tried[0] == NeuralShape()
    assert best == min(tried, key=lambda shape: abs(shape.width - 40) + 10 * abs(shape.depth - 2))
    assert len(tried) == 25
    assert all(LEAST.width <= shape.width <= MOST.width and LEAST.depth <= shape.depth <= MOST.depth for shape in tried)
    again, first = list[NeuralShape](), tried.copy()
    search_shape(lambda shape: again.append(shape) or error(shape), 25, seed=3)
    assert again == first


def test_a_calibration_keeps_the_shape_with_the_twin(tmp_path):
    command = ["calibrate", "shg", "--twin", "neural", "--shots", "64", "--serial-number", "77", "--json"]
    file = str(tmp_path / "it.safetensors")
    done = CliRunner().invoke(cli, [*command, "--search", "3", "--seed", "5", "--out", file])
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    again = CliRunner().invoke(cli, [*command, "--check", file])
    assert again.exit_code == 0, again.stderr
    assert json.loads(again.stdout)["shape"] == found["shape"]
    assert set(found["shape"]) == {"width", "depth"}


@pytest.mark.parametrize("rest", [["--twin", "physics"], ["--twin", "neural", "--check", "it.safetensors"]])
def test_only_neural_twins_are_searched_for(rest):
    done = CliRunner().invoke(cli, ["calibrate", "shg", "--search", "2", *rest])
    assert done.exit_code == 2
    assert "neural" in done.stderr
