"""Twins fitted to systems whose truth is a closed form: what is recovered, what is reported, what cannot be learnt."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.linalg import toeplitz
from scipy.optimize import curve_fit
from torch import Tensor

from core.calibration.excitation import low_pass, mixed
from core.calibration.shots import collect_shots
from core.physics.model import FitParameter
from core.physics.plate import SAMPLES, PlateModel, effective_kernel
from core.ports import DataError, SimulationDiverged
from core.twin.fit import FitProgress, fit_twin
from core.twin.jacobian import jacobian_at
from core.twin.neural import NeuralShape, NeuralTwin
from core.twin.physics import PhysicsTwin
from core.twin.shots import ShotBatch, Shots, response_error
from tests.conftest import SquareSystem

TRUTH = {"gain": 1.4, "offset": -0.25, "rate": 0.7}
NOISE = 0.002


class Decay:
    """response = gain · exp(-rate · drive) + offset, whose three unknowns are strongly correlated on [0, 1]."""

    fit_parameters = (
        FitParameter("gain", "1", 1.0, 0.3, "log"),
        FitParameter("offset", "V", 0.0, 0.3, "linear"),
        FitParameter("rate", "1", 1.0, 0.5, "log"),
    )

    def response(self, values: Mapping[str, Tensor], drive: Tensor, *parameters: Tensor) -> Tensor:
        return values["gain"] * torch.exp(-values["rate"] * drive) + values["offset"]


INFO = SquareSystem().info


def decay_shots(count: int = 600) -> Shots:
    noise = torch.Generator().manual_seed(7)
    truth = {name: torch.tensor(value) for name, value in TRUTH.items()}

    def measure(drive: Tensor) -> Tensor:
        return Decay().response(truth, drive) + NOISE * torch.randn(drive.shape, generator=noise)

    return collect_shots(measure, INFO, count, seed=0)


def shuffled(shots: Shots) -> Shots:
    order = torch.randperm(len(shots), generator=torch.Generator().manual_seed(1))
    sizes = [len(batch.drives) for batch in shots.batches]
    responses = shots.responses[order].split(sizes)
    return Shots(tuple(ShotBatch(b.drives, r) for b, r in zip(shots.batches, responses, strict=True)))


def test_a_deviation_is_counted_in_tolerances():
    twin = PhysicsTwin(Decay())
    assert {name: value.item() for name, value in twin.values().items()} == {"gain": 1.0, "offset": 0.0, "rate": 1.0}
    for deviation in twin.parameters():
        deviation.data.fill_(-2.0)
    values = twin.values()
    assert values["gain"].item() == pytest.approx(np.exp(-0.6))
    assert values["offset"].item() == pytest.approx(-0.6)
    assert twin.log_prior().item() == pytest.approx(-3 * 2.0**2 / 2)


def test_a_physics_twin_finds_the_truth_within_the_standard_errors_of_scipy():
    shots, twin = decay_shots(), PhysicsTwin(Decay())
    fit_twin(twin, shots, seed=0)
    x = torch.cat([batch.drives for batch in shots.batches]).double().numpy().ravel()
    y = shots.responses.double().numpy().ravel()
    _, covariance = curve_fit(lambda d, g, o, r: g * np.exp(-r * d) + o, x, y, p0=(1.0, 0.0, 1.0))
    errors = np.sqrt(np.diag(covariance) / 0.8)  # a fifth of the shots is held out
    for name, error in zip(TRUTH, errors, strict=True):
        assert twin.values()[name].item() == pytest.approx(TRUTH[name], abs=3.5 * error), name


def test_what_remains_of_the_held_out_shots_is_the_noise():
    shots = decay_shots()
    _, held_out = shots.split(0.2, seed=3)
    report = fit_twin(PhysicsTwin(Decay()), shots, seed=3)
    signal = float((held_out.responses - held_out.responses.mean(0)).square().mean().sqrt())
    assert report.held_out_error == pytest.approx(NOISE / signal, rel=0.1)
    assert report.train_error == pytest.approx(report.held_out_error, rel=0.2)


def test_a_parameter_that_no_shot_shows_stays_at_the_data_sheet():
    shots = decay_shots()
    dark = Shots(tuple(ShotBatch(0 * batch.drives, batch.responses) for batch in shots.batches))
    twin = PhysicsTwin(Decay())
    fit_twin(twin, dark, seed=0)
    assert twin.values()["rate"].item() == pytest.approx(1.0, rel=0.01)


@pytest.mark.parametrize("make", [lambda: PhysicsTwin(Decay()), lambda: NeuralTwin(INFO, seed=0)])
def test_shuffled_responses_cannot_be_learnt(make):
    assert fit_twin(make(), decay_shots(), seed=0, steps=150).held_out_error < 0.1
    assert fit_twin(make(), shuffled(decay_shots()), seed=0, steps=150).held_out_error > 0.95


@pytest.mark.parametrize("make", [lambda: PhysicsTwin(Decay()), lambda: NeuralTwin(INFO, seed=5)])
def test_the_same_seed_gives_the_same_twin_and_its_state_is_all_there_is(make):
    first, second, loaded = make(), make(), make()
    torch.manual_seed(1)
    fit_twin(first, decay_shots(200), seed=2, steps=60)
    torch.manual_seed(2)
    fit_twin(second, decay_shots(200), seed=2, steps=60)
    loaded.load_state_dict(first.state_dict())
    drive = torch.rand(3, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(first(drive), second(drive))
    assert torch.equal(first(drive), loaded(drive))
    assert not torch.equal(first(drive), make()(drive))


def test_a_neural_twin_has_second_derivatives():
    twin = NeuralTwin(INFO, seed=0, shape=NeuralShape(8, 1)).double()
    torch.nn.init.normal_(twin.leave.weight)
    drive = torch.rand(2, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(twin, (drive,))
    assert torch.autograd.gradgradcheck(twin, (drive,))


def test_a_neural_twin_learns_what_shared_parameters_do():
    system = SquareSystem(shared={"strength": (2, 2)})
    shots = collect_shots(system.run, system.info, 1500, seed=0)
    twin, blind = NeuralTwin(system.info, seed=0), NeuralTwin(SquareSystem().info, seed=0)
    seeing = fit_twin(twin, shots, seed=0, steps=500)
    blinded = Shots(tuple(ShotBatch(batch.drives, batch.responses) for batch in shots.batches))
    assert seeing.held_out_error < 0.5 * fit_twin(blind, blinded, seed=0, steps=500).held_out_error


def test_held_out_batches_are_whole_and_none_is_lost():
    shots = decay_shots()
    train, check = shots.split(0.2, seed=0)
    assert len(check.batches) == round(0.2 * len(shots.batches))
    ids = [id(batch) for batch in train.batches + check.batches]
    assert sorted(ids) == sorted(id(batch) for batch in shots.batches)
    with pytest.raises(ValueError, match="at least two"):
        Shots(shots.batches[:1]).split(0.2, seed=0)


def test_the_error_of_knowing_only_the_means_is_one():
    shots = decay_shots()
    mean = shots.responses.mean(0)
    assert response_error(lambda drive: mean.expand(len(drive), -1), shots) == pytest.approx(1.0, rel=1e-5)


def test_progress_is_told_and_may_stop_the_fit():
    points: list[FitProgress] = []
    fit_twin(PhysicsTwin(Decay()), decay_shots(100), seed=0, steps=50, on_progress=points.append)
    assert [point.step for point in points] == sorted(point.step for point in points)
    assert 0 < points[0].step < points[-1].step <= points[-1].steps

    def stop(point: FitProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit_twin(PhysicsTwin(Decay()), decay_shots(100), seed=0, on_progress=stop)


def test_numbers_that_are_not_finite_are_named():
    shots = decay_shots(64)
    broken = Shots((ShotBatch(shots.batches[0].drives, shots.batches[0].responses * torch.nan), *shots.batches[1:]))
    with pytest.raises(DataError, match="not finite"):
        fit_twin(PhysicsTwin(Decay()), broken, seed=0)
    twin = PhysicsTwin(Decay())
    twin.deviations["gain"].data.fill_(1e4)
    with pytest.raises(SimulationDiverged, match="learning_rate"):
        fit_twin(twin, shots, seed=0)


def test_low_pass_drives_have_energy_in_every_octave():
    drives = low_pass(4000, 256, torch.Generator().manual_seed(0))
    power = torch.fft.rfft(drives).abs().square()
    share = power / power.sum(1, keepdim=True)
    octaves = torch.stack([share[:, 2**k : 2 ** (k + 1)].sum(1).mean() for k in range(7)])
    assert drives.abs().amax(1) == pytest.approx(1.0)
    assert octaves.min() > 0.02
    assert octaves[:3].min() > 10 / 129  # white noise has 1/129 of its energy in each of the 129 lines


@pytest.mark.parametrize("signed", [True, False])
def test_drives_cover_the_range_and_the_linear_regime(signed):
    drives = mixed(2000, 100, signed, torch.Generator().manual_seed(0))
    assert drives.min() >= 0
    assert drives.max() <= 1
    size = (drives - 0.5).abs().amax(1) * 2 if signed else drives.amax(1)
    assert (size > 0.9).float().mean() > 0.3
    assert (size < 0.1).float().mean() > 0.1
    rest = (drives == (0.5 if signed else 0.0)).float().mean(1)
    assert (rest > 0.4).any()
    assert (rest < 0.01).any()


def test_collected_shots_are_what_was_measured():
    system = SquareSystem(shared={"strength": (4,)})
    shots = collect_shots(system.run, system.info, 100, seed=0)
    assert len(shots) == 100
    for batch in shots.batches:
        torch.testing.assert_close(batch.responses, batch.drives**2 * batch.parameters[0].mean())
    assert not torch.equal(shots.batches[0].parameters[0], shots.batches[1].parameters[0])
    again = collect_shots(system.run, system.info, 100, seed=0)
    assert torch.equal(shots.responses, again.responses)
    with pytest.raises(ValueError, match="too few"):
        collect_shots(system.run, system.info, 1, seed=0)


def test_the_jacobian_of_a_plate_at_rest_is_the_convolution_with_its_kernel():
    twin = PhysicsTwin(PlateModel())
    jacobian = jacobian_at(twin, torch.full((SAMPLES,), 0.5))
    kernel = effective_kernel(twin.values()).detach().numpy()
    expected = 2 * toeplitz(kernel, np.zeros(SAMPLES))  # the drive's rest is 0.5, its swing twice the control
    np.testing.assert_allclose(jacobian.numpy(), expected, atol=2e-5 * np.abs(expected).max())


def test_the_jacobian_of_a_curve_is_its_derivative():
    drive = torch.linspace(0, 1, 6)
    jacobian = jacobian_at(PhysicsTwin(Decay()), drive)
    torch.testing.assert_close(jacobian, torch.diag(-torch.exp(-drive)))


def test_no_step_that_polishing_rejects_is_told_as_progress():
    told: list[FitProgress] = []
    fit_twin(PhysicsTwin(Decay()), decay_shots(), seed=1, steps=4, on_progress=told.append)
    polished = [point.train_error for point in told if point.step > 4]
    assert len(polished) >= 2
    assert all(later <= earlier * (1 + 1e-6) for earlier, later in pairwise(polished))
