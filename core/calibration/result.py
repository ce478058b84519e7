"""What a calibration ends with: figures with their intervals for a window, plain data for `--json`."""

from __future__ import annotations

import math
from typing import Any

from torch import nn

from core.calibration.characterise_probe import over
from core.calibration.events import Curve, Quantity
from core.calibration.quality import QualityCard, error_by_level, predictions
from core.phrase import Phrase, joined
from core.ports import SystemInfo
from core.twin.inference import ParameterTable
from core.twin.noise import NoiseCheck
from core.twin.shots import Shots


def figures(card: QualityCard, scatter: NoiseCheck) -> dict[str, Quantity]:
    """Return the figures of a twin and of its noise twin by name."""
    cosine = card.alignment
    return {
        Phrase("Held-out error"): Quantity(card.nrmse, "1"),
        Phrase("Noise floor"): Quantity(card.noise, "1"),
        Phrase("Lowest R²"): Quantity(float(card.r2.min()), "1"),
        Phrase("Alignment"): Quantity(cosine.cosine, "1", cosine.low, cosine.high),
        Phrase("Gain"): Quantity(cosine.gain, "1"),
        Phrase("White residuals"): Quantity(card.white, "1"),
        Phrase("Worst error"): Quantity(card.worst_error, "1"),
        Phrase("Noise, predicted over measured"): Quantity(scatter.ratio, "1", scatter.low, scatter.high),
        Phrase("Outlying shots"): Quantity(scatter.outlying, "1"),
    }


def curves(twin: nn.Module, info: SystemInfo, held_out: Shots) -> tuple[Curve, ...]:
    """Return a typical shot beside the twin's, what it leaves, and where in the range of drives it leaves most."""
    axis = info.response_axis
    predicted, measured = predictions(twin, held_out), held_out.responses
    loud = (measured - measured.mean(0)).square().mean(1).argsort()
    shown = int(loud[9 * len(loud) // 10])  # half of the drives are so quiet that a typical shot is all noise
    edges, errors = error_by_level(info, held_out, predicted)
    label, unit = info.response_label, info.response_unit
    rms_residual = (measured - predicted).square().mean(0).sqrt().numpy()
    return (
        over(axis, Phrase("Measured"), label, unit, measured[shown].numpy()),
        over(axis, Phrase("Twin"), label, unit, predicted[shown].numpy()),
        over(axis, Phrase("Residual"), Phrase("Rms residual"), unit, rms_residual),
        Curve(
            Phrase("Held-out error"),
            Phrase("Drive level"),
            "1",
            Phrase("Held-out error"),
            "1",
            (edges[1:] + edges[:-1]) / 2,
            errors,
            kind="points",
        ),
    )


def open_words(table: ParameterTable | None) -> tuple[str, ...]:
    """Say which parameters the shots leave open; nothing where they determine all."""
    if table is None or not table.open:
        return ()
    text = "The shots do not determine {names}: there the data sheet says more."
    return (Phrase(text, names=joined((Phrase(name.replace("_", " ")) for name in table.open), ", ")),)


def plain_result(
    info: SystemInfo,
    twin: str,
    shots: int,
    card: QualityCard,
    scatter: NoiseCheck,
    table: ParameterTable | None,
    wall_s: float,
) -> dict[str, Any]:
    """Return what `--json` prints: plain data without NaN."""
    cosine = card.alignment
    return {
        "system": info.kind,
        "serial_number": info.serial_number,
        "twin": twin,
        "shots": shots,
        "nrmse": card.nrmse,
        "noise_floor": card.noise,
        "r2": 1 - card.nrmse**2,
        "r2_outputs": [float(value) for value in card.r2],
        "alignment_cosine": cosine.cosine,
        "alignment_interval95": [cosine.low, cosine.high],
        "gain": None if math.isnan(cosine.gain) else cosine.gain,
        "white_residuals": card.white,
        "worst_drive_levels": list(card.worst_levels),
        "worst_nrmse": card.worst_error,
        "noise": _noise(scatter),
        "parameters": {} if table is None else _plain(table),
        "verdict": card.verdict,
        "reasons": [*card.reasons, *open_words(table)],
        "wall_s": wall_s,
    }


def _noise(scatter: NoiseCheck) -> dict[str, Any]:
    told = not math.isnan(scatter.ratio)
    return {
        "predicted_standard_deviation": scatter.predicted,
        "measured_standard_deviation": scatter.measured,
        "ratio": scatter.ratio if told else None,
        "interval95": [scatter.low, scatter.high] if told else None,
        "outlying_shots": scatter.outlying,
        "shots": scatter.shots,
    }


def _plain(table: ParameterTable) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "value": item.value.tolist(),
            "standard_error": item.standard_error.tolist(),
            "unit": item.unit,
            "determined": item.determined.tolist(),
        }
        for name, item in table.estimates.items()
    }
