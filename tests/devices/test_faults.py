"""Whatever goes wrong with an instrument, at whatever message: no hang, no crash, no wrong, lost or doubled shot.

`OVERTONE_FAULTS=1000 python -m pytest -s tests/devices/test_faults.py` is the long campaign, and prints its table.
"""

from __future__ import annotations

import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.devices.fault_stands import STANDS, Findings, campaign

INJECTIONS = int(os.environ.get("OVERTONE_FAULTS", "120"))
HOW = ("hang", "crash", "wrong data", "lost or doubled", "not recovered", "unsafe")

pytestmark = pytest.mark.filterwarnings("ignore::nidaqmx.errors.DaqWarning")  # what garbage may be taken for


@pytest.fixture(scope="module")
def tally() -> Iterator[dict[str, Findings]]:
    found: dict[str, Findings] = {}
    yield found
    print(f"\n{'':24}{'injected':>9}{'struck':>8}{'kinds':>7}{'messages':>11}", *(f"{how:>17}" for how in HOW), sep="")
    for name, item in found.items():
        problems = Counter(how for how, _ in item.problems)
        met = f"{len(item.steps)}/{item.messages}"
        print(f"{name:24}{item.injections:9}{item.struck.total():8}{len(+item.struck):7}{met:>11}", end="")
        print(*(f"{problems[how]:17}" for how in HOW), sep="")
    struck = sum((item.struck for item in found.values()), Counter[str]())
    print(f"in all {sum(item.injections for item in found.values())} injections:", dict(struck.most_common()))


@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", STANDS)
def test_faults_cost_a_reconnection_at_most(tally: dict[str, Findings], name: str):
    make, share = STANDS[name]
    if name == "sound" and shutil.which("jackd") is None:
        pytest.skip("needs the JACK sound server")
    stand, begun_s = make(), time.monotonic()
    try:
        found = tally[name] = campaign(stand, max(len(stand.kinds), round(INJECTIONS * share / 1000)))
    finally:
        stand.close()
    print(f"{name}: {found.injections} injections in {time.monotonic() - begun_s:.0f} s")
    assert found.problems == []
    assert found.struck.total() >= 0.9 * found.injections
    assert set(+found.struck) == set(stand.kinds)
