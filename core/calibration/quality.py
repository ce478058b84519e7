"""The quality card of a twin: what it gets right of shots that it has not seen, of the derivative above all.

Physics-aware training is as good as the twin's derivative at the measured points, so the card measures that on the
device, at held-out operating points (`core.calibration.alignment`), beside the error of the responses. It says too
what would make a good-looking figure worthless: dead or clipped channels, a device that no longer answers as it did in
the shots, a start that jumps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import chi2
from torch import Tensor

from core.calibration.alignment import (
    REPEATS,
    Controls,
    alignment,
    measured_slope,
    random_direction,
    step_size,
    twin_slope,
    verdict,
)
from core.calibration.events import LayerAlignment, TwinVerdict
from core.phrase import Phrase
from core.ports import Measure, SystemInfo
from core.twin.shots import Shots

POINTS = 24  # operating points, each with a direction of its own
LEAST_SHOTS = 32
LAGS = 20  # of the residual's autocorrelation
LEVELS = 4  # groups of shots by drive level
PILED = 0.005  # part of the responses at the very largest or smallest value: converters or amplifiers clip
CHANGED = 3.0  # times the noise, by which the device answers otherwise than in the shots
TOLD = 0.5  # correlation of a shot with the twin's, from which its lag is one
JUMPING = 0.2  # part of the shots that start at another sample than the others
ABOVE_NOISE = 2.0  # times the noise floor: what the twin leaves is mostly misfit
LARGE = 0.3  # of the signal: a twin that leaves more has not learnt the device


@dataclass(frozen=True)
class QualityCard:
    """What a twin is worth: figures on held-out shots, the verdict, and its reasons in words.

    `noise` is the nRMSE that the device's repeats have against each other's mean, the floor of `nrmse`; `white` the
    part of the shots whose residual a Ljung-Box test at 5 % takes for white; `worst_levels` the range of drive levels
    (rms swing, of the largest) with the largest error, `worst_error`.
    """

    shots: int
    nrmse: float
    noise: float
    r2: Float[np.ndarray, " response"]
    alignment: LayerAlignment
    white: float
    worst_levels: tuple[float, float]
    worst_error: float
    verdict: TwinVerdict
    reasons: tuple[str, ...]


def quality_card(
    twin: Callable[..., Tensor],
    measure: Measure,
    info: SystemInfo,
    held_out: Shots,
    *,
    seed: int,
    fitted_shots: int,
    faults: Sequence[str] = (),
) -> QualityCard:
    """Judge a twin by held-out shots and by shots that are measured anew: (2 + 2 · 4) · 24. Raises what `measure` does.

    `fitted_shots` is how many shots the twin was fitted to, `faults` what else was found wrong with the device.
    """
    with torch.no_grad():
        responses, predicted = held_out.responses, predictions(twin, held_out)
        residual = (responses - predicted).double()
        probe = _Probe(twin, measure, info, held_out, seed)
        agreement = probe.agreement
    power = (responses - responses.mean(0)).double().square()
    scale = max(float(power.mean()), torch.finfo(torch.float64).tiny)
    nrmse = math.sqrt(float(residual.square().mean()) / scale)
    r2 = 1 - residual.square().mean(0) / power.mean(0).clamp_min(torch.finfo(torch.float64).tiny)
    levels, errors = error_by_level(info, held_out, predicted)
    worst = int(errors.argmax())
    bad: list[Finding] = [*_bad_shots(info, held_out, predicted, fitted_shots), *probe.bad]
    bad.extend(("refit", text) for text in faults)
    doubts = _doubts(nrmse, probe.noise, agreement)
    judged: TwinVerdict = bad[0][0] if bad else doubts[0][0] if doubts else "good"
    reasons = tuple(text for _, text in (*bad, *doubts)) or (_praise(nrmse, agreement),)
    return QualityCard(
        fitted_shots,
        nrmse,
        probe.noise,
        r2.numpy(),
        agreement,
        white_share(residual),
        (float(levels[worst]), float(levels[worst + 1])),
        float(errors[worst]),
        judged,
        reasons,
    )


Finding = tuple[TwinVerdict, str]


def predictions(twin: Callable[..., Tensor], shots: Shots) -> Float[Tensor, "shot response"]:
    """Return the twin's responses to the drives of the shots."""
    with torch.no_grad():
        return torch.cat([twin(batch.drives, *batch.parameters) for batch in shots.batches])


