"""Standard errors of a physics twin's parameters against SciPy's, and against systems that the equations do not fit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from scipy.optimize import brentq, curve_fit
from torch import Tensor

from core.calibration.shots import collect_shots
from core.physics.circuit import CircuitModel
from core.physics.model import FitParameter
from core.twin.fit import fit_twin
from core.twin.inference import ParameterTable, parameter_table
from core.twin.physics import PhysicsTwin
from core.twin.shots import Shots
from devices.simulated.circuit import SimulatedCircuit
from tests.conftest import SquareSystem

TRUTH = {"gain": 1.4, "offset": -0.25, "rate": 0.7}
NOISE = 0.01
INFO = SquareSystem().info


class Decay:
    """response = gain · exp(-rate · drive) + offset."""

    fit_parameters = (
        FitParameter("gain", "V", 1.0, 0.3, "log"),
        FitParameter("offset", "V", 0.0, 0.3, "linear"),
        FitParameter("rate", "1", 1.0, 0.5, "log"),
    )

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *parameters: Tensor) -> Tensor:
        return values["gain"] * torch.exp(-values["rate"] * drive) + values["offset"]


class Doubled(Decay):
    """The same with its gain split into two factors that no shot can tell apart."""

    fit_parameters = (*Decay.fit_parameters, FitParameter("second_gain", "1", 1.0, 0.3, "log"))

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *parameters: Tensor) -> Tensor:
        product = values["gain"] * values["second_gain"]
        return product * torch.exp(-values["rate"] * drive) + values["offset"]


def shots_of(seed: int, count: int = 600, *, distortion: float = 0.0) -> Shots:
    noise = torch.Generator().manual_seed(seed)
    truth = {name: torch.tensor(value) for name, value in TRUTH.items()}

    def measure(drive: Tensor) -> Tensor:
        bent = drive + distortion * drive**3
        return Decay().response(truth, bent) + NOISE * torch.randn(drive.shape, generator=noise)

    return collect_shots(measure, INFO, count, seed=seed)


def estimated(model: Decay, shots: Shots) -> ParameterTable:
    twin = PhysicsTwin(model)
    fit_twin(twin, shots, seed=0, steps=40)
    before = {name: value.clone() for name, value in twin.state_dict().items()}
    table = parameter_table(twin, INFO, shots)
    assert all(torch.equal(before[name], value) for name, value in twin.state_dict().items())
    return table


def in_tolerances(table: ParameterTable, name: str) -> float:
    item = table.estimates[name]
    spread = next(p for p in Doubled.fit_parameters if p.name == name)
    unit = float(np.asarray(spread.spread)) * (abs(float(item.value)) if spread.scale == "log" else 1.0)
    return float(item.standard_error) / unit


def test_standard_errors_are_those_of_least_squares_with_the_same_terms_and_priors():
    shots = shots_of(1)
    table = estimated(Decay(), shots)
    x = torch.cat([batch.drives for batch in shots.batches]).double().numpy().ravel()
    y = shots.responses.double().numpy().ravel()

    def model(x, g, o, r, d1, d2, d3, r2, r3):
        heard = np.exp(0.3 * g) * np.exp(-np.exp(0.5 * r) * (x + 0.005 * d1 + 0.05 * (d2 * x**2 + d3 * x**3))) + 0.3 * o
        heard = heard + 0.05 * (r2 * heard**2 + r3 * heard**3)
        return heard

    def with_priors(x, *z):
        return np.concatenate([model(x, *z), NOISE * np.array(z)])  # each tolerance as one more measurement

    z, covariance = curve_fit(with_priors, x, np.concatenate([y, np.zeros(8)]), p0=np.zeros(8))
    errors = np.sqrt(np.diag(covariance))
    for index, name in enumerate(("gain", "offset", "rate")):
        # The sandwich is an estimate itself, and the larger of two.
        assert in_tolerances(table, name) == pytest.approx(errors[index], rel=0.5), name
    assert float(table.estimates["gain"].value) == pytest.approx(np.exp(0.3 * z[0]), abs=0.3 * errors[0])


def test_the_truth_lies_within_two_standard_errors_as_often_as_it_should():
    inside = []
    for seed in range(16):
        table = estimated(Decay(), shots_of(100 + seed, 300, distortion=0.02))
        for name, truth in TRUTH.items():
            item = table.estimates[name]
            inside.append(abs(float(item.value) - truth) < 2 * float(item.standard_error))
    assert np.mean(inside) > 0.85  # 95.4 % expected; a binomial of 48 is below 41 once in 300


def test_a_drive_that_distorts_is_named_and_not_taken_for_physics():
    table = estimated(Decay(), shots_of(3, 2000, distortion=0.05))
    rate = table.estimates["rate"]
    assert abs(float(rate.value) - TRUTH["rate"]) < 3 * float(rate.standard_error)


def test_what_only_shows_as_a_product_is_not_determined_and_its_parts_are_correlated():
    table = estimated(Doubled(), shots_of(2, 2000))
    assert {"gain", "second_gain"} <= set(table.open)
    assert "rate" not in table.open
    assert in_tolerances(table, "gain") == pytest.approx(np.sqrt(0.5), rel=0.15)  # of two equal tolerances
    names = list(table.estimates)
    first, second = names.index("gain"), names.index("second_gain")
    assert table.correlations[first, second] < -0.8
    np.testing.assert_allclose(np.diag(table.correlations), 1.0)


class Pair:
    """Two rates that share a cause; only the first one shows."""

    fit_parameters = (FitParameter("rates", "1", (1.0, 2.0), ((0.01, 0.0, 0.03), (0.0, 0.04, 0.03)), "log"),)

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *parameters: Tensor) -> Tensor:
        return torch.exp(-values["rates"][0] * drive)


def test_elements_that_share_a_cause_tell_of_each_other():
    noise = torch.Generator().manual_seed(1)

    def measure(drive: Tensor) -> Tensor:
        return torch.exp(-1.04 * drive) + 1e-3 * torch.randn(drive.shape, generator=noise)

    twin, shots = PhysicsTwin(Pair()), collect_shots(measure, INFO, 2000, seed=1)
    fit_twin(twin, shots, seed=0, steps=40)
    rates = parameter_table(twin, INFO, shots).estimates["rates"]
    # Gauss: the second one follows the first by their covariance, 0.03², over the first one's variance.
    first, second = rates.standard_error / rates.value
    slope = 0.03**2 / (0.01**2 + 0.03**2)
    assert rates.value[0] == pytest.approx(1.04, abs=3 * first)
    assert rates.value[1] == pytest.approx(2 * rates.value[0] ** slope, rel=1e-3)
    left = 0.04**2 + 0.03**2 - slope * 0.03**2
    assert second == pytest.approx(np.sqrt(left + (slope * first) ** 2), rel=0.03)
    assert rates.determined.tolist() == [True, False]


ELEMENTS = 120


class Scaled:
    """Many offsets beside the drive, which show well, and a gain that shows in nothing but how large they all are."""

    fit_parameters = (
        FitParameter("gain", "1", 1.0, 0.05, "log"),
        FitParameter("offset", "V", (0.0,) * ELEMENTS, 0.03, "linear"),
    )

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *parameters: Tensor) -> Tensor:
        return values["gain"] * values["offset"] + drive[:, :1]


def test_what_many_elements_share_is_found_where_they_are_averaged_over_not_where_they_are_all_small():
    noise = torch.Generator().manual_seed(1)
    offset = 0.03 * torch.randn(ELEMENTS, generator=noise)

    def measure(drive: Tensor) -> Tensor:
        return offset + drive[:, :1] + 1e-4 * torch.randn(len(drive), ELEMENTS, generator=noise)

    twin, shots = PhysicsTwin(Scaled()), collect_shots(measure, INFO, 64, seed=1)
    fit_twin(twin, shots, seed=0, steps=40)
    gain = parameter_table(twin, INFO, shots).estimates["gain"]
    # With the offsets integrated out, y / (0.03 gain) is normal: N log(gain) + Σ(y / 0.03)² / (2 gain²), and the prior.
    power = float((offset / 0.03).square().sum())
    best = brentq(lambda log_gain: ELEMENTS - power * np.exp(-2 * log_gain) + log_gain / 0.05**2, -1, 1)
    assert np.log(gain.value) == pytest.approx(best, abs=0.2 * float(gain.standard_error))


def test_noise_that_all_outputs_share_is_weighed_as_it_is():
    seeds = torch.Generator().manual_seed(5)
    truth = {name: torch.tensor(value) for name, value in TRUTH.items()}

    def measure(drive: Tensor) -> Tensor:
        power = 1 + 0.05 * torch.randn(len(drive), 1, generator=seeds)
        return power * Decay().response(truth, drive) + 1e-4 * torch.randn(drive.shape, generator=seeds)

    shots = collect_shots(measure, INFO, 600, seed=5)
    twin = PhysicsTwin(Decay())
    fit_twin(twin, shots, seed=0, steps=40)
    rate = parameter_table(twin, INFO, shots).estimates["rate"]
    x = torch.cat([batch.drives for batch in shots.batches]).double().numpy()
    information = np.zeros((3, 3))
    for row in x:  # generalised least squares with the true covariance
        y = TRUTH["gain"] * np.exp(-TRUTH["rate"] * row) + TRUTH["offset"]
        decay = y - TRUTH["offset"]
        slopes = np.stack([decay, np.ones_like(row), -row * decay])
        covariance = 0.05**2 * np.outer(y, y) + 1e-8 * np.eye(len(row))
        information += slopes @ np.linalg.solve(covariance, slopes.T)
    least = np.sqrt(np.linalg.inv(information)[2, 2])
    assert least < float(rate.standard_error) < 0.35  # its tolerance; the chains' faults, fitted too, hide most of it
    assert abs(float(rate.value) - TRUTH["rate"]) < 3 * float(rate.standard_error)


def test_what_only_shows_in_ratios_is_known_as_well_as_the_tolerances_together_say():
    system, twin = SimulatedCircuit(903, 0), PhysicsTwin(CircuitModel())
    shots = collect_shots(system.run, system.info, 512, seed=0)
    fit_twin(twin, shots, seed=0, causal=True)
    found = parameter_table(twin, system.info, shots).estimates
    # Nothing changes when L, R and the parallel resistance grow by a factor by which C and the transistor shrink.
    together = 1 / np.sqrt(2 / 0.05**2 + 1 / 0.1**2 + 1 / 0.2**2 + 1 / 0.3**2)
    for name in ("inductance", "resistance"):
        item = found[name]
        assert float(item.standard_error / item.value) == pytest.approx(together, rel=0.03), name
