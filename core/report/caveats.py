"""What a reader of a result has to know first."""

from __future__ import annotations

import numpy as np

from core.phrase import Phrase, joined
from core.report.content import interval, per_cent
from core.report.facts import Facts

WIDE = 0.02  # half an interval
POOR_TWIN = 0.1  # of the signal's rms
LOW_ALIGNMENT = 0.5
STATES = {
    "running": "This run has not ended: it is being written to, and all figures are those of now.",
    "interrupted": "This run was interrupted: there is no result yet. Go on with it with: overtone resume {run}",
}

SMALL_TEST_SET = (
    "The test set is small: {count:,} samples leave a 95\u00a0% interval of {interval}, wider than ±{wide:g} points. "
    "Smaller differences mean nothing."
)
LARGE_ERROR = (
    "The twin's error is large: it leaves {error} of the held-out signal (more than {poor}). "
    "Its gradient may point elsewhere."
)


def find_warnings(facts: Facts) -> list[str]:
    """List what speaks against trusting a run, in words."""
    return [
        *([Phrase(STATES[facts.state], run=facts.run)] if facts.state in STATES else []),
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
        wide = {"count": result["test_count"], "interval": interval((low, high)), "wide": 100 * WIDE}
        found.append(Phrase(SMALL_TEST_SET, **wide))
    better = [
        Phrase(
            "{name} reaches {accuracy} with {parameters:,} trained values",
            name=Phrase(item["name"]),
            accuracy=per_cent(item["test_accuracy"]),
            parameters=item["parameters"],
        )
        for item in result["baselines"]
        if item["test_accuracy"] > result["test_accuracy"]
    ]
    if better:
        text = "Plain digital computing is better: {better}; this network reaches {own}."
        found.append(Phrase(text, better=joined(better, ", "), own=per_cent(result["test_accuracy"])))
    return found


def _of_twin(facts: Facts) -> list[str]:
    found: list[str] = []
    error = facts.attributes["twin"].get("held_out_error")
    if error is not None and not error <= POOR_TWIN:
        found.append(Phrase(LARGE_ERROR, error=per_cent(error), poor=per_cent(POOR_TWIN, 0)))
    cosines = facts.arrays["alignment"].get("cosine", np.empty(0))
    if len(cosines) and np.nanmin(cosines, initial=1.0) < LOW_ALIGNMENT:
        text = "Gradient alignment was low: the cosine fell to {lowest:.2f} (below {low:g})."
        found.append(Phrase(text, lowest=np.nanmin(cosines), low=LOW_ALIGNMENT))
    return found


def _of_log(facts: Facts) -> list[str]:
    errors = [line["text"] for line in facts.log if line["level"] == "error"]
    return [Phrase("The log has an error: {text}", text=text) for text in errors[-3:]]
