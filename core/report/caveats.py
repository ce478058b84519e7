"""What a reader of a result has to know first."""

from __future__ import annotations

import numpy as np

from core.report.content import interval, per_cent
from core.report.facts import Facts

WIDE = 0.02  # half an interval
POOR_TWIN = 0.1  # of the signal's rms
LOW_ALIGNMENT = 0.5
STATES = {
    "running": "This run has not ended: it is being written to, and all figures are those of now.",
    "interrupted": "This run was interrupted: there is no result yet. Go on with it with: overtone resume {run}",
}


def find_warnings(facts: Facts) -> list[str]:
    """List what speaks against trusting a run, in words."""
    return [
        *([STATES[facts.state].format(run=facts.run)] if facts.state in STATES else []),
        *_of_result(facts),
        *_of_twin(facts),
        *_of_log(facts),
    ]


def _of_result(facts: Facts) -> list[str]:
    result, found = facts.result, list[str]()
    if result is None:
        return found
    low, high = result["test_interval95"]
    if (high - low) / 2 > WIDE:
        found.append(
            f"The test set is small: {result['test_count']:,} samples leave a 95\u00a0% interval of "
            f"{interval((low, high))}, wider than ±{100 * WIDE:g} points. Smaller differences mean nothing."
        )
    better = [
        f"{item['name']} reaches {per_cent(item['test_accuracy'])} with {item['parameters']:,} trained values"
        for item in result["baselines"]
        if item["test_accuracy"] > result["test_accuracy"]
    ]
    if better:
        own = per_cent(result["test_accuracy"])
        found.append(f"Plain digital computing is better: {', '.join(better)}; this network reaches {own}.")
    return found


def _of_twin(facts: Facts) -> list[str]:
    found: list[str] = []
    error = facts.attributes["twin"].get("held_out_error")
    if error is not None and not error <= POOR_TWIN:
        found.append(
            f"The twin's error is large: it leaves {per_cent(error)} of the held-out signal (more than "
            f"{per_cent(POOR_TWIN, 0)}). Its gradient may point elsewhere."
        )
    cosines = facts.arrays["alignment"].get("cosine", np.empty(0))
    if len(cosines) and np.nanmin(cosines, initial=1.0) < LOW_ALIGNMENT:
        found.append(
            f"Gradient alignment was low: the cosine fell to {np.nanmin(cosines):.2f} (below {LOW_ALIGNMENT:g})."
        )
    return found


def _of_log(facts: Facts) -> list[str]:
    return [f"The log has an error: {line['text']}" for line in facts.log if line["level"] == "error"][-3:]
