"""What calibrations say of hidden parameters, against those parameters, on units that nothing was chosen by.

`OVERTONE_UNITS=50 python -m pytest -s tests/app/test_recovery.py` is the long campaign, over all systems, and prints
the rows of the README's table.
"""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from app.cli import cli

UNITS = int(os.environ.get("OVERTONE_UNITS", "1"))
FIRST_UNIT = 8001
LEAST_COSINE = {"circuit": 0.95, "shg": 0.98, "plate": 0.98, "pendula": 0.98}
INSIDE = 0.9  # of two standard errors
TOLD = 20  # units, from which a share of them says something


def calibrated(kind: str, unit: int) -> dict[str, Any]:
    arguments = ["calibrate", kind, "--serial-number", str(unit), "--twin", "physics", "--json", "--reveal"]
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def errors(result: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return how far each value is from the hidden one, in standard errors."""
    found = {}
    for name, item in result["parameters"].items():
        if name in result["hidden"]:
            off = np.subtract(item["value"], result["hidden"][name])
            found[name] = np.atleast_1d(off / np.asarray(item["standard_error"]))
    return found


@pytest.mark.parametrize("kind", LEAST_COSINE if UNITS > 1 else ("circuit", "shg"))
def test_hidden_parameters_lie_within_two_standard_errors_and_the_gradient_is_the_devices(kind):
    results = [calibrated(kind, FIRST_UNIT + number) for number in range(UNITS)]
    units = [errors(result) for result in results]
    inside = {name: float(np.mean(np.abs([unit[name] for unit in units]) < 2)) for name in units[0]}
    shares = [float(np.mean(np.abs(np.concatenate([*unit.values()])) < 2)) for unit in units]
    cosines = [result["alignment_cosine"] for result in results]
    worst, good = min(inside, key=inside.__getitem__), sum(share >= INSIDE for share in shares)
    row = (kind, UNITS, f"{np.mean(shares):.1%}", f"{inside[worst]:.0%} ({worst})", good)
    print("", *row, f"{min(cosines):.3f} to {max(cosines):.3f}", "", sep=" | ")
    assert min(cosines) >= LEAST_COSINE[kind]
    assert np.isfinite(np.concatenate([np.concatenate([*unit.values()]) for unit in units])).all()
    assert np.mean(shares) >= INSIDE if UNITS >= TOLD else np.mean(shares) > 0.5
    if UNITS >= TOLD:
        assert inside[worst] >= INSIDE, inside