def white_share(residual: Float[Tensor, "shot response"]) -> float:
    """Return the part of the shots whose residual along the response Ljung and Box take for white at 5 %.

    Biometrika 65, 297 (1978): Q = n (n + 2) Σ ρ_k² / (n - k) over `LAGS` lags. White residuals give 0.95.
    """
    count = residual.shape[1]
    centred = (residual - residual.mean(1, keepdim=True)).numpy()
    lags = range(1, min(LAGS, count - 1) + 1)
    power = np.maximum((centred**2).sum(1), np.finfo(float).tiny)
    rho = np.stack([(centred[:, lag:] * centred[:, :-lag]).sum(1) / power for lag in lags])
    q = count * (count + 2) * (rho**2 / (count - np.asarray(lags))[:, None]).sum(0)
    return float(np.mean(chi2.sf(q, len(lags)) > 0.05))


def error_by_level(
    info: SystemInfo, shots: Shots, predicted: Float[Tensor, "shot response"]
) -> tuple[Float[np.ndarray, " edge"], Float[np.ndarray, " group"]]:
    """Return the nRMSE in groups of like drive level, and the groups' edges (rms swing, of the largest)."""
    rest = 0.5 if info.signed_drive else 0.0
    drives = torch.cat([batch.drives for batch in shots.batches])
    level = ((drives - rest) / (1 - rest)).square().mean(1).sqrt().numpy()
    groups = np.array_split(level.argsort(), min(LEVELS, len(level)))
    edges = [level[group].min() for group in groups] + [level.max()]
    residual = (shots.responses - predicted).double()
    power = (shots.responses - shots.responses.mean(0)).double().square()
    tiny = torch.finfo(torch.float64).tiny
    errors = [math.sqrt(residual[g].square().mean() / power[g].mean().clamp_min(tiny)) for g in groups]
    return np.asarray(edges), np.asarray(errors)


class _Probe:
    """What the device answers anew at held-out operating points: its derivative, its noise, and whether it changed."""

    def __init__(
        self, twin: Callable[..., Tensor], measure: Measure, info: SystemInfo, held_out: Shots, seed: int
    ) -> None:
        generator = torch.Generator().manual_seed(seed)
        rows = [(batch, row) for batch in held_out.batches for row in range(len(batch.drives))]
        chosen = [rows[index] for index in torch.randperm(len(rows), generator=generator)[:POINTS].tolist()]
        drive = torch.stack([batch.drives[row] for batch, row in chosen])
        stored = torch.stack([batch.responses[row] for batch, row in chosen])
        shapes = range(len(info.parameter_shapes))
        point = Controls(drive, tuple(torch.stack([batch.parameters[k] for batch, _ in chosen]) for k in shapes))
        still = Controls(torch.zeros_like(drive), tuple(torch.zeros_like(value) for value in point.shared))
        first, second = (_measured(measure, point, still) for _ in range(2))
        signal = float((held_out.responses - held_out.responses.mean(0)).square().mean().sqrt())
        scatter = (first - second).double().square().mean(1) / 2
        change = ((first + second) / 2 - stored).double().square().mean(1) / 1.5  # both equal the noise where none is
        self.noise = math.sqrt(float(scatter.mean())) / max(signal, torch.finfo(torch.float32).tiny)
        # The typical shot: one that started late must not speak for all.
        self._changed = math.sqrt(float(change.median() / scatter.median().clamp_min(1e-12 * signal**2 + 1e-30)))
        direction = random_direction(point, generator)
        expected, bend = twin_slope(twin, point, direction)
        step = step_size(float(scatter.median().sqrt()) * math.sqrt(drive.shape[1]), bend)
        slopes = torch.stack([measured_slope(measure, point, direction, step) for _ in range(REPEATS)])
        self.agreement = alignment(0, slopes, expected)

    @property
    def bad(self) -> list[Finding]:
        if self._changed < CHANGED:
            return []
        text = (
            "The device answers the shots' drives otherwise than it did, by {times:.1f} times its noise: the shots are "
            "of another unit, or it has drifted since. Measure them again."
        )
        return [("refit", Phrase(text, times=self._changed))]


