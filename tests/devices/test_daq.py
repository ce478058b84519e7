"""An NI card, driven by the real nidaqmx client through the gRPC device server's protocol."""

from __future__ import annotations

import pytest

from core.run.spec import ConnectionSpec
from devices.conformance import RecorderConformance
from devices.daq.recorder import open_recorder
from devices.emulator.bench import Bench
from devices.emulator.card import DaqCard
from devices.emulator.daq import DaqServer

SAMPLES, REST, RATE_HZ = 200, 50, 1e6


@pytest.fixture
def card():
    return DaqCard(Bench(lambda frames_v: 0.5 * frames_v, SAMPLES, RATE_HZ, REST))


@pytest.fixture
def server(card):
    server = DaqServer(card)
    yield server
    server.close()


class TestTheCardConforms(RecorderConformance):
    @pytest.fixture
    def open_recorder(self, server):
        return lambda plan: open_recorder(server.address, plan, ConnectionSpec())
