"""The harness of the benchmarks, on a clock that only the work advances."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from app.bench import harness, run
from app.bench.harness import Contest, Limit, time_contests, time_scaling
from app.bench.programs import memory_growth
from app.cli import cli


class Clock:
    """A clock in seconds that stands still while nothing works."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 0.0
        self.calls: dict[str, int] = {}
        monkeypatch.setattr(harness.time, "perf_counter", lambda: self.now_s)

    def work(self, name: str, *taken_s: float):
        """Return work that takes these times in turn."""

        def one() -> None:
            count = self.calls.get(name, 0)
            self.calls[name] = count + 1
            self.now_s += taken_s[count % len(taken_s)]

        return one


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


def contest(clock: Clock, ours: tuple[float, ...], theirs: tuple[float, ...], name: str = "x") -> Contest:
    return Contest(name, "rival", clock.work(f"{name} ours", *ours), clock.work(f"{name} theirs", *theirs), 3, 5, 0, 0)


def test_the_ratio_is_that_of_the_times(clock):
    (timing,) = time_contests([contest(clock, (0.02,), (0.08,))])
    assert timing.ratio == pytest.approx(4)
    assert (timing.ours_ms, timing.rival_ms) == (pytest.approx(20), pytest.approx(80))
    assert timing.spread == pytest.approx(0)
    assert timing.steady


def test_short_work_fills_a_slot_and_slow_work_is_repeated_less(clock):
    time_contests([contest(clock, (1e-4,), (5.0,))])
    assert clock.calls["x ours"] > 100 * harness.SLOW_ROUNDS
    assert clock.calls["x theirs"] == 2 + harness.SLOW_ROUNDS  # warm up, how long it takes, and the rounds


def test_a_disturbed_contest_is_timed_again_and_its_spread_told(clock):
    (timing,) = time_contests([contest(clock, (0.02, 0.09, 0.04, 0.07), (0.1,))])
    assert not timing.steady
    assert clock.calls["x ours"] > harness.ROUNDS * harness.TRIES


def test_the_exponent_of_growth_is_found(clock):
    scaling = time_scaling([1, 4, 16, 64], lambda size: clock.work(f"{size}", 0.01 * size**1.5))
    assert scaling.exponent == pytest.approx(1.5)
    assert scaling.values == pytest.approx((10, 80, 640, 5120))


def test_results_are_plain_data_with_the_verdict(monkeypatch):
    class Programs:
        @staticmethod
        def startup(_report) -> list[Limit]:
            return [Limit("startup", "quick", 150.0, 400, 300), Limit("startup", "slow", 2500.0, 2000, 1200)]

    monkeypatch.setattr(run, "import_module", lambda name: Programs)
    done = CliRunner().invoke(cli, ["bench", "startup", "--json"])
    assert done.exit_code == 0
    quick, slow = json.loads(done.stdout.splitlines()[-1])
    assert quick.keys() >= {"name", "rival", "ours_ms", "rival_ms", "ratio", "spread", "goal", "met"}
    assert (quick["met"], slow["met"]) == (True, False)
    assert quick["ratio"] == pytest.approx(400 / 150)
    assert "MISSED" in done.stderr


def test_the_growth_of_memory_is_that_after_the_caches_have_filled():
    minutes = np.arange(0, 30, 1 / 12)
    filling = np.where(minutes < 5, 40 * minutes, 200)
    noise = np.random.default_rng(3).normal(0, 5, len(minutes))
    for slope in (0.0, 1.5):
        grown = memory_growth(list(zip(minutes, 300 + filling + slope * minutes + noise, strict=True)))
        assert grown == pytest.approx(slope, abs=0.15)


def test_an_unknown_benchmark_names_the_known_ones():
    done = CliRunner().invoke(cli, ["bench", "warp"])
    assert done.exit_code == 2
    assert "circuit, plate" in done.stderr
