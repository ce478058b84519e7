"""What every driver promises, as tests: a third party derives a class from `RecorderConformance` and runs pytest.

class TestMyDriver(RecorderConformance):
    @pytest.fixture
    def open_recorder(self):
        return lambda plan: MyDriver("address", plan)
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator

import numpy as np
import pytest
import torch

from core.ports import Axis, DeviceError, OutOfRange, SystemInfo
from core.run.connection import ConnectionSpec
from devices.recorder import Plan, Recorder
from devices.waveform import WaveformSystem, Wiring

OpenForPlan = Callable[[Plan], Recorder]


class RecorderConformance:
    """Facts of a driver and of the system behind it; a subclass gives `open_recorder`, and what else differs.

    The instrument's output has to be wired to its input, through anything that answers within `full_scale_v`.
    """

    samples = 200
    rate_hz = 1e6
    drive_v = 1.0
    full_scale_v = 2.0
    rest_samples = 50
    deadline_s = 5.0

    @pytest.fixture
    def wiring(self) -> Wiring:
        """Return what the tests play and record."""
        axis = Axis("Time", "s", np.arange(self.samples) / self.rate_hz)
        info = SystemInfo(
            "waveform", "Wire", "connected", 0, self.samples, self.samples, True, axis, axis, "Output", "Input", 1e-3
        )
        return Wiring(info, self.rate_hz, self.drive_v, self.full_scale_v, self.rest_samples)

    @pytest.fixture
    def connection(self) -> ConnectionSpec:
        """Return how it is connected."""
        return ConnectionSpec(deadline_s=self.deadline_s, reconnect_s=self.deadline_s, batch=4)

    @pytest.fixture
    def system(
        self, open_recorder: OpenForPlan, wiring: Wiring, connection: ConnectionSpec
    ) -> Generator[WaveformSystem]:
        """Yield the physical system behind the driver, and let go of the instrument."""
        system = WaveformSystem(lambda: open_recorder(wiring.plan(connection)), wiring, connection)
        yield system
        system.safe_state()

    @pytest.fixture
    def drive(self) -> torch.Tensor:
        """Return five smooth drives, more than one transfer takes."""
        phase = torch.linspace(0, 6.28, self.samples)
        return torch.stack([0.5 + 0.05 * (shot + 1) * torch.sin(phase + shot) for shot in range(5)])

    def test_its_facts_are_plain(self, open_recorder: OpenForPlan, wiring: Wiring, connection: ConnectionSpec) -> None:
        """Facts say at least one shot and ascending ranges; identity and settings are JSON, the same every time."""
        identities: list[dict[str, object]] = []
        for _ in range(2):
            recorder = open_recorder(wiring.plan(connection))
            try:
                facts = recorder.facts
                assert facts.name
                assert facts.most_shots >= 1
                assert facts.output_v > 0
                assert list(facts.ranges_v) == sorted(set(facts.ranges_v))
                assert min(facts.ranges_v) > 0
                json.dumps(recorder.settings(), allow_nan=False)
                json.dumps(recorder.identity(), allow_nan=False)
                identities.append(recorder.identity())
            finally:
                recorder.safe(self.deadline_s)
                recorder.close()
                recorder.close()
        assert identities[0] == identities[1]

    def test_a_record_has_the_shape_of_its_waveforms(
        self, open_recorder: OpenForPlan, wiring: Wiring, connection: ConnectionSpec
    ) -> None:
        """Every number of shots up to the most gives as many records of finite volts, within the range."""
        recorder = open_recorder(wiring.plan(connection))
        try:
            range_v = next(value for value in recorder.facts.ranges_v if value >= self.full_scale_v)
            recorder.set_range(range_v, self.deadline_s)
            for shots in {1, min(connection.batch, recorder.facts.most_shots)}:
                record_v = recorder.play_and_record(np.zeros((shots, self.samples)), self.deadline_s)
                assert record_v.shape == (shots, wiring.info.response_dim)
                assert np.isfinite(record_v).all()
                assert np.abs(record_v).max() <= range_v
        finally:
            recorder.safe(self.deadline_s)
            recorder.close()

    def test_shots_are_answered_in_their_order(self, system: WaveformSystem, drive: torch.Tensor) -> None:
        """A louder drive is answered louder, whichever transfer it was in."""
        response = system.run(drive)
        assert response.shape == (len(drive), system.info.response_dim)
        assert response.dtype == drive.dtype
        loudness = (response - response.mean(1, keepdim=True)).square().mean(1)
        assert loudness.tolist() == sorted(loudness.tolist())

    @pytest.mark.parametrize("value", [-0.01, 1.01, float("nan"), float("inf")])
    def test_what_is_no_control_is_refused(self, system: WaveformSystem, drive: torch.Tensor, value: float) -> None:
        """A control outside [0, 1] moves nothing, and the next shot works."""
        wrong = drive.clone()
        wrong[1, 7] = value
        with pytest.raises(OutOfRange):
            system.run(wrong)
        with pytest.raises(OutOfRange):
            system.run(drive[:, :-1])
        assert system.snapshot()["shots"] == 0
        assert system.run(drive[:1]).shape == (1, system.info.response_dim)

    def test_safe_states_can_be_repeated_and_left(self, system: WaveformSystem, drive: torch.Tensor) -> None:
        """Outputs are made safe before, after and between shots without an error."""
        system.safe_state()
        system.safe_state()
        first = system.run(drive[:1])
        system.safe_state()
        again = system.run(drive[:1])
        system.safe_state()
        assert first.shape == again.shape

    def test_its_snapshot_is_plain(self, system: WaveformSystem, drive: torch.Tensor) -> None:
        """A snapshot is JSON and counts each shot once."""
        system.run(drive)
        snapshot = system.snapshot()
        json.dumps(snapshot, allow_nan=False)
        assert snapshot["shots"] == len(drive)
        assert snapshot["identity"]

    def test_a_deadline_is_kept(self, open_recorder: OpenForPlan, wiring: Wiring, connection: ConnectionSpec) -> None:
        """A call that cannot be done in time raises, and returns soon after its deadline."""
        recorder = open_recorder(wiring.plan(connection))
        begun_s = time.monotonic()
        try:
            with pytest.raises(DeviceError):
                recorder.play_and_record(np.zeros((1, self.samples)), 1e-9)
            assert time.monotonic() - begun_s < self.deadline_s
        finally:
            recorder.close()
