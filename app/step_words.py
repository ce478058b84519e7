"""What the window says of the steps of a calibration, of how they went, and of the twin that comes of it."""

from __future__ import annotations

from core.calibration.events import CalibrationEnded, StepName
from core.phrase import Phrase, joined

TITLES: dict[StepName, str] = {
    "connect": "Connect",
    "range": "Range",
    "noise": "Noise",
    "latency": "Latency",
    "response": "Response",
    "linearity": "Linearity",
    "drift": "Drift",
    "shots": "Shots",
    "fit": "Fit",
    "verdict": "Verdict",
}
PURPOSES: dict[StepName, str] = {
    "connect": "Which system it is, and whether it answers.",
    "range": "How much of the range the response fills: nothing may be dead, nothing clipped.",
    "noise": "One shot again and again: how far its answers scatter, and which of their values scatter together.",
    "latency": "How long the answer takes, whether that changes, and how much of the noise is a shift in time.",
    "response": "How small signals pass: transfer function, coherence, memory, or the matrix of a system without time.",
    "linearity": "What changes as the drive grows: harmonics, compression.",
    "drift": "The same few shots again and again: how fast gain and shape change.",
    "shots": "Random shots, to which the twin is fitted.",
    "fit": "The twin is changed until it answers as the system did. Shots that it has not seen say when to stop.",
    "verdict": "Whether the twin answers as the system does and, above all, whether its derivative does.",
}
# state of a step: its word, the token of its colour
OUTCOMES = {
    "pending": ("to come", "muted"),
    "current": ("under way", "accent"),
    "good": ("good", "ok"),
    "warning": ("warning", "warn"),
    "bad": ("bad", "bad"),
    "skipped": ("skipped", "muted"),
}
# verdict on a twin: what stands on its card, the state whose mark and colour go with it
VERDICTS = {
    "good": ("A good twin", "good"),
    "usable": ("A usable twin", "warning"),
    "refit": ("To be fitted again", "bad"),
    "not identifiable": ("Not identifiable", "bad"),
}
# kind of twin: its name, what it is
TWINS = {
    "physics": ("Physics", "The equations, with parameters fitted to the shots."),
    "neural": ("Neural", "A neural network, which knows nothing of the physics."),
    "hybrid": ("Hybrid", "The fitted equations, and a small network for what they leave."),
    "ensemble": ("Ensemble", "Several networks, whose spread says where they do not know."),
}


def twin_words(twin: str, shots: int, system: str) -> Phrase:
    """Say which twin of which unit it is."""
    name = Phrase(TWINS[twin][0]) if twin in TWINS else twin
    return joined((Phrase("{twin} twin of {shots:,} shots", twin=name, shots=shots), system), " · ")


def verdict_words(event: CalibrationEnded) -> Phrase:
    """Write the end of a calibration in one line."""
    low, high = event.result["alignment_interval95"]  # type: ignore[misc]
    return Phrase(
        "{verdict} · alignment {cosine:.3f} [{low:.3f}, {high:.3f}]",
        verdict=Phrase(VERDICTS[event.verdict][0]),
        cosine=event.result["alignment_cosine"],
        low=low,
        high=high,
    )
