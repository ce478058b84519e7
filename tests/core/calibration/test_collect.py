"""Strategies of a shot collection: what their drives are, and that an interruption changes none of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from core.calibration.collect import STRATEGIES, Strategy
from core.calibration.events import StepProgress
from core.calibration.shots import collect_shots, shot_batches
from core.twin.shots import Shots
from tests.conftest import SquareSystem


class Interrupted(Exception):
    pass


TASK = torch.rand(5, 6, generator=torch.Generator().manual_seed(3))


def learn(shots: Shots) -> object:
    """Disagree by how far drives lie from the mean of those that were measured."""
    centre = torch.cat([batch.drives for batch in shots.batches]).mean(0)
    return lambda drives, *parameters: (drives - centre).square().sum(1)


def collected(strategy: Strategy, system: SquareSystem | None = None, count: int = 500) -> Shots:
    system = system or SquareSystem(shared={"strength": (4,)})
    return collect_shots(system.run, system.info, count, seed=4, strategy=strategy, task=TASK, learn=learn)


def drives_of(shots: Shots) -> Tensor:
    return torch.cat([batch.drives for batch in shots.batches])


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("batches", [1, 3, 6])
def test_a_collection_that_begins_again_asks_for_the_very_same_shots(strategy: Strategy, batches: int):
    system, asked = SquareSystem(shared={"strength": (4,)}), list[Tensor]()

    def measure(drive: Tensor, *parameters: Tensor) -> Tensor:
        if len(asked) == batches:
            raise Interrupted
        asked.append(drive)
        return system.run(drive, *parameters)

    with pytest.raises(Interrupted):
        collect_shots(measure, system.info, 500, seed=4, strategy=strategy, task=TASK, learn=learn)
    whole = collected(strategy)
    assert len(system.calls) == batches
    assert all(torch.equal(drive, batch.drives) for drive, batch in zip(asked, whole.batches, strict=False))


def test_every_batch_and_every_seed_has_its_own_drives():
    drives = drives_of(collected("uniform"))
    assert len(drives.unique(dim=0)) == 500
    system = SquareSystem()
    other = collect_shots(system.run, system.info, 500, seed=5, strategy="uniform")
    assert not (drives[:, None] == drives_of(other)[None]).all(2).any()


def test_progress_counts_to_the_end_and_foretells_by_the_measured_rate():
    told: list[StepProgress] = []
    system = SquareSystem()
    assert sum(len(batch.drives) for batch in shot_batches(system.run, system.info, 500, seed=4, progress=told.append))
    assert [event.done for event in told] == sorted({min(62 * n, 500) for n in range(1, 10)})
    assert {event.total for event in told} == {500}
    assert told[-1].left_s == 0.0
    assert all(event.left_s is not None and event.left_s >= 0 for event in told)


def test_a_latin_hypercube_has_one_value_in_every_interval_of_every_control():
    for batch in collected("latin-hypercube").batches:
        count = len(batch.drives)
        for column in batch.drives.T:
            assert sorted((column * count).long().clamp(max=count - 1).tolist()) == list(range(count))


def test_uniform_drives_fill_the_range_evenly():
    from scipy.stats import kstest

    assert kstest(drives_of(collected("uniform")).flatten().numpy(), "uniform").pvalue > 0.01


def test_low_pass_drives_have_most_of_their_power_in_the_lower_octaves():
    system = SquareSystem(dim=256)
    power = {}
    for strategy in ("uniform", "low-pass"):
        drives = drives_of(collect_shots(system.run, system.info, 400, seed=0, strategy=strategy)).numpy()
        spectrum = np.square(np.abs(np.fft.rfft(drives - 0.5, axis=1))).mean(0)[1:]
        power[strategy] = spectrum[:64].sum() / spectrum.sum()
    assert power["uniform"] == pytest.approx(0.5, abs=0.03)
    assert power["low-pass"] > 0.8


def test_shots_shaped_by_a_task_are_the_task_s_drives():
    drives = drives_of(collected("task"))
    assert len(drives.unique(dim=0)) == len(TASK)
    assert ((drives[:, None] == TASK[None]).all(2)).any(1).all()


def test_an_ensemble_chooses_where_it_disagrees_most():
    """Two twins that differ in the square of one control alone: that control is driven near its end."""
    system = SquareSystem()
    shots = collect_shots(
        system.run, system.info, 512, seed=0, strategy="uncertainty", learn=lambda _: lambda drives: drives[:, 2] ** 2
    )
    drives, first = drives_of(shots), len(drives_of(Shots(shots.batches[:3])))
    random = collect_shots(system.run, system.info, 512, seed=0)
    assert torch.equal(drives[:first], drives_of(random)[:first])
    chosen, others = drives[first:, 2], drives[first:, [0, 1, 3, 4, 5]]
    assert float(chosen.mean()) > 0.8
    assert float(others.mean()) < 0.5


@pytest.mark.parametrize(("strategy", "message"), [("task", "task brings about"), ("uncertainty", "ensemble")])
def test_a_strategy_that_lacks_what_it_asks_for_measures_nothing(strategy: Strategy, message: str):
    system = SquareSystem()
    with pytest.raises(ValueError, match=message):
        collect_shots(system.run, system.info, 100, seed=0, strategy=strategy)
    assert not system.calls