def _measured(measure: Measure, point: Controls, still: Controls) -> Tensor:
    if not point.shared:
        return measure(point.drive)
    return torch.cat([measure(row[None], *values) for row, *values in zip(point.drive, *point.shared, strict=True)])


def _bad_shots(info: SystemInfo, held_out: Shots, predicted: Tensor, count: int) -> list[Finding]:
    found: list[Finding] = []
    responses = held_out.responses
    if count < LEAST_SHOTS:
        text = "{count} shots are too few to fit and to judge a twin; measure at least {least}."
        found.append(("not identifiable", Phrase(text, count=count, least=LEAST_SHOTS)))
    dead = (responses == responses[0]).all(0).nonzero().flatten().tolist()
    if dead:
        text = "{dead} of {count} outputs never change (the first is output {first}): dead channels show nothing."
        values = {"dead": len(dead), "count": responses.shape[1], "first": dead[0] + 1}
        found.append(("not identifiable", Phrase(text, **values)))
    for rail in (responses.max(), responses.min()) if len(dead) < responses.shape[1] else ():
        piled = float((responses == rail).float().mean())
        if piled > PILED:
            text = (
                "{share:.1%} of the responses are exactly {rail:.4g}: the read-out clips. Lower its gain or the drive."
            )
            found.append(("refit", Phrase(text, share=piled, rail=float(rail))))
    if info.response_axis.unit == "s":
        jumping = _jumping_share(responses, predicted)
        if jumping > JUMPING:
            text = "{share:.0%} of the shots start at another sample than the twin expects: the latency changes."
            found.append(("refit", Phrase(text, share=jumping)))
    return found


def _jumping_share(responses: Float[Tensor, "shot sample"], predicted: Float[Tensor, "shot sample"]) -> float:
    """Return the part of the clearly recognised shots whose best lag against the twin's is not the usual one."""
    size = 2 * responses.shape[1]
    shots, models = (value - value.mean(1, keepdim=True) for value in (responses, predicted))
    product = torch.fft.irfft(torch.fft.rfft(shots, size) * torch.fft.rfft(models, size).conj(), size)
    best = product.max(1)
    told = best.values > TOLD * shots.norm(dim=1) * models.norm(dim=1)
    lags = best.indices[told]
    return float((lags != lags.mode().values).float().mean()) if len(lags) else 0.0


def _doubts(nrmse: float, noise: float, agreement: LayerAlignment) -> list[Finding]:
    found: list[Finding] = []
    light = verdict([agreement])
    if math.isnan(agreement.gain):
        text = "The device's derivative cannot be told from its noise; repeat more, or drive it harder."
        found.append(("not identifiable", Phrase(text)))
    elif light in ("poor", "against"):
        text = "The twin's gradient is not the device's: cosine {cosine:.3f}, 95 % interval {low:.3f} to {high:.3f}."
        values = {"cosine": agreement.cosine, "low": agreement.low, "high": agreement.high}
        found.append(("refit", Phrase(text, **values)))
    if nrmse > max(LARGE, ABOVE_NOISE * noise):
        text = "The twin leaves {error:.0%} of the held-out signal, and {noise:.1%} are noise: it misses the device."
        found.append(("refit", Phrase(text, error=nrmse, noise=noise)))
    if light == "usable":
        text = "The gradient goes the right way, but not all of it: cosine {cosine:.3f}. More shots, or a hybrid twin."
        found.append(("usable", Phrase(text, cosine=agreement.cosine)))
    if ABOVE_NOISE * noise < nrmse <= LARGE:
        text = "What is left, {error:.1%} of the signal, is more than noise ({noise:.1%}): something is not modelled."
        found.append(("usable", Phrase(text, error=nrmse, noise=noise)))
    return found


def _praise(nrmse: float, agreement: LayerAlignment) -> Phrase:
    text = "The twin leaves {error:.1%} of the held-out signal, and its gradient is the device's: cosine {cosine:.3f}."
    return Phrase(text, error=nrmse, cosine=agreement.cosine)
