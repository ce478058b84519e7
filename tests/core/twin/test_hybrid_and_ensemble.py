"""Twins that learn: what a correction may change, what an ensemble's spread says, and the noise's own twin."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from core.calibration.shots import collect_shots
from core.physics.model import FitParameter
from core.ports import Axis, SpecError
from core.twin.build import build_twin
from core.twin.ensemble import MEMBERS, EnsembleTwin
from core.twin.fit import FitProgress, fit_twin
from core.twin.hybrid import HybridTwin
from core.twin.noise import NoiseTwin
from core.twin.shots import ShotBatch, Shots, response_error
from tests.conftest import SquareSystem

INFO = SquareSystem().info


class Line:
    """response = gain · drive: what is missing of a square law is a bow."""

    fit_parameters = (FitParameter("gain", "1", 0.8, 0.3, "log"),)

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *parameters: Tensor) -> Tensor:
        return values["gain"] * drive


class Square(Line):
    """response = gain · drive²: all there is."""

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *parameters: Tensor) -> Tensor:
        return values["gain"] * drive**2


def square_shots(count: int = 800, noise: float = 0.01, seed: int = 0) -> Shots:
    generator = torch.Generator().manual_seed(seed)
    return collect_shots(
        lambda drive: drive**2 + noise * torch.randn(drive.shape, generator=generator), INFO, count, seed=seed
    )


def test_an_untrained_correction_is_none_and_the_derivative_is_the_physics():
    twin = HybridTwin(Line(), INFO, seed=0)
    drive = torch.rand(3, 6)
    assert torch.equal(twin(drive), twin.physics(drive))


def test_a_hybrid_beats_both_parents_where_the_equations_lack_a_term():
    shots, unseen = square_shots(), square_shots(seed=9)
    error = {}
    for kind in ("physics", "neural", "hybrid"):
        twin = build_twin(kind, INFO, Line(), seed=0)
        fit_twin(twin, shots, seed=0)
        error[kind] = response_error(twin, unseen)
    assert error["hybrid"] < 0.9 * min(error["physics"], error["neural"]), error


def test_a_hybrid_does_no_harm_where_the_equations_are_right():
    shots, unseen = square_shots(200), square_shots(seed=9)
    hybrid = HybridTwin(Square(), INFO, seed=0)
    fit_twin(hybrid, shots, seed=0)
    truth = response_error(lambda drive: drive**2, unseen)
    assert response_error(hybrid, unseen) < 1.1 * truth


def test_the_members_spread_where_no_shot_was():
    generator = torch.Generator().manual_seed(0)
    drives = 0.5 * torch.rand(600, 6, generator=generator)
    shots = Shots(tuple(ShotBatch(part, part**2) for part in drives.split(30)))
    twin = build_twin("ensemble", INFO, None, seed=0)
    assert isinstance(twin, EnsembleTwin)
    steps: list[FitProgress] = []
    fit_twin(twin, shots, seed=0, steps=150, on_progress=steps.append)
    near, far = 0.5 * torch.rand(200, 6, generator=generator), 0.8 + 0.2 * torch.rand(200, 6, generator=generator)
    each = torch.stack([member(near) for member in twin.members])
    assert len(each) == MEMBERS
    torch.testing.assert_close(twin(near), each.mean(0))
    np.testing.assert_allclose(twin.spread(near).detach(), np.std(each.detach().numpy(), 0, ddof=1), rtol=1e-4)
    assert twin.spread(far).mean() > 3 * twin.spread(near).mean()
    assert [point.step for point in steps] == sorted(point.step for point in steps)
    assert steps[-1].step <= steps[-1].steps


def test_a_twin_with_equations_needs_equations():
    with pytest.raises(SpecError, match=r"calibration\.twin=neural"):
        build_twin("hybrid", INFO, None, seed=0)


def test_the_noise_twin_predicts_the_deviations_that_numpy_finds_in_many_repeats():
    axis = Axis("Time", "s", np.arange(40) / 1e3)
    info = SquareSystem(40).info
    info = type(info)(**{**vars(info), "drive_axis": axis, "response_axis": axis})
    generator = torch.Generator().manual_seed(0)

    def clean(drive: Tensor) -> Tensor:
        return drive.cumsum(1) / 10

    def measure(drive: Tensor) -> Tensor:
        response = clean(drive)
        gain = 0.03 * torch.randn(len(drive), 1, generator=generator)
        counted = (0.002 * response.clamp_min(0)).sqrt() * torch.randn(response.shape, generator=generator)
        return response * (1 + gain) + counted + 0.02 * torch.randn(response.shape, generator=generator)

    first = collect_shots(measure, info, 400, seed=0)
    second = Shots(tuple(ShotBatch(batch.drives, measure(batch.drives)) for batch in first.batches))
    twin = NoiseTwin(clean, info)
    twin.fit(Shots(first.batches + second.batches))
    for level in (0.05, 0.3, 1.0):
        drive = torch.full((1, 40), level)
        repeats = measure(drive.expand(4000, -1)).numpy()
        predicted = twin(drive)
        ratio = predicted.stddev[0].detach().numpy() / repeats.std(0, ddof=1)
        assert np.abs(ratio - 1).mean() < 0.1, level
        covariance = predicted.covariance_matrix[0].detach().numpy()
        between = covariance[30, 39] / np.sqrt(covariance[30, 30] * covariance[39, 39])
        assert between == pytest.approx(np.corrcoef(repeats[:, 30], repeats[:, 39])[0, 1], abs=0.1)
