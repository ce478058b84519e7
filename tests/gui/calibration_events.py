"""A calibration as its events tell it, without any physics: every kind of curve, figure and outcome, in order."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from core.calibration.events import (
    CalibrationEnded,
    CalibrationEvent,
    CalibrationListener,
    Curve,
    Quantity,
    StepBegun,
    StepEnded,
    StepProgress,
)
from core.training.control import ControlToken

TIME_S = np.linspace(0, 16e-3, 400)
FREQUENCY_HZ = np.linspace(20, 20e3, 800)
SHOTS = np.array([16.0, 32.0, 64.0, 128.0, 256.0, 512.0])
TWIN = b"the content of a twin's file"
RESULT: dict[str, object] = {
    "system": "plate",
    "twin": "physics",
    "shots": 512,
    "nrmse": 0.031,
    "r2": 0.9991,
    "alignment_cosine": 0.994,
    "alignment_interval95": [0.991, 0.997],
    "gain": 1.012,
    "parameters": {},
    "verdict": "good",
    "reasons": [],
    "wall_s": 12.3,
}


def transfer(points: int) -> tuple[Curve, ...]:
    x = FREQUENCY_HZ[:points]
    magnitude = -20 * np.log10(np.abs(1 - (x / 3200) ** 2 + 0.02j * x / 3200))
    wide = 0.5 + 6 * (x / 20e3)
    over = ("Frequency", "Hz")
    return (
        Curve("transfer function", *over, "Magnitude", "dB", x, magnitude, magnitude - wide, magnitude + wide),
        Curve("coherence", *over, "Coherence", "1", x, 1 - 0.3 * (x / 20e3) ** 2),
    )


def fit(steps: int) -> tuple[Curve, ...]:
    x = np.arange(1, steps + 1, dtype=float)
    seen = 0.5 * x**-0.6 + 0.02
    return (
        Curve("seen shots", "Fitting step", "1", "Error of the twin", "1", x, seen),
        Curve("held-out shots", "Fitting step", "1", "Error of the twin", "1", x, 1.2 * seen),
    )


def endings() -> dict[str, StepEnded]:
    noise = np.random.default_rng(0)
    scatter = noise.standard_normal((12, 12))
    at = 0.2 * SHOTS**-0.5
    swing = np.sin(2 * np.pi * 300 * TIME_S) * np.exp(-TIME_S / 8e-3)
    return {
        "connect": StepEnded("connect", "good", "It answers.", {"Time of a shot": Quantity(16.3e-3, "s")}),
        "range": StepEnded(
            "range",
            "warning",
            "The response fills an eighth of its range only.",
            {"Largest response": Quantity(0.125, "V", 0.1238, 0.1262), "Clipped": Quantity(0.0, "1")},
            (Curve("histogram", "Response", "V", "Share of samples", "1", SHOTS / 512, np.exp(-SHOTS / 100)),),
        ),
        "noise": StepEnded(
            "noise",
            "good",
            "Noise is far below the signal.",
            {"Noise": Quantity(2.134e-3, "V", 2.05e-3, 2.22e-3), "Repeatability": Quantity(0.9987, "1")},
            (
                Curve("standard deviation", "Time", "s", "Noise", "V", TIME_S, 2e-3 + 1e-3 * np.abs(swing)),
                Curve("covariance", "Response number", "1", "Covariance", "V²", np.arange(12.0), scatter @ scatter.T,
                      kind="image"),
            ),
        ),
        "latency": StepEnded("latency", "skipped", "Drive and response are no waveforms on one axis of time."),
        "response": StepEnded(
            "response",
            "good",
            "Linear to 0.3 %.",
            {"Resonance": Quantity(3214.2, "Hz", 3210.3, 3218.1), "Memory": Quantity(7.9e-3, "s", 7.1e-3, 8.8e-3)},
            (*transfer(800), Curve("impulse response", "Time", "s", "Response", "V", TIME_S, swing)),
        ),
        "linearity": StepEnded(
            "linearity",
            "bad",
            "The third harmonic is 30 % of the first one: drive it less.",
            {"Third harmonic": Quantity(0.3, "1", 0.28, 0.32)},
            (Curve("third harmonic", "Drive", "V", "Distortion", "%", SHOTS / 512, 30 * (SHOTS / 512) ** 2),),
        ),
        "shots": StepEnded("shots", "good", "512 shots were measured.", {"Shots": Quantity(512, "1")}),
        "drift": StepEnded(
            "drift",
            "good",
            "No drift that matters.",
            {"Gain drift": Quantity(0.002, "1/h", -0.001, 0.005)},
            (Curve("drift", "Time", "s", "Change since the first shot", "%", TIME_S * 1e5, 100 * TIME_S),),
        ),
        "fit": StepEnded(
            "fit",
            "good",
            "It leaves 3.1 % of the held-out signal.",
            {f"Frequency of mode {n}": Quantity(1e3 * n, "Hz", 1e3 * n - 0.7, 1e3 * n + 0.7) for n in range(1, 12)},
            (
                *fit(400),
                Curve("measured", "Time", "s", "Response", "V", TIME_S, swing),
                Curve("twin", "Time", "s", "Response", "V", TIME_S, 0.97 * swing),
                Curve("residual", "Time", "s", "Residual", "V", TIME_S, 0.03 * swing),
                Curve("held-out error", "Number of shots", "1", "Error of the twin", "%", SHOTS, 100 * at, 90 * at,
                      110 * at, "points"),
            ),
        ),
        "verdict": StepEnded(
            "verdict",
            "good",
            "The twin can be trusted.",
            {"Held-out error": Quantity(0.031, "1"), "Cosine": Quantity(0.994, "1", 0.991, 0.997)},
            (Curve("worst", "Drive level", "1", "Held-out error", "%", TIME_S * 1e5, 100 * TIME_S),),
        ),
    }  # fmt: skip


def events() -> Iterator[CalibrationEvent]:
    """Yield a whole calibration."""
    for step, ended in endings().items():
        yield StepBegun(ended.step, f"Now the {step}")
        for done in range(0, 101, 10):
            curves = transfer(8 * done) if step == "response" and done else fit(4 * done) if step == "fit" else ()
            yield StepProgress(ended.step, done, 100, 0.03 * (100 - done), curves)
        yield ended
    reasons = ("Its derivative agrees with the system's.", "It leaves 3.1 % of shots that it has not seen.")
    yield CalibrationEnded("good", reasons, RESULT, TWIN)


def job(listener: CalibrationListener, control: ControlToken, pause_s: float = 0.0) -> None:
    """Tell a whole calibration, slowly if asked to."""
    for event in events():
        control.safe_point()
        listener(event)
        time.sleep(pause_s)
